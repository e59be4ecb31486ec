"""Operations on services of an NSX-T edge gateway, whose writes are tasks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.world import CANARY_KEY, World
from vcloudair_core.client import Client
from vcloudair_core.simulator.nsxt.edges import is_nsxt
from vcloudair_core.simulator.nsxt.outside_edits import edit_nsxt
from vcloudair_core.simulator.state.entities import SimulatedEdge

_GIVEN_BY_SERVER = frozenset({"id", "changed_at"})
_LISTS = {"firewall": "user", "nat": "rules", "ipsec": "tunnels"}
RULE = {"name": "new", "source": "198.51.100.0/24", "destination": "203.0.113.10"}
NAT_RULE = {
    "name": "web", "action": "dnat", "original_address": "203.0.113.100", "translated_address": "192.168.10.20",
}  # fmt: skip
TUNNEL = {
    "name": "branch", "local_ip": "203.0.113.100", "local_id": "203.0.113.100", "peer_ip": "198.51.100.7",
    "peer_id": "198.51.100.7", "local_subnets": ["192.168.10.0/24"], "peer_subnets": ["10.20.0.0/16"],
    "psk": CANARY_KEY,
}  # fmt: skip


def nsxt_edge(world: World) -> SimulatedEdge:
    """Return the first NSX-T edge gateway of a cloud."""
    return next(edge for edge in world.simulator.world.edges.values() if is_nsxt(edge))


def prepare(world: World) -> None:
    """Create two objects as another user in each service."""
    edge = nsxt_edge(world)
    for number in (1, 2):
        name, local = f"old {number}", {"localAddress": edge.external_address, "localNetworks": ["10.0.1.0/24"]}
        remote = {"remoteAddress": f"198.51.100.{100 + number}", "remoteNetworks": ["10.9.0.0/16"]}
        objects = {
            "firewall": {"name": name, "actionValue": "DROP"},
            "nat": {
                "name": name,
                "type": "NO_SNAT",
                "externalAddresses": "",
                "internalAddresses": f"10.0.{number}.0/24",
            },
            "ipsec": {"name": name, "preSharedKey": CANARY_KEY, "localEndpoint": local, "remoteEndpoint": remote},
        }
        for section, value in objects.items():
            edit_nsxt(world.simulator, edge, section, "add", value)


def prepare_with_name(world: World) -> None:
    """Create a rule whose source is a network name, so that a group for it exists."""
    prepare(world)
    with world.client(edge=nsxt_edge(world).name) as client:
        client.ensure("ans.firewall_rule", {"name": "old name", "source": "network:dmz"})


def services(world: World) -> Parts:
    """Return the user objects of each service, without fields set by the server."""
    state = nsxt_edge(world).services
    return {
        service: [
            {name: value for name, value in held.items() if name not in _GIVEN_BY_SERVER}
            for held in copy.deepcopy(state[service][key])
        ]
        for service, key in _LISTS.items()
    }


def _doing(act: Callable[[Client], Any]) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=nsxt_edge(world).name) as client:
            world.signed_in(client)
            return Ending(act(client))

    return run


def _ensured(kind: str, specs: Any, state: str = "present") -> Operation:
    def act(client: Client) -> None:
        client.ensure(kind, specs, state=state)

    return Operation(_doing(act), services, prepare=prepare, config={"edges": 0, "nsxt_edges": 1})


OPERATIONS = {
    "NSX-T address book": Operation(
        _doing(lambda client: client.edges.addresses()), config={"edges": 0, "nsxt_edges": 1}
    ),
    "NSX-T firewall: a rule with a name": Operation(
        _doing(lambda client: client.ensure("ans.firewall_rule", {**RULE, "source": "network:dmz"}) and None),
        services,
        prepare=prepare_with_name,
        config={"edges": 0, "nsxt_edges": 1},
    ),
    "NSX-T firewall: a rule": _ensured("ans.firewall_rule", RULE),
    "NSX-T firewall: a rule deleted": _ensured("ans.firewall_rule", {"name": "old 2"}, "absent"),
    "NSX-T NAT: a rule": _ensured("ans.nat_rule", NAT_RULE),
    "NSX-T NAT: a rule changed": _ensured(
        "ans.nat_rule", {"name": "old 1", "action": "no_snat", "original_address": "10.0.1.0/24", "enabled": False}
    ),
    "NSX-T IPsec: a tunnel": _ensured("ans.ipsec_tunnel", TUNNEL),
}
