"""Network settings of replications, and the interfaces that recovered VMs get.

Source: protocol/vcda.md §4.2.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from vcloudair_core.simulator.state.entities import OrgVdcNetwork
from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication
from vcloudair_core.simulator.vcda.json_checks import Required, ip_address, number_from

FAILOVER_SETTINGS, TEST_SETTINGS = "failoverSettings", "failoverTestSettings"
_REFERENCE = {"id": str, "name": str}
_MAPPING = {
    "sourceNetworkName": Required(str),
    "sourceOrgVdcNetwork": _REFERENCE,
    "destinationOrgVdcNetwork": _REFERENCE,
}
VAPP_NETWORKS: dict[str, Any] = {
    "networkMappings": [_MAPPING],
    "copySourceNetworks": bool,
    "bridgeOrgVdcNetworks": [_REFERENCE],
    "bulkConnectVmNics": bool,
    "resolutionType": str,
}
"""Fields of ``vAppNetworkSettings``."""
VM_NETWORKS: dict[str, Any] = {
    "copySourceNicSettings": bool,
    "primaryNicIndex": number_from(0, 9),
    "nics": [
        {
            "nicIndex": Required(number_from(0, 9)),
            "isConnected": bool,
            "resetMacAddress": bool,
            "network": str,
            "ipAddress": ip_address,
            "ipAddressAllocationMode": ("MANUAL", "POOL", "DHCP", "NONE"),
            "externalIpAddress": ip_address,
            "networkAdapterType": str,
            "needsCustomization": bool,
            "macAddress": str,
        }
    ],
    "computerName": str,
    "enableGuestCustomization": bool,
}
"""Fields of ``vmNetworkSettings`` of one VM."""


def vm_networks(replication: SimulatedVmReplication, half: str) -> dict[str, Any]:
    """Return ``vmNetworkSettings`` of a VM, for failover or for tests.

    By default, the recovered VM gets the interfaces and addresses of the source VM.
    """
    stored: dict[str, Any] | None = replication.network_settings.get(half)
    if stored:
        return stored
    return {
        "copySourceNicSettings": False,
        "primaryNicIndex": 0,
        "nics": _source_nics(replication),
        "computerName": replication.vm_name,
        "enableGuestCustomization": True,
    }


def vapp_networks(
    context: Any, vapp: SimulatedVappReplication, vms: list[SimulatedVmReplication], half: str
) -> dict[str, Any]:
    """Return ``vAppNetworkSettings`` of a vApp, for failover or for tests.

    By default, a failover maps each source network to the destination network with the same name. If there is none, the
    option ``recovery_network`` selects the network. Tests use the option ``test_network``.
    """
    stored: dict[str, Any] | None = vapp.network_settings.get(half)
    if stored:
        return stored
    names = {nic["network"]: vm for vm in vms for nic in vm.nics if nic["network"]}
    mappings = [_default_mapping(context, names[name], name, half) for name in sorted(names)]
    return {
        "networkMappings": mappings,
        "copySourceNetworks": False,
        "bridgeOrgVdcNetworks": [],
        "bulkConnectVmNics": False,
        "resolutionType": "EXPLICIT",
    }


def recovered_nics(
    context: Any, replication: SimulatedVmReplication, vm_settings: dict[str, Any], vapp_settings: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the interfaces of a recovered VM, the primary interface first.

    Raises ValueError if a network does not exist at the destination.
    """
    for reference in vapp_settings.get("bridgeOrgVdcNetworks") or ():
        _network(context, replication, reference)
    nics = _source_nics(replication) if vm_settings.get("copySourceNicSettings") else vm_settings.get("nics") or []
    primary = vm_settings.get("primaryNicIndex") or 0
    ordered = sorted(nics, key=lambda nic: (nic["nicIndex"] != primary, nic["nicIndex"]))
    return [_recovered_nic(context, replication, nic, vapp_settings) for nic in ordered]


