"""An area of the simulator: what the server would answer, as plain functions over plain data."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.http import Headers, Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRoute

_PATH = "/api/sample/greetings"


def seed(world: Any, state: dict[str, Any]) -> None:
    """The state at start and after a reset."""
    state["greetings"] = [{"name": "world", "text": "hello", "mood": "sunny"}]


def read(context: Any) -> Response:
    """Answer the list."""
    return _json({"greetings": context.state["greetings"]})


def replace(context: Any) -> Response:
    """Take a whole new list."""
    context.state["greetings"] = json.loads(context.request.body)["greetings"]
    return Response(204)


def _json(tree: Any) -> Response:
    return Response(200, Headers({"Content-Type": "application/json"}), json.dumps(tree).encode())


AREA = SimulatorArea(
    name="sample",
    summary="Greetings, for the sample plugin.",
    routes=(SimulatorRoute("GET", _PATH, read), SimulatorRoute("PUT", _PATH, replace)),
    seed=seed,
)
