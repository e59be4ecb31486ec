"""Pools and virtual services of an NSX-T edge gateway.

Source: protocol/nsxt.md §9.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from ipaddress import ip_address as parse_address
from typing import Any

from vcloudair_core.simulator.nsxt.edges import gateway_urn
from vcloudair_core.simulator.nsxt.field_checks import MAX_DESCRIPTION, ip_address, ipv4_address, not_blank, number_from
from vcloudair_core.simulator.nsxt.firewall.references import resolve_groups, scope_of_edge
from vcloudair_core.simulator.nsxt.ipsec.certificate_library import find_certificate
from vcloudair_core.simulator.nsxt.json_bodies import REFERENCE, JsonField, RefusedBodyError, checked
from vcloudair_core.simulator.state.entities import SimulatedEdge

POOL, SERVICE = "pools", "virtualServices"
_URN = {POOL: "urn:vcloud:loadBalancerPool:", SERVICE: "urn:vcloud:loadBalancerVirtualService:"}
"""Start of the URN of each type of object (inferred)."""
ALGORITHMS = (
    "ROUND_ROBIN", "CONSISTENT_HASH", "LEAST_CONNECTIONS", "FASTEST_RESPONSE", "LEAST_LOAD", "FEWEST_SERVERS", "RANDOM",
    "FEWEST_TASKS", "CORE_AFFINITY",
)  # fmt: skip
_PORT = number_from(1, 65535)
_COUNTS = ("memberCount", "enabledMemberCount", "upMemberCount")
_MEMBER = {
    "ipAddress": JsonField(str, is_required=True, check=ip_address),
    "port": JsonField(int, check=_PORT),
    "ratio": JsonField(int, check=number_from(1, 20)),
    "enabled": JsonField(bool),
    "healthStatus": JsonField(str),
    "detailedHealthMessage": JsonField(str),
    "markedDownBy": JsonField(list),
}
_MONITOR = {
    "name": JsonField(str),
    "systemDefined": JsonField(bool),
    "type": JsonField(str, choices=("HTTP", "HTTPS", "TCP", "UDP", "PING"), is_required=True),
}
_PERSISTENCE = {
    "name": JsonField(str),
    "type": JsonField(
        str, choices=("CLIENT_IP", "HTTP_COOKIE", "CUSTOM_HTTP_HEADER", "APP_COOKIE", "TLS"), is_required=True
    ),
    "value": JsonField(str),
}
_PREMIUM = ("CUSTOM_HTTP_HEADER", "APP_COOKIE", "TLS")
_WITH_VALUE = ("HTTP_COOKIE", "CUSTOM_HTTP_HEADER", "APP_COOKIE")
_COMMON = {
    "id": JsonField(str),
    "name": JsonField(str, is_required=True, check=not_blank),
    "description": JsonField(str, length=MAX_DESCRIPTION),
    "enabled": JsonField(bool),
    "gatewayRef": JsonField(dict, items=REFERENCE, is_required=True),
    "healthStatus": JsonField(str),
    "healthMessage": JsonField(str),
    "detailedHealthMessage": JsonField(str),
}
_FIELDS = {
    POOL: {
        **_COMMON,
        "algorithm": JsonField(str, choices=ALGORITHMS),
        "defaultPort": JsonField(int, check=_PORT),
        "gracefulTimeoutPeriod": JsonField(int, check=number_from(-1, 7200)),
        "passiveMonitoringEnabled": JsonField(bool),
        "healthMonitors": JsonField(list, items=_MONITOR),
        "members": JsonField(list, items=_MEMBER),
        "memberGroupRef": JsonField(dict, items=REFERENCE, since=(36, 0)),
        "caCertificateRefs": JsonField(list, items=REFERENCE),
        "commonNameCheckEnabled": JsonField(bool),
        "domainNames": JsonField(list),
        "persistenceProfile": JsonField(dict, items=_PERSISTENCE),
        "sslEnabled": JsonField(bool, since=(37, 0)),
        "virtualServiceRefs": JsonField(list, items=REFERENCE),
        **{name: JsonField(int) for name in _COUNTS},
    },
    SERVICE: {
        **_COMMON,
        "enabled": JsonField(bool, is_required=True),
        "applicationProfile": JsonField(
            dict,
            items={
                "name": JsonField(str),
                "systemDefined": JsonField(bool),
                "type": JsonField(str, choices=("HTTP", "HTTPS", "L4", "L4_TLS"), is_required=True),
            },
            is_required=True,
        ),
        "certificateRef": JsonField(dict, items=REFERENCE),
        "loadBalancerPoolRef": JsonField(dict, items=REFERENCE, is_required=True),
        "serviceEngineGroupRef": JsonField(dict, items=REFERENCE, is_required=True),
        "virtualIpAddress": JsonField(str, check=ipv4_address),
        "ipv6VirtualIpAddress": JsonField(str, since=(37, 0), check=ip_address),
        "servicePorts": JsonField(
            list,
            items={
                "portStart": JsonField(int, is_required=True, check=_PORT),
                "portEnd": JsonField(int, check=_PORT),
                "sslEnabled": JsonField(bool),
                "tcpUdpProfile": JsonField(
                    dict,
                    items={
                        "systemDefined": JsonField(bool),
                        "type": JsonField(str, choices=("TCP_PROXY", "TCP_FAST_PATH", "UDP_FAST_PATH")),
                    },
                ),
            },
            is_required=True,
        ),
        "transparentModeEnabled": JsonField(bool, since=(37, 1)),
    },
}


def state_of(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the state of the load balancer of an edge gateway.

    By default, the load balancer is enabled and has a service engine group, as if the provider had set them up.
    """
    return edge.services.setdefault("loadBalancer", {"enabled": True, POOL: [], SERVICE: [], "count": 0})


