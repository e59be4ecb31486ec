# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Convert values of Ansible types to built-in types. Private to this collection.

Ansible passes values as instances of its own classes (unsafe text, tagged text, numbers and times, lazy containers,
vaulted text). The classes differ between versions of Ansible. The library receives only built-in types, so that it
behaves the same with every version.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence, Set
from typing import Any


def native(value: Any) -> Any:
    """Return ``value`` and the items in it as built-in types.

    Values of unknown types are converted to text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # str() of Ansible's unsafe text returns the same unsafe text.
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
    """Return True if ``value`` is vaulted text.

    In older Ansible versions, vaulted text is a sequence.
    """
    return hasattr(value, "_ciphertext")
