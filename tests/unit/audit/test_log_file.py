"""Tests of the files of the audit log: concurrency, rotation and damage."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from vcloudair_core.audit import log_file
from vcloudair_core.audit.log_file import LogFile, read_records
from vcloudair_core.errors import ConfigurationError

WRITERS, RECORDS = 4, 60


def _record(number: int, padding: int = 0) -> dict[str, object]:
    return {"id": str(number), "text": "x" * padding}


def _write(folder: str, writer: int) -> None:
    log_file.MAX_FILE_BYTES = 64 * 1024
    file = LogFile(Path(folder))
    for number in range(RECORDS):
        assert file.append(_record(writer * RECORDS + number, 1500))


def test_records_of_many_processes_are_complete_while_files_are_renamed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write, args=(str(tmp_path / "audit"), writer)) for writer in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * WRITERS
    assert len(list((tmp_path / "audit").glob("audit.*.jsonl"))) > 1
    identifiers = [int(record["id"]) for record in read_records(tmp_path / "audit")]
    assert sorted(identifiers) == list(range(WRITERS * RECORDS))


def test_the_oldest_file_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(log_file, "MAX_FILES", 3)
    file = LogFile(tmp_path)
    for number in range(6):
        file.append(_record(number, 100))
    assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["audit.1.jsonl", "audit.2.jsonl"]
    assert [record["id"] for record in read_records(tmp_path)] == ["4", "5"]


def test_a_record_after_a_cut_off_record_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = LogFile(tmp_path)
    file.append(_record(1))
    with (tmp_path / "audit.jsonl").open("a", encoding="utf-8") as damaged:
        damaged.write('{"id": "2", "te')
    file.append(_record(3))
    assert [record["id"] for record in read_records(tmp_path)] == ["1", "3"]
    assert "Number of lines: 1." in caplog.text


@pytest.mark.parametrize("line", ["[]", "{}", "null", '{"id": 7}', "\x00", "{" * 100_000])
def test_foreign_lines_are_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "audit.jsonl").write_text(f"{line}\n\n{json.dumps(_record(1))}\n", encoding="utf-8")
    assert [record["id"] for record in read_records(tmp_path)] == ["1"]


def test_a_pipe_in_place_of_the_file_does_not_block(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / "audit.jsonl")
    assert not LogFile(tmp_path).append(_record(1))
    assert "it is not a file of this user" in caplog.text


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    target = tmp_path / "precious"
    target.write_text("kept", encoding="utf-8")
    (tmp_path / "audit.jsonl").symlink_to(target)
    assert not LogFile(tmp_path).append(_record(1))
    assert target.read_text(encoding="utf-8") == "kept"
    assert len(caplog.records) == 1


def test_the_mode_of_the_file_is_corrected(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.touch(mode=0o644)
    file.chmod(0o644)
    assert LogFile(tmp_path).append(_record(1))
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_unknown_folder_is_not_written() -> None:
    assert not LogFile(None).append(_record(1))


def test_no_folder_has_no_records(tmp_path: Path) -> None:
    assert list(read_records(tmp_path / "missing")) == []


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="The audit log"):
        list(read_records(tmp_path / "audit"))
    assert not LogFile(tmp_path / "audit").append(_record(1))
