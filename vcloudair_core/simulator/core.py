"""The simulator without sockets: routing, sign-in checks, faults and request log."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.access.compiled_routes import compile_routes, path_depth, routes_by_depth
from vcloudair_core.simulator.access.request_context import Context, RequestInProgress
from vcloudair_core.simulator.access.required_rights import refuse
from vcloudair_core.simulator.admission import has_vcloud_documents, reject
from vcloudair_core.simulator.api.unknown_paths import NOTE, UnknownPaths, answer_unknown
from vcloudair_core.simulator.config import SimulatorConfig, changeable_options
from vcloudair_core.simulator.faults.fault_rules import Fault, Faults, SocketFaultError
from vcloudair_core.simulator.inventory import build_world
from vcloudair_core.simulator.json_documents.negotiation import in_accepted_format
from vcloudair_core.simulator.request_log import RequestLog
from vcloudair_core.simulator.server.client_settings import client_variables, first_api_token
from vcloudair_core.simulator.server.in_process import VCDA_HOST, InProcessTransport
from vcloudair_core.simulator.state.logins import Sessions
from vcloudair_core.simulator.state.task_register import Tasks
from vcloudair_core.simulator.virtual_clock import VirtualClock
from vcloudair_core.transport.messages import Request, Response

LOCAL_ORIGIN = "https://simulator.invalid"
LOCAL_VCDA = f"https://{VCDA_HOST}"


class Simulator:
    """A simulated cloud in memory.

    :meth:`handle` processes one request. :meth:`transport` returns a transport for clients in the same process.
    """

    def __init__(
        self,
        config: SimulatorConfig | None = None,
        *,
        routes: Iterable[SimulatorRoutes] = (),
        state: Mapping[str, Any] | None = None,
    ) -> None:
        from vcloudair_core.simulator.profiles import built_in_routes

        self.config = self._initial_config = config or SimulatorConfig()
        self.request_log = RequestLog()
        self.unknown_paths = UnknownPaths()
        self.clock = VirtualClock(self.config.standing_clock, self.config.clock_skew_s)
        self.faults = Faults(self.clock)
        built_in, added = built_in_routes(self.config.profile), tuple(routes)
        self.route_groups: tuple[SimulatorRoutes, ...] = (*built_in, *added)
        self._by_depth = routes_by_depth(compile_routes(built_in, added))
        self._lock = threading.RLock()
        self._initial_state = state
        self.reset()

    def reset(self, config: SimulatorConfig | None = None) -> None:
        """Reset the inventory, sessions, tasks, request log, faults and clock.

        Args:
            config: New options. None keeps the options from the start of the simulator.
        """
        with self._lock:
            self.config = self._initial_config = config or self._initial_config
            self.query_cache: dict[Any, Any] = {}
            self.page_cache: dict[Any, Any] = {}
            self.world = build_world(self.config)
            self.clock.reset()
            self.sessions = Sessions(self.config, self.clock)
            self.tasks = Tasks(self.world, self.clock, self.config)
            self.state: dict[str, dict[str, Any]] = {group.name: {} for group in self.route_groups}
            for group in self.route_groups:
                if group.seed is not None:
                    group.seed(self.world, self.state[group.name])
            self.vcda = self.vcda_endpoints()
            self.request_log.clear()
            self.unknown_paths.clear()
            self.faults.clear()
            if self._initial_state is not None:
                from vcloudair_core.simulator.replay.state_dump import load_state

                load_state(self, self._initial_state)

    def vcda_endpoints(self) -> dict[str, Any]:
        """Return a mapping from site names to VCDA endpoints, destination first.

        The mapping is empty if the cloud has no VMware Cloud Director Availability.
        """
        if not self.world.vdc_sites:
            return {}
        from vcloudair_core.simulator.vcda.endpoint import VcdaEndpoint

        return {site: VcdaEndpoint(self, site) for site in (self.config.vcda_site, self.config.vcda_peer_site)}

    def configure(self, **options: Any) -> None:
        """Change options until the next reset. See :func:`changeable_options`.

        Raises ValueError for options that cannot change at run time.
        """
        fixed = sorted(set(options) - set(changeable_options()))
        if fixed:
            raise ValueError(f"these options cannot change while the simulator runs: {', '.join(fixed)}")
        with self._lock:
            self.config = self.tasks.config = replace(self.config, **options)

    # -- requests ------------------------------------------------------------------------------------------------

    def handle(self, request: Request, endpoint: Any = None) -> Response:
        """Carry out a request, and return the response.

        Args:
            request: The request.
            endpoint: Endpoint of VMware Cloud Director Availability that received the request. None means vCloud
                Director.

        Raises SocketFaultError if a fault breaks the connection.
        """
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
        exchange = RequestInProgress(request, parts, request_id, endpoint)
        entry = self.request_log.begin(
            method=request.method,
            path=parts.path,
            query=parts.query,
            request_id=request_id,
            note=note,
            site=endpoint.site if endpoint else "",
        )
        try:
            response = self._respond(exchange, fault)
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
                note=note or exchange.note,
            )
        if endpoint is not None:
            return self._dated(replace(response, url=request.url))
        headers = {
            "X-VMWARE-VCLOUD-REQUEST-ID": request_id,
            "X-VMWARE-VCLOUD-REQUEST-EXECUTION-TIME": str(round((time.perf_counter() - started) * 1000)),
        }
        return self._dated(replace(response, headers=response.headers.merged(headers), url=request.url))

    def _dated(self, response: Response) -> Response:
        """Add a Date header with the simulated time, unless a fault has set the header."""
        if "Date" in response.headers:
            return response
        date = formatdate(self.clock.now(), usegmt=True)
        return replace(response, headers=response.headers.merged({"Date": date}))

    def _respond(self, exchange: RequestInProgress, fault: Fault | None) -> Response:
        if fault is not None:
            early = fault.before(self, exchange.request, exchange.request_id)
            if early is not None:
                if exchange.endpoint is not None:
                    answer: Response = exchange.endpoint.fault_response(early)
                    return answer
                return self._in_format(exchange, lambda: early)
        with self._lock:
            handle = partial(self._in_format, exchange, self._dispatch(exchange))
            if fault is not None and fault.is_late:
                self.tasks.call_later(fault.seconds, handle)
                response = responses.empty(202)
            else:
                response = handle()
        if fault is None:
            return response
        return fault.after(self._dated(replace(response, url=exchange.request.url)))

    def _dispatch(self, exchange: RequestInProgress) -> Callable[[], Response]:
        """Find the route of a request, and check the session.

        Return a function that calls the route handler and returns the response.
        """
        self.tasks.settle()
        if exchange.endpoint is not None:
            carry_out_there: Callable[[], Response] = exchange.endpoint.dispatch(exchange)
            return carry_out_there
        request, parts = exchange.request, exchange.parts
        same_depth = self._by_depth.get(path_depth(parts.path), ())
        matches = [(compiled, compiled.pattern.match(parts.path)) for compiled in same_depth]
        matching = [(compiled, match) for compiled, match in matches if match]
        if not matching:
            exchange.note = NOTE
            known = (f"{c.route.method} {c.route.path}" for routes in self._by_depth.values() for c in routes)
            self.unknown_paths.add(request.method, parts.path, known)
            return partial(answer_unknown, self, request, parts.path)
        for compiled, match in matching:
            if compiled.route.method == request.method and match is not None:
                break
        else:
            return partial(responses.error, 405, "METHOD_NOT_ALLOWED", f"{request.method} is not allowed here.")
        context = Context(
            request,
            match.groupdict(),
            parse_qs(parts.query, keep_blank_values=True),
            parts.query,
            f"{parts.scheme}://{parts.netloc}",
            self.state[compiled.group],
            self,
            request_id=exchange.request_id,
        )
        rejection = reject(context, compiled, parts.path)
        if rejection is None and compiled.right and compiled.route.auth and not context.may(compiled.right):
            rejection = refuse(context, compiled.right)

        def carry_out() -> Response:
            response = compiled.route.handler(context) if rejection is None else rejection
            exchange.user = context.user
            return self._with_token(context, compiled.route, response)

        return carry_out

    def _in_format(self, exchange: RequestInProgress, handle: Callable[[], Response]) -> Response:
        """Call the route handler, and return the response as XML or JSON.

        The Accept header selects the format. Source: protocol/vcd-modern.md §1.2, §1.7.
        """
        response = handle()
        if exchange.endpoint is not None or not has_vcloud_documents(exchange.parts.path):
            return response
        return in_accepted_format(exchange.request, response, list(self.config.api_versions))

    def _with_token(self, context: Context, route: SimulatorRoute, response: Response) -> Response:
        """Return the response with the session token in its headers.

        Source: protocol/sessions.md §4.4.
        """
        token = self.sessions.vcd_token(context.request)
        # Servers do not send bearer tokens again.
        if not (self.config.resend_token and route.auth and context.user) or "." in token:
            return response
        header = {"x-vcloud-authorization": token}
        return replace(response, headers=response.headers.merged(header))

    # -- clients ------------------------------------------------------------------------------------------------

    def transport(self) -> InProcessTransport:
        """Return a transport that sends requests to this simulator in process."""
        return InProcessTransport(self)

    def env(
        self, url: str = LOCAL_ORIGIN, ca_path: str = "", *, vcda_url: str = LOCAL_VCDA, vcda_ca_path: str = ""
    ) -> dict[str, str]:
        """Return the VCA_* variables that connect a client to this simulator.

        VCA_VDC is absent if vCloud Director has several VDCs, so that an Ansible inventory covers all of them. The
        variables of VMware Cloud Director Availability are absent if the cloud does not have this product.
        """
        return client_variables(self.config, self.world, url, ca_path, vcda_url, vcda_ca_path)

    def first_api_token(self) -> str:
        """Return an API token of the user whose credentials :meth:`env` returns.

        Return an empty string if the user has no API token, or if the API version does not support API tokens.
        """
        return first_api_token(self.config, self.world)
