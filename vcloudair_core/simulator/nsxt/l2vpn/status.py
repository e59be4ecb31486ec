"""Status and statistics of L2 VPN tunnels of NSX-T edge gateways.

A tunnel is up by default. It is down while it is disabled, or after a request to the control plane takes it down. If
the other end is also simulated, both ends must be enabled and have the same pre-shared key. Source:
protocol/nsxt.md §10.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.nsxt.l2vpn.tunnels import l2vpn_state
from vcloudair_core.simulator.state.entities import SimulatedEdge

_COUNTERS = (
    "bumBytesIn bumBytesOut bumPacketsIn bumPacketsOut bytesIn bytesOut packetsIn packetsOut packetsReceiveError "
    "packetsSentError"
).split()
_TRAFFIC = {"bytesIn": 1200, "bytesOut": 900, "packetsIn": 12, "packetsOut": 9, "bumBytesIn": 64, "bumPacketsIn": 1}


def set_l2vpn_status(edge: SimulatedEdge, name: str, reason: str) -> None:
    """Take the tunnel ``name`` down with a reason.

    An empty reason brings the tunnel up again.
    """
    down = l2vpn_state(edge)["down"]
    if reason:
        down[name] = reason
    else:
        down.pop(name, None)


def tunnel_status(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a tunnel.

    After a change, the tunnel is down until the time in the option ``tunnel_up_after_s`` has elapsed.
    """
    reason = _failure(context, edge, tunnel)
    is_negotiating = context.simulator.clock.now() < tunnel["changed_at"] + context.simulator.config.tunnel_up_after_s
    return {"runtimeStatus": "DOWN" if reason or is_negotiating else "UP", "failureReason": reason or None}


def tunnel_statistics(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any]) -> dict[str, Any]:
    """Return the statistics of a tunnel."""
    is_up = tunnel_status(context, edge, tunnel)["runtimeStatus"] == "UP"
    counters: dict[str, Any] = {**dict.fromkeys(_COUNTERS, 0), **(_TRAFFIC if is_up else {})}
    return {**counters, "segmentPath": None}


def _failure(context: Any, edge: SimulatedEdge, tunnel: dict[str, Any]) -> str:
    if not tunnel["enabled"]:
        return "The tunnel is disabled"
    reason = str(l2vpn_state(edge)["down"].get(tunnel["name"], ""))
    if reason:
        return reason
    ends = (tunnel["remoteEndpointIP"], tunnel["localEndpointIP"])
    peers = [
        peer
        for peer_edge in context.world.edges.values()
        for peer in peer_edge.services.get("l2vpn", {}).get("tunnels", ())
        if (peer["localEndpointIP"], peer["remoteEndpointIP"]) == ends
    ]
    if any(not peer["enabled"] for peer in peers):
        return "The peer does not respond"
    if any(peer["preSharedKey"] != tunnel["preSharedKey"] for peer in peers):
        return "Authentication failed"
    return ""
