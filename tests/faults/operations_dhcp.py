"""Operations on DHCP, the DHCP relay and the DHCP forwarder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from vcloudair_core.simulator.edge_services import dhcp_section
from vcloudair_core.simulator.nsxt.network_services.dhcp_forwarder import forwarder_state

_GIVEN_BY_SERVER = frozenset({"poolId", "bindingId", "version"})
POOL = {"ip_range": "192.168.10.150-192.168.10.159"}
BINDING = {"mac_address": "00:50:56:0a:00:05", "host_name": "new", "ip_address": "192.168.10.55"}
SERVERS = {"ip_addresses": ["10.9.0.2"]}


def _classic_edge(world: World) -> Any:
    return next(iter(world.simulator.world.edges.values()))


def prepare(world: World) -> None:
    """Add another user's pool and static binding to the first NSX-V edge gateway."""
    section = {
        "enabled": True,
        "ipPools": {"ipPools": [{"ipRange": "192.168.10.100-192.168.10.109"}]},
        "staticBindings": {
            "staticBindings": [
                {"macAddress": "00:50:56:0a:00:01", "hostname": "old", "ipAddress": "192.168.10.51", "newer": "kept"}
            ]
        },
    }
    dhcp_section.replace(world.simulator.world, _classic_edge(world), section, "", needs_feature_type=False)


def on_edge(world: World) -> Parts:
    """Return the pools and static bindings, without fields set by the server."""
    section = dhcp_section.shown(_classic_edge(world))
    records = {"pools": section["ipPools"]["ipPools"], "bindings": section["staticBindings"]["staticBindings"]}
    return {
        name: [
            {key: value for key, value in record.items() if key not in _GIVEN_BY_SERVER}
            for record in copy.deepcopy(listed)
        ]
        for name, listed in records.items()
    }


def relay(world: World) -> Parts:
    """Return the DHCP relay of the first NSX-V edge gateway."""
    section: Parts = copy.deepcopy(_classic_edge(world).sections.get("dhcp_relay", {"servers": {}, "agents": []}))
    return section


def forwarder(world: World) -> Parts:
    """Return the DHCP forwarder, without its version."""
    return {key: copy.copy(value) for key, value in forwarder_state(nsxt_edge(world)).items() if key != "version"}


def _ensured(kind: str, specs: Any, edge_of: Callable[[World], Any] = _classic_edge) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=edge_of(world).name) as client:
            world.signed_in(client)
            client.ensure(kind, specs)
            return Ending()

    return run


OPERATIONS = {
    "DHCP: a pool and a static binding": Operation(
        _ensured("ans.dhcp", {"pools": [POOL], "bindings": [BINDING]}), on_edge, prepare=prepare
    ),
    "DHCP relay": Operation(_ensured("ans.dhcp_relay", {**SERVERS, "agents": [{"vnic": 1}]}), relay),
    "NSX-T DHCP forwarder": Operation(
        _ensured("ans.dhcp_relay", SERVERS, nsxt_edge), forwarder, config={"edges": 0, "nsxt_edges": 1}
    ),
}
