"""The firewall section of an NSX edge: defaults, validation and changes.

Source: protocol/ans.md §2, §6, §12.
"""

from __future__ import annotations

import copy
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from vcloudair_core.simulator.state.entities import SimulatedEdge

GLOBAL_DEFAULTS: dict[str, Any] = {
    "tcpPickOngoingConnections": False,
    "tcpAllowOutOfWindowPackets": False,
    "tcpSendResetForClosedVsePorts": True,
    "dropInvalidTraffic": True,
    "logInvalidTraffic": False,
    "tcpTimeoutOpen": 30,
    "tcpTimeoutEstablished": 21600,
    "tcpTimeoutClose": 30,
    "udpTimeout": 60,
    "icmpTimeout": 10,
    "icmp6Timeout": 10,
    "ipGenericTimeout": 120,
    "enableSynFloodProtection": False,
    "logIcmpErrors": False,
    "dropIcmpReplays": False,
}
PROTOCOLS = {"tcp", "udp", "icmp", "any"}
ICMP_TYPES = set(
    "echo-reply destination-unreachable source-quench redirect echo-request time-exceeded parameter-problem "
    "timestamp-request timestamp-reply address-mask-request address-mask-reply router-solicitation "
    "router-advertisement source-host-isolated pointer-to-error redirect-host fragmentation-needed bad-length "
    "destination-network-prohibited ttl-zero-transit network-unreachable-tos network-unreachable host-unreachable "
    "communication-prohibited destination-host-unknown ttl-zero-reassembly port-unreachable any".split()
)
_VNIC = re.compile(r"(?:internal|external|vse|vnic-(?:index-)?\d{1,2})\Z")
_GROUP = re.compile(r"(?:[0-9a-f-]{36}:)?[a-z]+-c?\d+\Z|urn:vcloud:[a-z]+:[0-9a-f-]{36}\Z", re.I)
READ_ONLY = ("statistics", "invalidSource", "invalidDestination", "invalidApplication")


class RefusedError(Exception):
    """Raised for a request that NSX refuses. ``status`` is the HTTP status.

    ``code``, ``details`` and ``module`` are fields of the error document. Source: protocol/ans.md §6.
    """

    def __init__(self, details: str, *, status: int = 400, code: int = 12002, module: str = "vShield Edge") -> None:
        super().__init__(details)
        self.status, self.code, self.details, self.module = status, code, details, module


def factory(edge: SimulatedEdge, established_timeout_s: int) -> dict[str, Any]:
    """Return the firewall section of a new edge.

    The edge assigns the IDs of the internal rule and the default rule.
    """
    return {
        "featureType": "firewall_4.0",
        "version": 1,
        "enabled": True,
        "globalConfig": global_config({}, established_timeout_s),
        "defaultPolicy": checked_policy({}),
        "default_id": take_id(edge),
        "internal": [_internal(edge)],
        "user": [],
    }


def take_id(edge: SimulatedEdge) -> int:
    """Return the next rule ID. IDs are never reused.

    Source: protocol/ans.md §12.
    """
    edge.next_rule_id += 1
    return edge.next_rule_id - 1


def _internal(edge: SimulatedEdge) -> dict[str, Any]:
    number = take_id(edge)
    return {
        "ruleId": number,
        "ruleTag": number,
        "name": "firewall",
        "ruleType": "internal_high",
        "enabled": True,
        "loggingEnabled": False,
        "description": "firewall",
        "action": "accept",
        "source": {"exclude": False, "ipAddress": [], "groupingObjectId": [], "vnicGroupId": ["vse"]},
    }


def default_rule(state: dict[str, Any]) -> dict[str, Any]:
    """Return the default rule, which is the last rule and applies the default policy.

    Source: protocol/ans.md §2.7.
    """
    name = "default rule for ingress traffic"
    return {
        "ruleId": state["default_id"],
        "ruleTag": state["default_id"],
        "name": name,
        "ruleType": "default_policy",
        "enabled": True,
        "loggingEnabled": state["defaultPolicy"]["loggingEnabled"],
        "description": name,
        "action": state["defaultPolicy"]["action"],
    }


def shown(state: dict[str, Any]) -> dict[str, Any]:
    """Return the section as a GET request returns it."""
    return {
        "featureType": state["featureType"],
        "version": state["version"],
        "enabled": state["enabled"],
        "globalConfig": state["globalConfig"],
        "defaultPolicy": state["defaultPolicy"],
        **state.get("extra", {}),
        "firewallRules": {"firewallRules": [*state["internal"], *state["user"], default_rule(state)]},
    }


