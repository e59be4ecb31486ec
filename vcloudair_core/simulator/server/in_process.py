"""A transport to a simulator in the same process."""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.faults.fault_rules import SocketFaultError, transport_error
from vcloudair_core.transport.messages import Request, Response


class InProcessTransport:
    """A transport that passes requests to :meth:`Simulator.handle`."""

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator

    def send(self, request: Request) -> Response:
        """Send a request, and return the response.

        Raises TransportError if a fault breaks the connection.
        """
        try:
            response: Response = self._simulator.handle(request)
        except SocketFaultError as exc:
            self._simulator.clock.advance(exc.seconds)
            raise transport_error(exc, request) from None
        return response

    def close(self) -> None:
        """Do nothing, because no connection is open."""
