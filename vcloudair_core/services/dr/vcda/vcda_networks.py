"""Networks and addresses of recovered VMs in requests of VCDA.

Source: protocol/vcda.md §4.2.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.model import FAILOVER, MIGRATE, TEST
from vcloudair_core.services.dr.network_mapping import NetworkMapping, NicMapping
from vcloudair_core.services.dr.vcda.codec import parse_object
from vcloudair_core.services.dr.vcda.vcda_requests import path_of_vm
from vcloudair_core.services.dr.vcda.vcda_values import inner, text_of

if TYPE_CHECKING:
    from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReplication
    from vcloudair_core.services.dr.vcda.vcda_session import VcdaSession

FAILOVER_SETTINGS, TEST_SETTINGS = "failoverSettings", "failoverTestSettings"

FindNetwork = Callable[[str], Mapping[str, str]]
"""Function that returns the ID and name of a network of the destination by name."""


def read_settings(vcda: VcdaSession, replication: VcdaReplication, site: str = "") -> dict[str, Any]:
    """Return the network settings of a replication, for failovers and for tests.

    ``site`` is the other site to query, or an empty string for this site. Raises: ApiError, TransportError,
    DecodeError.
    """
    response = vcda.call("GET", f"{path_of_vm(replication)}/network-settings", site=site)
    return parse_object(response.body, f"the network settings of {replication.name}")


def configured_networks(settings: Mapping[str, Any], action: str) -> tuple[str, ...]:
    """Return the names of the destination networks in the settings of a replication."""
    vapp = inner(settings, TEST_SETTINGS if action == TEST else FAILOVER_SETTINGS, "vAppNetworkSettings")
    mappings = [mapping for mapping in vapp.get("networkMappings") or () if isinstance(mapping, dict)]
    names = [text_of(inner(mapping, "destinationOrgVdcNetwork"), "name") for mapping in mappings]
    return tuple(dict.fromkeys(name for name in names if name))


def mapped_settings(
    settings: Mapping[str, Any], networks: NetworkMapping, action: str, find: FindNetwork
) -> dict[str, Any] | None:
    """Return the network settings for a request, or None if nothing changes.

    The networks and addresses in ``networks`` replace those in ``settings``, the response of ``network-settings``.
    ``find`` returns the reference to a network with a name.

    Raises: SpecError if the VM does not have an interface, if an interface without a source network gets a network, or
    if interfaces in the same source network get different networks; the errors of ``find``.
    """
    chosen = [(nic, *_target_of(nic, action)) for nic in networks.nics]
    if not any(network or address for _, network, address in chosen):
        return None
    half = copy.deepcopy(dict(inner(settings, TEST_SETTINGS if action == TEST else FAILOVER_SETTINGS)))
    vm, vapp = half.setdefault("vmNetworkSettings", {}), half.setdefault("vAppNetworkSettings", {})
    interfaces = {nic.get("nicIndex"): nic for nic in vm.get("nics") or () if isinstance(nic, dict)}
    targets: dict[str, str] = {}
    for nic, network, address in chosen:
        interface = interfaces.get(nic.nic)
        if interface is None:
            known = ", ".join(map(str, sorted(key for key in interfaces if isinstance(key, int)))) or "none"
            raise SpecError(f"networks[{nic.nic}]", f"the VM has no interface {nic.nic} (interfaces: {known})")
        if address:
            interface |= {"ipAddress": address, "ipAddressAllocationMode": "MANUAL", "needsCustomization": True}
        if network:
            interface["isConnected"] = True
            _check_target(targets, nic, str(interface.get("network") or ""), network)
    for source, network in targets.items():
        _map(vapp, source, find(network))
    return {"vmNetworkSettings": vm, "vAppNetworkSettings": vapp}


def _target_of(nic: NicMapping, action: str) -> tuple[str, str]:
    """Return the network and address of an interface for an action.

    A test never uses the network and address of a failover. A failback uses neither, because the original site has
    other networks.
    """
    if action == TEST:
        return nic.test_network, nic.test_address
    return (nic.network, nic.address) if action in (FAILOVER, MIGRATE) else ("", "")


def _check_target(targets: dict[str, str], nic: NicMapping, source: str, network: str) -> None:
    if not source:
        raise SpecError(
            f"networks[{nic.nic}]",
            f"interface {nic.nic} is not connected at the source, so it cannot be connected to {network!r}",
            hint="Connect the interface at the source, or remove its network from the plan.",
        )
    if targets.setdefault(source, network) != network:
        raise SpecError(
            f"networks[{nic.nic}]",
            f"interfaces in the network {source!r} must have the same network, not {targets[source]!r} and {network!r}",
            hint="VCDA maps networks, not interfaces. Use one network, or separate the interfaces at the source.",
        )


def _map(vapp: dict[str, Any], source: str, target: Mapping[str, str]) -> None:
    """Map a network of the source to a network of the destination."""
    mappings = vapp["networkMappings"] = list(vapp.get("networkMappings") or ())
    for position, mapping in enumerate(mappings):
        if isinstance(mapping, dict) and mapping.get("sourceNetworkName") == source:
            mappings[position] = {**mapping, "destinationOrgVdcNetwork": dict(target)}
            return
    mappings.append({"sourceNetworkName": source, "destinationOrgVdcNetwork": dict(target)})
