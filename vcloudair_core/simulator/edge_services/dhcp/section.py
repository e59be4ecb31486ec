"""The DHCP section of an edge: address pools and static bindings.

Source: protocol/ans.md §5, §6. Error codes without a source are placeholders.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, ip_network
from itertools import pairwise
from typing import Any

from vcloudair_core.simulator.edge.edge_interfaces import interfaces
from vcloudair_core.simulator.edge.firewall_section import RefusedError, check_version
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.simulator.state.world import World

NAME = "dhcp"
FEATURE_TYPE = "dhcp_4.0"
_LISTS = {"staticBindings": ("staticBinding", "bindingId", "binding"), "ipPools": ("ipPool", "poolId", "pool")}
"""Name in XML, key of the ID and prefix of the ID, for each list."""
_OVERLAP, _HOSTNAME, _MAC, _INVALID, _OTHER = 12501, 12504, 12518, 15012, 12500
_FLAGS = ("autoConfigureDNS", "enable", "enabled", "allowHugeRange")
_ADDRESSES = ("ipAddress", "defaultGateway", "subnetMask", "primaryNameServer", "secondaryNameServer")
_MAC_ADDRESS = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\Z", re.IGNORECASE)
_LEASE_TIME = re.compile(r"infinite\Z|[1-9][0-9]*\Z")
Range = tuple[IPv4Address, IPv4Address]


def dhcp_state(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the section. The first call creates the state.

    Format: the JSON of the section without ``featureType``. ``next`` contains the number of the next ID of each list.
    """
    return edge.sections.setdefault(NAME, {**_factory(), "version": 1, "next": dict.fromkeys(_LISTS, 1)})


