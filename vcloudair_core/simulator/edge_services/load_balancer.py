"""The load balancer of an NSX-V edge.

Source: protocol/ans.md §5. Error codes are placeholders, because no source states them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from vcloudair_core.simulator import responses
from vcloudair_core.simulator.edge.firewall_section import RefusedError, check_version
from vcloudair_core.simulator.edge.section_routes import xml_answer
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.edge_services.truststore import certificate_ids
from vcloudair_core.simulator.state.entities import SimulatedEdge
from vcloudair_core.transport.messages import Response

NAME, FEATURE_TYPE, ROOT = "loadbalancer", "loadbalancer_4.0", "loadBalancer"
LISTS = {
    "virtualServer": "virtualServerId",
    "pool": "poolId",
    "monitor": "monitorId",
    "applicationProfile": "applicationProfileId",
    "applicationRule": "applicationRuleId",
}
"""ID of the objects in each list. IDs have the form ``pool-1``."""
_TEXT_LISTS = {
    "pool": ("monitorId",),
    "virtualServer": ("applicationRuleId",),
    "clientSsl": ("serviceCertificate", "caCertificate", "crlCertificate"),
    "serverSsl": ("serviceCertificate", "caCertificate", "crlCertificate"),
}
"""Elements that can be repeated, by the name of their parent element."""
_FLAGS = frozenset(
    {
        "enabled", "enableServiceInsertion", "accelerationEnabled", "enable", "transparent", "insertXForwardedFor",
        "sslPassthrough", "serverSslEnabled",
    }
)  # fmt: skip
_NUMBERS = frozenset(
    {
        "version", "interval", "timeout", "maxRetries", "weight", "port", "monitorPort", "minConn", "maxConn",
        "connectionLimit", "connectionRateLimit",
    }
)  # fmt: skip
_CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "pool": {"algorithm": ("round-robin", "ip-hash", "leastconn", "uri", "url", "httpheader")},
    "virtualServer": {"protocol": ("http", "https", "tcp", "udp")},
    "monitor": {"type": ("tcp", "http", "https", "udp", "icmp")},
    "applicationProfile": {"template": ("TCP", "UDP", "HTTP", "HTTPS")},
}
_CODE = 14500
_NO_TRAFFIC = {"bytesIn": 0, "bytesOut": 0, "curSessions": 0, "totalSessions": 0}
_MONITOR = {"interval": 5, "timeout": 15, "maxRetries": 3}


def factory() -> dict[str, Any]:
    """Return the load balancer of a new edge, with three monitors."""
    return {
        "featureType": FEATURE_TYPE,
        "version": 1,
        "enabled": False,
        "enableServiceInsertion": False,
        "accelerationEnabled": False,
        "virtualServer": [],
        "pool": [],
        "monitor": [
            {"monitorId": f"monitor-{number}", "type": kind, **_MONITOR, "name": f"default_{kind}_monitor"}
            for number, kind in enumerate(("tcp", "http", "https"), 1)
        ],
        "applicationProfile": [],
        "applicationRule": [],
        "logging": {"enable": False, "logLevel": "info"},
    }


class LoadBalancerSection:
    """The load balancer as a section with JSON and XML."""

    name = NAME

    def shown(self, edge: SimulatedEdge, *, is_sensitive: bool) -> dict[str, Any]:
        """Return the section as a GET request returns it."""
        return copy.deepcopy(state_of(edge))

    def replace(self, edge: SimulatedEdge, data: dict[str, Any], *, config: Any, needs_feature_type: bool) -> None:
        """Replace the whole section. Raises RefusedError for invalid data."""
        current = state_of(edge)
        if needs_feature_type and data.get("featureType") != FEATURE_TYPE:
            raise RefusedError(f"[LoadBalancer] featureType must be {FEATURE_TYPE}.", code=_CODE)
        check_version(current, data, NAME, config.strict_version)
        new = {**factory(), **dict.fromkeys(LISTS, ()), **copy.deepcopy(data)}
        new.update({key: [dict(item) for item in new[key] or ()] for key in LISTS})
        for key in LISTS:
            _add_ids(key, new[key], current[key])
            _check_objects(key, new[key])
        _check_references(edge, new)
        edge.sections[NAME] = {**new, "featureType": FEATURE_TYPE, "version": current["version"] + 1}

    def reset(self, edge: SimulatedEdge) -> None:
        """Restore the default settings of the section."""
        edge.sections[NAME] = {**factory(), "version": state_of(edge)["version"] + 1}

    def to_xml(self, shown: dict[str, Any]) -> bytes:
        """Return the result of :meth:`shown` as XML."""
        return to_xml(ROOT, {key: value for key, value in shown.items() if key != "featureType"})

    def from_xml(self, body: bytes) -> dict[str, Any]:
        """Return the section that an XML body contains.

        Raises ValueError if the root element is not ``loadBalancer``.
        """
        data: dict[str, Any] = _value(_root(body, ROOT))
        return data


def statistics(context: Any, edge: SimulatedEdge, as_json: bool) -> Response:
    """Return the status of virtual servers, pools and members. All counters are 0.

    A member is up if it is not disabled. Source: protocol/ans.md §5.
    """
    state = state_of(edge)
    pools = [
        {
            **{key: pool[key] for key in ("poolId", "name")},
            "member": [
                {
                    **{key: member[key] for key in ("memberId", "name", "ipAddress") if key in member},
                    "status": _up(state["enabled"] and member.get("condition") != "disabled"),
                    **_NO_TRAFFIC,
                }
                for member in pool.get("member") or ()
            ],
        }
        for pool in state["pool"]
    ]
    for pool in pools:
        pool |= {"status": _up(any(member["status"] == "UP" for member in pool["member"])), **_NO_TRAFFIC}
    servers = [
        {
            **{key: server[key] for key in ("virtualServerId", "name", "ipAddress")},
            "status": "OPEN" if state["enabled"] and server.get("enabled", True) else "CLOSED",
            **_NO_TRAFFIC,
        }
        for server in state["virtualServer"]
    ]
    shown = {"timeStamp": 1448532000, "pool": pools, "virtualServer": servers}
    return responses.json_body(shown) if as_json else xml_answer(to_xml("loadBalancerStatusAndStats", shown))


def _up(is_up: bool) -> str:
    return "UP" if is_up else "DOWN"


def state_of(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the load balancer of an edge."""
    state: dict[str, Any] = edge.sections.setdefault(NAME, factory())
    return state