def check_version(state: Mapping[str, Any], data: Mapping[str, Any], section: str, strict_version: str) -> None:
    """Raise RefusedError if the new data contains a stale section version.

    Data without a version is always accepted. If the option ``strict_version`` is ``reject-any``, every version raises
    the error; if it is ``ignore``, no version does. Source: protocol/ans.md §8, §12.
    """
    version = data.get("version")
    if version is None:
        return
    if strict_version == "reject-any":
        raise RefusedError("version must not be given.", code=10002)
    if strict_version == "409-stale" and int(version) != state["version"]:
        raise RefusedError(
            f"The object {section} used in this operation has an older version {version} than the current system "
            f"version {state['version']}. Refresh UI or fetch the latest copy of the object and retry operation.",
            status=409,
            code=203,
        )


def replace(
    edge: SimulatedEdge,
    body: dict[str, Any],
    *,
    needs_feature_type: bool,
    strict_version: str,
    regenerate: bool,
    established: int,
) -> None:
    """Replace the whole section.

    An invalid section raises RefusedError and changes nothing.
    """
    state = edge.firewall
    if needs_feature_type and body.get("featureType") != "firewall_4.0":
        raise RefusedError("The feature type is missing or wrong: firewall_4.0 is required.", code=10001)
    check_version(state, body, "firewall", strict_version)
    rules = (body.get("firewallRules") or {}).get("firewallRules") or []
    known = {rule["ruleId"] for rule in state["user"]}
    new_rules: list[dict[str, Any]] = []
    for position, rule in enumerate(rules):
        if str(rule.get("ruleType") or "user").lower() != "user":
            continue
        new_rules.append(_checked(edge, rule, position, known))
    tags = [rule["ruleTag"] for rule in new_rules]
    if len(set(tags)) != len(tags):
        raise RefusedError("[Firewall] Duplicate rule tag.", code=12010)
    policy = checked_policy(body.get("defaultPolicy") or {})
    state["defaultPolicy"] = policy
    state["user"] = new_rules
    state["enabled"] = body.get("enabled", True)
    state["globalConfig"] = global_config(body.get("globalConfig") or {}, established)
    state["extra"] = {
        key: value
        for key, value in body.items()
        if key not in ("featureType", "version", "enabled", "globalConfig", "defaultPolicy", "firewallRules")
    }
    if regenerate:
        state["internal"] = [_internal(edge)]
    state["version"] += 1


