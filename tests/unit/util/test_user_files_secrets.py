"""Tests of the permissions of files with secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util import user_files
from vcloudair_core.util.user_files import refuse_readable_secrets

OWN, OTHER = os.geteuid(), os.geteuid() + 1


def status(mode: int, owner: int = OWN, kind: int = stat.S_IFREG) -> os.stat_result:
    return os.stat_result((kind | mode, 0, 0, 1, owner, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "owner", "is_refused"),
    [
        (0o600, OWN, False),
        (0o400, OWN, False),
        (0o640, OWN, True),
        (0o604, OWN, True),
        (0o620, OWN, True),
        (0o640, OTHER, False),
        (0o644, OTHER, True),
    ],
)
def test_modes(tmp_path: Path, mode: int, owner: int, is_refused: bool) -> None:
    path = tmp_path / "my secret"
    if not is_refused:
        refuse_readable_secrets(path, status(mode, owner), "password")
        return
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}") as caught:
        refuse_readable_secrets(path, status(mode, owner), "password")
    assert caught.value.hint == f"Run: chmod 600 '{path}'"


def test_pipes_are_accepted(tmp_path: Path) -> None:
    refuse_readable_secrets(tmp_path / "pipe", status(0o666, kind=stat.S_IFIFO), "password")


def test_read_only_file_systems_cause_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(user_files, "_is_read_only", lambda path: True)
    refuse_readable_secrets(tmp_path / "secret", status(0o444), "password")
    assert "Mount the file with mode 0400." in caplog.text
