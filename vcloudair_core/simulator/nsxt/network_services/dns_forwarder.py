"""DNS forwarder of an NSX-T edge gateway.

A DNS forwarder with an SNAT rule adds a system rule to the NAT rules of its edge gateway. Source: protocol/nsxt.md §6,
§10.
"""

from __future__ import annotations

import copy
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import nsxt_call, start_edge_write
from vcloudair_core.simulator.nsxt.edges import is_allocated
from vcloudair_core.simulator.nsxt.field_checks import ip_address, ip_addresses, not_blank
from vcloudair_core.simulator.nsxt.json_bodies import VERSION, JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.nat.rule_routes import add_rule, nat_state
from vcloudair_core.simulator.nsxt.object_versions import check_object_version
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

SYSTEM_RULE = "DNS forwarder"
"""Name of the NAT rule of the DNS forwarder (inferred)."""
_OPERATION = "orgVdcGatewayDnsUpdate"
_ZONE = {
    "id": JsonField(str),
    "displayName": JsonField(str, is_required=True, check=not_blank),
    "upstreamServers": JsonField(list, is_required=True, check=ip_addresses),
}
_FIELDS = {
    "enabled": JsonField(bool),
    "listenerIp": JsonField(str, check=ip_address),
    "defaultForwarderZone": JsonField(dict, items=_ZONE),
    "conditionalForwarderZones": JsonField(list, items={**_ZONE, "dnsDomainNames": JsonField(list, is_required=True)}),
    "snatRuleExternalIpAddress": JsonField(str, check=ip_address),
    "snatRuleEnabled": JsonField(bool),
    "version": VERSION,
}
_OFF: dict[str, Any] = {
    "enabled": False,
    "listenerIp": None,
    "defaultForwarderZone": None,
    "conditionalForwarderZones": None,
    "snatRuleExternalIpAddress": None,
    "snatRuleEnabled": False,
}


def routes() -> SimulatorRoutes:
    """Return the routes of the DNS forwarder."""
    path = "/cloudapi/1.0.0/edgeGateways/{edge_id}/dns"
    calls = [("GET", show), ("PUT", update), ("DELETE", delete)]
    made = tuple(SimulatorRoute(method, path, nsxt_call("DNS", handler)) for method, handler in calls)
    return SimulatorRoutes("nsxt dns", "DNS forwarder of NSX-T edge gateways", made, versions="33.0 and newer")


def dns_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the DNS forwarder.

    ``zones`` is the number of zones ever created.
    """
    return edge.services.setdefault("dns", {"config": dict(_OFF), "version": 0, "zones": 0})


def show(context: Any, edge: SimulatedEdge) -> Response:
    """Return the DNS forwarder."""
    state = dns_state(edge)
    return json_responses.item(context, {**state["config"], "version": {"version": state["version"]}})


def update(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that replaces the DNS forwarder. Zones without an ID are created."""
    state, body = dns_state(edge), checked(context, read_object(context), _FIELDS)
    check_object_version(context, body, state["version"])
    body.pop("version", None)
    config = {**_OFF, **{name: copy.deepcopy(value) for name, value in body.items() if value is not None}}
    _check(context, edge, config)

    def apply() -> None:
        for zone in _zones(config):
            if not zone.get("id"):
                state["zones"] += 1
                zone["id"] = context.world.make_id("dns-zone", f"{edge.edge_id}/{state['zones']}")
        _replace(context, edge, config)

    return start_edge_write(context, edge, "Updating DNS", _OPERATION, apply)


def delete(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that turns the DNS forwarder off and removes its zones."""

    def apply() -> None:
        _replace(context, edge, dict(_OFF))

    return start_edge_write(context, edge, "Deleting DNS", _OPERATION, apply)


def _replace(context: Any, edge: SimulatedEdge, config: dict[str, Any]) -> None:
    state, nat = dns_state(edge), nat_state(edge)
    state.update(config=config, version=state["version"] + 1)
    nat["rules"] = [rule for rule in nat["rules"] if not (rule["systemRule"] and rule["name"] == SYSTEM_RULE)]
    if config["enabled"] and config["snatRuleEnabled"]:
        add_rule(context.world, edge, _system_rule(edge, config))


def _system_rule(edge: SimulatedEdge, config: dict[str, Any]) -> dict[str, Any]:
    """Return the SNAT rule for traffic to the upstream DNS servers (inferred)."""
    return {
        "name": SYSTEM_RULE,
        "description": None,
        "active": True,
        "type": "SNAT",
        "externalAddresses": config["snatRuleExternalIpAddress"] or edge.external_address,
        "internalAddresses": config["listenerIp"],
        "dnatExternalPort": None,
        "snatDestinationAddresses": None,
        "applicationPortProfile": None,
        "logging": False,
        "systemRule": True,
        "firewallMatch": "MATCH_INTERNAL_ADDRESS",
        "priority": 0,
        "appliedTo": None,
        "policyBasedVpnMode": None,
    }


def _zones(config: dict[str, Any]) -> list[dict[str, Any]]:
    default = config["defaultForwarderZone"]
    return [*([default] if default else []), *(config["conditionalForwarderZones"] or ())]


def _check(context: Any, edge: SimulatedEdge, config: dict[str, Any]) -> None:
    """Refuse a missing address or zone, an unknown zone, and an unallocated address."""
    for field in ("listenerIp", "defaultForwarderZone"):
        if config["enabled"] and not config[field]:
            raise RefusedBodyError(f"validation error on field '{field}': must not be null")
    known = {zone["id"] for zone in _zones(dns_state(edge)["config"])}
    unknown = next((zone["id"] for zone in _zones(config) if zone.get("id") and zone["id"] not in known), None)
    if unknown:
        raise RefusedBodyError(f"validation error on field 'id': the forwarder zone '{unknown}' does not exist")
    address = config["snatRuleExternalIpAddress"]
    is_checked = address and context.simulator.config.external_address == "allocated"
    if is_checked and not is_allocated(edge, address):
        field = "snatRuleExternalIpAddress"
        raise RefusedBodyError(f"validation error on field '{field}': {address} is not allocated to {edge.name}")
