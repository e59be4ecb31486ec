"""List the interfaces of an edge gateway. Rules refer to the interfaces as vNICs.

Source: protocol/ans.md §1.4.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from vcloudair_core.simulator.state.entities import ExternalNetwork, OrgVdcNetwork, SimulatedEdge
from vcloudair_core.simulator.state.world import World


def interfaces(world: World, edge: SimulatedEdge) -> list[dict[str, Any]]:
    """Return the interfaces of an edge: the uplink, and one interface per network.

    The uplink comes first. The networks are sorted by name. The name of an interface differs from the name of its
    network. If ``edge.sections["interfaces"]`` is set, its value is returned instead.
    """
    changed: list[dict[str, Any]] | None = edge.sections.get("interfaces", {}).get("edgeInterface")
    if changed is not None:
        return changed
    external = next(iter(world.external_networks.values()))
    uplink = _interface(0, external.name, external, "uplink", edge.external_address)
    networks = enumerate(world.networks_of(edge), 1)
    return [
        uplink,
        *[
            _interface(index, f"{edge.name}-net{index}", network, "internal", network.gateway)
            for index, network in networks
        ],
    ]


def _interface(
    index: int, name: str, network: OrgVdcNetwork | ExternalNetwork, kind: str, address: str
) -> dict[str, Any]:
    prefix = network.prefix_length
    mask = str(ip_network(f"0.0.0.0/{prefix}").netmask)
    group = {"primaryAddress": address, "subnetMask": mask, "subnetPrefixLength": str(prefix)}
    reference = {"id": network.network_id, "name": network.name, "type": "com.vmware.vcloud.entity.network"}
    return {
        "name": name,
        "type": kind,
        "index": index,
        "networkReference": reference,
        "addressGroups": {"addressGroup": group},
        "isConnected": True,
    }
