"""Recognize empty cells and masked values: what spreadsheets, surveys and registered results leave behind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MASKED = re.compile(r"(?<!\*)(?:\*{8})+(?!\*)|VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
"""Ansible's marks for hidden text: runs of eight asterisks, and the placeholder of options that are not logged."""

MASKED_REASON = (
    "holds the mask that Ansible shows in place of a secret (******** or VALUE_SPECIFIED_IN_NO_LOG_PARAMETER), not the "
    "value itself; read it from its source instead of a registered result"
)


def is_blank(value: Any) -> bool:
    """Return True for None and blank text, and for lists and mappings that hold nothing else; not for empty ones."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return bool(value) and all(map(is_blank, value.values()))
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_blank, value))
    return value is None


def is_masked(value: Any) -> bool:
    """Return True for text that holds a mask of Ansible, and for a list with such a text."""
    if isinstance(value, (list, tuple)):
        return any(is_masked(item) for item in value)
    return isinstance(value, str) and bool(_MASKED.search(value))
