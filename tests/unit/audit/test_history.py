"""Tests of audit entries and of their filters."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from vcloudair_core.audit.history import AuditFilter, entries_of, entry_with_id
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError


def record(identifier: str, event: str = "end", result: str = "changed", **more: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "event": event,
        "result": "" if event == "start" else result,
        "started": "2026-11-30T10:00:00.000Z",
        "edge": "web-edge",
        "edge_id": "4f1c",
        "user": "ops",
        **more,
    }


def test_the_end_replaces_the_start_and_keeps_the_order() -> None:
    entries = entries_of([record("a", "start"), record("b", "start"), record("b"), record("a", result="failed")])
    assert [(entry["id"], entry["result"]) for entry in entries] == [("a", "failed"), ("b", "changed")]


def test_a_start_without_an_end_is_unknown() -> None:
    (entry,) = entries_of([record("a", "start")])
    assert (entry["result"], entry["written"], entry["lost_response"]) == ("unknown", "unknown", "unresolved")


def test_an_end_whose_start_was_removed_is_an_entry() -> None:
    assert [entry["id"] for entry in entries_of([record("a"), record("a", "start")])] == ["a"]


@pytest.mark.parametrize(
    ("conditions", "is_match"),
    [
        ({}, True),
        ({"edge": "WEB-EDGE"}, True),
        ({"edge": "4f1c"}, True),
        ({"edge": "other"}, False),
        ({"user": "OPS"}, True),
        ({"user": "root"}, False),
        ({"result": "changed"}, True),
        ({"result": "failed"}, False),
        ({"since": datetime(2026, 11, 30, 9, tzinfo=timezone.utc)}, True),
        ({"since": datetime(2026, 11, 30, 11, tzinfo=timezone.utc)}, False),
        ({"until": datetime(2026, 11, 30, 11, tzinfo=timezone.utc)}, True),
        ({"until": datetime(2026, 11, 30, 9, tzinfo=timezone.utc)}, False),
    ],
)
def test_filters(conditions: dict[str, Any], is_match: bool) -> None:
    assert AuditFilter(**conditions).matches(record("a")) is is_match


def test_an_entry_without_a_time_matches_no_time() -> None:
    entry = record("a", started="", time="soon")
    assert not AuditFilter(since=datetime(2000, 1, 1, tzinfo=timezone.utc)).matches(entry)


def test_entries_are_found_by_the_beginning_of_the_id() -> None:
    entries = [record("ab1"), record("ab2"), record("c")]
    assert entry_with_id(entries, "AB1")["id"] == "ab1"
    with pytest.raises(AmbiguousMatchError, match="2 audit records"):
        entry_with_id(entries, "ab")
    for identifier in ("d", ""):
        with pytest.raises(NotFoundError):
            entry_with_id(entries, identifier)
