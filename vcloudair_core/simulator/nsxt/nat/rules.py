"""NAT rules of an NSX-T edge gateway: their fields, checks and JSON.

Source: protocol/nsxt.md §6, protocol/vcd-modern.md §4.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from vcloudair_core.simulator.nsxt.edges import is_allocated
from vcloudair_core.simulator.nsxt.field_checks import (
    MAX_DESCRIPTION,
    address_or_network,
    not_blank,
    number_from,
    port_or_range,
)
from vcloudair_core.simulator.nsxt.firewall.references import PROFILE, resolve_profile, scope_of_edge
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, VERSION, JsonField, RefusedBodyError, checked
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import SimulatedEdge

RULE_TYPES = ("SNAT", "DNAT", "NO_SNAT", "NO_DNAT", "REFLEXIVE")
MATCHES = ("MATCH_INTERNAL_ADDRESS", "MATCH_EXTERNAL_ADDRESS", "BYPASS")
MAX_PRIORITY = 2147481599
_APPLIED_TO_SINCE = (36, 2)
_COMMON = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "type": JsonField(str, since=(36, 0), choices=RULE_TYPES),
    "externalAddresses": JsonField(str, check=address_or_network),
    "internalAddresses": JsonField(str, check=address_or_network),
    "dnatExternalPort": JsonField(str, since=(35, 0), check=port_or_range),
    "snatDestinationAddresses": JsonField(str, since=(34, 0), check=address_or_network),
    "applicationPortProfile": JsonField(dict, items=REFERENCE),
    "logging": JsonField(bool),
    "systemRule": JsonField(bool),
    "firewallMatch": JsonField(str, since=(35, 2), choices=MATCHES),
    "priority": JsonField(int, since=(35, 2), check=number_from(0, MAX_PRIORITY)),
    "appliedTo": JsonField(dict, since=_APPLIED_TO_SINCE, items=REFERENCE),
    "version": VERSION,
}
_FIRST = {
    "enabled": JsonField(bool),
    "ruleType": JsonField(str, choices=RULE_TYPES[:-1]),
    "internalPort": JsonField(str, check=lambda value: "is not supported since API version 35.0"),
}
"""Fields of path version 1.0.0 only.

