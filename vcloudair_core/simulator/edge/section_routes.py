"""Routes that read and replace NAT and IPsec sections, in JSON and XML.

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
from vcloudair_core.simulator.edge.firewall_routes import EdgeHandler as EdgeHandler
from vcloudair_core.simulator.edge.firewall_routes import _body, _done
from vcloudair_core.simulator.edge.firewall_section import RefusedError
from vcloudair_core.simulator.edge.firewall_section import (
    check_version as check_version,  # Sections import RefusedError from this module.
)
from vcloudair_core.simulator.edge.section_coverage import SIMPLIFICATIONS, section_versions
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Headers, Response


class SimulatedSection(Protocol):
    """Behavior of a section.

    ``data`` has the format of the JSON body, for XML as well.
    """

    name: str

    def shown(self, edge: SimulatedEdge, *, is_sensitive: bool) -> dict[str, Any]:
        """Return the section as GET returns it. ``is_sensitive`` adds secrets."""
        ...

    def replace(self, edge: SimulatedEdge, data: dict[str, Any], *, config: Any, needs_feature_type: bool) -> None:
        """Replace the whole section. Raises RefusedError for invalid data."""
        ...

    def reset(self, edge: SimulatedEdge) -> None:
        """Restore factory settings."""
        ...

    def to_xml(self, shown: dict[str, Any]) -> bytes:
        """Return the section as XML. ``shown`` is the result of :meth:`shown`."""
        ...

    def from_xml(self, body: bytes) -> dict[str, Any]:
        """Return the section of an XML body.

        Raises etree.XMLSyntaxError or ValueError for an invalid body.
        """
        ...


@dataclass(frozen=True)
class ExtraCall:
    """A route of a section besides ``/config``, such as ``/statistics``.

    ``path`` is relative to the path of the section.
    """

    method: str
    path: str
    handler: EdgeHandler
    is_hybridity: bool = False


def section_routes(
    section: SimulatedSection, flavor: str, prefix: str = "", extra: Sequence[ExtraCall] = ()
) -> SimulatorRoutes:
    """Return the routes of a section.

    ``flavor`` is ``hybridity`` (JSON, only whole sections) or ``network`` (XML or JSON).
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
        f"Edge {section.name} ({flavor})",
        tuple(routes),
        versions=section_versions(flavor),
        simplifications=SIMPLIFICATIONS,
    )


def xml_answer(body: bytes) -> Response:
    """Return 200 with NSX XML, which has no namespace and no version."""
    return Response(200, Headers({"Content-Type": "application/xml"}), body)


def guarded(handler: EdgeHandler, *, is_hybridity: bool) -> Callable[[Any], Response]:
    """Wrap a handler to find the edge and to return errors for exceptions.

    The edge must belong to the user's org. Errors have the format that the request accepts.

    Source: protocol/ans.md §6.
    """

    def run(context: Any) -> Response:
        as_json = is_hybridity or context.wants_json
        edge_id = context.path_params["edge_id"]
        edge = context.world.edges.get(edge_id.rsplit(":", 1)[-1])
        if edge is None or context.world.vdcs[edge.vdc_id].org != context.user.org:
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
