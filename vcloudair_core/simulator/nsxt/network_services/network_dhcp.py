"""DHCP services of networks, under ``/cloudapi``. Source: protocol/nsxt.md §10.1."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_interface
from itertools import pairwise
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.api.own_objects import own_in_vdc
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.inventory_objects.network_usage import ends_of, static_pools
from vcloudair_core.simulator.nsxt.edge_tasks import refusing, start_write
from vcloudair_core.simulator.nsxt.edges import effective_owner
from vcloudair_core.simulator.nsxt.field_checks import ip_address as is_address
from vcloudair_core.simulator.nsxt.field_checks import ip_addresses, number_from
from vcloudair_core.simulator.nsxt.json_bodies import JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.network_services.dhcp_forwarder import forwarder_state
from vcloudair_core.simulator.state.entities import OrgVdcNetwork
from vcloudair_core.simulator.state.simulated_tasks import Owner
from vcloudair_core.transport.messages import Response

PATH = "/cloudapi/1.0.0/orgVdcNetworks/{network_id}/dhcp"
LEASE_TIME = number_from(60, 4294967295)
_RANGE = {
    "startAddress": JsonField(str, is_required=True, check=is_address),
    "endAddress": JsonField(str, is_required=True, check=is_address),
}
_POOL = {
    "enabled": JsonField(bool),
    "ipRange": JsonField(dict, is_required=True, items=_RANGE),
    "maxLeaseTime": JsonField(int),
    "defaultLeaseTime": JsonField(int),
}
_FIELDS = {
    "enabled": JsonField(bool),
    "leaseTime": JsonField(int, check=LEASE_TIME),
    "dhcpPools": JsonField(list, items=_POOL),
    "mode": JsonField(str, choices=("EDGE", "NETWORK", "RELAY")),
    "ipAddress": JsonField(str, check=is_address),
    "dnsServers": JsonField(list, since=(36, 1), length=2, check=ip_addresses),
}


def routes() -> SimulatorRoutes:
    """Return the routes of the DHCP services of networks."""
    calls = [("GET", show), ("PUT", update), ("DELETE", delete)]
    made = tuple(SimulatorRoute(method, PATH, network_call(handler)) for method, handler in calls)
    return SimulatorRoutes("network dhcp", "DHCP services of networks", made, versions="33.0 and newer")


def network_call(handler: Callable[[Any, OrgVdcNetwork], Response]) -> Callable[[Any], Response]:
    """Return a route handler for a network that the user can see."""

    def run(context: Any) -> Response:
        identifier = json_responses.uuid_of(context.path_params["network_id"])
        network: OrgVdcNetwork | None = own_in_vdc(context, "network", identifier)
        if network is None:
            return json_responses.no_access("network", context.path_params["network_id"])
        return refusing(context, lambda: handler(context, network))

    return run


def dhcp_state(context: Any, network: OrgVdcNetwork) -> dict[str, Any]:
    """Return the configuration and the bindings of the DHCP service of a network.

    ``count`` is the number of static bindings ever created.
    """
    if "dhcp" not in network.services:
        pools = [
            {
                "enabled": True,
                "ipRange": {"startAddress": first, "endAddress": last},
                "maxLeaseTime": None,
                "defaultLeaseTime": None,
            }
            for first, last in map(ends_of, network.dhcp_pools)
        ]
        mode = ("EDGE" if network.edge_id else "NETWORK") if pools and is_on_nsxt(context, network) else None
        config = {
            "enabled": bool(pools),
            "leaseTime": 86400 if pools else None,
            "dhcpPools": pools or None,
            "mode": mode,
            "ipAddress": None,
            "dnsServers": [],
        }
        network.services["dhcp"] = {"config": config, "bindings": [], "count": 0}
    state: dict[str, Any] = network.services["dhcp"]
    return state


def is_on_nsxt(context: Any, network: OrgVdcNetwork) -> bool:
    """Return True if NSX-T backs a network."""
    return bool(context.world.vdcs[network.vdc_id].network_provider)


def show(context: Any, network: OrgVdcNetwork) -> Response:
    """Return the DHCP service of a network."""
    return json_responses.item(context, dhcp_state(context, network)["config"])


def update(context: Any, network: OrgVdcNetwork) -> Response:
    """Start a task that replaces the DHCP service of a network."""
    state, body = _changeable(context, network), checked(context, read_object(context), _FIELDS)
    config = {name: copy.deepcopy(body.get(name)) for name in _FIELDS}
    config |= {"enabled": body.get("enabled") is not False, "dnsServers": config["dnsServers"] or []}
    _check(context, network, state, config)
    config["dhcpPools"] = [_stored(pool) for pool in config["dhcpPools"] or ()] or None

    def apply() -> None:
        state["config"] = config
        network.dhcp_pools = ["-".join(ends) for ends in _ranges(config)]

    return start_network_write(context, network, "Updating DHCP of network", "networkUpdateDhcp", apply)


def delete(context: Any, network: OrgVdcNetwork) -> Response:
    """Start a task that removes the DHCP service of a network.

    A service with static bindings cannot be removed (inferred).
    """
    state = _changeable(context, network)
    if state["bindings"]:
        raise RefusedBodyError(f"The DHCP service of network {network.name} has DHCP bindings.")

    def apply() -> None:
        network.dhcp_pools = []
        count = network.services.pop("dhcp")["count"]
        dhcp_state(context, network)["count"] = count

    return start_network_write(context, network, "Deleting DHCP of network", "networkDeleteDhcp", apply)


def start_network_write(
    context: Any, network: OrgVdcNetwork, operation: str, name: str, apply: Callable[[], None], details: str = ""
) -> Response:
    """Start a task on a network, and return 202.

    The edge gateway of the network is busy while the task runs (inferred).
    """
    urn = f"urn:vcloud:network:{network.network_id}"
    edge = context.world.edges.get(network.edge_id)
    owner = Owner("", network.name, "application/json", urn)
    return start_write(context, owner, effective_owner(edge) if edge else urn, operation, name, apply, details=details)


def in_subnet(network: OrgVdcNetwork, address: str) -> bool:
    """Return True if the subnet of a network contains an address."""
    return ip_address(address) in ip_interface(f"{network.gateway}/{network.prefix_length}").network


def pool_with(config: dict[str, Any], address: str) -> str:
    """Return the pool that contains an address, or an empty string.

    Shape: ``10.0.0.10-10.0.0.19``.
    """
    number = ip_address(address)
    for first, last in _ranges(config):
        low, high = ip_address(first), ip_address(last)
        if low.version == number.version and int(low) <= int(number) <= int(high):
            return f"{first}-{last}"
    return ""


def invalid(field: str, reason: str) -> RefusedBodyError:
    """Return the error for an invalid field."""
    return RefusedBodyError(f"validation error on field '{field}': {reason}")


def _changeable(context: Any, network: OrgVdcNetwork) -> dict[str, Any]:
    """Return the state of a network.

    Networks that NSX-T does not back are refused (inferred).
    """
    if not is_on_nsxt(context, network):
        raise RefusedBodyError(f"Network {network.name} is not backed by NSX-T.")
    return dhcp_state(context, network)


def _stored(pool: dict[str, Any]) -> dict[str, Any]:
    return {"maxLeaseTime": None, "defaultLeaseTime": None, **pool, "enabled": pool.get("enabled") is not False}


def _ranges(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for pool in config["dhcpPools"] or ():
        yield pool["ipRange"]["startAddress"], pool["ipRange"]["endAddress"]


def _check(context: Any, network: OrgVdcNetwork, state: dict[str, Any], config: dict[str, Any]) -> None:
    """Refuse a configuration that the mode, subnet or bindings do not allow."""
    mode, known = config["mode"], state["config"]["mode"]
    for field in ("mode", "leaseTime"):
        if config[field] is None:
            raise invalid(field, "must not be null")
    if known and mode != known:
        raise invalid("mode", f"the DHCP mode of network {network.name} cannot change from {known} to {mode}")
    if mode in ("EDGE", "RELAY") and not network.edge_id:
        raise invalid("mode", f"network {network.name} is not connected to an edge gateway, so it needs mode NETWORK")
    if mode == "RELAY":
        _check_relay(context, network, config)
    if mode == "NETWORK":
        address = config["ipAddress"]
        if not address or not in_subnet(network, address) or address == network.gateway:
            raise invalid("ipAddress", f"mode NETWORK needs a free address in the subnet of network {network.name}")
        if pool_with(config, address):
            raise invalid("ipAddress", f"the DHCP pool {pool_with(config, address)} contains {address}")
    _check_pools(network, state, config)
    for server in config["dnsServers"]:
        if ip_address(server).version != ip_address(network.gateway).version:
            raise invalid("dnsServers", f"'{server}' is not of the IP version of the subnet")


def _check_relay(context: Any, network: OrgVdcNetwork, config: dict[str, Any]) -> None:
    if config["dhcpPools"]:
        raise invalid("dhcpPools", "must be empty in mode RELAY")
    if not forwarder_state(context.world.edges[network.edge_id])["enabled"]:
        raise invalid("mode", "the DHCP forwarder of the edge gateway is not enabled")


def _check_pools(network: OrgVdcNetwork, state: dict[str, Any], config: dict[str, Any]) -> None:
    spans: list[tuple[int, int, str]] = []
    for first, last in _ranges(config):
        text = f"{first}-{last}"
        if not (in_subnet(network, first) and in_subnet(network, last)):
            raise invalid("dhcpPools", f"{text} is not in the subnet of network {network.name}")
        if int(ip_address(first)) > int(ip_address(last)):
            raise invalid("dhcpPools", f"the start address of {text} is greater than its end address")
        spans.append((int(ip_address(first)), int(ip_address(last)), text))
    spans.sort()
    for (_, high, text), (low, _, next_text) in pairwise(spans):
        if low <= high:
            raise invalid("dhcpPools", f"{text} and {next_text} overlap")
    known = {"-".join(ends) for ends in _ranges(state["config"])}
    for low, high, text in spans:
        for first, last in static_pools(network) if text not in known else ():
            if low <= int(ip_address(last)) and int(ip_address(first)) <= high:
                raise invalid("dhcpPools", f"{text} overlaps the static IP pool {first}-{last}")
        if low <= int(ip_address(network.gateway)) <= high:
            raise invalid("dhcpPools", f"{text} contains the gateway {network.gateway}")
    for binding in state["bindings"]:
        text = pool_with(config, binding["ipAddress"]) if binding["ipAddress"] else ""
        if text:
            raise invalid(
                "dhcpPools", f"{text} contains {binding['ipAddress']}, which DHCP binding {binding['name']} has"
            )
