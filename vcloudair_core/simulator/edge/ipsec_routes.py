"""Routes for the IPsec VPN of an edge.

Source: protocol/ans.md §4.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.ipsec_section import SimulatedIpsec
from vcloudair_core.simulator.edge.section_routes import ExtraCall, section_routes, xml_answer
from vcloudair_core.simulator.edge.section_xml import to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

IPSEC = SimulatedIpsec()


def routes(flavor: str, prefix: str = "") -> SimulatorRoutes:
    """Return the IPsec routes of an API flavor.

    ``hybridity`` supports JSON. ``network`` supports XML and JSON.
    """
    return section_routes(IPSEC, flavor, prefix, (ExtraCall("GET", "/statistics", _statistics, True),))


def _statistics(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    statistics = IPSEC.statistics(edge)
    return responses.json_body(statistics) if as_json else xml_answer(to_xml("ipsecStatusAndStats", statistics))
