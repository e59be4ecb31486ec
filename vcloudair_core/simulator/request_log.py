"""The log of all requests that a simulator has received."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class LoggedRequest:
    """A request in the log.

    ``status`` is 0 until the simulator responds. ``note`` is the kind of the fault that applied to the request, or
    ``unknown`` for a path without a route. ``site`` is the site of VMware Cloud Director Availability that received the
    request, or empty for vCloud Director.
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
    site: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)


class RequestLog:
    """A thread-safe log of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []
        self._next = 1

    def begin(self, **fields: Any) -> LoggedRequest:
        """Append a request that has arrived, and return its entry."""
        with self._lock:
            return self._append(fields)

    def finish(self, entry: LoggedRequest, **fields: Any) -> None:
        """Set the result of a request.

        If the log was cleared after the request arrived, the request is appended again.
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
        """Return the logged requests, oldest first.

        ``method`` selects requests by their method. ``path`` is a string that the path must contain.
        """
        with self._lock:
            return [entry for entry in self._entries if method in ("", entry.method) and path in entry.path]

    def clear(self) -> None:
        """Remove all requests, and restart the sequence at 1."""
        with self._lock:
            self._entries.clear()
            self._next = 1