def _source_nics(replication: SimulatedVmReplication) -> list[dict[str, Any]]:
    return [
        {
            "nicIndex": number,
            "isConnected": bool(nic["network"]),
            "resetMacAddress": False,
            "network": nic["network"],
            "ipAddress": nic["ip_address"] or None,
            "ipAddressAllocationMode": "MANUAL" if nic["ip_address"] else "DHCP",
            "externalIpAddress": None,
            "networkAdapterType": "VMXNET3",
            "needsCustomization": False,
            "macAddress": f"00:50:56:{replication.vm_id[:2]}:{replication.vm_id[2:4]}:{number:02x}",
        }
        for number, nic in enumerate(replication.nics)
    ]


def _default_mapping(context: Any, vm: SimulatedVmReplication, name: str, half: str) -> dict[str, Any]:
    world, config, vdc_id = context.world, context.config, vm.destination.vdc_id
    target = config.test_network
    if half == FAILOVER_SETTINGS:
        target = name if world.network_named(vdc_id, name) else config.recovery_network
    world.ensure_network(vdc_id, target)
    return {
        "sourceNetworkName": name,
        "sourceOrgVdcNetwork": _reference(world.network_named(vm.source.vdc_id, name)),
        "destinationOrgVdcNetwork": _reference(world.network_named(vdc_id, target)),
    }


def _reference(network: OrgVdcNetwork | None) -> dict[str, Any] | None:
    return {"id": network.network_id, "name": network.name} if network else None


def _network(context: Any, replication: SimulatedVmReplication, reference: dict[str, Any]) -> OrgVdcNetwork:
    """Return the destination network that a reference identifies.

    The ID takes precedence over the name. Raises ValueError for an unknown network.
    """
    world = context.world
    identifier = str(reference.get("id") or "").rpartition(":")[2]
    usable: list[OrgVdcNetwork] = world.networks_for(world.vdcs[replication.destination.vdc_id])
    for network in usable:
        if network.network_id == identifier if identifier else network.name == reference.get("name"):
            return network
    message = f"The destination has no network {reference.get('name') or identifier!r}."
    raise ValueError(message)


def _recovered_nic(
    context: Any, replication: SimulatedVmReplication, nic: dict[str, Any], vapp_settings: dict[str, Any]
) -> dict[str, Any]:
    name = nic.get("network") or ""
    network = _target(context, replication, name, vapp_settings) if name and nic.get("isConnected", True) else None
    if network is None:
        return {"network": "", "ip_address": ""}
    mode = nic.get("ipAddressAllocationMode") or "DHCP"
    address = ""
    if mode == "MANUAL":
        address = nic.get("ipAddress") or ""
        if not address:
            message = f"Interface {nic['nicIndex']} of '{replication.vm_name}' has the mode MANUAL, but no ipAddress."
            raise ValueError(message)
    elif mode == "POOL":
        address = _free_address(context, network)
    return {"network": network.name, "ip_address": address}


def _target(
    context: Any, replication: SimulatedVmReplication, name: str, vapp_settings: dict[str, Any]
) -> OrgVdcNetwork | None:
    """Return the destination network for the network name of an interface.

    Return None if the network is mapped to no destination, which disconnects the interface. Raises ValueError for an
    unknown network.
    """
    world, vdc_id = context.world, replication.destination.vdc_id
    for mapping in vapp_settings.get("networkMappings") or ():
        if mapping["sourceNetworkName"] == name:
            reference = mapping.get("destinationOrgVdcNetwork")
            return _network(context, replication, reference) if reference else None
    if vapp_settings.get("copySourceNetworks"):
        world.ensure_network(vdc_id, name)
    return _network(context, replication, {"name": name})


def _free_address(context: Any, network: OrgVdcNetwork) -> str:
    """Return the first unused address of a network."""
    subnet = ipaddress.ip_network(f"{network.gateway}/{network.prefix_length}", strict=False)
    used = {network.gateway}
    for vm in context.world.vms.values():
        used |= {vm.ip_address, *(nic.get("ip_address", "") for nic in vm.more_nics)}
    address = next((str(host) for host in subnet.hosts() if str(host) not in used), None)
    if address is None:
        message = f"The network '{network.name}' has no free address."
        raise ValueError(message)
    return address
