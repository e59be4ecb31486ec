"""The control plane below ``/_sim/``: look, reset, break things. Not part of any real API, and not in the journal."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.http import Request, Response
from vcloudair_core.simulator import answers


def answer_control(simulator: Any, request: Request, parts: Any) -> Response:
    verb, path = request.method, parts.path.rstrip("/")
    try:
        data = json.loads(request.body) if request.body else {}
        if (verb, path) == ("GET", "/_sim/state"):
            world = simulator.world
            return answers.json_body(
                {
                    "profile": simulator.config.profile,
                    "orgs": sorted(world.orgs),
                    "vdcs": sorted(v.name for v in world.vdcs.values()),
                    "edges": {e.edge_id: e.name for e in world.edges.values()},
                    "vms": len(world.vms),
                    "replications": len(world.replications),
                }
            )
        if (verb, path) == ("POST", "/_sim/reset"):
            simulator.reset()
            return answers.empty(204)
        if path == "/_sim/journal":
            if verb == "DELETE":
                simulator.journal.clear()
                return answers.empty(204)
            return answers.json_body([entry.as_dict() for entry in simulator.journal.entries()])
        if path == "/_sim/faults":
            if verb == "DELETE":
                simulator.faults.clear()
                return answers.empty(204)
            if verb == "POST":
                simulator.faults.add(data.pop("kind", ""), **data)
                return answers.empty(204)
        if (verb, path) == ("POST", "/_sim/clock"):
            simulator.clock.advance(float(data["advance_s"]))
            return answers.empty(204)
        if (verb, path) == ("POST", "/_sim/sessions/expire"):
            simulator.sessions.expire_all()
            return answers.empty(204)
    except (ValueError, TypeError, KeyError) as exc:
        return answers.json_body({"error": f"{type(exc).__name__}: {exc}"}, 400)
    return answers.json_body({"error": f"there is no {verb} {path}"}, 404)
