"""A transport to a simulator in the same process."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from vcloudair_core.simulator.faults.fault_rules import SocketFaultError, transport_error
from vcloudair_core.transport.messages import Request, Response

VCDA_HOST, VCDA_PEER_HOST = "vcda.simulator.invalid", "vcda-peer.simulator.invalid"
"""Hosts of VMware Cloud Director Availability, destination first."""


class InProcessTransport:
    """A transport that passes requests to :meth:`Simulator.handle`.

    A URL with the host VCDA_HOST or VCDA_PEER_HOST selects VMware Cloud Director Availability at that site. All other
    hosts select vCloud Director.
    """

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator

    def send(self, request: Request) -> Response:
        """Send a request, and return the response.

        Raises TransportError if a fault breaks the connection.
        """
        hosts = dict(zip((VCDA_HOST, VCDA_PEER_HOST), self._simulator.vcda.values(), strict=False))
        endpoint = hosts.get(urlsplit(request.url).hostname or "")
        try:
            response: Response = self._simulator.handle(request, endpoint)
        except SocketFaultError as exc:
            self._simulator.clock.advance(exc.seconds)
            raise transport_error(exc, request) from None
        return response

    def close(self) -> None:
        """Do nothing, because no connection is open."""
