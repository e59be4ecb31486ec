"""The codec for NAT rules of NSX-T edge gateways.

Source: protocol/nsxt.md §6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.edge.backend import NSXT
from vcloudair_core.services.ans.nat.meaning import VPN_ACTIONS
from vcloudair_core.services.ans.nat.nsxt.profiles import traffic_record, traffic_values
from vcloudair_core.services.ans.nat.spec import (
    DNAT,
    FIREWALL_MATCHES,
    NO_DNAT,
    NO_SNAT,
    REFLEXIVE,
    SNAT,
    VPN_MODES,
    NatRuleSpec,
    NatSpec,
    nat_title,
)
from vcloudair_core.services.ans.section.json_codec import JsonCodec
from vcloudair_core.services.ans.section.json_values import bool_of, int_of, mapping_of, text_of

V2_SINCE = (38, 1)
"""First API version with path version 2.0.0.

In this path version, ``active`` replaces ``enabled``.
"""

_EXTERNAL, _INTERNAL = "externalAddresses", "internalAddresses"
_ADDRESS_KEYS = {
    DNAT: {_EXTERNAL: "original_address", _INTERNAL: "translated_address"},
    NO_DNAT: {_EXTERNAL: "original_address"},
    SNAT: {_INTERNAL: "original_address", _EXTERNAL: "translated_address"},
    NO_SNAT: {_INTERNAL: "original_address"},
    REFLEXIVE: {_INTERNAL: "original_address", _EXTERNAL: "translated_address"},
}
"""The field of a rule for each of the two address keys, by action."""

_ALL_ADDRESSES = "0.0.0.0/0"
_DESTINATION = "snatDestinationAddresses"
_DESTINATION_ACTIONS = (SNAT, NO_SNAT)
_VPN_MODE = "policyBasedVpnMode"
_MAX_NAME = 255
_ADDRESS_FIELDS = ("action", "original_address", "translated_address")
_TRAFFIC_FIELDS = (
    "action", "protocol", "original_port", "translated_port", "icmp_type", "snat_match_destination_port", "application",
)  # fmt: skip


class NsxtNatCodec(JsonCodec[NatSpec]):
    """A codec for NAT rules of an NSX-T edge gateway.

    ``is_v2`` is True if the session uses path version 2.0.0 (API version 38.1 and newer).
    """

    section = "nat"
    what = "the NAT rules"
    records_path = ("nat", "values")

    def __init__(self, is_v2: bool) -> None:
        super().__init__(NSXT)
        self.is_v2 = is_v2

    def settings_of(self, tree: Mapping[str, Any]) -> NatSpec:
        """Return settings without values, because NAT is always enabled."""
        return NatSpec(enabled=True)

    def set_settings(self, tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
        """Do nothing, because NAT has no settings."""

    def rule_type_of(self, record: Mapping[str, Any]) -> str:
        """Return ``system`` for a rule that the edge gateway created, otherwise ``user``."""
        return "system" if bool_of(record.get("systemRule"), False) else "user"

    def rule_of(self, record: Mapping[str, Any]) -> NatRuleSpec:
        """Decode the rule in a record."""
        action = str(record.get("type") or record.get("ruleType") or "").casefold()
        addresses: dict[str, Any] = {
            field: _address(record.get(key)) for key, field in _ADDRESS_KEYS.get(action, _ADDRESS_KEYS[DNAT]).items()
        }
        destination = _address(record.get(_DESTINATION)) if action in _DESTINATION_ACTIONS else ANY
        ports: dict[str, Any] = dict.fromkeys(
            ("original_port", *(("translated_port",) if action in (DNAT, SNAT) else ())), ANY
        )
        return NatRuleSpec(
            action=action,
            **addresses,
            **{**ports, **traffic_values(record, action)},
            vnic=ANY,
            snat_match_destination_address=None if destination == ANY else destination,
            enabled=bool_of(record.get("active"), bool_of(record.get("enabled"), True)),
            logging=bool_of(record.get("logging"), False),
            description=text_of(record.get("description")) or "",
            name=text_of(record.get("name")) or "",
            priority=int_of(record.get("priority")) or 0,
            firewall_match=str(record.get("firewallMatch") or FIREWALL_MATCHES[0]).casefold(),
            applied_to=text_of(mapping_of(record.get("appliedTo")).get("name")),
            vpn_mode=self._vpn_mode(record, action),
            rule_id=text_of(record.get("id")),
        )

    def _vpn_mode(self, record: Mapping[str, Any], action: str) -> str | None:
        if not self.is_v2 or action not in VPN_ACTIONS:
            return None
        return str(record.get(_VPN_MODE) or VPN_MODES[0]).casefold()

    def new_record(self, spec: NatRuleSpec) -> dict[str, Any]:
        """Return the record of a new rule, without the rule ID.

        NSX-T requires a name. A rule without a name gets its description as the name, or a name that describes its
        traffic.
        """
        named = replace(spec, name=spec.display_name[:_MAX_NAME] or nat_title(spec))
        names = tuple(
            name
            for name in (*_ADDRESS_FIELDS, *_TRAFFIC_FIELDS, *(name for name, _ in self._simple_values(named)))
            if getattr(named, name) is not None
        )
        return self._changed({}, named, names)

    def changed_record(self, record: Mapping[str, Any], spec: NatRuleSpec, changed: tuple[str, ...]) -> dict[str, Any]:
        """Return a copy of a record with the values of ``spec`` for fields in ``changed``."""
        whole = replace(self.rule_of(record), **{name: getattr(spec, name) for name in changed})
        return self._changed(dict(record), whole, changed)

    def _changed(self, raw: dict[str, Any], spec: NatRuleSpec, changed: Sequence[str]) -> dict[str, Any]:
        for key, value in self._simple_values(spec):
            if key in changed:
                raw |= value
        if not set(_ADDRESS_FIELDS).isdisjoint(changed):
            raw |= _address_values(raw, spec)
        if "action" in changed or "snat_match_destination_address" in changed:
            destination = spec.snat_match_destination_address or ANY
            is_any = destination == ANY or spec.action not in _DESTINATION_ACTIONS
            raw |= {_DESTINATION: None if is_any else destination} if _DESTINATION in raw or not is_any else {}
        if not set(_TRAFFIC_FIELDS).isdisjoint(changed):
            raw |= traffic_record(raw, spec, names_application="application" in changed)
        return raw

    def _simple_values(self, spec: NatRuleSpec) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the fields whose JSON values do not depend on references.

        Shape of an item: ``(field, {JSON key: value})``.
        """
        yield "name", {"name": spec.name}
        yield "description", {"description": spec.description}
        yield "enabled", {"active" if self.is_v2 else "enabled": spec.enabled}
        yield "logging", {"logging": spec.logging}
        yield "priority", {"priority": spec.priority}
        yield "firewall_match", {"firewallMatch": (spec.firewall_match or FIREWALL_MATCHES[0]).upper()}
        yield "applied_to", {"appliedTo": {"name": spec.applied_to} if spec.applied_to else None}
        if self.is_v2:
            yield "vpn_mode", {_VPN_MODE: (spec.vpn_mode or VPN_MODES[0]).upper()}


def _address_values(raw: Mapping[str, Any], spec: NatRuleSpec) -> dict[str, Any]:
    """Return the action and the addresses of a rule.

    For REFLEXIVE, the deprecated key ``ruleType`` is null, because that key has no value for this action.
    """
    wire = (spec.action or "").upper()
    deprecated = {"ruleType": None if spec.action == REFLEXIVE else wire} if "ruleType" in raw else {}
    keys = _ADDRESS_KEYS.get(spec.action or "", {})
    addresses = {key: _sent(getattr(spec, keys[key])) if key in keys else "" for key in (_EXTERNAL, _INTERNAL)}
    no_mode = {} if spec.action in VPN_ACTIONS or raw.get(_VPN_MODE) is None else {_VPN_MODE: None}
    return {"type": wire, **deprecated, **addresses, **no_mode}


def _address(value: Any) -> str:
    text = (text_of(value) or "").strip()
    return text or ANY


def _sent(address: str | None) -> str:
    return _ALL_ADDRESSES if address in (None, ANY) else str(address)
