"""The endpoint of VMware Cloud Director Availability at one site.

Each site has its own address, certificate and sessions. Source: protocol/vcda.md §1, §2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from vcloudair_core.plugin.records import SimulatorRoute
from vcloudair_core.simulator.access.compiled_routes import compile_routes, path_depth, routes_by_depth
from vcloudair_core.simulator.api.unknown_paths import NOTE
from vcloudair_core.simulator.faults.socket_faults import SocketFaultError
from vcloudair_core.simulator.vcda.routes import vcda_routes
from vcloudair_core.simulator.vcda.vcda_responses import as_vcda_error, error
from vcloudair_core.simulator.vcda.vcda_sessions import SimulatedVcdaSession, VcdaSessions
from vcloudair_core.transport.messages import Request, Response

AUTH_HEADER = "X-VCAV-Auth"
_VERSION = re.compile(r"application/vnd\.vmware\.h4-v(\d+(?:\.\d+)?)\+json")
_ANY_JSON = ("application/json", "*/*", "application/*")


@dataclass
class VcdaContext:
    """The argument of a route handler of VCDA.

    ``site`` is the site that carries out the request. ``user`` is the session, or None without a session.
    """

    request: Request
    path_params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    endpoint: VcdaEndpoint
    version: str
    site: str = ""
    user: Any = None

    @property
    def simulator(self) -> Any:
        """Return the simulator that the endpoint belongs to."""
        return self.endpoint.simulator

    @property
    def world(self) -> Any:
        """Return the inventory of the simulated cloud."""
        return self.simulator.world

    @property
    def config(self) -> Any:
        """Return the options of the simulator."""
        return self.simulator.config

    @property
    def session(self) -> SimulatedVcdaSession:
        """Return the session of the request."""
        assert isinstance(self.user, SimulatedVcdaSession)
        return self.user

    def parameter(self, name: str) -> str:
        """Return the first value of a query parameter, or an empty string."""
        return (self.query.get(name) or [""])[0]


class VcdaEndpoint:
    """The VCDA of one site of a simulator.

    Args:
        simulator: The simulator, whose inventory both sites share.
        site: Name of the site.
    """

    def __init__(self, simulator: Any, site: str) -> None:
        self.simulator, self.site = simulator, site
        self.sessions = VcdaSessions(simulator)
        groups = vcda_routes()
        self._by_depth = routes_by_depth(compile_routes(groups, ()))

    @property
    def config(self) -> Any:
        """Return the options of the simulator."""
        return self.simulator.config

    @property
    def world(self) -> Any:
        """Return the inventory of the simulated cloud."""
        return self.simulator.world

    @property
    def peer(self) -> str:
        """Return the name of the other site."""
        names = self.config.vcda_site, self.config.vcda_peer_site
        return str(names[1] if self.site == names[0] else names[0])

    def is_down(self, site: str) -> bool:
        """Return True if a site is down."""
        return bool(self.config.vcda_site_down == site)

    def handle(self, request: Request) -> Response:
        """Carry out a request, and return the response. See :meth:`Simulator.handle`."""
        response: Response = self.simulator.handle(request, self)
        return response

    def fault_response(self, response: Response) -> Response:
        """Convert the response of a fault to the format of VCDA."""
        return as_vcda_error(response)

    def dispatch(self, exchange: Any) -> Callable[[], Response]:
        """Find the route of a request, and check the version, session and site.

        Return a function that calls the route handler and returns the response. Raises SocketFaultError if the site is
        down.
        """
        request, path = exchange.request, exchange.parts.path
        if self.is_down(self.site):
            raise SocketFaultError("reset", acted=False)
        same_depth = self._by_depth.get(path_depth(path), ())
        matches = [(compiled.route, compiled.pattern.match(path)) for compiled in same_depth]
        matching = [(route, match) for route, match in matches if match]
        if not matching:
            exchange.note = NOTE
            known = (f"{c.route.method} {c.route.path}" for routes in self._by_depth.values() for c in routes)
            self.simulator.unknown_paths.add(request.method, path, known)
            return partial(error, 404, "NotFound", f"The path {path} does not exist.")
        for route, match in matching:
            if route.method == request.method and match is not None:
                break
        else:
            return partial(error, 405, "MethodNotAllowed", f"The method {request.method} is not allowed here.")
        query = parse_qs(exchange.parts.query, keep_blank_values=True)
        context = VcdaContext(request, match.groupdict(), query, self, self._version(request))
        rejection = self._rejection(context, route)
        exchange.user = context.user

        def carry_out() -> Response:
            if rejection is not None:
                return rejection
            try:
                response: Response = route.handler(context)
            except ValueError as exc:
                response = error(400, "BadUserInput", str(exc))
            exchange.user = context.user
            return response

        return carry_out

    def _version(self, request: Request) -> str:
        """Return the API version of the response.

        Return an empty string if the server supports none of the requested versions.

        Source: protocol/vcda.md §1.
        """
        accept, versions = request.headers.get("Accept", "*/*"), self.config.vcda_versions
        pinned = _VERSION.search(accept)
        if pinned is not None and pinned.group(1) in versions:
            return pinned.group(1)
        is_json = any(media_type.partition(";")[0].strip() in _ANY_JSON for media_type in accept.split(","))
        is_newest = self.config.vcda_accept_versions == "newest" and pinned is not None
        return str(versions[-1]) if is_json or is_newest else ""

    def _rejection(self, context: VcdaContext, route: SimulatorRoute) -> Response | None:
        """Return the error for a wrong version, session or site, or None."""
        if not context.version:
            accept = context.request.headers.get("Accept", "")
            return error(406, "NotAcceptable", f"The Accept header '{accept}' is not supported.")
        if not route.auth:
            return None
        context.user = self.sessions.find(context.request.headers.get(AUTH_HEADER, ""))
        if context.user is None:
            return error(401, "NotAuthenticated", "The request has no valid session.")
        if route.right and route.right not in context.session.roles:
            return error(403, "Forbidden", "Permission denied.")
        context.site = context.parameter("site") or self.site
        if context.site not in (self.site, self.peer):
            return error(404, "SiteNotFound", f"The site '{context.site}' does not exist.", context.site)
        return self.unreachable(context, context.site)

    def unreachable(self, context: VcdaContext, site: str) -> Response | None:
        """Return the error if a request cannot use ``site``, or None.

        The other site must be up, and the session must be extended to it. Source: protocol/vcda.md §2.
        """
        if site == self.site:
            return None
        if self.is_down(site):
            return self.peer_error(site)
        if self.config.vcda_extend_needed and site not in context.session.sites:
            return error(401, "RemoteAuthenticationFailure", f"The session is not extended to site '{site}'.", site)
        return None

    def peer_error(self, site: str) -> Response:
        """Return the error for a request to a site that is down.

        The option ``vcda_peer_error`` selects the error. Source: protocol/vcda.md §8.
        """
        code = self.config.vcda_peer_error
        status = 401 if code == "RemoteAuthenticationFailure" else 500
        return error(status, code, f"The site '{site}' cannot be reached.", site)
