"""Faults on order: rules in order, the first that matches and is not used up acts."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.faults.damaged_bodies import OF_HEADERS, SPOIL
from vcloudair_core.simulator.faults.fault_kinds import BROKEN_OFF, KINDS
from vcloudair_core.simulator.faults.outside_writer import outside_edit
from vcloudair_core.simulator.faults.socket_faults import SocketFaultError, transport_error
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.simulator.virtual_clock import VirtualClock
from vcloudair_core.transport.messages import Headers, Request, Response

__all__ = ["BUSY_FORMS", "KINDS", "Fault", "Faults", "SocketFaultError", "transport_error"]

BUSY_FORMS = ("entity", "network", "task")
"""Forms of the message of a busy entity: of the 2010s, of networks, and with the task in the way."""

_DRIP_S = 1.0
_PAGE = b"<html><head><title>Gateway</title></head><body><h1>It does not work</h1></body></html>"


@dataclass
class Fault:
    """One order. ``method`` and ``path`` (a part of it) select; the first ``skip`` pass; ``count`` limits (0: ever).

    ``lasts_s``: it is over so many seconds of the server's time after it first acted (0: never).
    """

    kind: str
    method: str = ""
    path: str = ""
    count: int = 1
    skip: int = 0
    status: int = 500
    code: str = "INTERNAL_SERVER_ERROR"
    message: str = "Injected."
    retry_after: str = ""
    location: str = ""
    form: str = "entity"
    seconds: float = 0.0
    lasts_s: float = 0.0
    edit: Any = None
    hits: int = field(default=0)
    first_at: float | None = field(default=None)
    kept: dict[str, bytes] = field(default_factory=dict)
    """Pages that are given out again, by what was asked for."""

    @property
    def is_late(self) -> bool:
        """The call is carried out when its answer is long gone."""
        return self.kind == "late" or (self.kind == "gateway" and self.seconds > 0)

    def before(self, simulator: Any, request: Request, request_id: str) -> Response | None:
        """Return the response in place of the call, or None to let the call go on. Raises SocketFaultError."""
        if self.kind == "latency":
            time.sleep(self.seconds)
        if self.kind == "clock":
            simulator.clock.advance(self.seconds)
        if self.kind == "edit" and callable(self.edit):
            self.edit(simulator)
        if self.kind in ("refused", "reset", "hang"):
            raise SocketFaultError(self.kind, acted=False, seconds=self.seconds)
        if self.kind == "busy":
            version = responses.asked_version(request) or "5.6"
            return responses.error(400, "BUSY_ENTITY", self._busy_message(simulator, request, request_id), version)
        return self._refusal(request)

    def _refusal(self, request: Request) -> Response | None:
        if self.kind in ("status", "quote"):
            message = self.message if self.kind == "status" else _quoted(request)
            made = responses.error(self.status, self.code, message, responses.asked_version(request) or "5.6")
            more = {"Retry-After": self.retry_after} if self.retry_after else {}
            return Response(made.status, made.headers.merged(more), made.body)
        if self.kind == "throttle":
            asked = self.retry_after or "1"
            return Response(429, Headers({} if asked == "none" else {"Retry-After": asked}), b"")
        if self.kind == "unauthorized":
            return responses.empty(401)
        if self.kind == "html":
            return self._page()
        if self.kind in ("redirect", "redirect_loop"):
            there = request.url if self.kind == "redirect_loop" else self.location
            return Response(302, Headers({"Location": there}), b"")
        return None

    def _page(self) -> Response:
        """An HTML page of a gateway, with Retry-After where one was ordered."""
        again = {"Retry-After": self.retry_after} if self.retry_after not in ("", "none") else {}
        return Response(self.status, Headers({"Content-Type": "text/html", **again}), _PAGE)

    def _busy_message(self, simulator: Any, request: Request, request_id: str) -> str:
        """The three forms that are known; the last names the task to wait for. Source: protocol/tasks.md §5."""
        if self.form == "network":
            return "The entity gateway is busy, cannot proceed with the operation."
        edges = simulator.world.edges
        edge = next(
            (candidate for candidate in edges.values() if candidate.edge_id in request.path),
            next(iter(edges.values()), None),
        )
        if self.form != "task" or edge is None:
            return "The entity gateway is busy completing an operation."
        owner = Owner(
            f"/api/admin/edgeGateway/{edge.edge_id}", edge.name, "application/vnd.vmware.admin.edgeGateway+xml"
        )
        operation = f"Updating edge gateway {edge.name}({edge.edge_id})"
        name = "networkConfigureEdgeGatewayServices"
        task = simulator.tasks.start(simulator.world.vdcs[edge.vdc_id].org, owner, operation, name, polls=1)
        operation_id = "NETWORK_CONFIGURE_EDGE_GATEWAY_SERVICES"
        return (
            f"[ {request_id} ] The entity Ref: com.vmware.vcloud.entity.gateway:{edge.edge_id} is busy completing an "
            f"operation {operation_id}. {operation_id}(com.vmware.vcloud.entity.task:{task.task_id})"
        )

    def after(self, response: Response) -> Response:
        """Return the response as the fault changes it. Raises SocketFaultError."""
        if self.kind in BROKEN_OFF:
            seconds = self.seconds or (_DRIP_S if self.kind == "drip" else 0.0)
            is_shown = self.kind not in ("reset_after", "hang_after", "late")
            seconds = 0.0 if self.kind == "late" else seconds  # the client gives up before
            raise SocketFaultError(self.kind, acted=True, response=response if is_shown else None, seconds=seconds)
        if self.kind == "gateway":
            return self._page()
        spoil = SPOIL.get(self.kind)
        # Where there is no body, none can be spoilt.
        if spoil is None or not (response.body or self.kind in OF_HEADERS):
            return response
        return spoil(response, self)


def _quoted(request: Request) -> str:
    """As careless servers do it: what was asked, word for word."""
    headers = "; ".join(f"{name}: {value}" for name, value in request.headers.pairs())
    return f"Cannot process [{headers}] [{request.body.decode(errors='replace')}]"


class Faults:
    """The orders, first come first."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._clock = clock or VirtualClock()

    def add(self, kind: str, **fields: Any) -> Fault:
        """Raises ValueError for a kind that there is not."""
        if fields.get("form", "entity") not in BUSY_FORMS:
            raise ValueError(f"there is no form {fields['form']!r} of busy; known: {', '.join(BUSY_FORMS)}")
        if kind == "edit" and not callable(fields.get("edit")):
            fields["edit"] = outside_edit(fields.get("edit"))
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; known: {', '.join(KINDS)}")
        if kind == "gateway":
            fields = {"status": 503, "retry_after": "1", **fields}
        fault = Fault(kind, **fields)
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """No orders any more."""
        with self._lock:
            self._rules.clear()

    def match(self, method: str, path: str) -> Fault | None:
        """The order for this request, which is one less of it."""
        with self._lock:
            for fault in self._rules:
                if fault.method not in ("", method) or fault.path not in path:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if (fault.count and fault.hits >= fault.count) or self._is_over(fault):
                    continue
                fault.hits += 1
                return fault
        return None

    def _is_over(self, fault: Fault) -> bool:
        now = self._clock.now()
        if fault.first_at is None:
            fault.first_at = now
        return bool(fault.lasts_s) and now - fault.first_at >= fault.lasts_s
