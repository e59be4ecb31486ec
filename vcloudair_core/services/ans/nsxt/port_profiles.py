"""Convert application port profiles to services, and compare their content.

Source: protocol/nsxt.md §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vcloudair_core.engine.canonical import ANY, port_set

SYSTEM, TENANT = "SYSTEM", "TENANT"
_ICMP = "ICMPv4"
_PROTOCOLS = {"TCP": "tcp", "UDP": "udp", _ICMP: "icmp"}
_WIRE_PROTOCOLS = {name: wire for wire, name in _PROTOCOLS.items()}
_ICMP_NAME = "ICMP "
_ALL_PORTS = "1-65535"


def services_of(profile: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the services of a profile: ``[{"protocol": "tcp", "port": ["443"]}]``.

    Return None if services cannot express the profile, for example for ICMPv6.
    """
    services: list[dict[str, Any]] = []
    entries = profile.get("applicationPorts")
    for entry in entries if isinstance(entries, list) else []:
        protocol = _PROTOCOLS.get(str(entry.get("protocol") or ""))
        if protocol is None:
            return None
        if protocol == "icmp":
            services.append({"protocol": protocol, "icmp_type": _icmp_type(profile)})
        else:
            ports = [str(port) for port in entry.get("destinationPorts") or ()]
            is_any = port_set(ports) == (ANY,)
            services.append({"protocol": protocol, "port": [ANY] if is_any else ports})
    return services or None


def _icmp_type(profile: Mapping[str, Any]) -> str:
    """Return the ICMP type of a system profile.

    The API shows the type only in the name of the profile.
    """
    name = str(profile.get("name") or "")
    if profile.get("scope") == SYSTEM and name.startswith(_ICMP_NAME) and name != "ICMP ALL":
        return "-".join(name.removeprefix(_ICMP_NAME).casefold().split())
    return ANY


def has_content(profile: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    """Return True if a profile matches exactly the traffic of a service."""
    services = services_of(profile)
    return services is not None and len(services) == 1 and meaning(services[0]) == meaning(service)


def meaning(service: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a value that is equal for services with the same traffic."""
    if service["protocol"] == "icmp":
        return ("icmp", service.get("icmp_type") or ANY)
    return (service["protocol"], port_set(service.get("port") or ()))


def new_profile(name: str, service: Mapping[str, Any], org_id: str, context_id: str) -> dict[str, Any]:
    """Return the request body that creates a profile of the org for a service.

    ``context_id`` is the URN of the VDC or VDC group that owns the edge gateway.
    """
    entry: dict[str, Any] = {"protocol": _WIRE_PROTOCOLS[service["protocol"]]}
    if service["protocol"] != "icmp":
        ports = list(service.get("port") or ())
        entry["destinationPorts"] = [_ALL_PORTS] if port_set(ports) == (ANY,) else ports
    return {
        "name": name,
        "description": "Managed by vcloudair.cloud",
        "scope": TENANT,
        "orgRef": {"id": org_id},
        "contextEntityId": context_id,
        "applicationPorts": [entry],
    }
