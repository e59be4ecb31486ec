"""Operations on DHCP, the DHCP relay and the DHCP forwarder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_nsxt import nsxt_edge
from tests.faults.world import World
from vcloudair_core.simulator.edge_services.dhcp import section as dhcp_section
from vcloudair_core.simulator.nsxt.network_services.dhcp_forwarder import forwarder_state

_GIVEN_BY_SERVER = frozenset({"poolId", "bindingId", "version"})
POOL = {"ip_range": "192.168.10.150-192.168.10.159"}
BINDING = {"mac_address": "00:50:56:0a:00:05", "host_name": "new", "ip_address": "192.168.10.55"}
POOL_OF_NETWORK = {**POOL, "network": "lan"}
OLD_POOL = {"ip_range": "192.168.10.100-192.168.10.109", "network": "lan"}
OLD_BINDING = {"mac_address": "00:50:56:0a:00:01", "ip_address": "192.168.10.51"}
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


def _nsxt_network(world: World) -> Any:
    """Return the network with the name ``lan`` of the first NSX-T edge gateway."""
    networks = world.simulator.world.networks.values()
    edge = nsxt_edge(world)
    return next(network for network in networks if network.vdc_id == edge.vdc_id and network.name == "lan")


def prepare_nsxt(world: World) -> None:
    """Add another user's pool and static binding to an NSX-T network."""
    ends = {"startAddress": "192.168.10.100", "endAddress": "192.168.10.109"}
    config = {
        "enabled": True,
        "leaseTime": 3600,
        "dhcpPools": [{"enabled": True, "ipRange": ends, "maxLeaseTime": 7200, "defaultLeaseTime": None}],
        "mode": "EDGE",
        "ipAddress": None,
        "dnsServers": ["10.0.0.53"],
    }
    binding = {
        "id": "5b0e9f0a-0000-4000-8000-000000000001",
        "name": "old",
        "description": "of another user",
        "macAddress": "00:50:56:0a:00:01",
        "ipAddress": "192.168.10.51",
        "leaseTime": 86400,
        "dnsServers": [],
        "bindingType": "IPV4",
        "dhcpV4BindingConfig": None,
        "dhcpV6BindingConfig": None,
        "version": 4,
    }
    for network in world.simulator.world.networks.values():
        if network is not _nsxt_network(world):
            network.edge_id = ""  # the operation reads only one network
    _nsxt_network(world).services["dhcp"] = {"config": config, "bindings": [binding], "count": 1}


def prepare_pool(world: World) -> None:
    """Add another user's pool to an NSX-T network that has no static bindings."""
    prepare_nsxt(world)
    state = _nsxt_network(world).services["dhcp"]
    state["bindings"] = []
    state["config"] |= {"leaseTime": 86400, "dnsServers": []}


def on_network(world: World) -> Parts:
    """Return the DHCP service and bindings of a network, without their IDs."""
    state = _nsxt_network(world).services["dhcp"]
    bindings = [{key: value for key, value in item.items() if key != "id"} for item in state["bindings"]]
    return copy.deepcopy({"config": state["config"], "bindings": bindings})


def relay(world: World) -> Parts:
    """Return the DHCP relay of the first NSX-V edge gateway."""
    section: Parts = copy.deepcopy(_classic_edge(world).sections.get("dhcp_relay", {"servers": {}, "agents": []}))
    return section


def forwarder(world: World) -> Parts:
    """Return the DHCP forwarder, without its version."""
    return {key: copy.copy(value) for key, value in forwarder_state(nsxt_edge(world)).items() if key != "version"}


def _ensured(
    kind: str, specs: Any, edge_of: Callable[[World], Any] = _classic_edge, state: str = "present"
) -> Callable[[World], Ending]:
    def run(world: World) -> Ending:
        with world.client(edge=edge_of(world).name) as client:
            world.signed_in(client)
            client.ensure(kind, specs, state=state)
            return Ending()

    return run


def _on_nsxt(
    kind: str, specs: Any, state: str = "present", prepare: Callable[[World], None] = prepare_nsxt
) -> Operation:
    config = {"edges": 0, "nsxt_edges": 1}
    return Operation(_ensured(kind, specs, nsxt_edge, state), on_network, prepare=prepare, config=config)


OPERATIONS = {
    "DHCP: a pool and a static binding": Operation(
        _ensured("ans.dhcp", {"pools": [POOL], "bindings": [BINDING]}), on_edge, prepare=prepare
    ),
    "DHCP relay": Operation(_ensured("ans.dhcp_relay", {**SERVERS, "agents": [{"vnic": 1}]}), relay),
    "NSX-T DHCP: a pool": _on_nsxt("ans.dhcp_pool", POOL_OF_NETWORK),
    "NSX-T DHCP: a pool deleted": _on_nsxt("ans.dhcp_pool", OLD_POOL, "absent", prepare_pool),
    "NSX-T DHCP: a static binding": _on_nsxt("ans.dhcp_binding", BINDING),
    "NSX-T DHCP: a static binding changed": _on_nsxt("ans.dhcp_binding", {**OLD_BINDING, "host_name": "new"}),
    "NSX-T DHCP: a static binding deleted": _on_nsxt("ans.dhcp_binding", OLD_BINDING, "absent"),
    "NSX-T DHCP: a pool and a static binding": _on_nsxt(
        "ans.dhcp", {"pools": [POOL_OF_NETWORK], "bindings": [BINDING]}
    ),
    "NSX-T DHCP forwarder": Operation(
        _ensured("ans.dhcp_relay", SERVERS, nsxt_edge), forwarder, config={"edges": 0, "nsxt_edges": 1}
    ),
}