``ruleType`` is older than ``type`` and has no value REFLEXIVE.
"""
_SECOND = {"active": JsonField(bool), "policyBasedVpnMode": JsonField(str, choices=("BYPASS", "EXCLUSIVE"))}
"""Fields of path version 2.0.0 only."""
_ALLOCATED = ("SNAT", "DNAT", "REFLEXIVE")
"""Types whose external addresses must be uplink addresses of the edge gateway."""
_ONLY_FOR = {
    "dnatExternalPort": ("DNAT",),
    "snatDestinationAddresses": ("SNAT", "NO_SNAT"),
    "applicationPortProfile": ("SNAT", "DNAT", "NO_SNAT", "NO_DNAT"),
    "policyBasedVpnMode": ("DNAT", "NO_DNAT"),
    "externalAddresses": ("SNAT", "DNAT", "NO_DNAT", "REFLEXIVE"),
    "internalAddresses": ("SNAT", "DNAT", "NO_SNAT", "REFLEXIVE"),
}
"""Types of rules in which a field can have a value. Source: protocol/nsxt.md §6."""


def read_rule(context: Any, edge: SimulatedEdge, body: dict[str, Any], *, is_second: bool) -> dict[str, Any]:
    """Return the rule that a request contains, with defaults for absent fields.

    ``is_second`` is true for path version 2.0.0. The rule has no ``id`` and no ``version``. Raises RefusedBodyError
    for an invalid rule.
    """
    port = body.get("dnatExternalPort")
    if isinstance(port, int) and not isinstance(port, bool):  # Clients also send the port as a number.
        body = {**body, "dnatExternalPort": str(port)}
    sent = checked(context, body, _COMMON | (_SECOND if is_second else _FIRST))
    sent = {name: value for name, value in sent.items() if value not in (None, "")}
    if str(sent.get("dnatExternalPort")).upper() == "ANY":
        del sent["dnatExternalPort"]
    kind = _type_of(sent)
    _check_fields(sent, body, kind)
    _check_addresses(context, edge, sent, kind)
    is_logged = sent.get("logging", False) and context.simulator.config.logging_right
    return {
        "name": sent["name"],
        "description": body.get("description"),
        "active": sent.get("active" if is_second else "enabled", True),
        "type": kind,
        "externalAddresses": sent.get("externalAddresses", ""),
        "internalAddresses": sent.get("internalAddresses", ""),
        "dnatExternalPort": sent.get("dnatExternalPort"),
        "snatDestinationAddresses": sent.get("snatDestinationAddresses"),
        "applicationPortProfile": _profile(context, edge, sent.get("applicationPortProfile")),
        "logging": is_logged,
        "systemRule": False,
        "firewallMatch": sent.get("firewallMatch", "MATCH_INTERNAL_ADDRESS"),
        "priority": sent.get("priority", 0),
        "appliedTo": _applied_to(context, edge, sent.get("appliedTo")),
        "policyBasedVpnMode": sent.get("policyBasedVpnMode", "BYPASS" if kind in ("DNAT", "NO_DNAT") else None),
    }


def rule_json(rule: dict[str, Any], version: str, *, is_second: bool) -> dict[str, Any]:
    """Return a rule in the JSON format of a response.

    Path version 1.0.0 also shows the type as ``ruleType``, which is null for REFLEXIVE. Source: protocol/nsxt.md §6.
    """
    shown = {name: value for name, value in rule.items() if name not in _SECOND}
    shown["version"] = {"version": rule["version"]}
    if is_second:
        shown |= {name: rule[name] for name in _SECOND}
    else:
        kind = None if rule["type"] == "REFLEXIVE" else rule["type"]
        shown |= {"enabled": rule["active"], "ruleType": kind, "internalPort": None}
    if not is_at_least(version, _APPLIED_TO_SINCE):
        del shown["appliedTo"]
    return shown


def _invalid(field: str, reason: str) -> RefusedBodyError:
    return RefusedBodyError(f"validation error on field '{field}': {reason}")


def _type_of(sent: dict[str, Any]) -> str:
    kind = sent.get("type") or sent.get("ruleType")
    if kind is None:
        raise _invalid("type", "must not be null")
    if sent.get("ruleType", kind) != kind:
        raise _invalid("ruleType", f"'{sent['ruleType']}' differs from type '{kind}'")
    return str(kind)


def _check_fields(sent: dict[str, Any], body: dict[str, Any], kind: str) -> None:
    """Refuse fields that rules of type ``kind`` cannot have, and missing addresses.

    ``externalAddresses`` must be present even if it is empty. Source: protocol/vcd-modern.md §4.
    """
    for field, kinds in _ONLY_FOR.items():
        if field in sent and kind not in kinds:
            raise _invalid(field, f"must be empty for a rule of type {kind}")
    for field in ("externalAddresses", "internalAddresses"):
        if field not in sent and kind in _ONLY_FOR[field]:
            raise _invalid(field, f"must not be empty for a rule of type {kind}")
    if body.get("externalAddresses") is None:
        raise _invalid("externalAddresses", "must not be null")


def _check_addresses(context: Any, edge: SimulatedEdge, sent: dict[str, Any], kind: str) -> None:
    if kind == "REFLEXIVE" and _network(sent["externalAddresses"])[1] != _network(sent["internalAddresses"])[1]:
        raise _invalid("internalAddresses", "must contain as many addresses as externalAddresses")
    if kind in _ALLOCATED and context.simulator.config.external_address == "allocated":
        addresses = sent["externalAddresses"]
        if not all(is_allocated(edge, end) for end in _network(addresses)[0]):
            raise _invalid("externalAddresses", f"{addresses} is not allocated to the edge gateway {edge.name}")


def _network(addresses: str) -> tuple[tuple[str, str], int]:
    """Return the first and last address of a network, and the number of addresses."""
    network = ip_network(addresses, strict=False)
    return (str(network[0]), str(network[-1])), network.num_addresses


def _profile(context: Any, edge: SimulatedEdge, reference: dict[str, Any] | None) -> dict[str, str] | None:
    """Return the reference to the port profile of a rule, or None.

    Source: protocol/nsxt.md §1.3, §4.
    """
    if reference is None:
        return None
    profile = resolve_profile(context.world, scope_of_edge(context.world, edge), reference)
    if not context.world.port_profiles[profile["id"].removeprefix(PROFILE)].is_usable_for_nat:
        raise _invalid("applicationPortProfile", f"'{profile['name']}' has several ports and cannot be used for NAT")
    return profile


def _applied_to(context: Any, edge: SimulatedEdge, reference: dict[str, Any] | None) -> dict[str, str] | None:
    """Return the network that a rule applies to, or None.

    The network must be connected as a service interface. Source: protocol/nsxt.md §5.
    """
    if reference is None:
        return None
    identifier = str(reference.get("id"))
    network = context.world.networks.get(identifier.rpartition(":")[2])
    if network is None or network.edge_id != edge.edge_id or network.connection_type != "NON_DISTRIBUTED":
        raise _invalid("appliedTo", f"'{identifier}' is not a service interface of the edge gateway")
    return {"name": network.name, "id": identifier}
