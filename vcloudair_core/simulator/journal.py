"""Every exchange that a simulator had, to prove what was asked of it."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One exchange. ``status`` is 0 when the connection broke; ``note`` names the fault that acted."""

    sequence: int
    method: str
    path: str
    query: str
    status: int
    request_id: str
    elapsed_ms: float
    user: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Journal:
    """Append, look, clear; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 1

    def add(self, **fields: Any) -> None:
        """One more; numbers go on."""
        with self._lock:
            self._entries.append(Entry(sequence=self._next, **fields))
            self._next += 1

    def entries(self, *, method: str = "", path: str = "") -> list[Entry]:
        """In order; of a method, of paths that contain ``path``."""
        with self._lock:
            return [e for e in self._entries if method in ("", e.method) and path in e.path]

    def clear(self) -> None:
        """Forget all, and count from one."""
        with self._lock:
            self._entries.clear()
            self._next = 1
