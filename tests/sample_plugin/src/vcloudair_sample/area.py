"""An area of the simulator: what the server would answer, as plain functions over plain data."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.http import Headers, Response
from vcloudair_core.plugin.records import SimulatorArea, SimulatorRecords, SimulatorRoute
from vcloudair_sample.record_type import GREETING

_PATH = "/api/sample/greetings"


def seed(world: Any, state: dict[str, Any]) -> None:
    """The state at start and after a reset."""
    state["greetings"] = [{"name": "world", "text": "hello", "mood": "sunny"}]


def read(context: Any) -> Response:
    """Answer the list."""
    return _json({"greetings": context.state["greetings"]})


def replace(context: Any) -> Response:
    """Take a whole new list."""
    try:
        taken = json.loads(context.request.body)["greetings"]
        context.state["greetings"] = [{**item, "name": str(item["name"])} for item in taken]
    except (ValueError, TypeError, KeyError) as exc:
        return _json({"message": f"no list of greetings: {type(exc).__name__}"}, 400)
    return Response(204)


def records(context: Any) -> list[dict[str, Any]]:
    """The same list, as the query service shows it."""
    return [
        {"name": item["name"], "words": len(item["text"].split()), "href": f"{context.base_url}{_PATH}/{item['name']}"}
        for item in context.state["greetings"]
    ]


def _json(tree: Any, status: int = 200) -> Response:
    return Response(status, Headers({"Content-Type": "application/json"}), json.dumps(tree).encode())


AREA = SimulatorArea(
    name="sample",
    summary="Greetings, for the sample plugin.",
    routes=(SimulatorRoute("GET", _PATH, read), SimulatorRoute("PUT", _PATH, replace)),
    seed=seed,
    records=(SimulatorRecords(GREETING, records),),
)
