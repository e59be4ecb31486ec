"""Read the sections of an edge gateway for an inventory file.

Keys are never recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ApiError
from vcloudair_core.services.ans.edge.backend import BACKENDS, JSON
from vcloudair_core.util import xml

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge
    from vcloudair_core.session.session import Session

SECTIONS = ("firewall", "nat", "ipsec")
_LISTS = {"firewall": ("firewallRules", "firewallRules"), "nat": ("rules", "natRulesDtos"), "ipsec": ("sites", "sites")}
"""Path to the list of rules or sites in the JSON of each section.

Source: protocol/ans.md §2, §3, §4.
"""
_SERVER_FIELDS = {"version", "ruleId", "ruleTag", "ruleType", "siteId", "invalidSource", "invalidDestination"}
_SECRETS = ("psk", "password", "secret", "privatekey", "certificate")


def read_sections(session: Session, edge: Edge, warn: Callable[[str], None]) -> dict[str, Any]:
    """Return the JSON of each edge section, without IDs, versions and secrets.

    The result is empty for an edge without advanced services, and for an edge whose sections have no common path.
    """
    backend = BACKENDS.get(edge.backend)
    if edge.is_advanced is False or backend is None or not backend.edge_path:
        return {}
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        path = f"{backend.edge_path.format(edge=edge.edge_id)}/{section}/config"
        try:
            response = session.call("GET", path, accept=JSON)
        except ApiError as exc:
            warn(f"The section {section} of edge gateway {edge.name!r} is left out. {exc}")
            continue
        sections[section] = _shown(section, xml.parse_json(response.body, what=f"the section {section}"))
    return sections


def _shown(section: str, document: dict[str, Any]) -> dict[str, Any]:
    outer, inner = _LISTS[section]
    rules = (document.get(outer) or {}).get(inner) or []
    own = [rule for rule in rules if str(rule.get("ruleType") or "user").lower() == "user"]
    shown = _without_secrets({**document, outer: {inner: own}})
    assert isinstance(shown, dict)
    return shown


def _without_secrets(value: Any) -> Any:
    """Return a value without keys, passwords, and fields that the server assigns."""
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_secrets(item)
        for name, item in value.items()
        if name not in _SERVER_FIELDS and not any(secret in name.lower() for secret in _SECRETS) and item is not None
    }
