"""Operations on static routes and DNS forwarding of both backends."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from vcloudair_core.simulator.edge_services import dns_forwarding, static_routing
from vcloudair_core.simulator.nsxt.network_services.dns_forwarder import dns_state
from vcloudair_core.simulator.nsxt.network_services.static_routes import route_state

ROUTE = {"network": "10.9.0.0/16", "next_hops": [{"address": "192.168.10.254"}]}
_OLD_ROUTE = {"type": "user", "adminDistance": 1, "network": "10.8.0.0/16", "nextHop": "192.168.10.253"}
_OLD_NSXT_ROUTE = {
    "id": "5b0e9f0a-0000-4000-8000-000000000001",
    "name": "old",
    "description": None,
    "networkCidr": "10.8.0.0/16",
    "nextHops": [{"ipAddress": "192.168.10.253", "adminDistance": 1, "scope": None}],
    "systemOwned": False,
}
DNS = {"enabled": True, "servers": ["192.0.2.53"]}
_GIVEN_BY_SERVER = frozenset({"id", "version"})
_NSXT = {"edges": 0, "nsxt_edges": 1}


def _classic_edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare_edge(world: World) -> None:
    """Add another user's route to the first NSX-V edge gateway."""
    static_routing.state_of(_classic_edge(world))["routes"].append(dict(_OLD_ROUTE))


def prepare_nsxt(world: World) -> None:
    """Add another user's route to the first NSX-T edge gateway."""
    route_state(nsxt_edge(world))["routes"].append(copy.deepcopy(_OLD_NSXT_ROUTE))


def on_edge(world: World) -> Parts:
    """Return the static routes and the DNS forwarding of the first NSX-V edge gateway."""
    edge = _classic_edge(world)
    return {"routes": static_routing.shown(edge), "dns": _plain(dns_forwarding.shown(edge))}


def on_nsxt(world: World) -> Parts:
    """Return the static routes and the DNS forwarding of the first NSX-T edge gateway."""
    edge = nsxt_edge(world)
    return {
        "routes": [_plain(route) for route in copy.deepcopy(route_state(edge)["routes"])],
        "dns": _plain(copy.deepcopy(dns_state(edge)["config"])),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in _GIVEN_BY_SERVER}
    return value


def _ensured(kind: str, spec: Any, edge_of: Callable[[World], Any]) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=edge_of(world).name) as client:
            world.signed_in(client)
            client.ensure(kind, spec)
            return Ending()

    return run


OPERATIONS = {
    "static routes: a route": Operation(
        _ensured("ans.static_route", ROUTE, _classic_edge), on_edge, prepare=prepare_edge
    ),
    "DNS: enabled": Operation(_ensured("ans.dns", DNS, _classic_edge), on_edge, prepare=prepare_edge),
    "NSX-T static routes: a route": Operation(
        _ensured("ans.static_route", ROUTE, nsxt_edge), on_nsxt, prepare=prepare_nsxt, config=_NSXT
    ),
    "NSX-T DNS: enabled": Operation(
        _ensured("ans.dns", {**DNS, "listener_ip": "10.255.255.1"}, nsxt_edge),
        on_nsxt,
        prepare=prepare_nsxt,
        config=_NSXT,
    ),
}
