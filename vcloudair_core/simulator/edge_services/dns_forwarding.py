"""The DNS forwarding of an edge.

The keys are those of the public SDK of VMware Cloud on AWS. Defaults and error codes are inferred. Source:
protocol/ans.md §5.
"""

from __future__ import annotations

import copy
from ipaddress import ip_address
from typing import Any

from vcloudair_core.simulator.edge.firewall_section import RefusedError, check_version
from vcloudair_core.simulator.edge.section_xml import _root, to_xml
from vcloudair_core.simulator.state.entities import SimulatedEdge

NAME = "dns"
MAX_SERVERS = 2
"""Maximum number of DNS servers (inferred)."""
LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
_CODE, _ADDRESS = 12001, 15012
_CACHE_MB = (1, 8192)
_FACTORY: dict[str, Any] = {
    "enabled": False,
    "cacheSize": 16,
    "listeners": {"vnic": ["any"]},
    "dnsServers": {"ipAddress": []},
    "dnsViews": {"dnsView": []},
    "logging": {"enable": False, "logLevel": "info"},
}


def shown(edge: SimulatedEdge) -> dict[str, Any]:
    """Return the section in the JSON format of the API."""
    return {"featureType": "dns", **copy.deepcopy(_state(edge))}


def to_document(edge: SimulatedEdge) -> bytes:
    """Return the section as XML. Empty lists are omitted. Source: protocol/ans.md §9."""
    return to_xml("dns", {name: value for name, value in _state(edge).items() if not _is_empty(value)})


def from_document(body: bytes) -> dict[str, Any]:
    """Return the section in an XML body, in its JSON format.

    Raises etree.XMLSyntaxError or ValueError for an invalid body.
    """
    root = _root(body, "dns")
    section: dict[str, Any] = {child.tag: _value(child) for child in root}
    for name, inner in (("dnsServers", "ipAddress"), ("dnsViews", "dnsView")):
        if name in section:
            section[name] = {inner: [_value(node) for node in root.find(name)]}
    if "listeners" in section:
        nodes = list(root.find("listeners"))
        section["listeners"] = {
            tag: [_value(node) for node in nodes if node.tag == tag] for tag in {n.tag for n in nodes}
        }
    return section


def replace(edge: SimulatedEdge, data: dict[str, Any], *, strict_version: str, needs_feature_type: bool) -> None:
    """Replace the whole section. Missing values get their defaults.

    Invalid data raises RefusedError and changes nothing.
    """
    state = _state(edge)
    if needs_feature_type and data.get("featureType") != "dns":
        raise RefusedError("The feature type is missing or wrong: dns is required.", code=10001)
    check_version(state, data, NAME, strict_version)
    servers = list((data.get("dnsServers") or {}).get("ipAddress") or [])
    _check_servers(servers)
    cache = int(data.get("cacheSize") or _FACTORY["cacheSize"])
    if not _CACHE_MB[0] <= cache <= _CACHE_MB[1]:
        raise RefusedError(f"[DNS] The cache size {cache} is out of range.", code=_CODE)
    log = {**_FACTORY["logging"], **(data.get("logging") or {})}
    if log["logLevel"] not in LEVELS:
        raise RefusedError(f"[DNS] Invalid log level {log['logLevel']}.", code=_CODE)
    known = {name: data[name] for name in ("listeners", "dnsViews") if data.get(name)}
    new = {"enabled": _flag(data.get("enabled", True)), "cacheSize": cache, "dnsServers": {"ipAddress": servers}}
    log["enable"] = _flag(log["enable"])
    edge.sections[NAME] = {**copy.deepcopy(_FACTORY), **new, **known, "logging": log, "version": state["version"] + 1}


def reset(edge: SimulatedEdge) -> None:
    """Restore the default settings of the section."""
    edge.sections[NAME] = {**copy.deepcopy(_FACTORY), "version": _state(edge)["version"] + 1}


def _state(edge: SimulatedEdge) -> dict[str, Any]:
    return edge.sections.setdefault(NAME, {**copy.deepcopy(_FACTORY), "version": 1})


def _check_servers(servers: list[str]) -> None:
    if len(servers) > MAX_SERVERS:
        raise RefusedError(f"[DNS] At most {MAX_SERVERS} DNS servers are allowed.", code=_CODE)
    for text in servers:
        try:
            ip_address(text)
        except ValueError:
            raise RefusedError(f"[DNS] Invalid IP address {text}.", code=_ADDRESS) from None


def _is_empty(value: Any) -> bool:
    return (
        isinstance(value, dict) and not any(value.values()) and all(isinstance(item, list) for item in value.values())
    )


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value) not in ("true", "false"):
        raise RefusedError(f"[DNS] Invalid boolean {value}.", code=_CODE)
    return str(value) == "true"


def _value(node: Any) -> Any:
    return {child.tag: _value(child) for child in node} if len(node) else (node.text or "").strip()
