"""Operations on load balancers."""

from __future__ import annotations

import copy
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.world import World
from vcloudair_core.simulator.edge_services import load_balancer

_SPEC = {
    "monitors": [{"name": "health", "type": "tcp"}],
    "pools": [
        {
            "name": "web",
            "monitor": "health",
            "members": [{"name": "web1", "ip_address": "192.168.10.21", "port": 80}],
        }
    ],
    "virtual_servers": [{"name": "site", "ip_address": "203.0.113.10", "protocol": "tcp", "port": 80, "pool": "web"}],
}
_LISTS = ("monitor", "pool", "virtualServer")


def _edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare(world: World) -> None:
    """Add another user's pool to the first NSX-V edge gateway."""
    state = load_balancer.state_of(_edge(world))
    state["enabled"] = True
    state["pool"].append({"poolId": "pool-1", "name": "old", "algorithm": "ip-hash", "member": [], "newer": "kept"})


def objects(world: World) -> Parts:
    """Return the monitors, pools and virtual servers of the first NSX-V edge gateway."""
    state = load_balancer.state_of(_edge(world))
    return {name: copy.deepcopy(state[name]) for name in _LISTS}


def create(world: World) -> Ending:
    """Create a virtual server, its pool and the monitor of the pool."""
    with world.client(edge=_edge(world).name) as client:
        world.signed_in(client)
        client.ensure("ans.load_balancer", _SPEC)
        return Ending()


OPERATIONS = {"load balancer: a virtual server and its pool": Operation(create, objects, prepare=prepare)}
