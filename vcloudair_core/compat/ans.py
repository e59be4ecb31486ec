"""Edge gateway classes with the API of vcloudair 0.5: firewall, NAT and IPsec."""

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
from vcloudair_core.services.ans.ipsec.tunnel_rules import completed_tunnel
from vcloudair_core.services.ans.nat.codec_json import JsonNatCodec
from vcloudair_core.services.ans.nat.meaning import completed_rule as completed_nat_rule
from vcloudair_core.services.ans.nat.parse import read_nat_rule


class ANSFirewall(EdgeSection):
    """The firewall of an edge gateway as raw JSON. Each record is a firewall rule."""

    section = "firewall"
    records_path = ("firewallRules", "firewallRules")

    @classmethod
    def json_codec(cls, backend: str) -> JsonFirewallCodec:
        """Return the firewall codec. Source: protocol/ans.md §2."""
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
        """Append a rule. :meth:`save_config` sends it.

        ``source`` and ``destination`` can be an address, a CIDR, a range, ``internal``, ``external``, ``vse``,
        ``vnic-N``, ``any``, or the ID of a grouping object.

        Raises: SpecError for invalid arguments.
        """
        values: dict[str, Any] = {"name": name, "source": source, "destination": destination, "action": action}
        values["protocol"] = protocol
        for side in ("source", "destination"):
            # An empty list is rejected. If the empty list were dropped, the rule would match any address.
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
            # Programs for vcloudair 0.5 append to these lists, so they must exist.
            rule.setdefault(side, {"ipAddress": [], "vnicGroupId": []})
        records.append(rule)


class ANSNat(EdgeSection):
    """The NAT section of an edge gateway as raw JSON. Each record is a NAT rule."""

    section = "nat"
    records_path = ("rules", "natRulesDtos")

    @classmethod
    def json_codec(cls, backend: str) -> JsonNatCodec:
        """Return the NAT codec. Source: protocol/ans.md §3."""
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
        """Append a rule. :meth:`save_config` sends it.

        ``action`` is ``snat`` or ``dnat``. ``original_address`` and ``translated_address`` can be an address, a CIDR, a
        range or ``any``. ``original_port`` and ``translated_port`` can be a port, a range or ``any``. ``vnic`` is the
        number of the interface, or ``any``.

        Raises: SpecError for invalid arguments.
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
        record = self.json_codec(self.backend).new_record(rule)
        record.setdefault("description", "")
        self.records.append(record)


class ANSIPSec(EdgeSection):
    """The IPsec section of an edge gateway as raw JSON. Each record is a tunnel.

    Servers return six asterisks instead of a pre-shared key. Saving a tunnel with these asterisks keeps its key.
    """

    section = "ipsec"
    records_path = ("sites", "sites")

    @classmethod
    def json_codec(cls, backend: str) -> JsonIpsecCodec:
        """Return the IPsec codec. Source: protocol/ans.md §4."""
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
        """Append a tunnel with a pre-shared key. :meth:`save_config` sends it.

        ``local_subnets`` and ``peer_subnets`` can be a list, or a comma-separated string. If ``peer_ip`` is blank,
        the edge gateway waits for a connection from the peer.

        Raises: SpecError for invalid arguments.
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
        tunnel = completed_tunnel(spec, "dh2")
        if tunnel.psk is not None:
            self._store().session.learn(tunnel.psk)
        site = self.json_codec(self.backend).new_record(tunnel)
        site.pop("description", None)  # vcloudair 0.5 did not send it
        self.records.append(site)


def _listed(subnets: Any) -> Any:
    """Convert a collection or generator to a list.

    Other values are returned unchanged. The parser of tunnels validates them.
    """
    return list(subnets) if isinstance(subnets, Iterable) and not isinstance(subnets, str) else subnets
