"""The routed networks of an NSX-T edge gateway, by name or URN.

Source: protocol/nsxt.md §2, §10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.validation import Problems, near
from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.ans.nsxt.members import NETWORK_URN
from vcloudair_core.services.ans.section.json_values import mapping_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.l2vpn.spec import L2VpnTunnelSpec
    from vcloudair_core.services.ans.nsxt.helper_objects import HelperObjects


class EdgeNetworks:
    """The networks that an edge gateway routes. Only these networks can be stretched.

    The list of all networks is read once in a session, and again if a network is missing.
    """

    def __init__(self, objects: HelperObjects, edge_id: str) -> None:
        self._objects = objects
        self._router = f"urn:vcloud:gateway:{edge_id}"

    def find(self, name_or_urn: str) -> Mapping[str, Any]:
        """Return the record of a network. Raises: NotFoundError."""
        key = "id" if name_or_urn.startswith(NETWORK_URN) else "name"
        names: list[str] = []
        for is_stale in (False, True):
            own = [
                network
                for network in self._objects.networks(is_stale=is_stale)
                if mapping_of(mapping_of(network.get("connection")).get("routerRef")).get("id") == self._router
            ]
            names = [str(network.get("name")) for network in own]
            matches = [network for network in own if network.get(key) == name_or_urn]
            if matches:
                return matches[0]
        nearest = near(name_or_urn, names)
        raise NotFoundError(
            f"Network not found: {name_or_urn!r}. The edge gateway has no such routed network.",
            hint=f"{nearest[:1].upper()}{nearest[1:]}" if nearest else "Run `vca network list` to see the networks.",
        )

    def id_of(self, name_or_urn: str) -> str:
        """Return the URN of a network. Raises: NotFoundError."""
        return str(self.find(name_or_urn).get("id"))


def with_network_names(
    networks: EdgeNetworks, specs: Sequence[L2VpnTunnelSpec], paths: Sequence[str]
) -> tuple[L2VpnTunnelSpec, ...]:
    """Replace the URNs of networks with names, and check all networks.

    Raises: SpecError with all networks that do not exist.
    """
    problems = Problems()
    resolved: list[L2VpnTunnelSpec] = []
    for spec, path in zip(specs, paths, strict=True):
        stretched = list(spec.networks or ())
        for position, network in enumerate(stretched):
            try:
                name = str(networks.find(network.network or "").get("name"))
            except NotFoundError as exc:
                problems.add(f"{path}.networks[{position}].network".lstrip("."), exc.message, exc.hint)
            else:
                stretched[position] = replace(network, network=name)
        resolved.append(replace(spec, networks=tuple(stretched)) if stretched else spec)
    problems.raise_if_any()
    return tuple(resolved)
