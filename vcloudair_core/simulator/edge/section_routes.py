"""Routes that read, replace and reset the NAT and IPsec sections.

Source: protocol/ans.md §1.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lxml import etree

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see
from vcloudair_core.simulator.edge.firewall_routes import EdgeHandler as EdgeHandler
from vcloudair_core.simulator.edge.firewall_routes import _body, _done
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.firewall_section import (
    check_version as check_version,  # Section modules import both names from this module.
)
from vcloudair_core.simulator.edge.section_coverage import SIMPLIFICATIONS, section_versions
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Headers, Response

_TITLES = {"nat": "NAT", "ipsec": "IPsec", "loadbalancer": "load balancer"}
"""Display names of the sections."""


class SimulatedSection(Protocol):
    """Interface of a section.

    Sections are dicts in the JSON format of the API. XML is converted from and to this format.
    """

    name: str

    def shown(self, edge: SimulatedEdge, *, is_sensitive: bool) -> dict[str, Any]:
        """Return the section as a GET request returns it.

        Secrets are masked unless ``is_sensitive`` is true.
        """
        ...

    def replace(self, edge: SimulatedEdge, data: dict[str, Any], *, config: Any, needs_feature_type: bool) -> None:
        """Replace the whole section. Raises RefusedError for invalid data."""
        ...

    def reset(self, edge: SimulatedEdge) -> None:
        """Restore the default settings of the section."""
        ...

    def to_xml(self, shown: dict[str, Any]) -> bytes:
        """Return the result of :meth:`shown` as XML."""
        ...

    def from_xml(self, body: bytes) -> dict[str, Any]:
        """Return the section that an XML body contains, in its JSON format.

        Raises etree.XMLSyntaxError or ValueError for an invalid body.
        """
        ...


@dataclass(frozen=True)
class ExtraCall:
    """A route of a section other than ``/config``, such as ``/statistics``.

    ``path`` is relative to the path of the section. If ``is_hybridity`` is true, both API flavors have the route.
    Otherwise, only ``network`` has the route.
    """

    method: str
    path: str
    handler: EdgeHandler
    is_hybridity: bool = False


def section_routes(
    section: SimulatedSection, flavor: str, prefix: str = "", extra: Sequence[ExtraCall] = ()
) -> SimulatorRoutes:
    """Return the routes of a section in an API flavor.

    ``hybridity`` supports JSON, and only has routes to read and replace the section. ``network`` supports XML and JSON,
    and has all routes.
    """
    is_hybridity = flavor == "hybridity"
    folder = "/hybridity/api/gateways" if is_hybridity else "/network/edges"
    base = f"{prefix}{folder}/{{edge_id}}/{section.name}"

    def get(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
        is_sensitive = not is_hybridity and (context.query.get("showSensitiveData") or [""])[0] == "true"
        shown = section.shown(edge, is_sensitive=is_sensitive)
        return responses.json_body(shown) if as_json else xml_answer(section.to_xml(shown))

    def put(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
        body, sent_json = _body(context, is_hybridity)
        data = json.loads(body) if sent_json else section.from_xml(body)
        section.replace(edge, data, config=context.simulator.config, needs_feature_type=sent_json)
        return _done(context, 204)

    def reset(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
        section.reset(edge)
        return _done(context, 204)

    calls = [ExtraCall("GET", "/config", get, True), ExtraCall("PUT", "/config", put, True)]
    calls += [ExtraCall("DELETE", "/config", reset), *extra]
    routes = [
        SimulatorRoute(call.method, base + call.path, guarded(call.handler, is_hybridity=is_hybridity))
        for call in calls
        if call.is_hybridity or not is_hybridity
    ]
    return SimulatorRoutes(
        f"edge-{section.name}-{flavor}{prefix}",
        f"Edge {_TITLES[section.name]} (`/{flavor}`)",
        tuple(routes),
        versions=section_versions(flavor),
        simplifications=SIMPLIFICATIONS,
    )


def xml_answer(body: bytes) -> Response:
    """Return 200 with XML in the NSX format, which has no namespace and no version."""
    return Response(200, Headers({"Content-Type": "application/xml"}), body)


def guarded(handler: EdgeHandler, *, is_hybridity: bool) -> Callable[[Any], Response]:
    """Wrap an edge handler to find the edge and to turn exceptions into errors.

    The user must be able to see the edge, and the edge must be an NSX-V edge. Errors are XML, or JSON if the request
    asks for JSON.

    Source: protocol/ans.md §6.
    """

    def run(context: Any) -> Response:
        as_json = is_hybridity or context.wants_json
        edge_id = context.path_params["edge_id"]
        edge = context.world.edges.get(edge_id.rsplit(":", 1)[-1])
        if edge is None or is_nsxt(edge) or not can_see(context, edge):
            if not is_hybridity:
                return responses.forbidden("gateway", edge_id, context.version)
            details = f"The requested object : {edge_id} could not be found."
            return responses.nsx_error(404, 202, details, as_json=True, module="core-services")
        try:
            return handler(context, edge, as_json)
        except RefusedError as exc:
            return responses.nsx_error(exc.status, exc.code, exc.details, as_json=as_json, module=exc.module)
        except (etree.XMLSyntaxError, json.JSONDecodeError, ValueError, TypeError, AttributeError) as exc:
            details = f"The input request in invalid. - {type(exc).__name__}"
            return responses.nsx_error(400, 100, details, as_json=as_json, module="")

    return run
