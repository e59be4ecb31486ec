"""Transport that sends the requests of some origins through other transports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.transport.messages import Request, Response


@dataclass(frozen=True)
class ConnectionOptions:
    """Connection settings for a server other than the one in the setting ``url``.

    Times are in seconds.
    """

    connect_timeout: Any
    timeout: Any
    validate_certs: Any
    ca_path: Any


class RoutingTransport:
    """Thread-safe transport that sends each request with the transport of its origin.

    Certificates of other servers can be from other authorities, so each origin has its own transport.

    Args:
        default: The transport for all other origins.
        others: Transports by origin, as in :attr:`Request.origin`.
    """

    def __init__(self, default: Transport, others: Mapping[str, Transport]) -> None:
        self._default, self._others = default, dict(others)

    def send(self, request: Request) -> Response:
        """Send a request once with the transport of its origin.

        See :meth:`Transport.send`.
        """
        return self._others.get(request.origin, self._default).send(request)

    def close(self) -> None:
        """Close the pooled connections of all transports."""
        for transport in (self._default, *self._others.values()):
            transport.close()
