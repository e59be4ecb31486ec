"""The codec of a firewall rule of an NSX-T edge gateway or distributed firewall.

Source: protocol/nsxt.md §5, §8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.fields import spec_with
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.firewall.nsxt.services import (
    applications_of,
    profile_references,
    raw_items,
    services_of_rule,
)
from vcloudair_core.services.ans.firewall.spec import SIDES, FirewallRuleSpec, ServiceSpec, matches_any_traffic
from vcloudair_core.services.ans.nsxt.members import group_references, members_of_side, split_sides
from vcloudair_core.services.ans.section.document import SettingsT
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, mapping_of, text_of

INLINE_SINCE = (38, 1)
"""First API version with addresses and ports inside rules."""

ACTIONS = {"ALLOW": "accept", "DROP": "deny", "REJECT": "reject"}
_WIRE_ACTIONS = {name: wire for wire, name in ACTIONS.items()}
_DIRECTIONS = {"IN": "in", "OUT": "out", "IN_OUT": "inout"}
_WIRE_DIRECTIONS = {name: wire for wire, name in _DIRECTIONS.items()}
IP_VERSIONS = {"IPV4": "4", "IPV6": "6", "IPV4_IPV6": "any"}
_WIRE_IP_VERSIONS = {name: wire for wire, name in IP_VERSIONS.items()}
_SIMPLE = {"name": "name", "logging": "logging", "description": "comments"}
"""The JSON key of each field whose value is the same in JSON."""

_MAX_NAME = 255
_WRITTEN = (
    "action", "enabled", "logging", "description", "direction", "ip_version", "applied_to", "source_exclude",
    "destination_exclude", *SIDES, "services", "applications",
)  # fmt: skip
"""The fields of a new rule that are written if they are set."""


class NsxtRuleCodec(JsonCodec[SettingsT]):
    """The base class of codecs of NSX-T firewall rules.

    Attributes:
        has_addresses: True if rules contain addresses. If False, rules refer to IP sets instead.
        has_ports: True if rules contain ports. If False, rules refer to port profiles instead.
        enabled_key: The JSON key of ``enabled``, which depends on the API version.
        has_exclusions: True if a source or destination can exclude its groups.
    """

    enabled_key = "enabled"
    has_exclusions = False

    def __init__(self, *, has_addresses: bool, has_ports: bool) -> None:
        super().__init__(NSXT)
        self.has_addresses = has_addresses
        self.has_ports = has_ports

    def rule_of(self, record: Mapping[str, Any]) -> FirewallRuleSpec:
        """Decode the rule in a record."""
        get = record.get
        active = get("active")
        applied_to = get("appliedTo")
        applications = applications_of(record)
        values = {
            "name": text_of(get("name")) or "",
            "action": action_of(record),
            "enabled": active if type(active) is bool else bool_of(active, bool_of(get("enabled"), True)),
            "logging": bool_of(get("logging"), False),
            "description": text_of(get("comments")) or "",
            "source": members_of_side(get("sourceFirewallIpAddresses"), get("sourceFirewallGroups")),
            "destination": members_of_side(get("destinationFirewallIpAddresses"), get("destinationFirewallGroups")),
            "source_exclude": bool_of(get("sourceGroupsExcluded"), False),
            "destination_exclude": bool_of(get("destinationGroupsExcluded"), False),
            "services": services_of_rule(record, applications),
            "applications": applications,
            "match_translated": False,
            "direction": _DIRECTIONS.get(str(get("direction")), "inout"),
            "ip_version": IP_VERSIONS.get(str(get("ipProtocol")), "any"),
            "applied_to": (text_of(mapping_of(applied_to).get("name")) or "") if applied_to else "",
            "rule_id": text_of(get("id")),
        }
        return spec_with(FirewallRuleSpec, values)

    def new_record(self, spec: FirewallRuleSpec) -> dict[str, Any]:
        """Return the record of a new rule, without its ID.

        NSX-T requires a name. A rule without a name gets a name that describes its traffic.
        """
        raw: dict[str, Any] = {"name": spec.name or rule_title(spec), "ipProtocol": "IPV4_IPV6", "direction": "IN_OUT"}
        return self._changed(raw, spec, tuple(name for name in _WRITTEN if getattr(spec, name) is not None))

    def changed_record(
        self, record: Mapping[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the values of ``spec`` for fields in ``changed``."""
        return self._changed(dict(record), spec, changed)

    def _changed(self, raw: dict[str, Any], spec: FirewallRuleSpec, changed: Sequence[str]) -> dict[str, Any]:
        for name in changed:
            raw |= self._simple_values(raw, spec, name)
        for side in SIDES:
            if side in changed:
                self._set_side(raw, side, getattr(spec, side) or (ANY,))
            elif f"{side}_exclude" in changed:
                self._set_side(raw, side, getattr(self.rule_of(raw), side))
        if "services" in changed or "applications" in changed:
            services = spec.services if spec.services is not None else self.rule_of(raw).services or ()
            applications = spec.applications if spec.applications is not None else applications_of(raw)
            if matches_any_traffic(services):
                # Ports and profiles of the other services would narrow the rule.
                services = ()
            raw["applicationPortProfiles"] = profile_references(services, applications, raw, is_inline=self.has_ports)
            if self.has_ports:
                raw["rawPortProtocols"] = raw_items(services) or None
        return raw

    def _set_side(self, raw: dict[str, Any], side: str, members: Sequence[str]) -> None:
        """Set the source or destination of a rule.

        Only groups can be excluded, so excluded addresses become an IP set. Source: protocol/nsxt.md
        §8.
        """
        addresses, groups = split_sides(members)
        is_inline = self.has_addresses and not raw.get(_excluded(side))
        raw[f"{side}FirewallGroups"] = group_references(addresses, groups, raw, side, is_inline=is_inline)
        if self.has_addresses:
            raw[f"{side}FirewallIpAddresses"] = (addresses or None) if is_inline else None

    def _simple_values(self, raw: Mapping[str, Any], spec: FirewallRuleSpec, name: str) -> dict[str, Any]:
        """Return the JSON values of a field, by JSON key.

        Return an empty dict for the fields whose values depend on references.
        """
        if name in _SIMPLE:
            return {_SIMPLE[name]: getattr(spec, name)}
        if name == "action":
            action = _WIRE_ACTIONS.get(spec.action or "", "ALLOW")
            # Old records also have the deprecated key `action`, which has no value for REJECT.
            deprecated = {"action": action if action != "REJECT" else None} if "action" in raw else {}
            return {"actionValue": action, **deprecated}
        if name == "enabled":
            return {self.enabled_key: spec.enabled}
        if name == "direction":
            return {"direction": _WIRE_DIRECTIONS[spec.direction or "inout"]}
        if name == "ip_version":
            return {"ipProtocol": _WIRE_IP_VERSIONS[spec.ip_version or "any"]}
        if name == "applied_to":
            return {"appliedTo": _network(spec.applied_to or "")}
        side = name.removesuffix("_exclude")
        return {_excluded(side): getattr(spec, name)} if side != name and self.has_exclusions else {}


