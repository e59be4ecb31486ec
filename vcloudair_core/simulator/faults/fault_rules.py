"""Fault rules: which requests get a fault, and what the fault does.

The first matching rule that is not exhausted applies to a request.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.faults.damaged_bodies import DAMAGE, HEADER_KINDS
from vcloudair_core.simulator.faults.fault_kinds import KINDS, NO_RESPONSE
from vcloudair_core.simulator.faults.outside_writer import outside_edit
from vcloudair_core.simulator.faults.socket_faults import SocketFaultError, transport_error
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.simulator.virtual_clock import VirtualClock
from vcloudair_core.transport.messages import Headers, Request, Response

__all__ = ["BUSY_FORMS", "KINDS", "Fault", "Faults", "SocketFaultError", "transport_error"]

BUSY_FORMS = ("entity", "network", "task")
"""Formats of the message for a busy entity.

``network`` and ``entity`` are short texts. ``task`` also names the running task.
"""

_DRIP_S = 1.0
_PAGE = b"<html><head><title>Gateway</title></head><body><h1>It does not work</h1></body></html>"


@dataclass
class Fault:
    """A fault rule.

    A request matches by ``method`` and by ``path``, a string that the path of the request must contain. The first
    ``skip`` matching requests get no fault. The rule applies to the next ``count`` requests (0 means no limit). The
    rule expires ``lasts_s`` seconds after its first use, measured with the simulated clock (0 means no limit).
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
    """First page of each list. The fault ``repeated_pages`` returns it again."""

    @property
    def is_late(self) -> bool:
        """Return True if the server carries out the request ``seconds`` after it arrives.

        Before that, the fault ``gateway`` sends an error response. The fault ``late`` sends no response.
        """
        return self.kind == "late" or (self.kind == "gateway" and self.seconds > 0)

    def before(self, simulator: Any, request: Request, request_id: str) -> Response | None:
        """Apply the fault before the route handler runs.

        Return a response that replaces the route's response, or None if the route handler must run. Raises
        SocketFaultError to break the connection.
        """
        if self.kind == "latency":
            time.sleep(self.seconds)
        if self.kind == "clock":
            simulator.clock.advance(self.seconds)
        if self.kind == "edit" and callable(self.edit):
            self.edit(simulator)
        if self.kind in ("refused", "reset", "hang"):
            raise SocketFaultError(self.kind, acted=False, seconds=self.seconds)
        if self.kind == "busy":
            version = responses.requested_version(request) or "5.6"
            return responses.error(400, "BUSY_ENTITY", self._busy_message(simulator, request, request_id), version)
        return self._instead(request)

    def _instead(self, request: Request) -> Response | None:
        if self.kind in ("status", "quote"):
            message = self.message if self.kind == "status" else _quoted(request)
            response = responses.error(self.status, self.code, message, responses.requested_version(request) or "5.6")
            retry = {"Retry-After": self.retry_after} if self.retry_after else {}
            return Response(response.status, response.headers.merged(retry), response.body)
        if self.kind == "throttle":
            retry_after = self.retry_after or "1"
            return Response(429, Headers({} if retry_after == "none" else {"Retry-After": retry_after}), b"")
        if self.kind == "unauthorized":
            return responses.empty(401)
        if self.kind == "html":
            return self._page()
        if self.kind in ("redirect", "redirect_loop"):
            location = request.url if self.kind == "redirect_loop" else self.location
            return Response(302, Headers({"Location": location}), b"")
        return None

    def _page(self) -> Response:
        """Return an HTML error page like that of a proxy. The rule can set Retry-After."""
        retry = {"Retry-After": self.retry_after} if self.retry_after not in ("", "none") else {}
        return Response(self.status, Headers({"Content-Type": "text/html", **retry}), _PAGE)

    def _busy_message(self, simulator: Any, request: Request, request_id: str) -> str:
        """Return the message for a busy entity, in the format that ``form`` selects.

        The format ``task`` starts the task that the message names. Source: protocol/tasks.md §5.
        """
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
        """Return the response after the fault has damaged it.

        Raises SocketFaultError if the fault loses the response.
        """
        if self.kind in NO_RESPONSE:
            seconds = self.seconds or (_DRIP_S if self.kind == "drip" else 0.0)
            is_sent = self.kind not in ("reset_after", "hang_after", "late")
            seconds = (
                0.0 if self.kind == "late" else seconds
            )  # ``seconds`` delays the request, not the error of the client.
            raise SocketFaultError(self.kind, acted=True, response=response if is_sent else None, seconds=seconds)
        if self.kind == "gateway":
            return self._page()
        damage = DAMAGE.get(self.kind)
        if damage is None or not (response.body or self.kind in HEADER_KINDS):
            return response
        return damage(response, self)


def _quoted(request: Request) -> str:
    """Return an error message that quotes the request, including its secrets."""
    headers = "; ".join(f"{name}: {value}" for name, value in request.headers.pairs())
    return f"Cannot process [{headers}] [{request.body.decode(errors='replace')}]"


class Faults:
    """The fault rules of a simulator, in the order in which they were added."""

    def __init__(self, clock: VirtualClock | None = None) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._clock = clock or VirtualClock()

    def add(self, kind: str, **fields: Any) -> Fault:
        """Add a rule, and return it.

        Raises ValueError for an unknown kind or an invalid value, and TypeError for an unknown field.
        """
        if fields.get("form", "entity") not in BUSY_FORMS:
            raise ValueError(
                f"unknown form {fields['form']!r} of the fault 'busy'; expected one of {', '.join(BUSY_FORMS)}"
            )
        if kind == "edit" and not callable(fields.get("edit")):
            fields["edit"] = outside_edit(fields.get("edit"))
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; expected one of {', '.join(KINDS)}")
        if kind == "gateway":
            fields = {"status": 503, "retry_after": "1", **fields}
        fault = Fault(kind, **fields)
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def match(self, method: str, path: str) -> Fault | None:
        """Return the fault that applies to a request, or None.

        Each match counts as one use of the rule.
        """
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
