"""Faults on order: rules in order, the first that matches and is not used up acts."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TransportError
from vcloudair_core.http import Headers, Request, Response
from vcloudair_core.simulator import answers
from vcloudair_core.simulator.outside_writer import outside_edit
from vcloudair_core.simulator.tasks import Owner

KINDS = (
    "status",
    "busy",
    "throttle",
    "unauthorized",
    "html",
    "bad_content_type",
    "bad_xml",
    "bad_json",
    "truncated",
    "reset",
    "reset_after",
    "half_body",
    "wrong_length",
    "latency",
    "redirect",
    "hang",
    "edit",
)


BUSY_FORMS = ("entity", "network", "task")
"""How a busy entity says so: the form of the 2010s, that of networks, and that which names the task in the way."""


class SocketFaultError(Exception):
    """The connection is to break. ``acted``: the server did what was asked first."""

    def __init__(self, kind: str, *, acted: bool, response: Response | None = None) -> None:
        super().__init__(kind)
        self.kind, self.acted, self.response = kind, acted, response


def transport_error(fault: SocketFaultError, request: Request) -> TransportError:
    """The same for a client without sockets: what its transport would have raised."""
    if fault.kind == "hang":
        return TimeoutExpiredError(
            f"{request.origin} did not answer {request.method} {request.path}.", may_have_executed=True
        )
    return ConnectionFailedError(
        f"The connection to {request.origin} broke during {request.method} {request.path}.", may_have_executed=True
    )


@dataclass
class Fault:
    """One order. ``method`` and ``path`` (a part of it) select; the first ``skip`` pass; ``count`` limits (0: ever)."""

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
    edit: Any = None
    hits: int = field(default=0)

    def before(self, simulator: Any, request: Request, request_id: str) -> Response | None:
        """What happens in place of the call, or None: the call goes on. Raises SocketFaultError."""
        if self.kind == "latency":
            time.sleep(self.seconds)
        if self.kind == "edit" and callable(self.edit):
            self.edit(simulator)
        if self.kind == "reset":
            raise SocketFaultError("reset", acted=False)
        if self.kind == "hang":
            raise SocketFaultError("hang", acted=False)
        version = answers.asked_version(request) or "5.6"
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        if self.kind == "status":
            made = answers.error(self.status, self.code, self.message, version)
            return Response(made.status, made.headers.merged(headers), made.body)
        if self.kind == "busy":
            return answers.error(400, "BUSY_ENTITY", self._busy_message(simulator, request, request_id), version)
        if self.kind == "throttle":
            return Response(429, Headers(headers or {"Retry-After": "1"}), b"")
        if self.kind == "unauthorized":
            return answers.empty(401)
        if self.kind == "html":
            return Response(
                self.status,
                Headers({"Content-Type": "text/html"}),
                b"<html><head><title>Gateway</title></head><body><h1>It does not work</h1></body></html>",
            )
        if self.kind == "redirect":
            return Response(302, Headers({"Location": self.location}), b"")
        return None

    def _busy_message(self, simulator: Any, request: Request, request_id: str) -> str:
        """The three forms that are known; the last names the task to wait for. Source: api/tasks.md §5."""
        if self.form == "network":
            return "The entity gateway is busy, cannot proceed with the operation."
        edges = simulator.world.edges
        edge = next((one for one in edges.values() if one.edge_id in request.path), next(iter(edges.values()), None))
        if self.form != "task" or edge is None:
            return "The entity gateway is busy completing an operation."
        owner = Owner(
            f"/api/admin/edgeGateway/{edge.edge_id}", edge.name, "application/vnd.vmware.admin.edgeGateway+xml"
        )
        operation = f"Updating edge gateway {edge.name}({edge.edge_id})"
        name = "networkConfigureEdgeGatewayServices"
        task = simulator.tasks.start(simulator.world.vdcs[edge.vdc_id].org, owner, operation, name, polls=1)
        words = "NETWORK_CONFIGURE_EDGE_GATEWAY_SERVICES"
        return (
            f"[ {request_id} ] The entity Ref: com.vmware.vcloud.entity.gateway:{edge.edge_id} is busy completing an "
            f"operation {words}. {words}(com.vmware.vcloud.entity.task:{task.task_id})"
        )

    def after(self, response: Response) -> Response:
        """What becomes of the answer. Raises SocketFaultError."""
        if self.kind == "reset_after":
            raise SocketFaultError("reset_after", acted=True)
        if self.kind in ("half_body", "wrong_length"):
            raise SocketFaultError(self.kind, acted=True, response=response)
        if self.kind == "truncated":
            return Response(response.status, response.headers, response.body[: len(response.body) // 2])
        if self.kind in ("bad_xml", "bad_json"):
            return Response(response.status, response.headers, b"<broken" if self.kind == "bad_xml" else b"{broken")
        if self.kind == "bad_content_type":
            return Response(
                response.status, response.headers.merged({"Content-Type": "application/octet-stream"}), response.body
            )
        return response


class Faults:
    """The orders, first come first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []

    def add(self, kind: str, **fields: Any) -> Fault:
        """Raises ValueError for a kind that there is not."""
        if fields.get("form", "entity") not in BUSY_FORMS:
            raise ValueError(f"there is no form {fields['form']!r} of busy; known: {', '.join(BUSY_FORMS)}")
        if kind == "edit" and not callable(fields.get("edit")):
            fields["edit"] = outside_edit(fields.get("edit"))
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; known: {', '.join(KINDS)}")
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
                if fault.count and fault.hits >= fault.count:
                    continue
                fault.hits += 1
                return fault
        return None
