"""Services of NSX-T firewall rules: raw ports, and application port profiles.

Source: protocol/nsxt.md §0.2, §4, §5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from vcloudair_core.engine.canonical import ANY
from vcloudair_core.services.ans.firewall.spec import ServiceSpec
from vcloudair_core.services.ans.nsxt.references import CONTENT, SERVICE, pending
from vcloudair_core.services.ans.section.json_values import items_of, mapping_of, texts_of

_MAX_PORTS = 15
"""Maximum number of ports in an item of ``rawPortProtocols``.

A range counts as two ports. Source: protocol/nsxt.md §0.2.
"""

_RAW = "raw:"
PROFILE_URN = "urn:vcloud:applicationPortProfile:"


def services_of_rule(record: Mapping[str, Any], applications: Sequence[str]) -> tuple[ServiceSpec, ...]:
    """Return the services of a rule.

    Services come from the raw ports of the rule, and from its system and managed profiles.

    ``applications`` are the names of the other profiles. A rule without ports and profiles matches any service.
    """
    services = [service for item in items_of(record.get("rawPortProtocols")) if (service := _raw_service(item))]
    for profile in _profiles(record):
        services += [_service(service) for service in items_of(mapping_of(profile.get(CONTENT)).get(SERVICE))]
    if not services and not applications:
        return (ServiceSpec(),)
    return tuple(services if len(services) == 1 else dict.fromkeys(services))


def applications_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the rule's profiles that have no equivalent services."""
    profiles = [profile for profile in _profiles(record) if not _has_services(profile)]
    names = [str(profile.get("name") or profile.get("id")) for profile in profiles]
    for item in items_of(record.get("rawPortProtocols")):
        if not mapping_of(mapping_of(item).get("layer4Item")):
            names.append(f"{_RAW}{'+'.join(sorted(mapping_of(item)))}")
    return tuple(names)


def raw_items(services: Sequence[ServiceSpec]) -> list[dict[str, Any]]:
    """Return the raw ports of services.

    ICMP has no raw ports, because it needs a profile. The service ``any`` has no raw ports either.

    A service with too many ports for one item becomes several items.
    """
    return [
        {"layer4Item": {"protocol": service.protocol.upper(), "sourcePorts": sources, "destinationPorts": destinations}}
        for service in services
        if service.protocol in ("tcp", "udp")
        for sources in _chunks(service.source_port or ())
        for destinations in _chunks(service.port or ())
    ]


def profile_references(
    services: Sequence[ServiceSpec], applications: Sequence[str], raw: Mapping[str, Any], *, is_inline: bool
) -> list[dict[str, Any]] | None:
    """Return a rule's profile references, or None if there are none.

    A profile that the rule already refers to keeps its reference. If ``is_inline`` is False, all services become
    profiles. If it is True, only ICMP services become profiles.
    """
    current = {str(profile.get("name") or profile.get("id")): profile for profile in _profiles(raw)}
    references: list[dict[str, Any]] = []
    for service in services:
        if service.protocol == "icmp":
            references.append(pending(SERVICE, [{"protocol": "icmp", "icmp_type": service.icmp_type or ANY}]))
        elif service.protocol != ANY and not is_inline:
            ports = [ANY] if ANY in (service.port or (ANY,)) else list(service.port or ())
            references.append(pending(SERVICE, [{"protocol": service.protocol, "port": ports}]))
    for name in applications:
        if name in current:
            references.append(current[name])
        elif not name.startswith(_RAW):
            references.append({"id": name} if name.startswith(PROFILE_URN) else {"name": name})
    return references or None


def _profiles(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    profiles = record.get("applicationPortProfiles")
    return [profile for profile in items_of(profiles) if isinstance(profile, dict)] if profiles else []


def _has_services(profile: Mapping[str, Any]) -> bool:
    return bool(mapping_of(profile.get(CONTENT)).get(SERVICE))


def _service(content: Mapping[str, Any]) -> ServiceSpec:
    if content["protocol"] == "icmp":
        icmp_type = content.get("icmp_type")
        return ServiceSpec("icmp", icmp_type=None if icmp_type in (None, ANY) else str(icmp_type))
    ports = texts_of(content.get("port"))
    return ServiceSpec(str(content["protocol"]), None if ANY in ports else ports or None)


def _raw_service(item: Any) -> ServiceSpec | None:
    layer4 = mapping_of(mapping_of(item).get("layer4Item"))
    protocol = str(layer4.get("protocol") or "").casefold()
    if not protocol:
        return None
    return _service_with(protocol, texts_of(layer4.get("destinationPorts")), texts_of(layer4.get("sourcePorts")))


@lru_cache(maxsize=16384)
def _service_with(protocol: str, ports: tuple[str, ...], source_ports: tuple[str, ...]) -> ServiceSpec:
    return ServiceSpec(protocol, ports or None, source_ports or None)


def _chunks(ports: Sequence[str]) -> Iterator[list[str]]:
    """Split ports into lists that fit into one raw item each.

    If there are no ports, or the port is ``any``, return one empty list.
    """
    if not ports or ANY in ports:
        yield []
        return
    chunk: list[str] = []
    size = 0
    for port in ports:
        cost = 2 if "-" in port else 1
        if size + cost > _MAX_PORTS:
            yield chunk
            chunk, size = [], 0
        chunk.append(port)
        size += cost
    yield chunk
