"""NAT over HTTP, and the interfaces of an edge, which its rules name. Source: api/ans.md §1.4-1.5, §3.3."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.http import Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.area_edge import _body, _done
from vcloudair_core.simulator.edge_nat import NatSection
from vcloudair_core.simulator.edge_section import ExtraCall, guarded, section_area, xml_answer
from vcloudair_core.simulator.edge_wire import to_xml
from vcloudair_core.simulator.world import Edge

NAT = NatSection()


def area(flavour: str, prefix: str = "") -> SimulatorArea:
    """``flavour``: hybridity (JSON, whole section) or network (XML or JSON, single rules too)."""
    extra = (
        ExtraCall("POST", "/config/rules", _add),
        ExtraCall("GET", "/config/rules/{rule_id}", _get_rule),
        ExtraCall("PUT", "/config/rules/{rule_id}", _put_rule),
        ExtraCall("DELETE", "/config/rules/{rule_id}", _delete_rule),
    )
    return section_area(NAT, flavour, prefix, extra)


def interfaces_area(prefix: str = "") -> SimulatorArea:
    """What there is to name."""
    path = f"{prefix}/network/edges/{{edge_id}}/vdcNetworks"
    handler = guarded(_interfaces, is_hybridity=False)
    return SimulatorArea(f"edge-interfaces{prefix}", "Edge interfaces", (SimulatorRoute("GET", path, handler),))


def _add(context: Any, edge: Edge, as_json: bool) -> Response:
    above = context.query.get("aboveRuleId")
    made = NAT.append(edge, _sent_rules(context), int(above[0]) if above else None)
    return _done(context, 201, f"/network/edges/edge-{edge.number}/nat/config/rules/{made[-1]}")


def _get_rule(context: Any, edge: Edge, as_json: bool) -> Response:
    """There is no such call. Source: api/ans.md §3.3 (inferred)."""
    return answers.nsx_error(405, 100, "Request method 'GET' not supported", as_json=as_json, module="")


def _put_rule(context: Any, edge: Edge, as_json: bool) -> Response:
    NAT.update(edge, context.path_params["rule_id"], _sent_rules(context)[0])
    return _done(context, 204)


def _delete_rule(context: Any, edge: Edge, as_json: bool) -> Response:
    NAT.delete(edge, context.path_params["rule_id"])
    return _done(context, 204)


def _sent_rules(context: Any) -> list[dict[str, Any]]:
    """A bare rule, or a list of them in its wrapper: both shapes are taken everywhere. Source: api/ans.md §3.3."""
    body, sent_json = _body(context, False)
    if not sent_json:
        return NAT.rules_from_xml(body)
    data = json.loads(body)
    rules: list[dict[str, Any]] = data.get("natRulesDtos", [data]) if isinstance(data, dict) else data
    return rules


# -- interfaces --------------------------------------------------------------------------------------------------


def interfaces(edge: Edge) -> list[dict[str, Any]]:
    """An uplink and two internal networks, unless a test has put others there. Source: api/ans.md §1.4."""
    state = edge.sections.setdefault("interfaces", {})
    made = [
        _interface(0, f"{edge.name}-uplink", "external-net", "uplink", edge.external_address),
        _interface(1, f"{edge.name}-net1", f"{edge.name}-net1", "internal", "192.168.10.1"),
        _interface(2, f"{edge.name}-net2", f"{edge.name}-net2", "internal", "192.168.20.1"),
    ]
    found: list[dict[str, Any]] = state.setdefault("edgeInterface", made)
    return found


def _interface(index: int, name: str, network: str, kind: str, address: str) -> dict[str, Any]:
    group = {"primaryAddress": address, "subnetMask": "255.255.255.0", "subnetPrefixLength": "24"}
    return {
        "name": name,
        "type": kind,
        "index": index,
        "networkReference": {"id": f"network-{index}", "name": network, "type": "network"},
        "addressGroups": {"addressGroup": group},
        "isConnected": True,
    }


def _interfaces(context: Any, edge: Edge, as_json: bool) -> Response:
    found = interfaces(edge)
    if as_json:
        return answers.json_body({"edgeInterfaces": found})
    return xml_answer(to_xml("edgeInterfaces", {"edgeInterface": found}))
