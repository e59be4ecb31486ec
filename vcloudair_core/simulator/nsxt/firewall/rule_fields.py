"""Fields of firewall rules by API version, with their limits.

Paths under ``/cloudapi/1.0.0`` and ``/cloudapi/2.0.0`` have different fields. Source: protocol/nsxt.md §5, §8.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, VERSION, JsonField
from vcloudair_core.simulator.releases import is_at_least

MAX_RULES, MAX_REFERENCES, MAX_PORTS = 1000, 128, 15
ACTIONS = ("ALLOW", "DROP", "REJECT")
INLINE_SINCE = (38, 1)
"""First API version with addresses in rules. Source: protocol/nsxt.md §0.2."""
POSITIONS, MORE_POSITIONS = ("BEFORE", "AFTER"), ("TOP", "BOTTOM")
_MORE_POSITIONS_SINCE = (39, 0)


def bad_address(value: Any) -> str | None:
    """Return the reason why a value is not an address, a CIDR or a range, or None."""
    reason = f"'{value}' is not an IP address, a CIDR or a range of addresses"
    if not isinstance(value, str):
        return reason
    try:
        first, dash, last = value.partition("-")
        if not dash:
            ip_network(value, strict=False)
            return None
        start, end = ip_address(first.strip()), ip_address(last.strip())
    except ValueError:
        return reason
    return None if start.version == end.version and int(start) <= int(end) else reason


def bad_addresses(values: Any) -> str | None:
    """Return the reason why an element of a list is not an address, or None.

    See :func:`bad_address`.
    """
    return next((reason for reason in map(bad_address, values) if reason), None)


def bad_port(value: Any) -> str | None:
    """Return the reason why a value is not a port or a range of ports, or None."""
    first, dash, last = value.partition("-") if isinstance(value, str) else ("", "", "")
    numbers = [int(text) for text in (first, last or first) if text.isascii() and text.isdecimal()]
    is_valid = len(numbers) == 2 and 0 <= numbers[0] <= numbers[1] <= 65535 and bool(dash) == bool(last)
    return None if is_valid else f"'{value}' is not a port or a range of ports"


def bad_raw_ports(values: Any) -> str | None:
    """Return the reason why the port list of a rule is invalid, or None.

    A range counts as two ports. Source: protocol/nsxt.md §0.2.
    """
    reason = next((reason for reason in map(bad_port, values) if reason), None)
    count = sum(2 if "-" in value else 1 for value in values) if reason is None else 0
    return reason or (
        f"at most {MAX_PORTS} ports are allowed, and a range counts as two" if count > MAX_PORTS else None
    )


_REFERENCES = JsonField(list, items=REFERENCE, length=MAX_REFERENCES)
_ADDRESSES = JsonField(list, since=INLINE_SINCE, check=bad_addresses)
_PORTS = JsonField(list, check=bad_raw_ports)
_LAYER_4 = {
    "protocol": JsonField(str, choices=("TCP", "UDP"), is_required=True),
    "sourcePorts": _PORTS,
    "destinationPorts": _PORTS,
}
_COMMON = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True),
    "description": JsonField(str),
    "comments": JsonField(str, since=(36, 2), length=2048),
    "direction": JsonField(str, choices=("IN", "OUT", "IN_OUT")),
    "ipProtocol": JsonField(str, choices=("IPV4", "IPV6", "IPV4_IPV6")),
    "logging": JsonField(bool),
    "sourceFirewallGroups": _REFERENCES,
    "destinationFirewallGroups": _REFERENCES,
    "applicationPortProfiles": _REFERENCES,
    "networkContextProfiles": JsonField(list, since=(35, 0), items=REFERENCE, length=MAX_REFERENCES),
    "version": VERSION,
}
_OF_EDGE = {
    "appliedTo": JsonField(dict, since=(37, 1), items=REFERENCE),
    "sourceFirewallIpAddresses": _ADDRESSES,
    "destinationFirewallIpAddresses": _ADDRESSES,
    "loggingId": JsonField(str, since=INLINE_SINCE),
    "relativePosition": JsonField(
        dict,
        since=INLINE_SINCE,
        items={"rulePosition": JsonField(str, is_required=True), "adjacentRuleId": JsonField(str)},
    ),
}
_FIRST = {
    "enabled": JsonField(bool),
    "action": JsonField(str, choices=ACTIONS[:2]),
    "actionValue": JsonField(str, since=(35, 2), choices=ACTIONS),
}
_SECOND = {
    "active": JsonField(bool),
    "actionValue": JsonField(str, choices=ACTIONS, is_required=True),
    "rawPortProtocols": JsonField(list, items={"layer4Item": JsonField(dict, items=_LAYER_4, is_required=True)}),
}
_EXCLUDED = {
    "sourceGroupsExcluded": JsonField(bool, since=(36, 2)),
    "destinationGroupsExcluded": JsonField(bool, since=(36, 2)),
}
V1, V2 = {**_COMMON, **_FIRST, **_OF_EDGE}, {**_COMMON, **_SECOND, **_OF_EDGE}
_DISTRIBUTED = {**V1, **_EXCLUDED}
"""Fields of rules of a distributed firewall.

The first version of the excluded groups is inferred. Source: protocol/nsxt.md §8.
"""


def edge_fields(context: Any, *, is_v2: bool) -> Mapping[str, JsonField]:
    """Return the fields that edge firewall rules can have, by name.

    If the option ``inline_addresses`` is off, rules have no fields for addresses.
    """
    return _with_option(context, V2 if is_v2 else V1)


def distributed_fields(context: Any) -> Mapping[str, JsonField]:
    """Return the fields that distributed firewall rules can have, by name.

    If the option ``inline_addresses`` is off, rules have no fields for addresses.
    """
    return _with_option(context, _DISTRIBUTED)


def _with_option(context: Any, fields: Mapping[str, JsonField]) -> Mapping[str, JsonField]:
    if context.simulator.config.inline_addresses:
        return fields
    return {name: field for name, field in fields.items() if not name.endswith("IpAddresses")}


def rule_positions(context: Any) -> tuple[str, ...]:
    """Return the values of ``rulePosition`` in the API version of a request.

    Source: protocol/nsxt.md §0.2.
    """
    has_all = context.simulator.config.position_words == "all"
    return POSITIONS + (MORE_POSITIONS if has_all or is_at_least(context.version, _MORE_POSITIONS_SINCE) else ())
