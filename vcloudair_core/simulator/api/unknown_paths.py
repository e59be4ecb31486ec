"""Responses to requests for a path without a route.

If a source documents the response, the simulator sends the same response. Each path without a route is counted, and
logged once. The log entry names similar routes.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.transport.messages import Headers, Request, Response

NOTE = "unknown"
"""Note in the request log for a request to an unknown path."""
_LOG = logging.getLogger("vcloudair_core.simulator")
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/)\d+(?=/|\Z)", re.I)
_HTML = b"<html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
_PORTALS = ("/api/vchs", "/api/iam", "/api/sc", "/api/billing")


@dataclass
class UnknownPath:
    """A path without a route, with the number of requests to that path.

    ``path`` contains ``{id}`` in place of IDs. ``similar`` contains the routes with the most similar method and path.
    """

    method: str
    path: str
    similar: list[str]
    count: int = 0


class UnknownPaths:
    """The paths without a route that were requested since the last reset."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str], UnknownPath] = {}

    def add(self, method: str, path: str, known: Iterable[str]) -> None:
        """Count a request to a path, and log the first request to each path as a warning.

        ``known`` contains the method and path of each route. The warning names the most similar routes.
        """
        generic = _IDENTIFIER.sub("{id}", path)
        entry = self._paths.get((method, generic))
        if entry is None:
            call = f"{method} {generic}"
            similar = difflib.get_close_matches(call, sorted(set(known)), n=3, cutoff=0.3)
            entry = self._paths[method, generic] = UnknownPath(method, generic, similar)
            _LOG.warning("The simulator has no route for %s. Similar routes: %s.", call, "; ".join(similar) or "none")
        entry.count += 1

    def as_list(self) -> list[dict[str, Any]]:
        """Return the paths as JSON objects, in the order of their first request."""
        return [asdict(entry) for entry in self._paths.values()]

    def clear(self) -> None:
        """Remove all paths. The next request to each path is logged again."""
        self._paths.clear()


def answer_unknown(simulator: Any, request: Request, path: str) -> Response:
    """Return the product's response to a request for an unknown path.

    Source: protocol/sessions.md §1.1, §1.2, §2.4, §4.5, protocol/vcd-modern.md §2, protocol/ans.md §6.
    """
    profile = simulator.config.profile
    if path.startswith(("/cloudapi/", "/oauth/")) and profile in ("vcd", "all"):
        return json_responses.error(404, "RESOURCE_NOT_FOUND", f"There is no resource for path {path}.")
    is_hybridity = path.startswith("/hybridity/")
    if path.removeprefix("/api/compute").startswith("/network/") or is_hybridity:
        as_json = is_hybridity or "json" in request.headers.get("Accept", "")
        return responses.nsx_error(404, 202, f"The requested object {path} could not be found.", as_json=as_json)
    if path.startswith("/api/compute/api/" if profile == "vca" else "/api/") and not _is_portal(path, profile):
        return _vcloud(simulator, request)
    return _front_end(profile)


def _is_portal(path: str, profile: str) -> bool:
    return profile != "vcd" and path.startswith(_PORTALS)


def _vcloud(simulator: Any, request: Request) -> Response:
    """Return the error of vCloud Director for an unknown path.

    The status is 403 without a session, as in vCloud Director 8.0. With a session, the option ``unknown_path_status``
    selects the status. Paths of the provider return 403, because tenants lack the right (inferred).
    """
    is_of_provider = "/api/admin/extension" in request.url
    if is_of_provider or simulator.sessions.vcd_user(request) is None or simulator.config.unknown_path_status == 403:
        return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "Access is forbidden")
    return responses.error(404, "RESOURCE_NOT_FOUND", "The requested resource could not be found.")


def _front_end(profile: str) -> Response:
    title = b"Action not found" if profile == "vchs" else b"404 Not Found"
    return Response(404, Headers({"Content-Type": "text/html; charset=utf-8"}), _HTML % (title, title))
