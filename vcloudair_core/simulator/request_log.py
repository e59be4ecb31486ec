"""The request log, which contains all requests that a simulator received."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class LoggedRequest:
    """A logged request.

    ``status`` is 0 until the simulator responds. ``note`` is the kind of the fault that applied to the request, or
    ``unknown`` for a path without a route.
    """

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
        """Return the fields for JSON."""
        return asdict(self)


class RequestLog:
    """A thread-safe list of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []
        self._next = 1

    def begin(self, **fields: Any) -> LoggedRequest:
        """Append a request when it arrives."""
        with self._lock:
            return self._append(fields)

    def finish(self, entry: LoggedRequest, **fields: Any) -> None:
        """Add the result of a request.

        The request is appended if the log was cleared in the meantime.
        """
        with self._lock:
            index = next((i for i in range(len(self._entries) - 1, -1, -1) if self._entries[i] is entry), None)
            if index is None:
                self._append({**asdict(entry), **fields})
            else:
                self._entries[index] = replace(entry, **fields)

    def _append(self, fields: dict[str, Any]) -> LoggedRequest:
        entry = LoggedRequest(**{**fields, "sequence": self._next})
        self._entries.append(entry)
        self._next += 1
        return entry

    def entries(self, *, method: str = "", path: str = "") -> list[LoggedRequest]:
        """Return the requests in order.

        The arguments select a method and a part of the path.
        """
        with self._lock:
            return [entry for entry in self._entries if method in ("", entry.method) and path in entry.path]

    def clear(self) -> None:
        """Remove all requests, and restart the sequence at 1."""
        with self._lock:
            self._entries.clear()
            self._next = 1
