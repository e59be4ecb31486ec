"""Tests of the marker file for writes whose result is not known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from vcloudair_core.services.ans.nsxt.open_writes import OpenWrites

KEY = "https://cloud.example.test:443/edge/1"


def writes(folder: Path, key: str = KEY) -> OpenWrites:
    settings: Any = SimpleNamespace(state_dir=str(folder))
    return OpenWrites(settings, key)


def test_the_mark_is_shared_by_all_processes_of_a_lock(tmp_path: Path) -> None:
    writes(tmp_path).mark()
    assert writes(tmp_path).is_marked()
    assert not writes(tmp_path, f"{KEY}2").is_marked()
    [file] = tmp_path.rglob("*.open")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    writes(tmp_path).clear()
    assert not writes(tmp_path).is_marked()


def test_only_the_mark_of_a_dead_process_is_removed_by_readers(tmp_path: Path) -> None:
    mark = writes(tmp_path)
    mark.mark()
    [file] = tmp_path.rglob("*.open")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        file.write_text(str(process.pid))
        mark.clear(is_forced=False)
        assert mark.is_marked()
    mark.clear(is_forced=False)
    assert not mark.is_marked()


def test_a_folder_that_cannot_be_used_is_a_warning(tmp_path: Path, caplog: Any) -> None:
    (tmp_path / "edges").write_text("a file")
    mark = writes(tmp_path)
    mark.mark()
    mark.clear()
    assert not mark.is_marked()
    assert "Recording a write in" in caplog.text
