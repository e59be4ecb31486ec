"""Read the status of virtual servers, pools and their members.

Source: protocol/ans.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.ans.edge.backend import BACKENDS, JSON, NSXT, NSXV
from vcloudair_core.services.ans.load_balancer.references import POOL, SERVER
from vcloudair_core.services.ans.load_balancer.section import SECTION
from vcloudair_core.services.ans.section.json_values import int_of, items_of, mapping_of
from vcloudair_core.services.ans.section.kinds import SectionKind
from vcloudair_core.services.ans.section.xml_elements import children, text_of
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

UNKNOWN = "unknown"
Statuses = dict[tuple[str, ...], str]
"""Status of each object.

A key has the list and the name of the object, and for a member also the name of the member.
"""

POOL_SECTION = "load_balancer"
_ROOT = "loadBalancerStatusAndStats"
_WHAT = "the status of the load balancer"
_FRESH = {"Cache-Control": "no-cache"}


def read_status(session: Session, target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the load balancer of an edge with the status of its objects.

    On NSX-V, makes two calls. On NSX-T, the documents of the objects contain the status. For vCloud Air, no API call
    that returns the status is known, so each status is ``unknown``.

    Raises: ConfigurationError if the backend has no load balancer; ApiError, TransportError, DecodeError.
    """
    kind = SectionKind(SECTION)
    store: Any = kind.open(session, target)
    document = store.read()
    backend = document.backend
    statuses: Statuses = {}
    if backend == NSXV:
        statuses = _read_statuses(session, store.edge, document.media_type)
    elif backend == NSXT:
        statuses = nsxt_status(document.tree)
    section = kind.project(document)
    for server in section["virtual_servers"]:
        server["status"] = statuses.get((SERVER, server["name"]), UNKNOWN)
    for pool in section["pools"]:
        pool["status"] = statuses.get((POOL, pool["name"]), UNKNOWN)
        for member in pool["members"]:
            key = member.get("name") or f"{member['ip_address']} {member['port']}"
            member["status"] = statuses.get((POOL, pool["name"], key), UNKNOWN)
    return section


def _read_statuses(session: Session, edge: Edge, media_type: str) -> Statuses:
    path = f"{BACKENDS[NSXV].edge_path.format(edge=quote(edge.edge_id, safe=''))}/loadbalancer/statistics"
    is_json = media_type == JSON
    body = session.call("GET", path, accept=JSON if is_json else None, headers=_FRESH).body
    return parse_json_status(body) if is_json else parse_xml_status(body)


def parse_json_status(body: bytes) -> Statuses:
    """Return the status of each object from JSON. Raises: DecodeError."""
    tree = xml.parse_json(body, what=_WHAT)
    if not isinstance(tree, dict):
        raise DecodeError(f"Reading {_WHAT} failed. A JSON object was expected.")
    statuses: Statuses = {}
    for key in (SERVER, POOL):
        for item in map(mapping_of, items_of(tree.get(key))):
            name = str(item.get("name") or "")
            statuses[key, name] = _shown(item.get("status"))
            for member in map(mapping_of, items_of(item.get("member"))):
                statuses[key, name, str(member.get("name") or "")] = _shown(member.get("status"))
    return statuses


def parse_xml_status(body: bytes) -> Statuses:
    """Return the status of each object from XML. Raises: DecodeError."""
    root = xml.parse(body, what=_WHAT)
    if xml.local(root) != _ROOT:
        raise DecodeError(f"Reading {_WHAT} failed. <{_ROOT}> was expected, not <{xml.local(root)}>.")
    statuses: Statuses = {}
    for key in (SERVER, POOL):
        for item in children(root, key):
            name = text_of(item, "name") or ""
            statuses[key, name] = _shown(text_of(item, "status"))
            for member in children(item, "member"):
                statuses[key, name, text_of(member, "name") or ""] = _shown(text_of(member, "status"))
    return statuses


def nsxt_status(tree: Any) -> Statuses:
    """Return the status of each object of an NSX-T edge gateway.

    A pool is up if at least one member is up. Members are identified by address and port. Source: protocol/nsxt.md §9.
    """
    section = mapping_of(tree.get(POOL_SECTION))
    statuses: Statuses = {}
    for service in map(mapping_of, items_of(section.get("virtualServices"))):
        statuses[SERVER, str(service.get("name"))] = _shown(service.get("healthStatus"))
    for pool in map(mapping_of, items_of(section.get("pools"))):
        name = str(pool.get("name"))
        count = int_of(pool.get("upMemberCount"))
        statuses[POOL, name] = UNKNOWN if count is None else "up" if count else "down"
        for member in map(mapping_of, items_of(pool.get("members"))):
            port = member.get("port") or pool.get("defaultPort")
            statuses[POOL, name, f"{member.get('ipAddress')} {port}"] = _shown(member.get("healthStatus"))
    return statuses


def _shown(value: Any) -> str:
    return str(value or UNKNOWN).casefold()
