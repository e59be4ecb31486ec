"""The note that the server ignores requests to log."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from vcloudair_core.services.ans.nsxt.ignored_logging import IgnoredLogging
from vcloudair_core.util.clock import FakeClock


def note_of(folder: Path, clock: FakeClock, key: str = "demo@org1 edge") -> IgnoredLogging:
    settings: Any = SimpleNamespace(state_dir=str(folder))
    return IgnoredLogging(settings, key, clock)


def test_the_note_is_kept_for_a_week_and_by_key(tmp_path: Path) -> None:
    clock = FakeClock()
    note = note_of(tmp_path, clock)
    assert not note.is_known()
    note.remember()
    assert note_of(tmp_path, clock).is_known()
    assert not note_of(tmp_path, clock, "other@org1 edge").is_known()
    clock.sleep(7 * 24 * 3600)
    assert not note.is_known()
    note.remember()
    assert note.is_known()
    note.forget()
    assert not note.is_known()
    note.forget()


def test_a_damaged_note_counts_as_missing(tmp_path: Path) -> None:
    note = note_of(tmp_path, FakeClock())
    note.remember()
    [file] = (tmp_path / "edges").iterdir()
    file.write_text("no time", encoding="ascii")
    assert not note.is_known()