def certificates_of(profile: Mapping[str, Any]) -> Iterator[str]:
    """Yield the certificate references in an application profile."""
    for side in ("clientSsl", "serverSsl"):
        for key in ("serviceCertificate", "caCertificate"):
            yield from (profile.get(side) or {}).get(key) or ()


def _value(node: Any) -> Any:
    """Return an element in the JSON format of the API."""
    children = [child for child in node if isinstance(child.tag, str)]
    if not children:
        text = (node.text or "").strip()
        if node.tag in _FLAGS:
            return text == "true"
        return int(text) if node.tag in _NUMBERS and text.isdecimal() else text
    lists = {**dict.fromkeys(_TEXT_LISTS.get(node.tag, ())), **(dict.fromkeys(LISTS) if node.tag == ROOT else {})}
    if node.tag == "pool":
        lists["member"] = None
    made: dict[str, Any] = {}
    for child in children:
        if child.tag in lists:
            made.setdefault(child.tag, []).append(_value(child))
        else:
            made[child.tag] = _value(child)
    return made


def _add_ids(key: str, items: list[dict[str, Any]], current: list[dict[str, Any]]) -> None:
    """Assign IDs to new objects, unless the client has chosen an ID.

    Raises RefusedError for an ID with an invalid format or a repeated ID. Source: protocol/ans.md §5.
    """
    id_key = LISTS[key]
    sent = [str(item[id_key]) for item in items if item.get(id_key)]
    invalid = [text for text in sent if not re.fullmatch(rf"{key}-[1-9][0-9]{{0,8}}", text) or sent.count(text) > 1]
    if invalid:
        raise RefusedError(f"[LoadBalancer] Invalid {id_key} {invalid[0]}.", code=_CODE)
    known = {*sent, *(item[id_key] for item in current)}
    last = max((int(identifier.rpartition("-")[2]) for identifier in known), default=0)
    for item in items:
        if not item.get(id_key):
            last += 1
            item[id_key] = f"{key}-{last}"
    for number, member in enumerate((member for item in items for member in item.get("member") or ()), 1):
        member.setdefault("memberId", f"member-{number}")


def _check_objects(key: str, items: list[dict[str, Any]]) -> None:
    names = [str(item.get("name") or "") for item in items]
    if "" in names:
        raise RefusedError(f"[LoadBalancer] {key} has no name.", code=_CODE)
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise RefusedError(f"[LoadBalancer] Duplicate name {doubled[0]} of {key}.", code=_CODE)
    for item in items:
        for field, choices in _CHOICES.get(key, {}).items():
            if item.get(field) not in choices:
                raise RefusedError(f"[LoadBalancer] Invalid {field} {item.get(field)} of {item['name']}.", code=_CODE)
        endpoints = item.get("member") or () if key == "pool" else [item] if key == "virtualServer" else ()
        for endpoint in endpoints:
            _check_endpoint(str(item["name"]), endpoint)


def _check_endpoint(name: str, endpoint: Mapping[str, Any]) -> None:
    try:
        ip_address(str(endpoint.get("ipAddress")))
        is_valid = all(1 <= port <= 65535 for port in _ports(str(endpoint["port"])))
    except (ValueError, KeyError, TypeError):
        is_valid = False
    if not is_valid:
        raise RefusedError(f"[LoadBalancer] Invalid address or port of {name}.", code=_CODE)


def _ports(text: str) -> list[int]:
    """Return the ports and the ends of ranges in a text such as ``443,6000-7000``.

    Source: protocol/ans.md §5.
    """
    return [int(port) for port_range in text.split(",") for port in port_range.split("-")]


def _check_references(edge: SimulatedEdge, new: Mapping[str, Any]) -> None:
    known = {key: {item[id_key] for item in new[key]} for key, id_key in LISTS.items()}
    references = [
        *(("applicationProfile", item.get("applicationProfileId")) for item in new["virtualServer"]),
        *(("pool", item.get("defaultPoolId")) for item in new["virtualServer"]),
        *(("monitor", monitor) for item in new["pool"] for monitor in item.get("monitorId") or ()),
        *(("applicationRule", rule) for item in new["virtualServer"] for rule in item.get("applicationRuleId") or ()),
    ]
    for key, reference in references:
        if reference and reference not in known[key]:
            raise RefusedError(f"[LoadBalancer] {key} {reference} does not exist.", code=_CODE)
    certificates = certificate_ids(edge)
    for profile in new["applicationProfile"]:
        for reference in certificates_of(profile):
            if reference not in certificates:
                raise RefusedError(f"[LoadBalancer] Certificate {reference} does not exist.", code=_CODE)
