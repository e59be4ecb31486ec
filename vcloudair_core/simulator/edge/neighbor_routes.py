"""Routes of NSX that the simulator only reads: the load balancer of an edge, and the IP sets of a VDC.

Source: protocol/ans.md §1.1, §9. The load balancer is off, and a VDC has no IP sets.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.api.own_objects import own_vdc
from vcloudair_core.simulator.edge.section_coverage import section_versions
from vcloudair_core.simulator.edge.section_routes import guarded, xml_answer
from vcloudair_core.simulator.edge.section_xml import to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

_OFF = {
    "version": 1,
    "enabled": False,
    "accelerationEnabled": False,
    "enableServiceInsertion": False,
    "logging": {"enable": False, "logLevel": "info"},
}


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes for XML and JSON."""
    balancer = guarded(show_load_balancer, is_hybridity=False)
    made = (
        SimulatorRoute("GET", f"{prefix}/network/edges/{{edge_id}}/loadbalancer/config", balancer),
        SimulatorRoute("GET", f"{prefix}/network/services/ipset/scope/{{vdc_id}}", list_ip_sets),
    )
    return SimulatorRoutes(
        f"edge-neighbors{prefix}",
        "Load balancer and IP sets",
        made,
        versions=section_versions("network"),
        simplifications="The load balancer is off, and there are no IP sets. Both can only be read.",
    )


def show_load_balancer(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the load balancer of an edge, which is off."""
    if as_json:
        return responses.json_body({"featureType": "loadbalancer_4.0", **_OFF})
    return xml_answer(to_xml("loadBalancer", _OFF))


def list_ip_sets(context: Any) -> Response:
    """Return an empty list for a VDC of the org."""
    vdc_id = context.path_params["vdc_id"]
    if own_vdc(context, vdc_id.rpartition(":")[2]) is None:
        details = f"The requested object : {vdc_id} could not be found."
        return responses.nsx_error(404, 202, details, as_json=context.wants_json)
    return responses.json_body([]) if context.wants_json else xml_answer(to_xml("list", {}))
