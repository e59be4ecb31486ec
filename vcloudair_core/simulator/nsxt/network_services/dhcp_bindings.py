"""DHCP bindings of NSX-T networks. Source: protocol/nsxt.md §10.1."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, cast

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.cloudapi import json_responses
from vcloudair_core.simulator.nsxt.edge_tasks import no_such_path, not_found
from vcloudair_core.simulator.nsxt.field_checks import MAX_DESCRIPTION, ip_addresses, not_blank
from vcloudair_core.simulator.nsxt.field_checks import ip_address as is_address
from vcloudair_core.simulator.nsxt.json_bodies import VERSION, JsonField, RefusedBodyError, checked, read_object
from vcloudair_core.simulator.nsxt.network_services.network_dhcp import (
    LEASE_TIME,
    PATH,
    dhcp_state,
    in_subnet,
    invalid,
    is_on_nsxt,
    network_call,
    pool_with,
    start_network_write,
)
from vcloudair_core.simulator.nsxt.object_versions import check_id, check_object_version
from vcloudair_core.simulator.releases import is_at_least
from vcloudair_core.simulator.state.entities import OrgVdcNetwork
from vcloudair_core.transport.messages import Response

_SINCE = (36, 1)
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)


def _mac(value: Any) -> str | None:
    return None if _MAC.fullmatch(value) else f"'{value}' is not a MAC address"


_V4 = {"gatewayIpAddress": JsonField(str, check=is_address), "hostName": JsonField(str)}
_V6 = {"sntpServers": JsonField(list, check=ip_addresses), "domainNames": JsonField(list)}
_FIELDS = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "macAddress": JsonField(str, is_required=True, check=_mac),
    "ipAddress": JsonField(str, check=is_address),
    "leaseTime": JsonField(int, check=LEASE_TIME),
    "dnsServers": JsonField(list, length=2, check=ip_addresses),
    "bindingType": JsonField(str, is_required=True, choices=("IPV4", "IPV6")),
    "dhcpV4BindingConfig": JsonField(dict, items=_V4),
    "dhcpV6BindingConfig": JsonField(dict, items=_V6),
    "version": VERSION,
}
_DEFAULTS: dict[str, Any] = {
    "description": None,
    "ipAddress": None,
    "dnsServers": [],
    "dhcpV4BindingConfig": None,
    "dhcpV6BindingConfig": None,
}


def routes() -> SimulatorRoutes:
    """Return the routes of DHCP bindings."""
    path = f"{PATH}/bindings"
    calls: list[tuple[str, str, Callable[[Any, OrgVdcNetwork], Response]]] = [
        ("GET", path, list_bindings),
        ("POST", path, create_binding),
        ("GET", f"{path}/{{binding_id}}", show_binding),
        ("PUT", f"{path}/{{binding_id}}", update_binding),
        ("DELETE", f"{path}/{{binding_id}}", delete_binding),
    ]
    made = tuple(SimulatorRoute(method, at, _call(handler)) for method, at, handler in calls)
    return SimulatorRoutes("network dhcp bindings", "DHCP bindings of networks", made, versions="36.1 and newer")


def _call(handler: Callable[[Any, OrgVdcNetwork], Response]) -> Callable[[Any], Response]:
    run = network_call(handler)
    return lambda context: run(context) if is_at_least(context.version, _SINCE) else no_such_path(context)


def list_bindings(context: Any, network: OrgVdcNetwork) -> Response:
    """Return a page of the bindings of a network. The list cannot be filtered by name."""
    values = [_binding_json(binding) for binding in dhcp_state(context, network)["bindings"]]
    return json_responses.page(context, values, "DhcpBindings", searchable=())


def show_binding(context: Any, network: OrgVdcNetwork) -> Response:
    """Return one binding."""
    return json_responses.item(context, _binding_json(_find(context, network)))


def create_binding(context: Any, network: OrgVdcNetwork) -> Response:
    """Start a task that adds a binding.

    The details of the task contain the ID of the binding.
    """
    state = dhcp_state(context, network)
    binding = _read(context, network, read_object(context), "")
    state["count"] += 1
    identifier = context.world.make_id("dhcp-binding", f"{network.network_id}/{state['count']}")

    def apply() -> None:
        state["bindings"].append({"id": identifier, **binding, "version": 0})

    return start_network_write(
        context, network, "Creating DHCP binding of network", "networkCreateDhcpBinding", apply, identifier
    )


def update_binding(context: Any, network: OrgVdcNetwork) -> Response:
    """Start a task that replaces a binding."""
    known, body = _find(context, network), read_object(context)
    check_id(body, known["id"])
    binding = _read(context, network, body, known["id"])
    if body.get("version") is None:
        raise invalid("version", "must not be null")
    check_object_version(context, body, known["version"])

    def apply() -> None:
        known.update(binding, version=known["version"] + 1)

    return start_network_write(context, network, "Updating DHCP binding of network", "networkUpdateDhcpBinding", apply)


def delete_binding(context: Any, network: OrgVdcNetwork) -> Response:
    """Start a task that deletes a binding."""
    known = _find(context, network)

    def apply() -> None:
        state = dhcp_state(context, network)
        state["bindings"] = [binding for binding in state["bindings"] if binding is not known]

    return start_network_write(context, network, "Deleting DHCP binding of network", "networkDeleteDhcpBinding", apply)


def _binding_json(binding: dict[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(binding), "version": {"version": binding["version"]}}


def _find(context: Any, network: OrgVdcNetwork) -> dict[str, Any]:
    identifier = context.path_params["binding_id"]
    for binding in dhcp_state(context, network)["bindings"]:
        if binding["id"] == identifier:
            return cast("dict[str, Any]", binding)
    raise not_found(context, "DHCP binding", identifier)


def _read(context: Any, network: OrgVdcNetwork, body: dict[str, Any], own_id: str) -> dict[str, Any]:
    """Return the binding in a request.

    Values that the network or another binding does not allow are refused.
    """
    config = dhcp_state(context, network)["config"]
    if not is_on_nsxt(context, network) or not config["enabled"] or config["mode"] == "RELAY":
        raise RefusedBodyError(f"DHCP is not enabled on network {network.name}.")
    made = {name: value for name, value in checked(context, body, _FIELDS).items() if value is not None}
    for name in ("id", "version"):
        made.pop(name, None)
    binding = {**_DEFAULTS, "leaseTime": 86400, **copy.deepcopy(made)}
    _check_address(network, config, binding)
    for existing in dhcp_state(context, network)["bindings"]:
        if existing["id"] == own_id:
            continue
        for field in ("macAddress", "ipAddress"):
            if binding[field] and str(binding[field]).lower() == str(existing[field]).lower():
                raise invalid(field, f"DHCP binding {existing['name']} already has {binding[field]}")
    return binding


def _check_address(network: OrgVdcNetwork, config: dict[str, Any], binding: dict[str, Any]) -> None:
    address, is_ipv4 = binding["ipAddress"], binding["bindingType"] == "IPV4"
    if address is None:
        if is_ipv4:
            raise invalid("ipAddress", "must not be null")
        return
    if (ip_address(address).version == 4) != is_ipv4:
        raise invalid("ipAddress", f"'{address}' does not match the binding type {binding['bindingType']}")
    if not in_subnet(network, address):
        raise invalid("ipAddress", f"{address} is not in the subnet of network {network.name}")
    if address == network.gateway:
        raise invalid("ipAddress", f"{address} is the gateway of network {network.name}")
    pool = pool_with(config, address)
    if pool:
        raise invalid("ipAddress", f"the DHCP pool {pool} contains {address}")
