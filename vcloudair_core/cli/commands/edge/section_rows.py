"""Create table rows and input documents from the sections of an edge gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_READ_ONLY = ("internal_rules", "version")
"""Keys of a section that modules and ``vca edge apply`` do not accept."""


def as_input(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section without read-only keys, as input for ``vca edge apply``."""
    return {key: value for key, value in section.items() if key not in _READ_ONLY}


def with_index(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a table row for each rule, with the additional key ``index``.

    ``index`` counts the user-defined rules from 0. It is None for other rules.
    """
    rows: list[dict[str, Any]] = []
    index = 0
    for rule in rules:
        is_own = not rule.get("rule_type")
        rows.append({"index": index if is_own else None, **rule})
        index += is_own
    return rows


def enabled_cell(entry: Mapping[str, Any]) -> str:
    """Return the cell of the column ``enabled``.

    The cell contains "disabled", because that is easier to notice than "no".
    """
    return "yes" if entry.get("enabled", True) else "disabled"
