"""Routes of the load balancer of NSX-T edge gateways. Source: protocol/nsxt.md §9."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.access.required_rights import refuse
from vcloudair_core.simulator.access.rights import configure_section
from vcloudair_core.simulator.access.visibility import is_provider
from vcloudair_core.simulator.api.own_objects import own_edge
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import no_such_path, nsxt_call, refusing, start_edge_write
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.load_balancer.objects import (
    POOL,
    SERVICE,
    engine_group,
    feature_set,
    new_id,
    parse,
    pool_json,
    service_json,
    state_of,
)
from vcloudair_core.simulator.nsxt.object_versions import check_id
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_SINCE = (35, 0)
_BASE = "/cloudapi/1.0.0/loadBalancer"
_NAMES = {POOL: "LoadBalancerPool", SERVICE: "LoadBalancerVirtualService"}
_CONFIG = {
    "enabled": JsonField(bool, is_required=True),
    "serviceNetworkDefinition": JsonField(str),
    "ipv6ServiceNetworkDefinition": JsonField(str, since=(37, 0)),
    "supportedFeatureSet": JsonField(str, choices=("STANDARD", "PREMIUM"), since=(36, 2)),
    "transparentModeEnabled": JsonField(bool, since=(37, 1)),
    "loadBalancerCloudRef": JsonField(dict),
}


def routes() -> SimulatorRoutes:
    """Return the routes of the load balancer, its pools and its virtual services."""
    edge = "/cloudapi/1.0.0/edgeGateways/{edge_id}/loadBalancer"
    on_edge: list[tuple[str, str, Callable[[Any, SimulatedEdge], Response]]] = [
        ("GET", edge, show_config),
        ("PUT", edge, update_config),
        ("GET", f"{edge}/poolSummaries", partial(list_objects, kind=POOL)),
        ("GET", f"{edge}/virtualServiceSummaries", partial(list_objects, kind=SERVICE)),
    ]
    made = [SimulatorRoute(verb, path, nsxt_call("LOAD_BALANCER", call, _SINCE)) for verb, path, call in on_edge]
    for kind in (POOL, SERVICE):
        single = f"{_BASE}/{kind}/{{object_id}}"
        made += [
            SimulatorRoute("POST", f"{_BASE}/{kind}", partial(create, kind=kind)),
            SimulatorRoute("GET", single, partial(show, kind=kind)),
            SimulatorRoute("PUT", single, partial(update, kind=kind)),
            SimulatorRoute("DELETE", single, partial(delete, kind=kind)),
        ]
    made.append(SimulatorRoute("GET", f"{_BASE}/serviceEngineGroups/assignments", list_assignments))
    return SimulatorRoutes(
        "nsxt load balancer",
        "Load balancer of NSX-T edge gateways",
        tuple(made),
        versions="35.0 and newer",
        simplifications="The load balancer is enabled from the start. Each edge gateway has one service engine group.",
    )


def show_config(context: Any, edge: SimulatedEdge) -> Response:
    """Return the settings of the load balancer."""
    state = state_of(edge)
    shown = {
        "enabled": state["enabled"],
        "loadBalancerCloudRef": None,
        "serviceNetworkDefinition": "192.168.255.1/25",
        "supportedFeatureSet": feature_set(state),
        "transparentModeEnabled": False,
    }
    known = {key: value for key, value in shown.items() if is_at_least(context.version, _CONFIG[key].since)}
    return json_responses.item(context, known)


def update_config(context: Any, edge: SimulatedEdge) -> Response:
    """Start a task that enables or disables the load balancer.

    Only a provider can do this.
    """
    if not is_provider(context):
        return refuse(context, configure_section("LOAD_BALANCER"))
    sent = checked(context, read_object(context), _CONFIG)
    state = state_of(edge)

    def apply() -> None:
        state["enabled"] = sent["enabled"]
        state["featureSet"] = sent.get("supportedFeatureSet") or feature_set(state)

    return start_edge_write(
        context, edge, "Updating load balancer configuration", "gatewayLoadBalancerConfigUpdate", apply
    )


def list_objects(context: Any, edge: SimulatedEdge, *, kind: str) -> Response:
    """Return a page of pools or virtual services."""
    values = [_shown(context, edge, kind, item) for item in state_of(edge)[kind]]
    return json_responses.page(context, values, f"{_NAMES[kind]}Summaries", searchable=("name",))


def list_assignments(context: Any) -> Response:
    """Return the service engine groups that are assigned to edge gateways."""
    values = []
    for edge in context.world.edges.values():
        if is_nsxt(edge) and own_edge(context, edge.edge_id) is not None:
            reference = {"name": edge.name, "id": f"urn:vcloud:gateway:{edge.edge_id}"}
            identifier = context.world.make_id("service-engine-group-assignment", edge.edge_id)
            assignment = {
                "id": f"urn:vcloud:serviceEngineGroupAssignment:{identifier}",
                "gatewayRef": reference,
                "serviceEngineGroupRef": engine_group(context, edge),
                "numDeployedVirtualServices": len(state_of(edge)[SERVICE]),
            }
            values.append(assignment)
    return json_responses.page(
        context, values, "LoadBalancerServiceEngineGroupAssignments", searchable=("gatewayRef.id",)
    )


def show(context: Any, *, kind: str) -> Response:
    """Return one pool or virtual service."""

    def handle(edge: SimulatedEdge, known: dict[str, Any]) -> Response:
        return json_responses.item(context, _shown(context, edge, kind, known))

    return _on_object(context, kind, handle)


def create(context: Any, *, kind: str) -> Response:
    """Start a task that adds a pool or virtual service to an edge gateway."""

    def handle() -> Response:
        body = read_object(context)
        urn = str((body.get("gatewayRef") or {}).get("id", ""))
        edge = own_edge(context, json_responses.uuid_of(urn))
        if edge is None or not is_nsxt(edge):
            return json_responses.no_access("gateway", urn)
        if not state_of(edge)["enabled"]:
            raise RefusedBodyError("The load balancer of the edge gateway is not enabled.")
        made = {**parse(context, edge, kind, body, {}), "id": new_id(context, edge, kind)}

        def apply() -> None:
            state_of(edge)["count"] += 1
            state_of(edge)[kind].append(made)

        return _start(context, edge, kind, "create", apply)

    return _guarded(context, handle)


def update(context: Any, *, kind: str) -> Response:
    """Start a task that replaces a pool or virtual service."""

    def handle(edge: SimulatedEdge, known: dict[str, Any]) -> Response:
        body = read_object(context)
        check_id(body, known["id"])
        changed = parse(context, edge, kind, body, known)

        def apply() -> None:
            known.clear()
            known.update(changed)

        return _start(context, edge, kind, "update", apply)

    return _on_object(context, kind, handle)


def delete(context: Any, *, kind: str) -> Response:
    """Start a task that deletes a pool or virtual service.

    If a virtual service uses the pool, the response is 400 (inferred).
    """

    def handle(edge: SimulatedEdge, known: dict[str, Any]) -> Response:
        state = state_of(edge)
        users = [item["name"] for item in state[SERVICE] if item["loadBalancerPoolRef"]["id"] == known["id"]]
        if users:
            raise RefusedBodyError(f"The pool '{known['name']}' is in use by virtual services: {', '.join(users)}.")

        def apply() -> None:
            state[kind] = [item for item in state[kind] if item is not known]

        return _start(context, edge, kind, "delete", apply)

    return _on_object(context, kind, handle)


def _on_object(context: Any, kind: str, handle: Callable[[SimulatedEdge, dict[str, Any]], Response]) -> Response:
    """Call ``handle`` for the object in the path, and return its response.

    If there is no such object, the response is 403.
    """
    identifier = context.path_params["object_id"]
    for edge in context.world.edges.values():
        items = edge.services.get("loadBalancer", {}).get(kind, ())
        known = next((item for item in items if item["id"] == identifier), None)
        if known is not None and own_edge(context, edge.edge_id) is not None:
            return _guarded(context, partial(handle, edge, known))
    return json_responses.no_access(_NAMES[kind], identifier)


def _guarded(context: Any, handle: Callable[[], Response]) -> Response:
    return refusing(context, handle) if is_at_least(context.version, _SINCE) else no_such_path(context)


def _shown(context: Any, edge: SimulatedEdge, kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return pool_json(edge, item) if kind == POOL else service_json(context, edge, item)


def _start(context: Any, edge: SimulatedEdge, kind: str, verb: str, apply: Callable[[], None]) -> Response:
    title = f"{verb.removesuffix('e').title()}ing {'pool' if kind == POOL else 'virtual service'}"
    return start_edge_write(context, edge, title, f"{verb}{_NAMES[kind][0].upper()}{_NAMES[kind][1:]}", apply)
