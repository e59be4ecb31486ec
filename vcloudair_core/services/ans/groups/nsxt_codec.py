"""Convert firewall groups and application port profiles of NSX-T.

Source: protocol/nsxt.md §3, §4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vcloudair_core.engine.canonical import ANY, port_set
from vcloudair_core.services.ans.groups.spec import (
    ApplicationProfileSpec,
    CriterionRuleSpec,
    CriterionSpec,
    IpSetSpec,
    ProfileServiceSpec,
    SecurityGroupSpec,
)
from vcloudair_core.services.ans.nsxt.port_profiles import TENANT
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, text_of, texts_of

_PROTOCOLS = {"TCP": "tcp", "UDP": "udp", "ICMPv4": "icmp", "ICMPv6": "icmpv6"}
_WIRE_PROTOCOLS = {protocol: wire for wire, protocol in _PROTOCOLS.items()}
_ALL_PORTS = "1-65535"


def _common(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": text_of(value.get("name")),
        "description": text_of(value.get("description")) or "",
        "id": text_of(value.get("id")),
    }


def ip_set_of(value: Mapping[str, Any]) -> IpSetSpec:
    """Return the spec of an IP set."""
    return IpSetSpec(addresses=texts_of(value.get("ipAddresses")), **_common(value))


def members_of(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the URN and the name of each network of a static security group."""
    for member in map(mapping_of, items_of(value.get("members"))):
        yield str(member.get("id")), str(member.get("name") or "")


def security_group_of(value: Mapping[str, Any]) -> SecurityGroupSpec:
    """Return the spec of a security group. Its members are URNs."""
    if value.get("typeValue") == "VM_CRITERIA":
        criteria = tuple(map(_criterion, map(mapping_of, items_of(value.get("vmCriteria")))))
        return SecurityGroupSpec(criteria=criteria, **_common(value))
    return SecurityGroupSpec(members=tuple(urn for urn, _ in members_of(value)), **_common(value))


def _criterion(value: Mapping[str, Any]) -> CriterionSpec:
    keys = {"attribute": "attributeType", "operator": "operator"}
    return CriterionSpec(
        tuple(
            CriterionRuleSpec(
                value=str(rule.get("attributeValue") or ""),
                **{name: str(rule.get(key) or "").casefold() for name, key in keys.items()},
            )
            for rule in map(mapping_of, items_of(value.get("rules")))
        )
    )


def profile_of(value: Mapping[str, Any]) -> ApplicationProfileSpec:
    """Return the spec of an application port profile."""
    services = tuple(map(_service, map(mapping_of, items_of(value.get("applicationPorts")))))
    return ApplicationProfileSpec(services=services, **_common(value))


def _service(entry: Mapping[str, Any]) -> ProfileServiceSpec:
    wire = str(entry.get("protocol") or "")
    protocol = _PROTOCOLS.get(wire, wire.casefold())
    if wire.startswith("ICMP"):
        return ProfileServiceSpec(protocol)
    ports = texts_of(entry.get("destinationPorts"))
    return ProfileServiceSpec(protocol, (ANY,) if port_set(ports) == (ANY,) else ports)


# -- writing -----------------------------------------------------------------------------------------------------


def new_group(spec: Any, owner_id: str) -> dict[str, Any]:
    """Return the request body that creates an IP set or a security group."""
    body = {"name": spec.name, "description": spec.description or "", "ownerRef": {"id": owner_id}}
    if isinstance(spec, IpSetSpec):
        return {**body, "typeValue": "IP_SET", **_content(spec, ("addresses",))}
    if spec.is_dynamic:
        return {**body, "typeValue": "VM_CRITERIA", **_content(spec, ("criteria",))}
    return {**body, "typeValue": "SECURITY_GROUP", **_content(spec, ("members",))}


def changed_group(raw: Mapping[str, Any], spec: Any, changed: Sequence[str]) -> dict[str, Any]:
    """Return the request body that changes a group, with all other values as read."""
    return {**raw, **_content(spec, changed)}


def _content(spec: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the JSON keys and values of the fields ``names`` of a spec."""
    keys: dict[str, Any] = {}
    for name in names:
        value = getattr(spec, name)
        if name == "addresses":
            keys["ipAddresses"] = list(value)
        elif name == "members":
            keys["members"] = [{"id": urn} for urn in value or ()]
        elif name == "criteria":
            keys["vmCriteria"] = [{"rules": [_wire_rule(rule) for rule in criterion.rules]} for criterion in value]
        elif name == "services":
            keys["applicationPorts"] = [_wire_service(service) for service in value]
        else:
            keys[name] = value
    return keys


def _wire_rule(rule: CriterionRuleSpec) -> dict[str, str]:
    return {
        "attributeType": rule.attribute.upper(),
        "operator": rule.operator.upper(),
        "attributeValue": rule.value,
    }


def _wire_service(service: ProfileServiceSpec) -> dict[str, Any]:
    entry: dict[str, Any] = {"protocol": _WIRE_PROTOCOLS[service.protocol]}
    if not service.protocol.startswith("icmp"):
        ports = list(service.port or (ANY,))
        entry["destinationPorts"] = [_ALL_PORTS] if port_set(ports) == (ANY,) else ports
    return entry


def new_profile(spec: ApplicationProfileSpec, org_id: str, owner_id: str) -> dict[str, Any]:
    """Return the request body that creates a profile of the org.

    ``owner_id`` is the URN of the VDC or VDC group that owns the edge gateway.
    """
    return {
        "name": spec.name,
        "description": spec.description or "",
        "scope": TENANT,
        "orgRef": {"id": org_id},
        "contextEntityId": owner_id,
        **_content(spec, ("services",)),
    }


def changed_profile(raw: Mapping[str, Any], spec: ApplicationProfileSpec, changed: Sequence[str]) -> dict[str, Any]:
    """Return the request body that changes a profile, with all other values as read."""
    return {**raw, **_content(spec, changed)}
