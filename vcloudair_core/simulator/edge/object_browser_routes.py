"""Objects that a firewall rule may name as its source or destination. Source: protocol/ans.md §1.4 (addresses).

The form of the answer is known from what pyvcloud 23 reads of it; the name of its root is not.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.state.world import SimulatedEdge
from vcloudair_core.simulator.xml_builder import element, serialised
from vcloudair_core.transport.messages import Response

KINDS = {
    "gatewayinterface": "vnicGroupId",
    "virtualmachine": "groupingObjectId",
    "network": "groupingObjectId",
    "ipset": "groupingObjectId",
    "securitygroup": "groupingObjectId",
}
"""Kinds of objects, and the list of a rule that takes their ids."""


def routes(prefix: str = "") -> SimulatorRoutes:
    """The kinds, and the objects of each; both sides of a rule have the same."""
    base = f"{prefix}/network/objectbrowser/edge/{{edge_id}}/firewall/{{side}}"
    routes = [(base, kinds), (f"{base}/{{kind}}", objects)]
    made = tuple(SimulatorRoute("GET", path, guarded(call, is_hybridity=False)) for path, call in routes)
    return SimulatorRoutes(f"object-browser{prefix}", "Objects that firewall rules can name", made)


def kinds(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """The kinds that there are, each with the address of its objects."""
    address = context.base_url + context.request.path.rstrip("/")
    return _answer([_result(kind, kind, _text("link", f"{address}/{kind}")) for kind in KINDS])


def objects(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """The objects of one kind, with the id to put into a rule."""
    kind = context.path_params["kind"].lower()
    if kind not in KINDS:
        return responses.nsx_error(400, 100, f"Invalid object type {kind}.", as_json=as_json)
    results = []
    for name, identifier in _named(context, edge, kind):
        named = element("objectBrowserProperty", {"name": KINDS[kind], "value": identifier}, namespace="")
        results.append(_result(kind, name, element("requiredProperties", None, named, namespace="")))
    return _answer(results)


def _named(context: Any, edge: SimulatedEdge, kind: str) -> list[tuple[str, str]]:
    world = context.world
    if kind == "gatewayinterface":
        groups = [("internal", "internal"), ("external", "external")]
        return groups + [(vnic["name"], f"vnic-{vnic['index']}") for vnic in interfaces(edge)]
    if kind == "virtualmachine":
        machines = [vm for vm in world.vms.values() if vm.vdc_id == edge.vdc_id]
        return [(vm.name, f"urn:vcloud:vm:{vm.vm_id}") for vm in machines]
    if kind == "network":
        names = [vnic["networkReference"]["name"] for vnic in interfaces(edge) if vnic["type"] == "internal"]
        return [(name, f"urn:vcloud:network:{world.make_id('network', name)}") for name in names]
    return []


def _text(name: str, value: str) -> Any:
    return element(name, None, value, namespace="")


def _result(kind: str, name: str, more: Any) -> Any:
    return element("objectBrowserResult", None, _text("type", kind), _text("name", name), more, namespace="")


def _answer(results: list[Any]) -> Response:
    return xml_answer(serialised(element("objectBrowserResults", {"total": len(results)}, *results, namespace="")))
