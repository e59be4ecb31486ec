"""Named values in memory that forked processes share."""

from __future__ import annotations

import hashlib
import mmap

_NAME, _CHECK = 32, 32


class SharedMemory:
    """A store for values of up to ``size`` bytes, each with a name of 32 bytes.

    A value can be evicted at any time when other values are stored. Only this process and its forks can read it.
    """

    def __init__(self, *, slots: int, size: int) -> None:
        self._slots, self._size = slots, size
        self._record = _NAME + size + _CHECK
        # Anonymous memory, shared with every process that is forked from now on.
        self._memory = mmap.mmap(-1, slots * self._record)

    def get(self, name: bytes) -> bytes | None:
        """Return the value with this name, with padding: zero bytes up to ``size``.

        Return None if the value is missing, evicted, or being written.
        """
        start = self._start(name)
        record = self._memory[start : start + self._record]
        stored_name, value, check = record[:_NAME], record[_NAME:-_CHECK], record[-_CHECK:]
        return value if stored_name == name and check == _check(name, value) else None

    def put(self, name: bytes, value: bytes) -> None:
        """Store a value. A value that is too long is not stored.

        ``name`` is a 32-byte hash of everything that the value depends on.
        """
        if len(value) <= self._size:
            padded = value.ljust(self._size, b"\0")
            start = self._start(name)
            self._memory[start : start + self._record] = name + padded + _check(name, padded)

    def drop(self, name: bytes) -> None:
        """Delete the value with this name."""
        if self.get(name) is not None:
            start = self._start(name)
            self._memory[start : start + self._record] = bytes(self._record)

    def _start(self, name: bytes) -> int:
        return int.from_bytes(name[:4], "big") % self._slots * self._record


def _check(name: bytes, value: bytes) -> bytes:
    return hashlib.sha256(name + value).digest()
