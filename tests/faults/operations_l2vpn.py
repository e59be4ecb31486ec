"""Operations on L2 VPN tunnels, with visible and with masked keys."""

from __future__ import annotations

import copy
from typing import Any

from lxml import etree

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import CANARY_KEY, World
from vcloudair_core.simulator.edge_services.l2vpn import stored
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import l2vpn_state, peer_code
from vcloudair_core.simulator.state.entities import SimulatedEdge

_SET_BY_SERVER = frozenset({"id", "changed_at", "version", "updates"})
TUNNEL: dict[str, Any] = {
    "name": "stretch", "session_mode": "server", "local_ip": "203.0.113.100", "peer_ip": "198.51.100.7",
    "psk": CANARY_KEY,
}  # fmt: skip
SERVER: dict[str, Any] = {
    "enabled": True, "listener_ip": "203.0.113.10", "encryption_algorithms": ["AES128-GCM-SHA256"],
    "tunnels": [{"name": "branch", "user_id": "branch", "networks": [{"network": "lan"}], "psk": CANARY_KEY}],
}  # fmt: skip
OLD = {**TUNNEL, "name": "old", "peer_ip": "198.51.100.101", "psk": f"{CANARY_KEY} of another user"}


def prepare(world: World) -> None:
    """Create a tunnel as another user, whose key fingerprints are in another folder."""
    with world.client(edge=nsxt_edge(world).name, state_dir=str(world.folder / "other")) as client:
        client.ensure("ans.l2vpn_tunnel", OLD)


def tunnels(world: World) -> Parts:
    """Return the tunnels, without fields set by the server."""
    return {
        "tunnels": [
            {name: value for name, value in tunnel.items() if name not in _SET_BY_SERVER}
            for tunnel in copy.deepcopy(l2vpn_state(nsxt_edge(world))["tunnels"])
        ]
    }


def _learn_peer_codes(world: World) -> None:
    """Count the peer codes of the tunnels as secrets, because they contain the keys."""
    world.secrets |= {peer_code(tunnel) for tunnel in l2vpn_state(nsxt_edge(world))["tunnels"]}


def _ensured(specs: Any, state: str = "present", keys: str = "masked") -> Operation:
    def run(world: World) -> Ending:
        _learn_peer_codes(world)
        try:
            with world.client(edge=nsxt_edge(world).name) as client:
                world.signed_in(client)
                client.ensure("ans.l2vpn_tunnel", specs, state=state)
                return Ending()
        finally:
            _learn_peer_codes(world)

    config = {"edges": 0, "nsxt_edges": 1, "l2vpn_keys": keys}
    return Operation(run, tunnels, prepare=prepare, config=config)


def _server(world: World) -> SimulatedEdge:
    return next(edge for edge in world.simulator.world.edges.values() if not is_nsxt(edge))


def peer_sites(world: World) -> Parts:
    """Return the L2 VPN of the first NSX-V edge gateway, with passwords."""
    return {"l2vpn": etree.tostring(stored(_server(world)), encoding="unicode")}


def _ensured_server(world: World) -> Ending:
    with world.client(edge=_server(world).name) as client:
        world.signed_in(client)
        client.ensure("ans.l2vpn", SERVER)
        return Ending()


OPERATIONS = {
    "NSX-V L2 VPN: a server with a tunnel": Operation(_ensured_server, peer_sites),
    "NSX-T L2 VPN: a tunnel": _ensured(TUNNEL),
    "NSX-T L2 VPN: a tunnel with a visible key": _ensured(TUNNEL, keys="plain"),
    "NSX-T L2 VPN: a new key": _ensured({"name": "old", "psk": CANARY_KEY}),
    "NSX-T L2 VPN: a new visible key": _ensured({"name": "old", "psk": CANARY_KEY}, keys="plain"),
    "NSX-T L2 VPN: a tunnel deleted": _ensured({"name": "old"}, "absent"),
}
