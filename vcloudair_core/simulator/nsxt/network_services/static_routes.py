"""Static routes of an NSX-T edge gateway. Source: protocol/nsxt.md §10."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.cursor_pages import cursor_page
from vcloudair_core.simulator.nsxt.edge_tasks import not_found, nsxt_call, start_edge_write, status_of
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.field_checks import (
    MAX_DESCRIPTION,
    cidr_network,
    ip_address,
    not_blank,
    number_from,
)
from vcloudair_core.simulator.nsxt.json_bodies import VERSION, JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.object_versions import check_id
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SINCE = (37, 0)
_SCOPE = {
    "scopeType": JsonField(str, choices=("NETWORK", "SYSTEM_OWNED"), is_required=True),
    "id": JsonField(str),
    "name": JsonField(str),
}
_HOP = {
    "ipAddress": JsonField(str, is_required=True, check=ip_address),
    "adminDistance": JsonField(int, check=number_from(1, 255)),
    "scope": JsonField(dict, items=_SCOPE),
}
_FIELDS = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "networkCidr": JsonField(str, is_required=True, check=cidr_network),
    "nextHops": JsonField(list, is_required=True, items=_HOP, length=5),
    "systemOwned": JsonField(bool),
    "version": VERSION,
}


def routes() -> SimulatorRoutes:
    """Return the routes that read and change static routes."""
    path = "/cloudapi/1.0.0/edgeGateways/{edge_id}/routing/staticRoutes"
    calls: list[tuple[str, str, Callable[[Any, SimulatedEdge], Response]]] = [
        ("GET", path, list_static_routes),
        ("POST", path, create_static_route),
        ("GET", f"{path}/{{route_id}}", show_static_route),
        ("PUT", f"{path}/{{route_id}}", update_static_route),
        ("DELETE", f"{path}/{{route_id}}", delete_static_route),
    ]
    made = tuple(SimulatorRoute(method, at, nsxt_call("ROUTING", handler, _SINCE)) for method, at, handler in calls)
    return SimulatorRoutes(
        "nsxt static routes", "Static routes of NSX-T edge gateways", made, versions="37.0 and newer"
    )


def route_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the static routes and the number of routes ever created."""
    return edge.services.setdefault("staticRoutes", {"routes": [], "count": 0})


def list_static_routes(context: Any, edge: SimulatedEdge) -> Response:
    """Return a page of the static routes."""
    values = [_route_json(route) for route in route_state(edge)["routes"]]
    return cursor_page(context, values, status_of(context, effective_owner(edge)), "StaticRoutes")


def show_static_route(context: Any, edge: SimulatedEdge) -> Response:
    """Return one static route."""
    return json_responses.item(context, _route_json(_find(context, edge)))


def create_static_route(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that adds a static route.

    The details of the task contain the ID of the route.
    """
    route, state = _read(context, edge, read_object(context)), route_state(edge)
    identifier = context.world.make_id("static-route", f"{edge.edge_id}/{state['count'] + 1}")

    def apply() -> None:
        state["count"] += 1
        state["routes"].append({"id": identifier, **route, "systemOwned": False})

    return start_edge_write(context, edge, "Creating static route", "createStaticRoute", apply, details=identifier)


def update_static_route(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that replaces a static route."""
    known, body = _changeable(context, edge), read_object(context)
    check_id(body, known["id"])
    route = _read(context, edge, body)

    def apply() -> None:
        known.update(route)

    return start_edge_write(context, edge, "Updating static route", "updateStaticRoute", apply)


def delete_static_route(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that deletes a static route."""
    known = _changeable(context, edge)

    def apply() -> None:
        state = route_state(edge)
        state["routes"] = [route for route in state["routes"] if route is not known]

    return start_edge_write(context, edge, "Deleting static route", "deleteStaticRoute", apply)


def _route_json(route: dict[str, Any]) -> dict[str, Any]:
    """Return a static route in the JSON format of a response.

    The version is always null (inferred): go-vcloud-director reads a string, and the documented model is an object.
    """
    return {**copy.deepcopy(route), "version": None}


def _read(context: Any, edge: SimulatedEdge, body: dict[str, Any]) -> dict[str, Any]:
    sent = checked(context, body, _FIELDS)
    if not sent["nextHops"]:
        raise RefusedBodyError("validation error on field 'nextHops': size must be between 1 and 5")
    return {
        "name": sent["name"],
        "description": sent.get("description"),
        "networkCidr": sent["networkCidr"],
        "nextHops": [_hop(context, edge, hop) for hop in sent["nextHops"]],
    }


def _hop(context: Any, edge: SimulatedEdge, hop: dict[str, Any]) -> dict[str, Any]:
    made = {"ipAddress": hop["ipAddress"], "adminDistance": hop.get("adminDistance") or 1, "scope": None}
    scope = hop.get("scope")
    if scope is None:
        return made
    if scope["scopeType"] != "NETWORK":
        raise RefusedBodyError("validation error on field 'nextHops.scope.scopeType': SYSTEM_OWNED is read-only")
    network = context.world.networks.get(str(scope.get("id")).rpartition(":")[2])
    if network is None or network.edge_id != edge.edge_id:
        raise RefusedBodyError(f"validation error on field 'nextHops.scope.id': '{scope.get('id')}' does not exist")
    return {**made, "scope": {"name": network.name, "scopeType": "NETWORK", "id": scope["id"]}}


def _find(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    identifier = context.path_params["route_id"]
    known: list[dict[str, Any]] = route_state(edge)["routes"]
    route = next((route for route in known if route["id"] == identifier), None)
    if route is None:
        raise not_found(context, "Static route", identifier)
    return route


def _changeable(context: Any, edge: SimulatedEdge) -> dict[str, Any]:
    """Return the static route in the path. Refuse a route that the system created."""
    route = _find(context, edge)
    if route["systemOwned"]:
        raise RefusedBodyError(f"Static route {route['name']} is owned by the system and cannot be changed or deleted.")
    return route
