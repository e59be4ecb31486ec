"""Connection faults: bytes on the wire, and errors of clients without sockets."""

from __future__ import annotations

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TransportError
from vcloudair_core.transport.messages import Request, Response


class SocketFaultError(Exception):
    """An error that breaks the connection.

    ``acted`` is true if the request was carried out first. ``seconds`` is the delay of the fault.
    """

    def __init__(self, kind: str, *, acted: bool, response: Response | None = None, seconds: float = 0.0) -> None:
        super().__init__(kind)
        self.kind, self.acted, self.response, self.seconds = kind, acted, response, seconds


def transport_error(fault: SocketFaultError, request: Request) -> TransportError:
    """Return the error that a transport with sockets would raise."""
    call = f"{request.method} {request.path}"
    if fault.kind == "refused":
        return ConnectionFailedError(
            f"{request.origin} refuses connections.", hint="Check the port. No program listens on it."
        )
    if fault.kind in ("hang", "hang_after", "late"):
        return TimeoutExpiredError(
            f"{request.origin} did not respond to {call}.",
            may_have_executed=True,
            hint="Check whether the server carried out the request before you send it again.",
        )
    if fault.kind == "drip":
        return TimeoutExpiredError(
            f"The response to {call} arrives too slowly and was dropped.",
            may_have_executed=True,
            hint="Check the network between this host and the server.",
        )
    return ConnectionFailedError(
        f"The connection to {request.origin} broke during {call}.",
        may_have_executed=True,
        hint="Check whether the server carried out the request before you send it again.",
    )


def wire_bytes(kind: str, response: Response) -> bytes:
    """Return the bytes of a response on the wire.

    ``half_body`` cuts the body in half. ``wrong_length`` sends a Content-Length that is too large.
    """
    body = response.body
    length = len(body) + (10 if kind == "wrong_length" else 0)
    lines = [f"HTTP/1.1 {response.status} Damaged", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in response.headers.pairs() if name.lower() != "content-length"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + (body[: len(body) // 2] if kind == "half_body" else body)
