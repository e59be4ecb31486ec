"""The codec of the firewall of NSX-T edge gateways.

Source: protocol/nsxt.md §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.engine.kind import Document
from vcloudair_core.engine.matching import LiveRule
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.firewall.nsxt.services import (
    applications_of,
    profile_references,
    raw_items,
    services_of_rule,
)
from vcloudair_core.services.ans.firewall.spec import SIDES, FirewallPolicySpec, FirewallRuleSpec, ServiceSpec
from vcloudair_core.services.ans.nsxt.members import group_references, members_of_side, split_sides
from vcloudair_core.services.ans.section.document import SectionState
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, items_of, mapping_of, text_of

INLINE_SINCE = (38, 1)
"""First API version with addresses and ports inside rules."""

ACTIONS = {"ALLOW": "accept", "DROP": "deny", "REJECT": "reject"}
_WIRE_ACTIONS = {name: wire for wire, name in ACTIONS.items()}
_DIRECTIONS = {"IN": "in", "OUT": "out", "IN_OUT": "inout"}
_WIRE_DIRECTIONS = {name: wire for wire, name in _DIRECTIONS.items()}
IP_VERSIONS = {"IPV4": "4", "IPV6": "6", "IPV4_IPV6": "any"}
_WIRE_IP_VERSIONS = {name: wire for wire, name in IP_VERSIONS.items()}
_MAX_NAME = 255


class NsxtFirewallCodec(JsonCodec[FirewallPolicySpec]):
    """A codec for the rules of an NSX-T edge gateway.

    ``is_inline`` is True from API version 38.1 on: rules contain addresses and ports. In older versions, rules refer to
    IP sets and port profiles instead.
    """

    section = "firewall"
    what = "the firewall rules"
    records_path = ("firewall", "userDefinedRules")

    def __init__(self, is_inline: bool) -> None:
        super().__init__(NSXT)
        self.is_inline = is_inline

    def decode(self, document: Document) -> SectionState[FirewallPolicySpec]:
        """Return the decoded firewall: system rules, user rules and the default rules."""
        rules = mapping_of(document.tree.get("firewall"))
        return SectionState(
            self.settings_of(document.tree),
            (
                *self._internal_rules(rules.get("systemRules"), "system"),
                *super().decode(document).rules,
                *self._internal_rules(rules.get("defaultRules"), "default_policy"),
            ),
        )

    def _internal_rules(self, records: Any, rule_type: str) -> Iterator[LiveRule]:
        for record in items_of(records):
            if isinstance(record, dict):
                yield LiveRule(-1, self.rule_of(record), rule_type)

    def settings_of(self, tree: Mapping[str, Any]) -> FirewallPolicySpec:
        """Return the policy without its rules.

        The firewall is always active unless its state says otherwise. The state is only read if a task sets it.
        """
        defaults = items_of(mapping_of(tree.get("firewall")).get("defaultRules"))
        default = mapping_of(defaults[-1]) if defaults else {}
        return FirewallPolicySpec(
            enabled=bool_of(mapping_of(tree.get("state")).get("active"), True),
            default_action=_action(default) if default else None,
            default_logging=bool_of(default.get("logging"), False) if default else None,
            global_settings=(),
        )

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Set ``settings`` in ``tree``. Only the state of the firewall can be changed."""
        if "enabled" in settings:
            tree["state"] = {**mapping_of(tree.get("state")), "active": settings["enabled"]}

    def rule_of(self, record: Mapping[str, Any]) -> FirewallRuleSpec:
        """Decode the rule in a record."""
        source, destination = (
            members_of_side(record.get(f"{side}FirewallIpAddresses"), record.get(f"{side}FirewallGroups"))
            for side in SIDES
        )
        applications = applications_of(record)
        return FirewallRuleSpec(
            name=text_of(record.get("name")) or "",
            action=_action(record),
            enabled=bool_of(record.get("active"), bool_of(record.get("enabled"), True)),
            logging=bool_of(record.get("logging"), False),
            description=text_of(record.get("comments")) or "",
            source=source,
            destination=destination,
            source_exclude=False,
            destination_exclude=False,
            services=services_of_rule(record, applications),
            applications=applications,
            match_translated=False,
            direction=_DIRECTIONS.get(str(record.get("direction")), "inout"),
            ip_version=IP_VERSIONS.get(str(record.get("ipProtocol")), "any"),
            applied_to=text_of(mapping_of(record.get("appliedTo")).get("name")) or "",
            rule_id=text_of(record.get("id")),
        )

    def new_record(self, spec: FirewallRuleSpec) -> dict[str, Any]:
        """Return the record of a new rule, without id.

        NSX-T requires a name, so a rule without a name is named after its traffic.
        """
        raw: dict[str, Any] = {"name": spec.name or rule_title(spec), "ipProtocol": "IPV4_IPV6", "direction": "IN_OUT"}
        names = ("action", "enabled", "logging", "description", "direction", "ip_version", "applied_to", *SIDES)
        return self._changed(
            raw, spec, tuple(name for name in (*names, "services", "applications") if getattr(spec, name) is not None)
        )

    def changed_record(
        self, record: Mapping[str, Any], spec: FirewallRuleSpec, changed: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return a copy of a record with the fields ``changed`` set from ``spec``."""
        return self._changed(dict(record), spec, changed)

    def _changed(self, raw: dict[str, Any], spec: FirewallRuleSpec, changed: Sequence[str]) -> dict[str, Any]:
        for key, value in self._simple_values(raw, spec):
            if key in changed:
                raw |= value
        for side in SIDES:
            if side in changed:
                addresses, groups = split_sides(getattr(spec, side) or (ANY,))
                raw[f"{side}FirewallGroups"] = group_references(addresses, groups, raw, side, is_inline=self.is_inline)
                if self.is_inline:
                    raw[f"{side}FirewallIpAddresses"] = addresses or None
        if "services" in changed or "applications" in changed:
            services = spec.services if spec.services is not None else self.rule_of(raw).services or ()
            applications = spec.applications if spec.applications is not None else applications_of(raw)
            raw["applicationPortProfiles"] = profile_references(services, applications, raw, is_inline=self.is_inline)
            if self.is_inline:
                raw["rawPortProtocols"] = raw_items(services) or None
        return raw

    def _simple_values(self, raw: Mapping[str, Any], spec: FirewallRuleSpec) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return the values to write for each simple field."""
        action = _WIRE_ACTIONS.get(spec.action or "", "ALLOW")
        yield "name", {"name": spec.name}
        # Old records also have the deprecated key `action`, which has no value for REJECT.
        deprecated = {"action": action if action != "REJECT" else None} if "action" in raw else {}
        yield "action", {"actionValue": action, **deprecated}
        yield "enabled", {"active" if self.is_inline else "enabled": spec.enabled}
        yield "logging", {"logging": spec.logging}
        yield "description", {"comments": spec.description}
        yield "direction", {"direction": _WIRE_DIRECTIONS[spec.direction or "inout"]}
        yield "ip_version", {"ipProtocol": _WIRE_IP_VERSIONS[spec.ip_version or "any"]}
        yield "applied_to", {"appliedTo": _network(spec.applied_to or "")}


def rule_title(spec: FirewallRuleSpec) -> str:
    """Return a name made of the traffic: ``accept tcp/443 from any to 10.0.0.5``."""
    traffic = "+".join((*map(_title_of_service, spec.services or ()), *(spec.applications or ()))) or ANY
    source, destination = (",".join(members or (ANY,)) for members in (spec.source, spec.destination))
    return f"{spec.action or 'accept'} {traffic} from {source} to {destination}"[:_MAX_NAME]


def _title_of_service(service: ServiceSpec) -> str:
    details = service.port or (service.icmp_type or ANY,)
    return ANY if service.protocol == ANY else f"{service.protocol}/{','.join(details)}"


def _action(record: Mapping[str, Any]) -> str:
    return ACTIONS.get(str(record.get("actionValue") or record.get("action")), "deny")


def _network(name_or_urn: str) -> dict[str, Any] | None:
    """Return a reference to the network that a rule applies to; None for all networks."""
    if not name_or_urn:
        return None
    return {"id" if name_or_urn.startswith("urn:") else "name": name_or_urn}
