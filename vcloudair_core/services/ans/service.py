"""The human face of ANS: ``AnsService`` of a client, and the sections of an edge as the original SDK had them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.parsing import Problems
from vcloudair_core.services.ans.edges import Edge
from vcloudair_core.services.ans.firewall_codec_json import JsonFirewallCodec
from vcloudair_core.services.ans.firewall_parse import read_rule
from vcloudair_core.services.ans.firewall_spec import completed_rule
from vcloudair_core.services.ans.nat_codec_json import JsonNatCodec
from vcloudair_core.services.ans.nat_parse import read_nat_rule
from vcloudair_core.services.ans.nat_spec import completed_rule as completed_nat_rule
from vcloudair_core.services.ans.section import EdgeSection
from vcloudair_core.services.ans.store import EdgeDirectory

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session


class AnsService:
    """Edge gateways of one session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def list_edges(self, vdc: str | None = None) -> list[Edge]:
        """All edge gateways that the session sees, by name; ``vdc`` (name or UUID) limits them to one VDC."""
        return EdgeDirectory(self.session).list_edges(vdc or "")

    def find_edge(self, name_or_id: str, vdc: str | None = None) -> Edge:
        """One edge gateway. Raises: NotFoundError, AmbiguousMatchError, ConfigurationError."""
        return EdgeDirectory(self.session).find(name_or_id, vdc or "")

    def firewall(self, edge: str | Edge, vdc: str | None = None) -> ANSFirewall:
        """The firewall of an edge as an editable list of raw rules. For convergence use ``client.ensure``."""
        found = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSFirewall.over(self.session, found)

    def nat(self, edge: str | Edge, vdc: str | None = None) -> ANSNat:
        """The NAT of an edge as an editable list of raw rules. For convergence use ``client.ensure``."""
        found = edge if isinstance(edge, Edge) else self.find_edge(edge, vdc)
        return ANSNat.over(self.session, found)


class ANSFirewall(EdgeSection):
    """An edge's firewall as raw JSON that you edit and save whole; its records are the rules."""

    section = "firewall"
    records_path = ("firewallRules", "firewallRules")

    @classmethod
    def json_codec(cls, dialect: str) -> JsonFirewallCodec:
        """Source: api/ans.md §2."""
        return JsonFirewallCodec(dialect)

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
        words: dict[str, Any] = {"name": name, "source": source, "destination": destination, "action": action}
        words["protocol"] = protocol
        ports = {"source_port": source_port, "dest_port": dest_port}
        if str(protocol).casefold() != "icmp" or set(ports.values()) != {"any"}:
            words |= ports
        problems = Problems()
        spec = read_rule(words, "", problems)
        problems.raise_if_any()
        records = self.records
        rule = self.json_codec(self.dialect).new_rule(completed_rule(spec))
        for side in ("source", "destination"):
            # All lists are there, also for any: programs of the original SDK go on to append to them.
            rule.setdefault(side, {"ipAddress": [], "vnicGroupId": []})
        records.append(rule)


class ANSNat(EdgeSection):
    """An edge's NAT as raw JSON that you edit and save whole; its records are the rules, of both directions."""

    section = "nat"
    records_path = ("rules", "natRulesDtos")

    @classmethod
    def json_codec(cls, dialect: str) -> JsonNatCodec:
        """Source: api/ans.md §3."""
        return JsonNatCodec(dialect)

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
        words = {
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
        spec = read_nat_rule(words, "", problems)
        problems.raise_if_any()
        rule = completed_nat_rule(spec)
        self.records.append(self.json_codec(self.dialect).new_rule(rule))