def rule_title(spec: FirewallRuleSpec) -> str:
    """Return a name that describes the traffic of a rule.

    Format: ``accept tcp/443 from any to 10.0.0.5``.
    """
    traffic = "+".join((*map(_title_of_service, spec.services or ()), *(spec.applications or ()))) or ANY
    source, destination = (",".join(members or (ANY,)) for members in (spec.source, spec.destination))
    return f"{spec.action or 'accept'} {traffic} from {source} to {destination}"[:_MAX_NAME]


def _title_of_service(service: ServiceSpec) -> str:
    details = service.port or (service.icmp_type or ANY,)
    return ANY if service.protocol == ANY else f"{service.protocol}/{','.join(details)}"


def action_of(record: Mapping[str, Any]) -> str:
    """Return the action of a raw rule. An unknown action counts as deny."""
    return ACTIONS.get(str(record.get("actionValue") or record.get("action")), "deny")


def _excluded(side: str) -> str:
    """Return the JSON key that makes a rule exclude the groups of ``side``."""
    return f"{side}GroupsExcluded"


def _network(name_or_urn: str) -> dict[str, Any] | None:
    """Return a reference to a network, or None if ``name_or_urn`` is empty."""
    if not name_or_urn:
        return None
    return {"id" if name_or_urn.startswith("urn:") else "name": name_or_urn}
