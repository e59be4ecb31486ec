"""Routes of the edge firewall: JSON for vCloud Air, XML and JSON for NSX.

Source: protocol/ans.md §1, §2.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from lxml import etree

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.visibility import can_see
from vcloudair_core.simulator.edge import firewall_section as nsx
from vcloudair_core.simulator.edge.section_coverage import SIMPLIFICATIONS, section_versions
from vcloudair_core.simulator.edge.section_xml import (
    firewall_from_xml,
    firewall_xml,
    rule_element,
    rules_from_xml,
    to_xml,
)
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.xml_builder import serialize
from vcloudair_core.transport.messages import Headers, Response

EdgeHandler = Callable[[Any, SimulatedEdge, bool], Response]
"""Route handler with the arguments context, edge and ``as_json``."""


def routes(flavor: str, prefix: str = "") -> SimulatorRoutes:
    """Return the firewall routes of an API flavor.

    ``hybridity`` supports JSON, and has routes for the whole section only. ``network`` supports XML and JSON, and also
    has routes for single rules.
    """
    is_hybridity = flavor == "hybridity"
    base = (
        f"{prefix}/hybridity/api/gateways/{{edge_id}}/firewall"
        if is_hybridity
        else f"{prefix}/network/edges/{{edge_id}}/firewall"
    )

    def guarded(handler: EdgeHandler) -> Callable[[Any], Response]:
        def run(context: Any) -> Response:
            as_json = is_hybridity or context.wants_json
            edge = context.world.edges.get(context.path_params["edge_id"].rsplit(":", 1)[-1])
            if edge is None or is_nsxt(edge) or not can_see(context, edge):
                if is_hybridity:
                    return responses.nsx_error(
                        404,
                        202,
                        f"The requested object : {context.path_params['edge_id']} could not be found.",
                        as_json=True,
                        module="core-services",
                    )
                return responses.forbidden("gateway", context.path_params["edge_id"], context.version)
            try:
                return handler(context, edge, as_json)
            except nsx.RefusedError as exc:
                if exc.status == 404 and context.request.method == "GET":
                    return responses.empty(404)
                return responses.nsx_error(exc.status, exc.code, exc.details, as_json=as_json, module=exc.module)
            except (etree.XMLSyntaxError, json.JSONDecodeError, ValueError, TypeError, AttributeError) as exc:
                return responses.nsx_error(
                    400, 100, f"The input request in invalid. - {type(exc).__name__}", as_json=as_json, module=""
                )

        return run

    def get(context: Any, edge: Any, as_json: bool) -> Response:
        shown = nsx.shown(edge.firewall)
        return (
            responses.json_body(_hybridity_vnics(shown) if is_hybridity else shown)
            if as_json
            else Response(200, Headers({"Content-Type": "application/xml"}), firewall_xml(shown))
        )

    def put(context: Any, edge: Any, as_json: bool) -> Response:
        body, sent_json = _body(context, is_hybridity)
        options = context.simulator.config
        data = json.loads(body) if sent_json else firewall_from_xml(body)
        nsx.replace(
            edge,
            data,
            needs_feature_type=sent_json,
            strict_version=options.strict_version,
            regenerate=options.regenerate_internal_ids,
            established=established_timeout_s(context, is_hybridity),
        )
        return _done(context, 204)

    def reset(context: Any, edge: Any, as_json: bool) -> Response:
        version = edge.firewall["version"]
        edge.firewall = nsx.factory(edge, established_timeout_s(context, is_hybridity))
        edge.firewall["version"] = version + 1
        return _done(context, 204)

    def add(context: Any, edge: Any, as_json: bool) -> Response:
        body, sent_json = _body(context, is_hybridity)
        if sent_json:
            data = json.loads(body)
            rules = data.get("firewallRules", [data]) if isinstance(data, dict) else data
        else:
            rules = rules_from_xml(body)
        above = context.query.get("aboveRuleId")
        rule_ids = nsx.append(edge, rules, int(above[0]) if above else None)
        return _done(context, 201, f"/network/edges/edge-{edge.number}/firewall/config/rules/{rule_ids[-1]}")

    def get_rule(context: Any, edge: Any, as_json: bool) -> Response:
        rule = edge.firewall["user"][nsx.find(edge, context.path_params["rule_id"])]
        return (
            responses.json_body(rule)
            if as_json
            else Response(200, Headers({"Content-Type": "application/xml"}), serialize(rule_element(rule)))
        )

    def put_rule(context: Any, edge: Any, as_json: bool) -> Response:
        body, sent_json = _body(context, is_hybridity)
        nsx.update(edge, context.path_params["rule_id"], json.loads(body) if sent_json else rules_from_xml(body)[0])
        return _done(context, 204)

    def delete_rule(context: Any, edge: Any, as_json: bool) -> Response:
        nsx.delete(edge, context.path_params["rule_id"])
        return _done(context, 204)

    routes = [
        SimulatorRoute("GET", f"{base}/config", guarded(get)),
        SimulatorRoute("PUT", f"{base}/config", guarded(put)),
    ]
    if not is_hybridity:
        routes += [
            SimulatorRoute("DELETE", f"{base}/config", guarded(reset)),
            SimulatorRoute("POST", f"{base}/config/rules", guarded(add)),
            SimulatorRoute("GET", f"{base}/config/rules/{{rule_id}}", guarded(get_rule)),
            SimulatorRoute("PUT", f"{base}/config/rules/{{rule_id}}", guarded(put_rule)),
            SimulatorRoute("DELETE", f"{base}/config/rules/{{rule_id}}", guarded(delete_rule)),
            SimulatorRoute("GET", f"{prefix}/network/edges/jobs/{{job_id}}", job),
        ]
    return SimulatorRoutes(
        f"edge-{flavor}{prefix}",
        f"Edge firewall (`/{flavor}`)",
        tuple(routes),
        versions=section_versions(flavor),
        simplifications=SIMPLIFICATIONS,
    )


def established_timeout_s(context: Any, is_hybridity: bool) -> int:
    """Return the default of tcpTimeoutEstablished, in seconds.

    NSX 6.2.3 raised the default from 3600 to 21600. Source: protocol/ans.md §2.3, §12.
    """
    timeout_s: int | None = context.simulator.config.established_timeout_s
    return timeout_s or (3600 if is_hybridity else 21600)


def job(context: Any) -> Response:
    """Return the job of a request with ``async=true``. The job is always complete.

    Source: protocol/ans.md §7.
    """
    jobs = context.state.setdefault("jobs", {})
    edge_job = jobs.get(context.path_params["job_id"])
    if edge_job is None:
        return responses.nsx_error(404, 202, "The job does not exist.", as_json=context.wants_json)
    if context.wants_json:
        return responses.json_body(edge_job)
    return Response(200, Headers({"Content-Type": "application/xml"}), to_xml("edgeJob", edge_job))


def _done(context: Any, status: int, location: str = "") -> Response:
    if (context.query.get("async") or [""])[0] == "true":
        jobs = context.state.setdefault("jobs", {})
        name = f"jobdata-{len(jobs) + 1}"
        jobs[name] = {
            "jobId": name,
            "status": "COMPLETED",
            "message": "",
            "result": [{"key": "ResultURI", "value": location}],
        }
        return responses.empty(202, Location=f"/network/edges/jobs/{name}")
    return responses.empty(status, **({"Location": location} if location else {}))


def _body(context: Any, is_hybridity: bool) -> tuple[bytes, bool]:
    """Return the request body, and True if the body is JSON.

    Raises RefusedError (status 415) for an unsupported Content-Type.
    """
    content_type = context.request.headers.get("Content-Type", "").lower()
    if "json" in content_type:
        return context.request.body, True
    if "xml" in content_type and not is_hybridity:
        return context.request.body, False
    raise nsx.RefusedError("Unsupported media type.", status=415, code=100)


def _hybridity_vnics(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the section with vNIC names such as ``vnic-index-1``.

    Source: protocol/ans.md §2.5.
    """
    result = copy.deepcopy(shown)
    for rule in result["firewallRules"]["firewallRules"]:
        for side in ("source", "destination"):
            if side in rule:
                rule[side]["vnicGroupId"] = [
                    vnic.replace("vnic-", "vnic-index-") if vnic.startswith("vnic-") and "index" not in vnic else vnic
                    for vnic in rule[side]["vnicGroupId"]
                ]
    return result
