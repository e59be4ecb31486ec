"""Tests of state and cache folders of users with and without a home directory."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.directories import cache_folder, current_user, state_folder
from vcloudair_core.settings.settings import Settings, default_config_file, expand_user


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Simulate a user without a passwd entry and without HOME.

    Return the temporary folder.
    """
    for name in ("HOME", "USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith(("XDG_", "VCA_"))]:
        monkeypatch.delenv(name)

    def unknown(uid: int) -> Any:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_user_without_a_home_gets_temporary_folders(nobody: Path) -> None:
    settings = Settings.load()
    own = nobody / f"vcloudair-{os.geteuid()}"
    assert state_folder(settings) == own / "state"
    assert cache_folder(settings) == own / "cache" / "sessions"
    assert own.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in nobody.iterdir()] == [own.name]


def test_a_user_without_a_passwd_entry_gets_the_id_as_name(nobody: Path) -> None:
    assert current_user() == str(os.getuid())
    assert not default_config_file().exists()
    assert expand_user("~/keys") == Path("~/keys")


def test_a_missing_home_directory_is_not_used(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A folder cannot be created below a file, even by root.
    (nobody / "file").write_text("")
    monkeypatch.setenv("HOME", str(nobody / "file" / "home"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert state_folder(Settings.load()) == nobody / f"vcloudair-{os.geteuid()}" / "state"


def test_a_folder_of_another_user_is_rejected(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody / f"vcloudair-{os.geteuid()}").symlink_to(nobody / "elsewhere")
    with pytest.raises(ConfigurationError, match="state_dir"):
        state_folder(Settings.load())
