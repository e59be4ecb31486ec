"""Keys that took long to derive, remembered by this process and by those forked from it. Never on disk.

Deriving one is slow on purpose (some 50 ms), and a playbook runs every task in a process of its own. So what one of
them has derived lies in memory that they share: they have the secret anyway, and nobody else can get at it.
"""

from __future__ import annotations

import hashlib
import mmap

SLOTS = 128
_NAME, _KEY, _CHECK = 32, 32, 32
_RECORD = _NAME + _KEY + _CHECK


class KeyMemory:
    """Up to 128 keys of 32 bytes, by name. One that is crowded out, or read while it is written, is just not there."""

    def __init__(self) -> None:
        # Without a file behind it, and shared with every process that is forked from here on.
        self._memory = mmap.mmap(-1, SLOTS * _RECORD)

    def get(self, name: bytes) -> bytes | None:
        """The key of that name, or None."""
        start = self._start(name)
        record = self._memory[start : start + _RECORD]
        stored_name, key, check = record[:_NAME], record[_NAME:-_CHECK], record[-_CHECK:]
        return key if stored_name == name and check == _check(name, key) else None

    def put(self, name: bytes, key: bytes) -> None:
        """Keep a key of 32 bytes under a name of 32 bytes, in which everything counts that the key depends on."""
        start = self._start(name)
        self._memory[start : start + _RECORD] = name + key + _check(name, key)

    @staticmethod
    def _start(name: bytes) -> int:
        return int.from_bytes(name[:4], "big") % SLOTS * _RECORD


def _check(name: bytes, key: bytes) -> bytes:
    return hashlib.sha256(name + key).digest()


KEYS = KeyMemory()
"""Those of this process. It is made when this is imported, which a program that forks does first."""
