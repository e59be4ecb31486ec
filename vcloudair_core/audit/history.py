"""Read the audit log: one entry per write, with filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vcloudair_core.audit.record import START, UNKNOWN
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError


@dataclass(frozen=True)
class AuditFilter:
    """Conditions on entries. An empty condition matches all entries.

    ``since`` and ``until`` are times with a time zone. ``edge`` is the name or UUID of an edge gateway. Names are
    compared without regard to case.
    """

    since: datetime | None = None
    until: datetime | None = None
    edge: str = ""
    user: str = ""
    result: str = ""

    def matches(self, entry: Mapping[str, Any]) -> bool:
        """Return True if an entry meets all conditions."""
        time = _time_of(entry)
        if self.since is not None and (time is None or time < self.since):
            return False
        if self.until is not None and (time is None or time > self.until):
            return False
        edges = (entry.get("edge"), entry.get("edge_id"))
        if self.edge and not any(_is_equal(edge, self.edge) for edge in edges):
            return False
        if self.user and not _is_equal(entry.get("user"), self.user):
            return False
        return not self.result or entry.get("result") == self.result


def entries_of(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one entry for each write, in the order in which the writes started.

    An entry combines the start record and the end record of a write. If there is no end record, the write is in
    progress, or its process was killed. The result of such a write is ``unknown``.
    """
    entries: dict[str, dict[str, Any]] = {}
    for record in records:
        known = entries.get(record["id"])
        if record.get("event") == START:
            if known is None:
                entries[record["id"]] = {**record, "result": UNKNOWN, "written": UNKNOWN, "lost_response": "unresolved"}
        elif known is None:
            entries[record["id"]] = dict(record)
        else:
            known.update(record)
    return list(entries.values())


def entry_with_id(entries: Iterable[Mapping[str, Any]], identifier: str) -> Mapping[str, Any]:
    """Return the entry whose ID is ``identifier`` or begins with it.

    Raises: NotFoundError, or AmbiguousMatchError if several IDs begin with it.
    """
    matches = [entry for entry in entries if str(entry["id"]).startswith(identifier.lower())]
    if not identifier or not matches:
        raise NotFoundError(
            f"Audit record not found: {identifier!r}.", hint="Run `vca audit list -o wide` to list the records."
        )
    if len(matches) > 1:
        candidates = [{key: entry.get(key) for key in ("id", "started", "target")} for entry in matches]
        raise AmbiguousMatchError(
            f"{len(matches)} audit records have an ID that begins with {identifier!r}.",
            candidates=candidates,
            hint="Use more characters of the ID.",
        )
    return matches[0]


def _time_of(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(entry.get("started") or entry.get("time")).replace("Z", "+00:00"))
    except ValueError:
        return None


def _is_equal(value: Any, name: str) -> bool:
    return str(value or "").casefold() == name.casefold()
