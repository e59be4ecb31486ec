"""Faults of the connection: what breaks, what goes over the wire before it does, and what a client would have seen."""

from __future__ import annotations

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TransportError
from vcloudair_core.transport.messages import Request, Response


class SocketFaultError(Exception):
    """The connection is to break. ``acted``: the server did what was asked first. ``seconds``: how long that takes."""

    def __init__(self, kind: str, *, acted: bool, response: Response | None = None, seconds: float = 0.0) -> None:
        super().__init__(kind)
        self.kind, self.acted, self.response, self.seconds = kind, acted, response, seconds


def transport_error(fault: SocketFaultError, request: Request) -> TransportError:
    """The same for a client without sockets: what its transport would have raised."""
    what = f"{request.method} {request.path}"
    if fault.kind == "refused":
        return ConnectionFailedError(
            f"{request.origin} refuses connections.", hint="Nothing listens there: check the port."
        )
    if fault.kind in ("hang", "hang_after", "late"):
        return TimeoutExpiredError(
            f"{request.origin} did not answer {what}.",
            may_have_executed=True,
            hint="It may still be working on it: look before sending it again.",
        )
    if fault.kind == "drip":
        return TimeoutExpiredError(
            f"The answer to {what} arrives too slowly and was dropped.",
            may_have_executed=True,
            hint="Check the network between here and the server.",
        )
    return ConnectionFailedError(
        f"The connection to {request.origin} broke during {what}.",
        may_have_executed=True,
        hint="Whether the server carried it out is unknown: look before sending it again.",
    )


def wire_bytes(kind: str, response: Response) -> bytes:
    """Return the bytes for the wire: half of the body, all of it with too large a length, or all as it is."""
    body = response.body
    length = len(body) + (10 if kind == "wrong_length" else 0)
    lines = [f"HTTP/1.1 {response.status} Spoilt", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in response.headers.pairs() if name.lower() != "content-length"]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + (body[: len(body) // 2] if kind == "half_body" else body)
