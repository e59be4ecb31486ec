"""Tests of the folders in which processes write runs of an object store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vcloudair_core.recovery.journal.active_folders import ActiveFolder, delete_leftovers

HOLDER = """
import sys, time
from pathlib import Path
from vcloudair_core.recovery.journal.active_folders import ActiveFolder
folder = ActiveFolder(Path(sys.argv[1]), "run")
(folder.path / "journal.jsonl").write_text("line")
print(folder.path, flush=True)
time.sleep(300)
"""


def test_a_folder_is_kept_while_its_process_runs_and_deleted_after_its_death(tmp_path: Path) -> None:
    active = tmp_path / "active"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(active)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        delete_leftovers(active)
        assert (folder / "journal.jsonl").is_file()
    finally:
        process.kill()
        process.communicate()
    assert folder.exists()
    delete_leftovers(active)
    assert list(active.iterdir()) == []


def test_own_folder_is_removed(tmp_path: Path) -> None:
    active = tmp_path / "active"
    first, second = ActiveFolder(active, "one"), ActiveFolder(active, "two")
    assert first.path.is_dir()
    first.remove()
    assert [path.name for path in active.rglob("*") if path.name in ("one", "two")] == ["two"]
    second.remove()
    assert list(active.iterdir()) == []


def test_a_lock_file_without_a_folder_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef.lock").touch()
    delete_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_not_an_error(tmp_path: Path) -> None:
    delete_leftovers(tmp_path / "active")
    assert not (tmp_path / "active").exists()
