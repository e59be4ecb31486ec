"""The sections of an edge as the original SDK had them: documents that are edited and saved whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vcloudair_core.compat.edge_section import EdgeSection
from vcloudair_core.engine.validation import Problems
from vcloudair_core.services.ans.firewall.codec_json import JsonFirewallCodec
from vcloudair_core.services.ans.firewall.parse import read_rule
from vcloudair_core.services.ans.firewall.spec import completed_rule
from vcloudair_core.services.ans.ipsec.codec_json import JsonIpsecCodec
from vcloudair_core.services.ans.ipsec.parse import read_tunnel
from vcloudair_core.services.ans.ipsec.spec import completed_tunnel
from vcloudair_core.services.ans.nat.codec_json import JsonNatCodec
from vcloudair_core.services.ans.nat.parse import read_nat_rule
from vcloudair_core.services.ans.nat.spec import completed_rule as completed_nat_rule


class ANSFirewall(EdgeSection):
    """An edge's firewall as raw JSON that you edit and save whole; its records are the rules."""

    section = "firewall"
    records_path = ("firewallRules", "firewallRules")

    @classmethod
    def json_codec(cls, backend: str) -> JsonFirewallCodec:
        """Source: protocol/ans.md §2."""
        return JsonFirewallCodec(backend)

    def add_rule(
        self,
        name: str,
        source: str,
        destination: str,
        action: str = "accept",
        protocol: str = "tcp",
        source_port: str | int = "any",
        dest_port: str | int = "any",
    ) -> None:
        """Add a rule at the end of the list; :meth:`save_config` sends it.

        ``source`` and ``destination``: an address, CIDR or range, ``internal``, ``external``, ``vse``, ``vnic-N``,
        ``any``, or the id of a grouping object. Raises SpecError, before anything is sent.
        """
        values: dict[str, Any] = {"name": name, "source": source, "destination": destination, "action": action}
        values["protocol"] = protocol
        for side in ("source", "destination"):
            # Left out, they would mean any.
            values[side] = values[side] if str(values[side]).strip() else []
        ports = {"source_port": source_port, "dest_port": dest_port}
        if str(protocol).casefold() != "icmp" or set(ports.values()) != {"any"}:
            values |= ports
        problems = Problems()
        spec = read_rule(values, "", problems)
        problems.raise_if_any()
        records = self.records
        rule = self.json_codec(self.backend).new_record(completed_rule(spec))
        rule.setdefault("description", "")
        for side in ("source", "destination"):
            # All lists are there, also for any: programs of the original SDK go on to append to them.
            rule.setdefault(side, {"ipAddress": [], "vnicGroupId": []})
        records.append(rule)


class ANSNat(EdgeSection):
    """An edge's NAT as raw JSON that you edit and save whole; its records are the rules, of both directions."""

    section = "nat"
    records_path = ("rules", "natRulesDtos")

    @classmethod
    def json_codec(cls, backend: str) -> JsonNatCodec:
        """Source: protocol/ans.md §3."""
        return JsonNatCodec(backend)

    def add_rule(
        self,
        action: str,
        original_address: str,
        translated_address: str,
        original_port: str | int = "any",
        translated_port: str | int = "any",
        protocol: str = "tcp",
        description: str = "",
        vnic: str | int = "0",
    ) -> None:
        """Add a rule at the end of the list; :meth:`save_config` sends it.

        ``action``: ``snat`` or ``dnat``. Addresses: an address, CIDR, range or ``any``; ports: one, a range or ``any``.
        ``vnic``: the number of the interface, or ``any``. Raises SpecError, before anything is sent.
        """
        values = {
            "action": action,
            "original_address": original_address,
            "translated_address": translated_address,
            "original_port": original_port,
            "translated_port": translated_port,
            "protocol": protocol,
            "description": description,
            "vnic": vnic,
        }
        problems = Problems()
        spec = read_nat_rule(values, "", problems)
        problems.raise_if_any()
        rule = completed_nat_rule(spec)
        made = self.json_codec(self.backend).new_record(rule)
        made.setdefault("description", "")
        self.records.append(made)


class ANSIPSec(EdgeSection):
    """An edge's IPsec VPN as raw JSON that you edit and save whole; its records are the tunnels.

    Servers show keys as six stars, and keep the key of a tunnel that comes back with them.
    """

    section = "ipsec"
    records_path = ("sites", "sites")

    @classmethod
    def json_codec(cls, backend: str) -> JsonIpsecCodec:
        """Source: protocol/ans.md §4."""
        return JsonIpsecCodec(backend)

    def add_psk_tunnel(
        self,
        name: str,
        local_id: str,
        local_ip: str,
        peer_id: str,
        peer_ip: str,
        local_subnets: str | Sequence[str],
        peer_subnets: str | Sequence[str],
        psk: str,
        enc_algo: str = "aes256",
        pfs: bool = True,
        dhgroup: int | str = 2,
        extension: str | None = None,
    ) -> None:
        """Add a tunnel with a pre-shared key at the end of the list; :meth:`save_config` sends it.

        Subnets: a list, or text with commas. A blank ``peer_ip`` waits for the peer to call. Raises SpecError, before
        anything is sent.
        """
        values = {
            "name": name,
            "local_id": local_id,
            "local_ip": local_ip,
            "peer_id": peer_id,
            "peer_ip": peer_ip.strip() or "any",
            "local_subnets": _listed(local_subnets),
            "peer_subnets": _listed(peer_subnets),
            "psk": psk,
            "encryption": enc_algo,
            "pfs": pfs,
            "dh_group": dhgroup,
            "extension": None if extension is None else str(extension),
        }
        problems = Problems()
        spec = read_tunnel(values, "", problems)
        problems.raise_if_any()
        made = completed_tunnel(spec, "dh2")
        if made.psk is not None:
            self._store().session.learn(made.psk)
        site = self.json_codec(self.backend).new_record(made)
        site.pop("description", None)  # vcloudair 0.5 sent none
        self.records.append(site)


def _listed(subnets: Any) -> Any:
    """Collections and generators as a list; text, and what is neither, is judged with the other arguments."""
    return list(subnets) if isinstance(subnets, Iterable) and not isinstance(subnets, str) else subnets
