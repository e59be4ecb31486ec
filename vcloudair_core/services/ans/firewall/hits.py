"""Read the counters of firewall rules that an NSX-V edge gateway reports.

Source: protocol/ans.md §2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from vcloudair_core.errors import DecodeError, NotFoundError, SpecError
from vcloudair_core.services.ans.edge.backend import BACKENDS, JSON, NSXT, VCLOUDAIR, media_type_of, split_backend
from vcloudair_core.services.ans.edge.directory import EdgeDirectory
from vcloudair_core.services.ans.edge.limits import Limit, problem_of
from vcloudair_core.services.ans.section.document import state_of
from vcloudair_core.services.ans.section.json_values import int_of
from vcloudair_core.services.ans.section.kinds import open_section
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

_WHAT = "the counters of a firewall rule"
_KEYS = {"connections": "connectionCount", "packets": "packetCount", "bytes": "byteCount", "timestamp": "timestamp"}
_UNKNOWN: Mapping[str, int | None] = dict.fromkeys(_KEYS)

HIT_LIMITS = {
    NSXT: Limit("hits", "its API has no counters of firewall rules", "Set logging of the rules, and read the log."),
    VCLOUDAIR: Limit(
        "hits", "its API has no documented counters of firewall rules", "Set logging of the rules, and read the log."
    ),
}
"""Backends without counters of firewall rules."""


def read_hits(session: Session, edge: Edge) -> list[dict[str, Any]]:
    """Return the counters of the user-defined rules of an edge gateway, in order.

    Makes one API call for the rules, and one for each rule. At most ``parallel_calls`` calls run at the same time.

    Shape: ``[{"rule_id", "name", "enabled", "connections", "packets", "bytes", "timestamp", "is_unused"}]``. The
    counters are None if the rule was deleted after the rules were read. ``is_unused`` is True if the rule never
    matched, and None if the counters are None.

    Raises: SpecError if the backend of the edge has no counters; ApiError, TransportError, DecodeError.
    """
    from vcloudair_core.services.ans.firewall.section import SECTION

    edge = edge if edge.backend else EdgeDirectory(session).with_backend(edge)
    backend, _ = split_backend(edge.backend)
    if backend in HIT_LIMITS:
        raise SpecError.of([problem_of(HIT_LIMITS[backend], True, True, BACKENDS[backend].title)])
    store = open_section(SECTION, session, edge)
    rules = [rule.spec for rule in state_of(store.read()).user_rules]
    base = store.path.removesuffix("/config") + "/statistics"
    workers = max(1, min(int(session.settings.parallel_calls), len(rules)))
    read = partial(_counters, session, base, media_type_of(edge.backend, session.settings))
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-hits") as pool:
        counters = list(pool.map(read, [rule.rule_id for rule in rules]))
    return [_row(rule, counts) for rule, counts in zip(rules, counters, strict=True)]


def _row(rule: Any, counters: Mapping[str, int | None]) -> dict[str, Any]:
    used = [counters[name] for name in ("connections", "packets", "bytes")]
    is_unused = None if all(count is None for count in used) else not any(used)
    enabled = rule.enabled is not False
    return {"rule_id": rule.rule_id, "name": rule.name, "enabled": enabled, **counters, "is_unused": is_unused}


def _counters(session: Session, base: str, media_type: str, rule_id: str | None) -> Mapping[str, int | None]:
    if rule_id is None:
        return _UNKNOWN  # the rule exists only in check mode
    path = f"{base}/{quote(rule_id, safe='')}"
    try:
        response = session.call("GET", path, accept=JSON if media_type == JSON else None)
    except NotFoundError:
        return _UNKNOWN  # another client has deleted the rule
    return parse_json_counters(response.body) if media_type == JSON else parse_xml_counters(response.body)


def parse_json_counters(body: bytes) -> dict[str, int | None]:
    """Return the counters in a JSON response. Raises: DecodeError."""
    tree = xml.parse_json(body, what=_WHAT)
    if not isinstance(tree, dict):
        raise DecodeError(f"Reading {_WHAT} failed. A JSON object was expected.")
    return _decoded(tree)


def parse_xml_counters(body: bytes) -> dict[str, int | None]:
    """Return the counters in an XML response. Raises: DecodeError."""
    from vcloudair_core.services.ans.section.xml_codec import leaf_texts

    root = xml.parse(body, what=_WHAT)
    if xml.local(root) != "firewallRuleStats":
        raise DecodeError(f"Reading {_WHAT} failed. <firewallRuleStats> was expected, not <{xml.local(root)}>.")
    return _decoded(leaf_texts(root))


def _decoded(tree: Mapping[str, Any]) -> dict[str, int | None]:
    return {name: int_of(tree.get(key)) for name, key in _KEYS.items()}
