# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Plain Python values out of Ansible's own types. Private to this collection.

Ansible marks text, numbers and times with subclasses of its own (unsafe text, tags, lazy containers, vaulted text), and
which of them it uses differs by version. The library sees plain values only, so that a value means the same everywhere.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence, Set
from typing import Any


def native(value: Any) -> Any:
    """Return the value, and all that is in it, as built-in types. Anything unknown becomes its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Not str(): Ansible's unsafe text answers with itself.
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime.datetime):
        return datetime.datetime.fromisoformat(str.__str__(value.isoformat()))
    if isinstance(value, datetime.date):
        return str.__str__(value.isoformat())
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {native(key): native(item) for key, item in value.items()}
    if _is_encrypted(value):
        return native(str(value))
    if isinstance(value, (Sequence, Set)):
        return [native(item) for item in value]
    return native(str(value))


def _is_encrypted(value: Any) -> bool:
    """Tell vaulted text, which older versions of Ansible make a sequence of characters."""
    return hasattr(value, "_ciphertext")
