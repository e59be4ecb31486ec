"""Cache of derived encryption keys, in memory that forked processes share.

Deriving a key takes about 50 ms, and Ansible runs every task in a separate process. The processes share derived keys in
memory, never on disk. All these processes already have the secret, and no other process can read this memory.
"""

from __future__ import annotations

import hashlib
import mmap

SLOTS = 128
_NAME, _KEY, _CHECK = 32, 32, 32
_RECORD = _NAME + _KEY + _CHECK


class KeyMemory:
    """A store for up to 128 keys of 32 bytes, each with a name.

    A key can be evicted at any time when other keys are stored.
    """

    def __init__(self) -> None:
        # Anonymous memory, shared with every process that is forked from now on.
        self._memory = mmap.mmap(-1, SLOTS * _RECORD)

    def get(self, name: bytes) -> bytes | None:
        """Return the key with this name.

        Return None if the key is missing, evicted, or being written.
        """
        start = self._start(name)
        record = self._memory[start : start + _RECORD]
        stored_name, key, check = record[:_NAME], record[_NAME:-_CHECK], record[-_CHECK:]
        return key if stored_name == name and check == _check(name, key) else None

    def put(self, name: bytes, key: bytes) -> None:
        """Store a key of 32 bytes.

        ``name`` is a 32-byte hash of everything that the key depends on.
        """
        start = self._start(name)
        self._memory[start : start + _RECORD] = name + key + _check(name, key)

    @staticmethod
    def _start(name: bytes) -> int:
        return int.from_bytes(name[:4], "big") % SLOTS * _RECORD


def _check(name: bytes, key: bytes) -> bytes:
    return hashlib.sha256(name + key).digest()


KEYS = KeyMemory()
"""The keys of this process and its forks.

Programs must import this module before they fork.
"""
