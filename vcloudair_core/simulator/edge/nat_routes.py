"""Routes for the NAT section of an edge.

Source: protocol/ans.md §1.5, §3.3.
"""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_routes import _body, _done
from vcloudair_core.simulator.edge.nat_section import SimulatedNat
from vcloudair_core.simulator.edge.section_routes import ExtraCall, section_routes
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

NAT = SimulatedNat()


def routes(flavor: str, prefix: str = "") -> SimulatorRoutes:
    """Return the NAT routes of an API flavor.

    ``hybridity`` supports JSON, and has routes for the whole section only. ``network`` supports XML and JSON, and also
    has routes for single rules.
    """
    extra = (
        ExtraCall("POST", "/config/rules", _add),
        ExtraCall("GET", "/config/rules/{rule_id}", _get_rule),
        ExtraCall("PUT", "/config/rules/{rule_id}", _put_rule),
        ExtraCall("DELETE", "/config/rules/{rule_id}", _delete_rule),
    )
    return section_routes(NAT, flavor, prefix, extra)


def _add(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    above = context.query.get("aboveRuleId")
    rule_ids = NAT.append(edge, _read_rules(context), int(above[0]) if above else None)
    return _done(context, 201, f"/network/edges/edge-{edge.number}/nat/config/rules/{rule_ids[-1]}")


def _get_rule(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return 405, because NSX has no request to read a single NAT rule.

    Source: protocol/ans.md §3.3 (inferred).
    """
    return responses.nsx_error(405, 100, "Request method 'GET' not supported", as_json=as_json, module="")


def _put_rule(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    NAT.update(edge, context.path_params["rule_id"], _read_rules(context)[0])
    return _done(context, 204)


def _delete_rule(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    NAT.delete(edge, context.path_params["rule_id"])
    return _done(context, 204)


def _read_rules(context: Any) -> list[dict[str, Any]]:
    """Return the rules that a request body contains.

    The body is a single rule or a list of rules. Source: protocol/ans.md §3.3.
    """
    body, sent_json = _body(context, False)
    if not sent_json:
        return NAT.rules_from_xml(body)
    data = json.loads(body)
    rules: list[dict[str, Any]] = data.get("natRulesDtos", [data]) if isinstance(data, dict) else data
    return rules
