"""A request in progress, and the argument of its route handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult

from vcloudair_core.simulator.access.rights import rights_of
from vcloudair_core.simulator.config import COMPUTE
from vcloudair_core.simulator.state.world import World
from vcloudair_core.transport.messages import Request


@dataclass
class Context:
    """The argument of a route handler.

    :class:`SimulatorContext` in ``plugin.records`` describes the public attributes.
    """

    request: Request
    path_params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    raw_query: str
    base_url: str
    state: dict[str, Any]
    simulator: Any
    user: Any = None
    version: str = "5.6"
    request_id: str = ""
    _rights: frozenset[str] | None = None

    def may(self, right: str) -> bool:
        """Return True if the session's user has ``right``, a right of ``access.rights``."""
        if self._rights is None:
            self._rights = rights_of(self.world, self.user.user, self.user.home_org)
        return right in self._rights

    @property
    def world(self) -> World:
        """Return the inventory of the simulated cloud."""
        world: World = self.simulator.world
        return world

    @property
    def root(self) -> str:
        """Return the URL prefix of links in documents.

        For On-Demand, the prefix contains ``/api/compute``. Source: protocol/sessions.md §3.2.
        """
        return self.base_url + (COMPUTE if self.request.path.startswith(f"{COMPUTE}/") else "")

    @property
    def wants_json(self) -> bool:
        """Return True if the Accept header of an NSX request asks for JSON.

        Source: protocol/ans.md §1.2.
        """
        return "json" in self.request.headers.get("Accept", "")


@dataclass
class RequestInProgress:
    """A request in progress.

    ``endpoint`` is the VCDA endpoint that received the request, or None for vCloud Director. ``user`` is set after the
    route handler has run.
    """

    request: Request
    parts: SplitResult
    request_id: str
    endpoint: Any = None
    user: Any = None
    note: str = ""