def checked_policy(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the default policy. Missing fields get their defaults.

    Raises RefusedError for an invalid policy. Source: protocol/ans.md §2.2.
    """
    policy = {"action": "deny", "loggingEnabled": False, **settings}
    if policy["action"] not in ("accept", "deny"):
        raise RefusedError(f"[Firewall] Invalid action {policy['action']} of the default policy.", code=12003)
    return policy


def global_config(settings: dict[str, Any], established: int) -> dict[str, Any]:
    """Return the global settings. Missing settings get their defaults.

    Source: protocol/ans.md §2.3.
    """
    return {**GLOBAL_DEFAULTS, "tcpTimeoutEstablished": established, **settings}


def append(edge: SimulatedEdge, rules: list[dict[str, Any]], above: int | None) -> list[int]:
    """Add rules at the end, or above the rule ``above``. Return the IDs of the rules."""
    state = edge.firewall
    new_rules = [
        _checked(edge, {key: value for key, value in rule.items() if key != "ruleId"}, position, set())
        for position, rule in enumerate(rules)
    ]
    index = len(state["user"])
    if above is not None:
        matches = [i for i, rule in enumerate(state["user"]) if rule["ruleId"] == above]
        if not matches:
            raise RefusedError(f"[Firewall] The rule {above} does not exist.", status=404, code=12004)
        index = matches[0]
    state["user"][index:index] = new_rules
    state["version"] += 1
    return [rule["ruleId"] for rule in new_rules]


def find(edge: SimulatedEdge, rule_id: str) -> int:
    """Return the index of a user rule.

    Raises RefusedError (status 404) for an unknown ID, and for the ID of an internal rule or the default rule.
    """
    for position, rule in enumerate(edge.firewall["user"]):
        if str(rule["ruleId"]) == rule_id:
            return position
    raise RefusedError(f"[Firewall] The rule {rule_id} does not exist.", status=404, code=12004)


def update(edge: SimulatedEdge, rule_id: str, rule: dict[str, Any]) -> None:
    """Replace one rule. A field that ``rule`` lacks gets its default.

    An invalid rule raises RefusedError.
    """
    position = find(edge, rule_id)
    known = {edge.firewall["user"][position]["ruleId"]}
    edge.firewall["user"][position] = _checked(edge, {**rule, "ruleId": int(rule_id)}, position, known)
    edge.firewall["version"] += 1


def delete(edge: SimulatedEdge, rule_id: str) -> None:
    """Delete one rule.

    Raises RefusedError (status 404) for an unknown ID.
    """
    del edge.firewall["user"][find(edge, rule_id)]
    edge.firewall["version"] += 1


# -- validation --------------------------------------------------------------------------------------------------


def _checked(edge: SimulatedEdge, raw: dict[str, Any], position: int, known: set[int]) -> dict[str, Any]:
    where = f"firewallRules[{position}]"
    rule = {key: copy.deepcopy(value) for key, value in raw.items() if key not in READ_ONLY}
    action = str(rule.get("action") or "").lower()
    if action not in ("accept", "deny", "reject"):
        raise RefusedError(f"[Firewall] Invalid action {rule.get('action')} is specified in Firewall rule.", code=12003)
    for side in ("source", "destination"):
        if rule.get(side) is not None:
            rule[side] = _checked_side(rule[side], f"{where}.{side}")
            if not any(rule[side].values()):
                del rule[side]
        else:
            rule.pop(side, None)
    application = rule.get("application")
    if application:
        rule["application"] = _checked_application(application, where)
    rule_id = rule.get("ruleId")
    if rule_id in (None, ""):
        rule_id = take_id(edge)
    elif int(rule_id) not in known:
        raise RefusedError(f"[Firewall] The rule {rule_id} does not exist.", code=12004)
    tag = rule.get("ruleTag")
    if tag in (None, ""):
        tag = rule_id
    elif int(tag) != int(rule_id) and not 1 <= int(tag) <= 65536:
        raise RefusedError(f"[Firewall] Invalid rule tag {tag}: 1-65536 is allowed.", code=12009)
    return _in_order(rule, {"ruleId": int(rule_id), "ruleTag": int(tag), "ruleType": "user"})


def _in_order(rule: dict[str, Any], ids: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with its fields in the order of the request.

    Therefore, if a client sends a rule back unchanged, the bytes of the next response are also unchanged.
    """
    before = {key: value for key, value in ids.items() if key not in rule}
    defaults = {"name": "", "enabled": True, "loggingEnabled": False, "description": "", "matchTranslated": False}
    after = {key: value for key, value in defaults.items() if key not in rule}
    return {**before, **{key: ids.get(key, value) for key, value in rule.items()}, **after}


def _checked_side(side: dict[str, Any], where: str) -> dict[str, Any]:
    missing = {"exclude": False, "ipAddress": [], "groupingObjectId": [], "vnicGroupId": []}
    side = {**{key: value for key, value in missing.items() if key not in side}, **side}
    for key in ("ipAddress", "groupingObjectId", "vnicGroupId"):
        side[key] = [] if side[key] is None else side[key] if isinstance(side[key], list) else [side[key]]
    for address in side["ipAddress"]:
        if not _is_address(str(address)):
            details = f"[Firewall] Invalid IP address {address} is specified for {where}.ipAddress."
            raise RefusedError(details, code=15012)
    for vnic in side["vnicGroupId"]:
        if not _VNIC.match(str(vnic)):
            raise RefusedError(
                f"[Firewall] Invalid vnic group id {vnic} is specified for {where}.vnicGroupId.", code=12006
            )
    for object_id in side["groupingObjectId"]:
        if not _GROUP.match(str(object_id)):
            raise RefusedError(
                f"The requested object : {object_id} could not be found. Object identifiers are case sensitive.",
                code=202,
                module="core-services",
            )
    return side


def _checked_application(application: dict[str, Any], where: str) -> dict[str, Any]:
    result = dict(application)
    services = result.get("service")
    services = [] if services is None else services if isinstance(services, list) else [services]
    checked = []
    for service in services:
        service = dict(service)
        protocol = str(service.get("protocol") or "any")
        if protocol.lower() not in PROTOCOLS:
            raise RefusedError(f"[Firewall] Invalid protocol {protocol} is specified in Firewall rule.", code=12001)
        if protocol.lower() == "icmp":
            service.pop("port", None)
            service.pop("sourcePort", None)
            service["icmpType"] = service.get("icmpType") or "any"
            if str(service["icmpType"]).lower() not in ICMP_TYPES and not str(service["icmpType"]).isdigit():
                raise RefusedError(f"[Firewall] Invalid icmp type {service['icmpType']}.", code=12008)
        else:
            for key in ("port", "sourcePort"):
                value = service.get(key)
                ports = [] if value in (None, "") else value if isinstance(value, list) else [value]
                service[key] = [str(port) for port in ports] or ["any"]
                for port in service[key]:
                    if not _is_port(port):
                        raise RefusedError(f"[Firewall] Invalid port {port} is specified in Firewall rule.", code=12007)
        checked.append(service)
    if checked or "service" in result:
        result["service"] = checked
    return result


def _is_address(text: str) -> bool:
    if text.lower() == "any":
        return True
    try:
        if "-" in text:
            low, high = (ipaddress.ip_address(bound) for bound in text.split("-"))
            return low.version == high.version and int(low) <= int(high)
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_port(text: str) -> bool:
    if text.lower() == "any":
        return True
    first, dash, last = text.partition("-")
    numbers = [first, last] if dash else [first]
    is_valid = all(number.isdigit() and 0 <= int(number) <= 65535 for number in numbers)
    return is_valid and (not dash or int(first) <= int(last))
