"""The simulator itself: finds the route, checks who asks, answers, and writes everything down. No sockets here."""

from __future__ import annotations

import difflib
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import cache, partial
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.config import COMPUTE, SimulatorConfig, changeable_options
from vcloudair_core.simulator.faults.fault_rules import Fault, Faults, SocketFaultError, transport_error
from vcloudair_core.simulator.inventory import build_world
from vcloudair_core.simulator.request_log import RequestLog
from vcloudair_core.simulator.state.logins import Sessions
from vcloudair_core.simulator.state.task_register import Tasks
from vcloudair_core.simulator.state.world import World
from vcloudair_core.simulator.virtual_clock import VirtualClock
from vcloudair_core.transport.messages import Headers, Request, Response

LOCAL_ORIGIN = "https://simulator.invalid"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass
class Context:
    """Context of a request for its route; see SimulatorContext in plugin.records."""

    request: Request
    path_params: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    raw_query: str
    base_url: str
    state: dict[str, Any]
    simulator: Simulator
    user: Any = None
    version: str = "5.6"

    @property
    def world(self) -> World:
        """The inventory."""
        return self.simulator.world

    @property
    def root(self) -> str:
        """Return the root of hrefs; On-Demand has its vCloud Director below a prefix (protocol/sessions.md §3.2)."""
        return self.base_url + (COMPUTE if self.request.path.startswith(f"{COMPUTE}/") else "")

    @property
    def wants_json(self) -> bool:
        """Return True when Accept asks NSX for JSON. Source: protocol/ans.md §1.2."""
        return "json" in self.request.headers.get("Accept", "")


@dataclass(frozen=True)
class _Compiled:
    route: SimulatorRoute
    group: str
    pattern: re.Pattern[str]


@dataclass
class _Exchange:
    """One request on its way; ``user`` is known when it was answered."""

    request: Request
    parts: SplitResult
    request_id: str
    user: Any = None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return the pattern of a route's path. Cached because each simulator has the same hundred routes."""
    return re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path) + r"/?\Z")


_NOT_VCLOUD = ("/api/vchs", "/api/iam", "/api/sc", "/hybridity/", "/network/")


def _is_vcloud(path: str) -> bool:
    """Return True when Accept must name a version. The portals and NSX have their own rules, /api/versions none.

    Source: protocol/sessions.md §4.2, protocol/ans.md §1.2.
    """
    return (
        "/api/" in path and not path.endswith("/api/versions") and not any(fragment in path for fragment in _NOT_VCLOUD)
    )


