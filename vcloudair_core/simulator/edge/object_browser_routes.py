"""Routes for the objects that can be the source or destination of firewall rules.

Source of the paths: protocol/ans.md §1.4. The documents have the elements that pyvcloud 23 reads. The name of the root
element is inferred.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import element, serialize
from vcloudair_core.transport.messages import Response

KINDS = {
    "gatewayinterface": "vnicGroupId",
    "virtualmachine": "groupingObjectId",
    "network": "groupingObjectId",
    "ipset": "groupingObjectId",
    "securitygroup": "groupingObjectId",
}
"""Field of firewall rules that contains IDs of objects, by kind of object."""


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes that list kinds of objects, and the objects of each kind.

    The paths for source and destination return the same objects.
    """
    base = f"{prefix}/network/objectbrowser/edge/{{edge_id}}/firewall/{{side}}"
    calls = [(base, list_kinds), (f"{base}/{{kind}}", list_objects)]
    made = tuple(SimulatorRoute("GET", path, guarded(call, is_hybridity=False)) for path, call in calls)
    return SimulatorRoutes(
        f"object-browser{prefix}",
        "Sources and destinations for firewall rules",
        made,
        versions=section_versions("network"),
        simplifications="The name of the root element is inferred.",
    )


def list_kinds(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return all kinds of objects. Each kind has a link to the list of its objects."""
    address = context.base_url + context.request.path.rstrip("/")
    return _respond([_result(kind, kind, _text("link", f"{address}/{kind}")) for kind in KINDS])


def list_objects(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the objects of one kind, with the IDs that firewall rules contain."""
    kind = context.path_params["kind"].lower()
    if kind not in KINDS:
        return responses.nsx_error(400, 100, f"Invalid object type {kind}.", as_json=as_json)
    results = []
    for name, identifier in _objects_of_kind(context, edge, kind):
        value = element("objectBrowserProperty", {"name": KINDS[kind], "value": identifier}, namespace="")
        results.append(_result(kind, name, element("requiredProperties", None, value, namespace="")))
    return _respond(results)


def _objects_of_kind(context: Any, edge: SimulatedEdge, kind: str) -> list[tuple[str, str]]:
    world = context.world
    if kind == "gatewayinterface":
        groups = [("internal", "internal"), ("external", "external")]
        return groups + [(vnic["name"], f"vnic-{vnic['index']}") for vnic in interfaces(world, edge)]
    if kind == "virtualmachine":
        vms = [vm for vm in world.vms.values() if vm.vdc_id == edge.vdc_id]
        return [(vm.name, f"urn:vcloud:vm:{vm.vm_id}") for vm in vms]
    if kind == "network":
        return [(network.name, f"urn:vcloud:network:{network.network_id}") for network in world.networks_of(edge)]
    objects = [item for item in world.grouping_objects.values() if (item.kind, item.vdc_id) == (kind, edge.vdc_id)]
    return [(item.name, f"{item.vdc_id}:{item.object_id}") for item in objects]


def _text(name: str, value: str) -> Any:
    return element(name, None, value, namespace="")


def _result(kind: str, name: str, more: Any) -> Any:
    return element("objectBrowserResult", None, _text("type", kind), _text("name", name), more, namespace="")


def _respond(results: list[Any]) -> Response:
    return xml_answer(serialize(element("objectBrowserResults", {"total": len(results)}, *results, namespace="")))
