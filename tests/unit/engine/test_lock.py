"""Tests of locks between processes of one host: waiting, timeout, disabled lock."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vcloudair_core.engine.lock import held, locker_of
from vcloudair_core.errors import LockTimeoutError
from vcloudair_core.settings.settings import Settings

KEY = "https://cloud.example.test:443/edge/5f2d9b1e"


def test_only_one_process_holds_the_lock(tmp_path: Path) -> None:
    inside: list[int] = []
    most = 0

    def work() -> None:
        nonlocal most
        for _ in range(20):
            with held(tmp_path / "locks", KEY, "edge e", 30):
                inside.append(1)
                most = max(most, len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_timeout_names_the_process_that_holds_the_lock(tmp_path: Path) -> None:
    with (
        held(tmp_path, KEY, "edge e", 1),
        pytest.raises(LockTimeoutError) as caught,
        held(tmp_path, KEY, "edge e", 0.1),
    ):
        pass
    assert str(os.getpid()) in str(caught.value)
    assert "edge e" in str(caught.value)
    assert "lock_timeout" in str(caught.value)


def test_different_resources_have_different_locks(tmp_path: Path) -> None:
    with held(tmp_path, KEY, "edge e", 0.1), held(tmp_path, KEY + "0", "edge f", 0.1):
        assert len(list(tmp_path.glob("*.lock"))) == 2


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal, sys; from vcloudair_core.engine.lock import held\n"
        "with held(pathlib.Path(sys.argv[1]), sys.argv[2], 'edge e', 5): os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path), KEY], check=False)
    assert ended.returncode == -9
    with held(tmp_path, KEY, "edge e", 0.5):
        pass


def test_an_unusable_lock_folder_logs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="ascii")
    with caplog.at_level(logging.WARNING), held(in_the_way / "locks", KEY, "edge e", 1):
        pass
    assert "Locking edge e failed" in caplog.text


def test_an_error_in_the_locked_block_is_raised(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="of the work"), held(tmp_path, KEY, "edge e", 1):
        raise OSError("of the work")


def test_the_lock_can_be_disabled() -> None:
    assert locker_of(Settings.load({"lock": False}, environ={})) is None
    assert locker_of(Settings.load({}, environ={})) is not None
