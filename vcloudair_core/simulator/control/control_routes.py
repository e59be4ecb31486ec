"""Routes of the control plane under ``/_sim/``.

No real API has these routes. The request log does not contain requests to the control plane.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.control.replication_control import (
    change_replications,
    change_tasks,
    change_vdc,
    list_replications,
)
from vcloudair_core.simulator.option_arguments import options_from_json
from vcloudair_core.simulator.replay.state_dump import dump_state, load_state
from vcloudair_core.simulator.state.entities import PROVIDER_ORG
from vcloudair_core.transport.messages import Request, Response


def answer_control(simulator: Any, request: Request, path: str) -> Response:
    """Carry out a request to the control plane, and return its response.

    An invalid request returns 400 with the reason. An unknown path returns 404.
    """
    call = _CALLS.get((request.method, path.rstrip("/").removeprefix("/_sim")))
    if call is None:
        return responses.json_body({"error": f"unknown control request: {request.method} {path}"}, 404)
    try:
        data = json.loads(request.body) if request.body else {}
        if not isinstance(data, dict):
            raise ValueError("the body must be a JSON object")
        return call(simulator, data)
    except ValueError as exc:
        return responses.json_body({"error": str(exc)}, 400)
    except KeyError as exc:
        return responses.json_body({"error": f"the key {exc} is missing"}, 400)
    except TypeError as exc:
        return responses.json_body({"error": f"{type(exc).__name__}: {exc}"}, 400)


def _state(simulator: Any, data: dict[str, Any]) -> Response:
    world = simulator.world
    shown = {
        "profile": simulator.config.profile,
        "orgs": sorted(name for name in world.orgs if name != PROVIDER_ORG),
        "vdcs": sorted(vdc.name for vdc in world.vdcs.values()),
        "edges": {edge.edge_id: edge.name for edge in world.edges.values()},
        "vms": len(world.vms),
        "replications": len(world.replications),
        "vcda_replications": len(world.vm_replications),
    }
    return responses.json_body(shown)


def _request_log(simulator: Any, data: dict[str, Any]) -> Response:
    return responses.json_body([entry.as_dict() for entry in simulator.request_log.entries()])


def _fault(simulator: Any, data: dict[str, Any]) -> None:
    from vcloudair_core.simulator.faults.outside_writer import check_edit

    kind = data.pop("kind", "")
    if kind == "edit":
        check_edit(simulator, data.get("edit"))
    if kind == "refused":
        raise ValueError("a running server cannot refuse connections; stop the server instead")
    simulator.faults.add(kind, **data)


def _vcda_replications(simulator: Any, data: dict[str, Any]) -> Response:
    from vcloudair_core.simulator.control.vcda_control import list_vcda_replications

    return responses.json_body(list_vcda_replications(simulator))


def _change_vcda_replications(simulator: Any, data: dict[str, Any]) -> Response:
    from vcloudair_core.simulator.control.vcda_control import change_vcda_replications

    return responses.json_body(change_vcda_replications(simulator, data))


def _expire_sessions(simulator: Any, data: dict[str, Any]) -> None:
    simulator.sessions.expire_all()
    for endpoint in simulator.vcda.values():
        endpoint.sessions.expire_all()


def _tunnel(simulator: Any, data: dict[str, Any]) -> None:
    from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
    from vcloudair_core.simulator.faults.outside_writer import find_edge
    from vcloudair_core.simulator.nsxt.edges import is_nsxt
    from vcloudair_core.simulator.nsxt.ipsec.status import set_tunnel_status
    from vcloudair_core.simulator.nsxt.l2vpn.status import set_l2vpn_status

    edge, name, message = find_edge(simulator, data["edge"]), data["name"], data.get("message", "")
    service = data.get("service", "ipsec")
    if service == "l2vpn" and is_nsxt(edge):
        set_l2vpn_status(edge, name, message)
    elif service != "ipsec":
        raise ValueError(f"the edge gateway has no tunnels of the service {service!r}")
    elif is_nsxt(edge):
        set_tunnel_status(edge, name, message, data.get("status", "DOWN"))
    elif "status" in data:
        raise ValueError("only tunnels of NSX-T edges have a status")
    else:
        IPSEC.set_tunnel_down(edge, name, message)


def _done(act: Callable[[Any, dict[str, Any]], object]) -> Callable[[Any, dict[str, Any]], Response]:
    def call(simulator: Any, data: dict[str, Any]) -> Response:
        act(simulator, data)
        return responses.empty(204)

    return call


_CALLS: dict[tuple[str, str], Callable[[Any, dict[str, Any]], Response]] = {
    ("GET", "/state"): _state,
    ("GET", "/state/dump"): lambda simulator, data: responses.json_body(dump_state(simulator)),
    ("POST", "/state/load"): _done(load_state),
    ("POST", "/reset"): _done(lambda simulator, data: simulator.reset()),
    ("GET", "/request-log"): _request_log,
    ("GET", "/journal"): _request_log,  # The old path of the request log. Existing scripts use it.
    ("DELETE", "/request-log"): _done(lambda simulator, data: simulator.request_log.clear()),
    ("GET", "/unknown-paths"): lambda simulator, data: responses.json_body(simulator.unknown_paths.as_list()),
    ("POST", "/faults"): _done(_fault),
    ("DELETE", "/faults"): _done(lambda simulator, data: simulator.faults.clear()),
    ("POST", "/clock"): _done(lambda simulator, data: simulator.clock.advance(float(data["advance_s"]))),
    ("POST", "/tunnels"): _done(_tunnel),
    ("POST", "/options"): _done(lambda simulator, data: simulator.configure(**options_from_json(data))),
    ("GET", "/replications"): lambda simulator, data: responses.json_body(list_replications(simulator)),
    ("POST", "/replications"): lambda simulator, data: responses.json_body(change_replications(simulator, data)),
    ("GET", "/vcda/replications"): _vcda_replications,
    ("POST", "/vcda/replications"): _change_vcda_replications,
    ("POST", "/vdcs"): _done(change_vdc),
    ("POST", "/tasks"): _done(change_tasks),
    ("POST", "/sessions/expire"): _done(_expire_sessions),
}