class Simulator:
    """A cloud in memory. ``handle`` answers one request; ``transport()`` lets a client talk to it without sockets."""

    def __init__(self, config: SimulatorConfig | None = None, *, routes: Iterable[SimulatorRoutes] = ()) -> None:
        from vcloudair_core.simulator.profiles import built_in_routes

        self.config = self._initial_config = config or SimulatorConfig()
        self.request_log = RequestLog()
        self.clock = VirtualClock(self.config.standing_clock, self.config.clock_skew_s)
        self.faults = Faults(self.clock)
        self.route_groups: tuple[SimulatorRoutes, ...] = (*built_in_routes(self.config.profile), *routes)
        self._routes = [
            _Compiled(route, group.name, _pattern(route.path)) for group in self.route_groups for route in group.routes
        ]
        self._lock = threading.RLock()
        self.reset()

    def reset(self, config: SimulatorConfig | None = None) -> None:
        """Reset inventory, sessions, request log, faults and clock.

        Args:
            config: New options. None keeps the options that were set at the start.
        """
        with self._lock:
            self.config = self._initial_config = config or self._initial_config
            self.kept_queries: dict[Any, Any] = {}
            self.kept_pages: dict[Any, Any] = {}
            self.world = build_world(self.config)
            self.clock.reset()
            self.sessions = Sessions(self.config, self.clock)
            self.tasks = Tasks(self.world, self.clock, self.config)
            self.state: dict[str, dict[str, Any]] = {group.name: {} for group in self.route_groups}
            for group in self.route_groups:
                if group.seed is not None:
                    group.seed(self.world, self.state[group.name])
            self.request_log.clear()
            self.faults.clear()

    def configure(self, **options: Any) -> None:
        """Change options of tasks and DR until the next reset. Raises ValueError: not one that can change."""
        fixed = sorted(set(options) - set(changeable_options()))
        if fixed:
            raise ValueError(f"not options that can change while it runs: {', '.join(fixed)}")
        with self._lock:
            self.config = self.tasks.config = replace(self.config, **options)

    # -- answering -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request. Raises SocketFaultError where the connection is to break."""
        started = time.perf_counter()
        parts = urlsplit(request.url)
        request_id = str(uuid.uuid4())
        if parts.path.startswith("/_sim"):
            from vcloudair_core.simulator.control.control_routes import answer_control

            with self._lock:
                self.tasks.settle()
                return answer_control(self, request, parts.path)
        fault = self.faults.match(request.method, parts.path)
        note, status = (fault.kind if fault else ""), 0
        exchange = _Exchange(request, parts, request_id)
        entry = self.request_log.begin(
            method=request.method, path=parts.path, query=parts.query, request_id=request_id, note=note
        )
        try:
            response = self._answer(exchange, fault)
            status = response.status
        except SocketFaultError as exc:
            note = exc.kind
            raise
        finally:
            self.request_log.finish(
                entry,
                status=status,
                elapsed_ms=(time.perf_counter() - started) * 1000,
                user=exchange.user.user if exchange.user else "",
                note=note,
            )
        headers = {
            "X-VMWARE-VCLOUD-REQUEST-ID": request_id,
            "X-VMWARE-VCLOUD-REQUEST-EXECUTION-TIME": str(round((time.perf_counter() - started) * 1000)),
        }
        return self._dated(replace(response, headers=response.headers.merged(headers), url=request.url))

    def _dated(self, response: Response) -> Response:
        """With the time of this cloud, unless a fault has put another there."""
        if "Date" in response.headers:
            return response
        date = formatdate(self.clock.now(), usegmt=True)
        return replace(response, headers=response.headers.merged({"Date": date}))

    def _answer(self, exchange: _Exchange, fault: Fault | None) -> Response:
        if fault is not None:
            early = fault.before(self, exchange.request, exchange.request_id)
            if early is not None:
                return early
        with self._lock:
            handle = self._dispatch(exchange)
            if fault is not None and fault.is_late:
                self.tasks.call_later(fault.seconds, handle)
                response = responses.empty(202)
            else:
                response = handle()
        if fault is None:
            return response
        return fault.after(self._dated(replace(response, url=exchange.request.url)))

    def _dispatch(self, exchange: _Exchange) -> Callable[[], Response]:
        """Find the route and check the session now; what is returned carries the call out."""
        self.tasks.settle()
        request, parts = exchange.request, exchange.parts
        matches = [(compiled, compiled.pattern.match(parts.path)) for compiled in self._routes]
        matching = [(compiled, match) for compiled, match in matches if match]
        if not matching:
            return partial(self._unknown, request, parts.path)
        for compiled, match in matching:
            if compiled.route.method == request.method and match is not None:
                break
        else:
            return partial(responses.error, 405, "METHOD_NOT_ALLOWED", f"{request.method} is not allowed here.")
        path = parts.path
        context = Context(
            request,
            match.groupdict(),
            parse_qs(parts.query, keep_blank_values=True),
            parts.query,
            f"{parts.scheme}://{parts.netloc}",
            self.state[compiled.group],
            self,
        )
        refusal = self._refusal(context, compiled.route, path)

        def carry_out() -> Response:
            response = compiled.route.handler(context) if refusal is None else refusal
            exchange.user = context.user
            return self._with_token(context, compiled.route, response)

        return carry_out

    def _with_token(self, context: Context, route: SimulatorRoute, response: Response) -> Response:
        """The token comes back with every answer to it. Source: protocol/sessions.md §4.4."""
        if not (self.config.resend_token and route.auth and context.user):
            return response
        token = {"x-vcloud-authorization": self.sessions.vcd_token(context.request)}
        return replace(response, headers=response.headers.merged(token))

    def _refusal(self, context: Context, route: SimulatorRoute, path: str) -> Response | None:
        """Why this request is not answered: no version first, then no session.

        Source: protocol/sessions.md §4.2, §4.4.
        """
        if _is_vcloud(path):
            asked = responses.asked_version(context.request)
            if asked not in self.config.api_versions:
                return self._not_acceptable(asked)
            context.version = asked
        if not route.auth:
            return None
        context.user = self.sessions.vcd_user(context.request)
        return self._not_signed_in(context.version) if context.user is None else None

    def _not_acceptable(self, version: str) -> Response:
        known = self.config.api_versions
        why = f"Unknown API version: {version}" if version else ""
        supported = f"Supported API versions are: [{', '.join(known)}]."
        message = f"The request has invalid accept header: {why}. {supported}"
        return responses.error(406, "NOT_ACCEPTABLE", message, known[-1])

    def _not_signed_in(self, version: str) -> Response:
        kind = self.config.expired_answer
        if kind == "401-error":
            return responses.error(401, "UNAUTHORIZED", "The session has expired.", version)
        if kind == "403-error":
            return responses.error(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "The session has expired.", version)
        return responses.empty(403 if kind == "403-empty" else 401)

    def _unknown(self, request: Request, path: str) -> Response:
        known = sorted({f"{c.route.method} {c.route.path}" for c in self._routes})
        near = difflib.get_close_matches(f"{request.method} {path}", known, n=3, cutoff=0.3)
        text = f"The simulator does not know {request.method} {path}. Nearest: {'; '.join(near) or 'none'}.\n"
        return Response(501, Headers({"Content-Type": "text/plain; charset=utf-8"}), text.encode())

    # -- for clients ---------------------------------------------------------------------------------------------

    def transport(self) -> InProcessTransport:
        """A transport that answers from inside the process."""
        return InProcessTransport(self)

    def env(self, url: str = LOCAL_ORIGIN, ca_path: str = "") -> dict[str, str]:
        """The VCA_* variables that lead every tool here.

        A VDC is named where it is the only one, or where signing in needs one: an inventory of a vCloud Director with
        several VDCs is of all of them.
        """
        profile = self.config.profile
        edge = next(iter(self.world.edges.values()), None)
        vdc = next(iter(self.world.vdcs.values()))
        is_named = profile != "vcd" or len(self.world.vdcs_of(vdc.org)) == 1
        variables = {
            "VCA_SERVICE_TYPE": "vcd" if profile == "all" else profile,
            "VCA_URL": url,
            "VCA_USERNAME": self.world.users[0].name,
            "VCA_PASSWORD": self.world.users[0].password,
            "VCA_ORG": vdc.org,
            "VCA_VDC": vdc.name if is_named else "",
            "VCA_INSTANCE": self.world.orgs[vdc.org].org_id if profile == "vca" else "",
            "VCA_EDGE": edge.name if edge else "",
            "VCA_CA_PATH": ca_path,
        }
        return {name: value for name, value in variables.items() if value}


class InProcessTransport:
    """The Transport protocol over :meth:`Simulator.handle`."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def send(self, request: Request) -> Response:
        """Raises TransportError where a connection would break."""
        try:
            return self._simulator.handle(request)
        except SocketFaultError as exc:
            self._simulator.clock.advance(exc.seconds)
            raise transport_error(exc, request) from None

    def close(self) -> None:
        """Nothing is open."""
