"""DHCP forwarder of an NSX-T edge gateway. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import nsxt_call, start_edge_write
from vcloudair_core.simulator.nsxt.field_checks import ip_addresses
from vcloudair_core.simulator.nsxt.json_bodies import VERSION, JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.object_versions import check_object_version
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SINCE = (36, 1)
_FIELDS = {
    "enabled": JsonField(bool),
    "dhcpServers": JsonField(list, check=ip_addresses),
    "version": VERSION,
}


def routes() -> SimulatorRoutes:
    """Return the routes of the DHCP forwarder."""
    path = "/cloudapi/1.0.0/edgeGateways/{edge_id}/dhcpForwarder"
    calls = [("GET", show), ("PUT", update)]
    made = tuple(SimulatorRoute(method, path, nsxt_call("DHCP", handler, _SINCE)) for method, handler in calls)
    return SimulatorRoutes(
        "nsxt dhcp forwarder", "DHCP forwarder of NSX-T edge gateways", made, versions="36.1 and newer"
    )


def forwarder_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the DHCP forwarder."""
    return edge.services.setdefault("dhcpForwarder", {"enabled": False, "dhcpServers": [], "version": 0})


def show(context: Any, edge: SimulatedEdge) -> Response:
    """Return the DHCP forwarder."""
    state = forwarder_state(edge)
    return json_responses.item(context, {**state, "version": {"version": state["version"]}})


def update(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that replaces the DHCP forwarder."""
    state, body = forwarder_state(edge), checked(context, read_object(context), _FIELDS)
    check_object_version(context, body, state["version"])
    is_enabled, servers = bool(body.get("enabled")), list(body.get("dhcpServers") or ())
    if is_enabled and not servers:
        raise RefusedBodyError("validation error on field 'dhcpServers': must not be empty")

    def apply() -> None:
        state.update(enabled=is_enabled, dhcpServers=servers, version=state["version"] + 1)

    return start_edge_write(context, edge, "Updating DHCP forwarder", "dhcpForwarderUpdate", apply)
