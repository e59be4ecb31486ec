"""Operations on load balancers."""

from __future__ import annotations

import copy
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from vcloudair_core.simulator.edge_services import load_balancer
from vcloudair_core.simulator.nsxt.load_balancer.objects import state_of as objects_of_nsxt

_MEMBERS = [{"name": "web1", "ip_address": "192.168.10.21", "port": 80}]
_SPEC = {
    "monitors": [{"name": "health", "type": "tcp"}],
    "pools": [
        {
            "name": "web",
            "monitor": "health",
            "members": _MEMBERS,
        }
    ],
    "virtual_servers": [{"name": "site", "ip_address": "203.0.113.10", "protocol": "tcp", "port": 80, "pool": "web"}],
}
_SCRIPT = "acl old path_beg /old\nredirect location https://www.example.com/ if old"
_LISTS = ("monitor", "pool", "virtualServer", "applicationRule")


def _edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare(world: World) -> None:
    """Add another user's objects to the first NSX-V edge gateway.

    The virtual server uses one of the two application rules.
    """
    state = load_balancer.state_of(_edge(world))
    state["enabled"] = True
    state["pool"].append({"poolId": "pool-1", "name": "old", "algorithm": "ip-hash", "member": [], "newer": "kept"})
    state["applicationRule"] += [
        {"applicationRuleId": "applicationRule-1", "name": "used", "script": "http-request deny", "newer": "kept"},
        {"applicationRuleId": "applicationRule-2", "name": "old", "script": "http-request deny"},
    ]
    state["virtualServer"].append(
        {
            "virtualServerId": "virtualServer-1", "name": "old", "ipAddress": "203.0.113.11", "protocol": "tcp",
            "port": 80, "applicationRuleId": ["applicationRule-1"],
        }
    )  # fmt: skip


def objects(world: World) -> Parts:
    """Return the objects of the first NSX-V edge gateway."""
    state = load_balancer.state_of(_edge(world))
    return {name: copy.deepcopy(state[name]) for name in _LISTS}


def create(world: World) -> Ending:
    """Create a virtual server, its pool and the monitor of the pool."""
    with world.client(edge=_edge(world).name) as client:
        world.signed_in(client)
        client.ensure("ans.load_balancer", _SPEC)
        return Ending()


def _rule(spec: Any, state: str = "present") -> Operation:
    def run(world: World) -> Ending:
        with world.client(edge=_edge(world).name) as client:
            world.signed_in(client)
            client.ensure("ans.lb_application_rule", spec, state=state)
            return Ending()

    return Operation(run, objects, prepare=prepare)


def create_pool(world: World) -> Ending:
    """Create a pool of an NSX-T edge gateway."""
    with world.client(edge=nsxt_edge(world).name) as client:
        world.signed_in(client)
        client.ensure("ans.lb_pool", [{"name": "web", "monitor": "tcp", "members": _MEMBERS}])
        return Ending()


def nsxt_pools(world: World) -> Parts:
    """Return the pools of the NSX-T edge gateway, without their IDs."""
    pools = copy.deepcopy(objects_of_nsxt(nsxt_edge(world))["pools"])
    return {"pools": [{key: value for key, value in pool.items() if key != "id"} for pool in pools]}


OPERATIONS = {
    "load balancer: a virtual server and its pool": Operation(create, objects, prepare=prepare),
    "load balancer: an application rule": _rule({"name": "new", "script": _SCRIPT}),
    "load balancer: an application rule changed": _rule({"name": "used", "script": _SCRIPT}),
    "load balancer: an application rule deleted": _rule({"name": "old"}, "absent"),
    "NSX-T load balancer: a pool": Operation(create_pool, nsxt_pools, config={"edges": 0, "nsxt_edges": 1}),
}