def feature_set(state: Mapping[str, Any]) -> str:
    """Return the feature set of a load balancer. The default is STANDARD."""
    return str(state.get("featureSet") or "STANDARD")


def engine_group(context: Any, edge: SimulatedEdge) -> dict[str, str]:
    """Return the reference to the service engine group of an edge gateway."""
    identifier = context.world.make_id("service-engine-group", edge.edge_id)
    return {"name": "shared-engines", "id": f"urn:vcloud:serviceEngineGroup:{identifier}"}


def new_id(context: Any, edge: SimulatedEdge, kind: str) -> str:
    """Return the URN of a new object."""
    number = state_of(edge)["count"] + 1
    return f"{_URN[kind]}{context.world.make_id(kind, f'{edge.edge_id}/{number}')}"


def parse(
    context: Any, edge: SimulatedEdge, kind: str, body: dict[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Parse a pool or virtual service from a request body.

    ``known`` is the object that the request replaces, or an empty mapping.

    Raises RefusedBodyError for invalid values, a repeated name and references to unknown objects.
    """
    sent = checked(context, body, _FIELDS[kind])
    state = state_of(edge)
    if any(item["name"] == sent["name"] and item is not known for item in state[kind]):
        raise RefusedBodyError(f"The name '{sent['name']}' is already in use on the edge gateway.")
    kept = {key: copy.deepcopy(value) for key, value in sent.items() if key not in _COUNTS and "ealth" not in key}
    if kind == POOL:
        _check_certificates(context, "caCertificateRefs", sent.get("caCertificateRefs") or ())
        _check_persistence(state, sent.get("persistenceProfile") or {})
        groups = [sent["memberGroupRef"]] if sent.get("memberGroupRef") else []
        if groups and sent.get("members"):
            raise RefusedBodyError("Only one of members and memberGroupRef can be specified.")
        for reference in resolve_groups(context.world, scope_of_edge(context.world, edge), groups) or ():
            kept["memberGroupRef"] = reference
        monitors = {"healthMonitors": copy.deepcopy(sent.get("healthMonitors") or [])}
        members = {"members": [_member(member) for member in sent.get("members") or ()]}
        return {"enabled": True, "algorithm": "LEAST_CONNECTIONS", "defaultPort": 80, **kept, **monitors, **members}
    _check_service(context, edge, sent, known)
    return kept


def _check_persistence(state: Mapping[str, Any], profile: Mapping[str, Any]) -> None:
    kind = profile.get("type")
    if kind in _PREMIUM and feature_set(state) != "PREMIUM":
        raise RefusedBodyError(f"Persistence profiles of the type {kind} need the feature set PREMIUM.")
    if kind in _WITH_VALUE and not profile.get("value"):
        raise RefusedBodyError("validation error on field 'persistenceProfile.value': must not be blank")


def _check_certificates(context: Any, field: str, references: Iterable[Mapping[str, Any]]) -> None:
    if any(find_certificate(context, str(reference.get("id"))) is None for reference in references):
        raise RefusedBodyError(f"validation error on field '{field}.id': the certificate does not exist")


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in member.items() if "ealth" not in key and key != "markedDownBy"}
    return {"ratio": 1, "enabled": True, **shown}


def _check_service(context: Any, edge: SimulatedEdge, sent: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    state = state_of(edge)
    if sent["loadBalancerPoolRef"].get("id") not in {pool["id"] for pool in state[POOL]}:
        raise RefusedBodyError("validation error on field 'loadBalancerPoolRef.id': the pool does not exist")
    if sent["serviceEngineGroupRef"].get("id") != engine_group(context, edge)["id"]:
        raise RefusedBodyError("validation error on field 'serviceEngineGroupRef.id': the group is not assigned")
    if not sent["servicePorts"]:
        raise RefusedBodyError("validation error on field 'servicePorts': must not be empty")
    address = sent.get("virtualIpAddress") or sent.get("ipv6VirtualIpAddress")
    if not address:
        raise RefusedBodyError("validation error on field 'virtualIpAddress': must not be null")
    certificate = (sent.get("certificateRef") or {}).get("id")
    if sent["applicationProfile"]["type"] in ("HTTPS", "L4_TLS") and not certificate:
        raise RefusedBodyError(
            "validation error on field 'certificateRef': the type of the service needs a certificate"
        )
    _check_certificates(context, "certificateRef", [sent["certificateRef"]] if certificate else ())
    ports = {port["portStart"] for port in sent["servicePorts"]}
    for service in state[SERVICE]:
        is_same = parse_address(_address(service)) == parse_address(address)
        if service is not known and is_same and ports & {port["portStart"] for port in service["servicePorts"]}:
            raise RefusedBodyError(f"The virtual service '{service['name']}' already uses the address and the port.")


def pool_json(edge: SimulatedEdge, pool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pool in the format of a response, with the health of its members."""
    members = [{**member, "healthStatus": "UP" if member["enabled"] else "DISABLED"} for member in pool["members"]]
    enabled = sum(member["enabled"] for member in members)
    services = [item for item in state_of(edge)[SERVICE] if item["loadBalancerPoolRef"]["id"] == pool["id"]]
    return {
        **copy.deepcopy(dict(pool)),
        "gatewayRef": {"name": edge.name, "id": gateway_urn(edge)},
        "members": members,
        "memberCount": len(members),
        "enabledMemberCount": enabled,
        "upMemberCount": enabled,
        "healthMessage": "The pool is up." if enabled else "The pool has no enabled members.",
        "virtualServiceRefs": [{"name": item["name"], "id": item["id"]} for item in services],
    }


def service_json(context: Any, edge: SimulatedEdge, service: Mapping[str, Any]) -> dict[str, Any]:
    """Return a virtual service in the format of a response, with its health."""
    pools = {pool["id"]: pool for pool in state_of(edge)[POOL]}
    pool = pools[service["loadBalancerPoolRef"]["id"]]
    is_up = pool["enabled"] and (
        bool(pool.get("memberGroupRef")) or any(member["enabled"] for member in pool["members"])
    )
    return {
        **copy.deepcopy(dict(service)),
        "gatewayRef": {"name": edge.name, "id": gateway_urn(edge)},
        "loadBalancerPoolRef": {"name": pool["name"], "id": pool["id"]},
        "serviceEngineGroupRef": engine_group(context, edge),
        "healthStatus": ("UP" if is_up else "DOWN") if service["enabled"] else "DISABLED",
    }


def _address(service: Mapping[str, Any]) -> str:
    return str(service.get("virtualIpAddress") or service.get("ipv6VirtualIpAddress"))
