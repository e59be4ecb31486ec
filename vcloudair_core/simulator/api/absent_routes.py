"""Errors for the sign-in paths of products that the host does not serve.

Clients request these paths to find out which product the host serves.

Source: protocol/sessions.md §1.1, §2.4 (portal), §3.3 (vCloud Director without a portal).
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.transport.messages import Headers, Response

_HTML = b"<html><head><title>Action not found</title></head><body><h1>Action not found</h1></body></html>"


def routes(profile: str) -> SimulatorRoutes:
    """Return routes that reject requests to the sign-in paths of other profiles."""
    paths = {"vchs": ["/api/iam/login"], "vca": ["/api/vchs/sessions"]}
    missing = paths.get(profile, ["/api/iam/login", "/api/vchs/sessions"])
    handler = _forbidden if profile == "vcd" else _not_found
    routes = tuple(SimulatorRoute("POST", path, handler, auth=False) for path in missing)
    return SimulatorRoutes("absent", "Sign-in paths of other products", routes if profile != "all" else ())


def _forbidden(context: Any) -> Response:
    return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden")


def _not_found(context: Any) -> Response:
    return Response(404, Headers({"Content-Type": "text/html; charset=utf-8"}), _HTML)
