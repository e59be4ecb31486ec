"""Every exchange that a simulator had, to prove what was asked of it."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class LoggedRequest:
    """One exchange. ``status`` is 0 while it is not answered; ``note`` names the fault that acted."""

    sequence: int
    method: str
    path: str
    query: str
    request_id: str
    status: int = 0
    elapsed_ms: float = 0.0
    user: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class RequestLog:
    """Append, look, clear; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []
        self._next = 1

    def begin(self, **fields: Any) -> LoggedRequest:
        """Append a request when it arrives, so that one that is never answered is there, too."""
        with self._lock:
            return self._append(fields)

    def finish(self, entry: LoggedRequest, **fields: Any) -> None:
        """Add what became of a request. One that was forgotten meanwhile is appended again."""
        with self._lock:
            place = next((i for i in range(len(self._entries) - 1, -1, -1) if self._entries[i] is entry), None)
            if place is None:
                self._append({**asdict(entry), **fields})
            else:
                self._entries[place] = replace(entry, **fields)

    def _append(self, fields: dict[str, Any]) -> LoggedRequest:
        made = LoggedRequest(**{**fields, "sequence": self._next})
        self._entries.append(made)
        self._next += 1
        return made

    def entries(self, *, method: str = "", path: str = "") -> list[LoggedRequest]:
        """In order; of a method, of paths that contain ``path``."""
        with self._lock:
            return [e for e in self._entries if method in ("", e.method) and path in e.path]

    def clear(self) -> None:
        """Forget all, and count from one."""
        with self._lock:
            self._entries.clear()
            self._next = 1
