"""Status and statistics of IPsec tunnels of NSX-T edge gateways.

A tunnel is up by default. It is down while it is disabled, or after a request to the control plane takes it down.
Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.state.entities import SimulatedEdge

STATUSES = ("DOWN", "DEGRADED")
"""Values of ``tunnelStatus``, except UP."""
_COUNTERS = (
    "packetsIn packetsOut bytesIn bytesOut packetsSentError packetsReceivedError packetsInDropped packetsOutDropped "
    "encryptionErrors decryptionErrors overflowErrors replayErrors integrityErrors saMismatchInErrors "
    "saMismatchOutErrors noMatchingPolicyErrors"
).split()
_TRAFFIC = {"packetsIn": 12, "packetsOut": 9, "bytesIn": 1200, "bytesOut": 900}
_EVERYTHING = "0.0.0.0/0"


def ipsec_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the IPsec state of an edge gateway.

    Format: ``{"tunnels": [...], "count": 0, "down": {}}``. ``count`` is the number of tunnels ever created. ``down``
    contains the status and the reason of each tunnel that is not up, by name.
    """
    return edge.services.setdefault("ipsec", {"tunnels": [], "count": 0, "down": {}})


def set_tunnel_status(edge: SimulatedEdge, name: str, reason: str, status: str = "DOWN") -> None:
    """Set the status of the tunnel ``name``, with a reason.

    An empty reason brings the tunnel up again. Raises ValueError for an unknown status.
    """
    if status not in STATUSES:
        raise ValueError(f"unknown tunnel status {status!r}; expected one of {', '.join(STATUSES)}")
    down = ipsec_state(edge)["down"]
    if reason:
        down[name] = {"status": status, "reason": reason}
    else:
        down.pop(name, None)


def tunnel_status(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a tunnel.

    After a change, the tunnel is down until the time in the option ``tunnel_up_after_s`` has elapsed.
    """
    if not tunnel["active"]:
        return _status("DOWN", "DOWN", "The tunnel is disabled")
    fault = ipsec_state(edge)["down"].get(tunnel["name"])
    if fault:
        # IKE is up if only some of the subnets have a tunnel.
        return _status(fault["status"], "UP" if fault["status"] == "DEGRADED" else "DOWN", fault["reason"])
    if context.simulator.clock.now() < tunnel["changed_at"] + context.simulator.config.tunnel_up_after_s:
        return _status("DOWN", "NEGOTIATING", None)
    return _status("UP", "UP", None)


def tunnel_statistics(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any]) -> dict[str, Any]:
    """Return the statistics of a tunnel for each pair of subnets.

    The outer structure of the response is inferred.
    """
    is_up = tunnel_status(context, edge, tunnel)["tunnelStatus"] == "UP"
    counters = {**dict.fromkeys(_COUNTERS, 0), **(_TRAFFIC if is_up else {})}
    peers = tunnel["remoteEndpoint"]["remoteNetworks"] or [_EVERYTHING]
    pairs = [(local, peer) for local in tunnel["localEndpoint"]["localNetworks"] for peer in peers]
    return {"values": [{"localSubnet": local, "peerSubnet": peer, **counters} for local, peer in pairs]}


def _status(tunnel: str, ike: str, reason: str | None) -> dict[str, Any]:
    return {"tunnelStatus": tunnel, "ikeStatus": {"ikeServiceStatus": ike, "failReason": reason}}
