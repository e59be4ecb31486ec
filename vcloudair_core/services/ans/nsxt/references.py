"""References from rules to firewall groups and application port profiles.

In responses, a reference is ``{"name": ..., "id": ...}``. When a section is read, the content of objects that this
project manages is added under the key :data:`CONTENT`. A reference without an id stands for an object that the commit
creates or reuses. :data:`CONTENT` is never sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

CONTENT = "_content"
PREFIX = "vca-"
"""Prefix of the names of managed objects."""

GROUP_KEYS = ("sourceFirewallGroups", "destinationFirewallGroups")
NETWORK_KEY = "appliedTo"
PROFILE_KEYS = ("applicationPortProfiles", "applicationPortProfile")
_NAME_DIGITS = 16

ADDRESSES, NETWORKS, SERVICE = "addresses", "networks", "service"
"""Kinds of content: an IP set, a group of networks, and a port profile."""

NAMED_PROFILE = "profile"
"""Key of the content of a profile that a rule names.

The value is the name of the profile, or its URN if the name is ambiguous.
"""


def pending(kind: str, value: Any) -> dict[str, Any]:
    """Return a reference to a managed object that may not exist yet.

    ``kind`` and ``value`` are the content of the object.
    """
    content = {kind: canonical_content(kind, value)}
    return {"name": managed_name(content), CONTENT: content}


def is_managed(reference: Mapping[str, Any]) -> bool:
    """Return True if the name in a reference marks the object as managed.

    Managed objects are created and deleted by this project.
    """
    name = str(reference.get("name") or "")
    digits = name.removeprefix(PREFIX)
    return digits != name and len(digits) == _NAME_DIGITS and all(sign in "0123456789abcdef" for sign in digits)


def managed_name(content: Mapping[str, Any]) -> str:
    """Return the name of the managed object that has this content.

    Equal content has equal names.

    Source: protocol/nsxt.md §13.4.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:_NAME_DIGITS]}"


def canonical_content(kind: str, value: Any) -> Any:
    """Return content in canonical form.

    The name of the object is computed from this form.
    """
    if kind == ADDRESSES:
        return sorted({_shortest(address) for address in value})
    if kind == NETWORKS:
        return sorted(set(value))
    return value


def _shortest(address: str) -> str:
    text = address.strip()
    for suffix, sign in (("/32", "."), ("/128", ":")):
        if text.endswith(suffix) and sign in text:
            return text.removesuffix(suffix)
    return text


def references_of(record: Mapping[str, Any], keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the references under ``keys`` of a rule.

    The value of a key is one reference, a list or null.
    """
    for key in keys:
        value = record.get(key)
        for reference in value if isinstance(value, list) else [value]:
            if isinstance(reference, dict):
                yield reference


def replace_references(record: Mapping[str, Any], replaced: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a copy of a rule with some references replaced.

    ``replaced`` maps ``id()`` of each old reference to the new reference.
    """
    changes: dict[str, Any] = {}
    for key in (*GROUP_KEYS, *PROFILE_KEYS, NETWORK_KEY):
        value = record.get(key)
        if isinstance(value, list):
            changes[key] = [replaced.get(id(reference), reference) for reference in value]
        elif isinstance(value, dict):
            changes[key] = replaced.get(id(value), value)
    return {**record, **changes}


def sent(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule to send to the server, without the content of references."""
    changes: dict[str, Any] = {}
    for key in (*GROUP_KEYS, *PROFILE_KEYS):
        value = record.get(key)
        if isinstance(value, list):
            changes[key] = [_plain(reference) for reference in value]
        elif isinstance(value, dict):
            changes[key] = _plain(value)
    return {**record, **changes}


def _plain(reference: Any) -> Any:
    if not isinstance(reference, dict):
        return reference
    return {name: value for name, value in reference.items() if name != CONTENT}


def managed_ids(records: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ids of all managed objects that rules refer to."""
    return {
        str(reference["id"])
        for record in records
        for reference in references_of(record, (*GROUP_KEYS, *PROFILE_KEYS))
        if reference.get("id") and is_managed(reference)
    }
