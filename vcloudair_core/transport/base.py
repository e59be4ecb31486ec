"""The seam between policy and sockets: one method to send, one to close."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vcloudair_core.transport.messages import Request, Response


@runtime_checkable
class Transport(Protocol):
    """Sends one request and returns one answer, of whatever status. No policy: no auth, no retry, no redirects.

    Safe to use from many threads.
    """

    def send(self, request: Request) -> Response:
        """Send and wait for the whole answer.

        Raises: ConnectionFailedError, TimeoutExpiredError, TlsError; ``may_have_executed`` tells whether the request
        could have reached the server.
        """
        ...

    def close(self) -> None:
        """Release pooled connections. The transport may be used again afterwards."""
        ...
