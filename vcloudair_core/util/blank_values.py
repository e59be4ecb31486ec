"""Detect blank values, and values that Ansible has masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MASKED = re.compile(r"(?<!\*)(?:\*{8})+(?!\*)|VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
"""Pattern for Ansible's masks: groups of eight asterisks, or the ``no_log`` text."""

MASKED_REASON = (
    "contains a mask of Ansible (******** or VALUE_SPECIFIED_IN_NO_LOG_PARAMETER) instead of the secret; read the "
    "secret from its source, not from a registered result"
)


def is_blank(value: Any) -> bool:
    """Return True for None, blank text, or a container that has only blank values.

    An empty container is not blank.
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping):
        return bool(value) and all(map(is_blank, value.values()))
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(is_blank, value))
    return value is None


def is_masked(value: Any) -> bool:
    """Return True if a string, or a string in a list, contains an Ansible mask.

    The masks are ``********`` and ``VALUE_SPECIFIED_IN_NO_LOG_PARAMETER``.
    """
    if isinstance(value, (list, tuple)):
        return any(is_masked(item) for item in value)
    return isinstance(value, str) and bool(_MASKED.search(value))
