"""Convert connection faults to bytes on a socket and to in-process client errors."""

from __future__ import annotations

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TransportError
from vcloudair_core.transport.messages import Request, Response


class SocketFaultError(Exception):
    """A fault that breaks the connection.

    ``acted`` is true if the request is carried out before the connection breaks. ``response`` is the response to send
    in part, or None. ``seconds`` is the delay of the fault.
    """

    def __init__(self, kind: str, *, acted: bool, response: Response | None = None, seconds: float = 0.0) -> None:
        super().__init__(kind)
        self.kind, self.acted, self.response, self.seconds = kind, acted, response, seconds


def transport_error(fault: SocketFaultError, request: Request) -> TransportError:
    """Return the error that a client with a socket would get for this fault."""
    call = f"{request.method} {request.path}"
    if fault.kind == "refused":
        return ConnectionFailedError(
            f"{request.origin} refuses connections.", hint="Check that a server listens on this port."
        )
    if fault.kind in ("hang", "hang_after", "late"):
        return TimeoutExpiredError(
            f"{request.origin} did not respond to {call}.",
            may_have_executed=True,
            hint="Check whether the server carried out the request before you send it again.",
        )
    if fault.kind == "drip":
        return TimeoutExpiredError(
            f"{request.origin} sent the response to {call} too slowly.",
            may_have_executed=True,
            hint="Check the network connection to the server.",
        )
    return ConnectionFailedError(
        f"The connection to {request.origin} broke during {call}.",
        may_have_executed=True,
        hint="Check whether the server carried out the request before you send it again.",
    )


def wire_bytes(kind: str, response: Response) -> bytes:
    """Return the bytes of a response to send on a socket.

    For ``half_body``, the second half of the body is missing. For ``wrong_length``, the Content-Length is too large.
    """
    body = response.body
    length = len(body) + (10 if kind == "wrong_length" else 0)
    lines = [f"HTTP/1.1 {response.status} Damaged", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in response.headers.pairs() if name.lower() != "content-length"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + (body[: len(body) // 2] if kind == "half_body" else body)