def shown(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the section as a GET request returns it."""
    state = dhcp_state(edge)
    return {"featureType": FEATURE_TYPE, **{key: value for key, value in state.items() if key != "next"}}


def replace(
    world: World, edge: SimulatedEdge, data: Mapping[str, Any], strict_version: str, *, needs_feature_type: bool
) -> None:
    """Replace the whole section. A list that ``data`` omits is deleted.

    Invalid data raises RefusedError and changes nothing. Source: protocol/ans.md §5, §8.
    """
    state = dhcp_state(edge)
    if needs_feature_type and data.get("featureType") != FEATURE_TYPE:
        raise RefusedError(f"The feature type is missing or wrong: {FEATURE_TYPE} is required.", code=10001)
    check_version(state, data, NAME, strict_version)
    groups = _networks(world, edge)
    numbers = dict(state["next"])
    records = {name: _with_ids(state, numbers, name, (data.get(name) or {}).get(name) or []) for name in _LISTS}
    pools = [_checked_pool(edge, pool, groups) for pool in records["ipPools"]]
    bindings = [_checked_binding(binding, groups) for binding in records["staticBindings"]]
    _refuse_overlap(pools, bindings, groups)
    _refuse_duplicates(bindings)
    known = {"featureType", "version", "next", *_LISTS}
    edge.sections[NAME] = {
        **_factory(),
        **{key: copy.deepcopy(value) for key, value in data.items() if key not in known},
        "staticBindings": {"staticBindings": bindings},
        "ipPools": {"ipPools": pools},
        "version": state["version"] + 1,
        "next": numbers,
    }


def reset(edge: SimulatedEdge) -> None:
    """Restore the default settings, without pools. IDs are never reused."""
    state = dhcp_state(edge)
    edge.sections[NAME] = {**_factory(), "version": state["version"] + 1, "next": state["next"]}


def served_vnics(world: World, edge: SimulatedEdge) -> set[int]:
    """Return the numbers of the interfaces whose networks have a pool."""
    pools = [_range(pool["ipRange"]) for pool in dhcp_state(edge)["ipPools"]["ipPools"]]
    return {vnic for vnic, (network, _) in _networks(world, edge).items() if any(pool[0] in network for pool in pools)}


def leases(edge: SimulatedEdge) -> list[dict[str, Any]]:
    """Return one lease per pool, for the first address of the pool.

    The list is empty if DHCP is disabled. The formats of times and states are inferred. Source: protocol/ans.md §5.
    """
    state = dhcp_state(edge)
    pools = state["ipPools"]["ipPools"] if state["enabled"] else []
    return [
        {
            "uid": f"0100505600000{number}",
            "macAddress": f"00:50:56:00:00:{number:02x}",
            "ipAddress": str(_range(pool["ipRange"])[0]),
            "clientHostname": f"client-{number}",
            "bindingState": "active",
            "nextBindingState": "free",
            "hardwareType": "ethernet",
            "starts": "4 2015/11/26 10:00:00",
            "ends": "never" if pool["leaseTime"] == "infinite" else "5 2015/11/27 10:00:00",
            "cltt": "4 2015/11/26 10:00:00",
        }
        for number, pool in enumerate(pools, 1)
    ]


def to_document(section: Mapping[str, Any]) -> bytes:
    """Return the result of :func:`shown` as XML. Source: protocol/ans.md §9."""
    body = {key: value for key, value in section.items() if key != "featureType"}
    body |= {outer: {name: section[outer][outer]} for outer, (name, _, _) in _LISTS.items()}
    return to_xml(NAME, body)


def from_document(body: bytes) -> dict[str, Any]:
    """Return the section that an XML body contains, in its JSON format.

    Raises etree.XMLSyntaxError or ValueError for an invalid body.
    """
    root = _root(body, NAME)
    data = {child.tag: _value(child) for child in root if child.tag not in _LISTS}
    if "version" in data:
        data["version"] = int(data["version"])
    for outer in _LISTS:
        holder = root.find(outer)
        data[outer] = {outer: [_value(child) or {} for child in holder] if holder is not None else []}
    return data


def _factory() -> dict[str, Any]:
    return {
        "enabled": False,
        "staticBindings": {"staticBindings": []},
        "ipPools": {"ipPools": []},
        "logging": {"enable": False, "logLevel": "info"},
    }


def _networks(world: World, edge: SimulatedEdge) -> dict[int, tuple[IPv4Network, Mapping[str, Any]]]:
    """Return a mapping from interface numbers to (network, address group)."""
    groups = {interface["index"]: interface["addressGroups"]["addressGroup"] for interface in interfaces(world, edge)}
    made: dict[int, tuple[IPv4Network, Mapping[str, Any]]] = {}
    for index, group in groups.items():
        network = ip_network(f"{group['primaryAddress']}/{group['subnetPrefixLength']}", strict=False)
        if isinstance(network, IPv4Network):
            made[index] = (network, group)
    return made


def _with_ids(state: Mapping[str, Any], numbers: dict[str, int], name: str, records: list[Any]) -> list[dict[str, Any]]:
    """Return the records of a list, with an ID for each new record.

    Raises RefusedError for an ID that does not exist (inferred).
    """
    _, key, prefix = _LISTS[name]
    known = {record[key] for record in state[name][name]}
    made: list[dict[str, Any]] = []
    for record in records:
        record_id = record.get(key)
        if not record_id:
            record_id = f"{prefix}-{numbers[name]}"
            numbers[name] += 1
        elif record_id not in known:
            raise RefusedError(f"[DHCP] The {prefix} {record_id} does not exist.", code=_OTHER)
        made.append({key: record_id, **{name: value for name, value in record.items() if value not in (None, "")}})
    return made


def _checked_pool(edge: SimulatedEdge, pool: dict[str, Any], groups: Mapping[int, Any]) -> dict[str, Any]:
    """Return a pool with default values. Raises RefusedError for an invalid pool."""
    first, last = _range(str(pool.get("ipRange") or ""))
    vnic = next((vnic for vnic, (network, _) in groups.items() if first in network and last in network), None)
    if vnic is None:
        _refuse_outside(pool, f"range {pool['ipRange']}")
        return _with_defaults(pool, {})
    agents = edge.sections.get("dhcp_relay", {}).get("agents", [])
    if vnic in [agent["vnicIndex"] for agent in agents]:
        raise RefusedError(f"[DHCP] The interface {vnic} has a relay agent, so it cannot have a pool.", code=_OTHER)
    return _with_defaults(pool, groups[vnic][1])


def _checked_binding(binding: dict[str, Any], groups: Mapping[int, Any]) -> dict[str, Any]:
    """Return a static binding with default values.

    Raises RefusedError for an invalid static binding.
    """
    mac = str(binding.get("macAddress") or "").replace("-", ":")
    if mac and not _MAC_ADDRESS.match(mac):
        raise RefusedError(f"[DHCP] Invalid MAC address {binding['macAddress']}.", code=_INVALID)
    if not mac and not (binding.get("vmId") and binding.get("vnicId")):
        raise RefusedError("[DHCP] A static binding needs macAddress, or vmId and vnicId.", code=_OTHER)
    if not binding.get("ipAddress"):
        raise RefusedError("[DHCP] ipAddress is required.", code=_OTHER)
    _check_values(binding)
    address = IPv4Address(binding["ipAddress"])
    group: Mapping[str, Any] = next((group for network, group in groups.values() if address in network), {})
    if not group:
        _refuse_outside(binding, f"address {address}")
    return _with_defaults({**binding, **({"macAddress": mac} if mac else {})}, group)


def _refuse_outside(record: Mapping[str, Any], addresses: str) -> None:
    """Refuse addresses outside the subnets of all interfaces without their own gateway and mask.

    Source: protocol/ans.md §5. That the server refuses them is inferred.
    """
    if not (record.get("defaultGateway") and record.get("subnetMask")):
        reason = "is not in the subnet of an interface, so it needs defaultGateway and subnetMask"
        raise RefusedError(f"[DHCP] The {addresses} {reason}.", code=_INVALID)


def _with_defaults(record: dict[str, Any], group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pool or binding in which missing fields have their defaults.

    The default gateway and subnet mask come from ``group``, the address group of the interface.
    """
    _check_values(record)
    defaults = {"leaseTime": "86400", "autoConfigureDNS": True}
    if group:
        defaults |= {"defaultGateway": group["primaryAddress"], "subnetMask": group["subnetMask"]}
    return {**defaults, **record, "leaseTime": str(record.get("leaseTime") or "86400").lower()}


def _check_values(record: Mapping[str, Any]) -> None:
    is_auto = record.get("autoConfigureDNS") is not False
    for key in _ADDRESSES:
        if record.get(key) and not (is_auto and key.endswith("NameServer")):
            _address(str(record[key]))
    if not _LEASE_TIME.match(str(record.get("leaseTime") or "86400").lower()):
        raise RefusedError(f"[DHCP] Invalid lease time {record['leaseTime']}.", code=_OTHER)


def _refuse_overlap(pools: list[dict[str, Any]], bindings: list[dict[str, Any]], groups: Mapping[int, Any]) -> None:
    """Raise RefusedError if pools, static bindings or interface addresses overlap."""
    ranges = [(_range(pool["ipRange"]), f"pool {pool['ipRange']}") for pool in pools]
    singles = [(binding["ipAddress"], f"static binding {binding['ipAddress']}") for binding in bindings]
    singles += [(group["primaryAddress"], f"interface {group['primaryAddress']}") for _, group in groups.values()]
    ranges += [((IPv4Address(address), IPv4Address(address)), name) for address, name in singles]
    ranges.sort(key=lambda item: item[0])
    for ((_, last), name), ((first, _), other_name) in pairwise(ranges):
        if first <= last:
            raise RefusedError(f"[DHCP] The {name} overlaps with the {other_name}.", code=_OVERLAP)


def _refuse_duplicates(bindings: list[dict[str, Any]]) -> None:
    checks: tuple[tuple[str, int, Callable[[str], str]], ...] = (
        ("hostname", _HOSTNAME, str.lower),
        ("macAddress", _MAC, str.lower),
    )
    for key, code, canonical in checks:
        values = [canonical(str(binding[key])) for binding in bindings if binding.get(key)]
        repeated = next((value for value in values if values.count(value) > 1), None)
        if repeated is not None:
            raise RefusedError(f"[DHCP] Duplicate {key} {repeated}.", code=code)


def _range(text: str) -> Range:
    first, dash, last = text.partition("-")
    if not dash or (made := (_address(first), _address(last)))[0] > made[1]:
        raise RefusedError(f"[DHCP] Invalid IP range {text} is specified for ipPools.ipPool.ipRange.", code=_INVALID)
    return made


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text.strip())
    except ValueError:
        raise RefusedError(f"[DHCP] Invalid IP address {text}.", code=_INVALID) from None


def _value(node: Any) -> Any:
    if len(node) == 0:
        text = (node.text or "").strip()
        return text == "true" if node.tag in _FLAGS and text in ("true", "false") else text
    return {child.tag: _value(child) for child in node if isinstance(child.tag, str)}
