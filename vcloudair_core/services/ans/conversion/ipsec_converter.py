"""Convert the IPsec tunnels of an NSX-V edge document.

Source: protocol/nsxt.md §13.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.errors import SpecProblem
from vcloudair_core.services.ans.conversion.report import CHANGED, OMITTED, ConversionItem
from vcloudair_core.services.ans.conversion.section_converter import SectionConverter, with_unique_name
from vcloudair_core.services.ans.ipsec.spec import (
    CERTIFICATE,
    DH_OF_NEW_EDGES,
    PSK,
    IpsecSpec,
    IpsecTunnelSpec,
    host_meaning,
)

_KEY_FILE = "psk_file"


class IpsecConverter(SectionConverter):
    """Converts the IPsec section of a document.

    ``inputs`` has the original tunnels as plain data.
    """

    def __init__(self, section: Any, api_version: str, inputs: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(section, api_version)
        self._inputs = inputs
        self._names: dict[str, int] = {}
        self._peers: set[Any] = set()

    def adapt(self, index: int, rule: Any, settings: IpsecSpec) -> tuple[Any, list[ConversionItem]]:
        """Return a tunnel with a unique name and with explicit algorithms.

        An omitted algorithm gets the default of NSX-V, because the default of NSX-T differs and the peer keeps its
        configuration.
        """
        items: list[ConversionItem] = []
        name = with_unique_name((rule.name or "").strip() or str(rule.peer_id or rule.peer_ip), self._names)
        if name != rule.name:
            items.append(
                self.changed(index, rule, "name", f"the name becomes {name!r}, because each tunnel needs a unique name")
            )
        self._names[name] = 1
        if (rule.authentication or PSK) == PSK and not self._key_file(index):
            reason = "a conversion does not copy pre-shared keys"
            problem = SpecProblem("psk", reason, "Add psk or psk_file to the tunnel before you apply the document.")
            items.append(self.item(index, replace(rule, psk=None), OMITTED, problem))
        defaults = {
            "ike_version": "ikev1",
            "encryption": "aes256",
            "digest": "sha1",
            "dh_group": DH_OF_NEW_EDGES,
            "pfs": True,
            "logging": settings.logging is not False,
        }
        changes = {option: value for option, value in defaults.items() if getattr(rule, option) is None}
        if settings.enabled is False:
            changes["enabled"] = False
        return replace(rule, name=name, psk=None, site_id=None, match_by="name", **changes), items

    def losses(self, rule: IpsecTunnelSpec) -> Iterator[SpecProblem]:
        """Yield the problems of a tunnel: an NSX-V certificate, or repeated addresses.

        NSX-T allows only one tunnel for each pair of a local and a peer address.
        """
        if rule.authentication == CERTIFICATE:
            hint = "Add the tunnel with the name of a certificate in the certificate library."
            yield SpecProblem("certificate", f"the certificate {rule.certificate!r} exists only on NSX-V", hint)
        ends = (host_meaning(rule.local_ip or ""), host_meaning(rule.peer_ip or ""))
        if ends in self._peers:
            reason = "an earlier tunnel has the same local and peer address, which NSX-T allows only once"
            yield SpecProblem("peer_ip", reason, "Add the networks to the earlier tunnel.")
        self._peers.add(ends)

    def adapt_settings(self, spec: IpsecSpec) -> IpsecSpec:
        """Return the settings without ``enabled`` and ``logging``.

        On NSX-T, these two settings are options of each tunnel.
        """
        if spec.enabled is False and spec.tunnels:
            self.omit_setting(
                "enabled", False, "the service cannot be disabled, so every tunnel is disabled instead", result=CHANGED
            )
        return replace(spec, enabled=None, logging=None)

    def plain_rule(self, index: int, rule: Any) -> dict[str, Any]:
        """Return the tunnel as plain data, with the path of its key file if there is one."""
        file = self._key_file(index)
        return {**super().plain_rule(index, rule), **({_KEY_FILE: file} if file else {})}

    def _key_file(self, index: int) -> str:
        data = self._inputs[index] if index < len(self._inputs) else {}
        return str(data.get(_KEY_FILE) or "") if isinstance(data, Mapping) else ""
