"""Tests of the user's folders: the paths equal those of platformdirs."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vcloudair_core.util import user_dirs

KINDS = {"config": "XDG_CONFIG_HOME", "cache": "XDG_CACHE_HOME", "state": "XDG_STATE_HOME"}
PATHS = st.one_of(st.none(), st.text("/a .~$\n", max_size=6))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(folder=PATHS, home=PATHS)
@example(folder=None, home="/home/ops")
@example(folder="", home="/home/ops")
@example(folder=" ", home="/home/ops")
@example(folder="/var/cache/ops/", home=None)
@example(folder="relative", home="/home/ops")
def test_paths_equal_those_of_platformdirs(
    kind: str, folder: str | None, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ((KINDS[kind], folder), ("HOME", home)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    try:
        path = Path(getattr(platformdirs, f"user_{kind}_dir")("vcloudair"))
    except RuntimeError:
        path = Path("no home")
    assert user_dirs.user_folder(kind) == (path if path.is_absolute() else None)


def test_platformdirs_finds_the_folder_on_other_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    assert user_dirs.user_folder("cache") == tmp_path / "vcloudair"
