"""Interface of HTTP transports."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vcloudair_core.transport.messages import Request, Response


@runtime_checkable
class Transport(Protocol):
    """A sender of HTTP requests, without authentication, retries or redirects.

    Implementations must be thread-safe.
    """

    def send(self, request: Request) -> Response:
        """Send a request and return the complete response, with any HTTP status.

        Raises: ConnectionFailedError, TimeoutExpiredError or TlsError if no complete response arrives. The attribute
        ``may_have_executed`` of the error is True if the request may have reached the server.
        """
        ...

    def close(self) -> None:
        """Close pooled connections. Later calls of :meth:`send` open new connections."""
        ...
