"""Tests of the plugin metadata cache: it never differs from importlib.metadata."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcloudair_core.plugin import installed_plugins as module
from vcloudair_core.plugin.installed_plugins import ENTRY_POINT_GROUP, InstalledPlugin

installed_plugins: Callable[[], list[InstalledPlugin]] = module.installed_plugins
"""The function itself, which the fixture of all tests replaces in its module."""
NAMES = ("alpha", "Alpha", "beta-x", "beta_x", "gamma")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Put two empty folders on sys.path, and use a new cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places = tmp_path / "first", tmp_path / "second"
    for place in places:
        place.mkdir()
    monkeypatch.setattr(sys, "path", [str(place) for place in places])
    return places


def install(place: Path, name: str, version: str, *plugins: str, suffix: str = ".dist-info") -> Path:
    folder = place / f"{name.replace('-', '_')}-{version}{suffix}"
    folder.mkdir(exist_ok=True)
    file = "METADATA" if suffix == ".dist-info" else "PKG-INFO"
    (folder / file).write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = "\n".join(f"{plugin} = {plugin}.plugin" for plugin in plugins)
    (folder / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[{ENTRY_POINT_GROUP}]\n{lines}\n")
    return folder


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNSETTLED_NS", -1)


def expected() -> list[InstalledPlugin]:
    importlib.invalidate_caches()
    return [InstalledPlugin.of(entry) for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)]


def cache() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"]) / "vcloudair" / "plugins-2.json"


def test_unchanged_folders_are_not_read_again(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    install(folders[0], "beta-x", "2.0", "beta")
    first = installed_plugins()

    def fail(**parameters: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(importlib.metadata, "distributions", fail)
    assert first == installed_plugins() == [InstalledPlugin("beta", "beta.plugin", "beta-x", "2.0")]
    assert cache().stat().st_mode & 0o777 == 0o600


def test_installation_upgrade_and_removal_are_seen(folders: tuple[Path, Path]) -> None:
    assert installed_plugins() == []
    old = install(folders[0], "alpha", "1.0", "alpha")
    assert [plugin.version for plugin in installed_plugins()] == ["1.0"]
    shutil.rmtree(old)
    install(folders[0], "alpha", "1.1", "alpha", "more")
    assert [(plugin.name, plugin.version) for plugin in installed_plugins()] == [("alpha", "1.1"), ("more", "1.1")]
    shutil.rmtree(folders[0])
    assert installed_plugins() == []


@pytest.mark.parametrize("suffix", [".dist-info", ".egg-info"])
def test_files_that_change_in_place_are_seen(folders: tuple[Path, Path], suffix: str) -> None:
    install(folders[0], "alpha", "1.0", "alpha", suffix=suffix)
    assert [plugin.name for plugin in installed_plugins()] == ["alpha"]
    install(folders[0], "alpha", "1.0", "renamed", suffix=suffix)
    assert [plugin.name for plugin in installed_plugins()] == ["renamed"]


@pytest.mark.parametrize("suffix", [".dist-info", ".egg-info"])
def test_first_plugin_of_a_distribution_is_seen(folders: tuple[Path, Path], suffix: str) -> None:
    install(folders[0], "alpha", "1.0", suffix=suffix)
    assert installed_plugins() == []
    install(folders[0], "alpha", "1.0", "alpha", suffix=suffix)
    assert [plugin.name for plugin in installed_plugins()] == ["alpha"]


def test_folders_that_just_changed_are_not_cached(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNSETTLED_NS", 60_000_000_000)
    install(folders[0], "alpha", "1.0", "alpha")
    assert [plugin.name for plugin in installed_plugins()] == ["alpha"]
    assert not cache().exists()
    monkeypatch.setattr(time, "time_ns", lambda: folders[0].stat().st_mtime_ns + 61_000_000_000)
    installed_plugins()
    assert cache().exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"PLACE": {"stamp": STAMP, "files": {}}}'])
def test_damaged_cache_is_ignored(folders: tuple[Path, Path], content: str) -> None:
    install(folders[0], "alpha", "1.0", "alpha")
    cache().parent.mkdir(parents=True, mode=0o700)
    stamp = json.dumps(module._stamp(str(folders[0])))
    cache().write_text(content.replace("PLACE", str(folders[0])).replace("STAMP", stamp))
    cache().chmod(0o600)
    assert [plugin.name for plugin in installed_plugins()] == ["alpha"]


def test_cache_file_of_others_is_ignored(folders: tuple[Path, Path]) -> None:
    install(folders[0], "alpha", "1.0", "alpha")
    installed_plugins()
    cache().write_text(cache().read_text().replace("alpha.plugin", "harmful.plugin"))
    cache().chmod(0o666)
    assert [plugin.value for plugin in installed_plugins()] == ["alpha.plugin"]


def test_finders_with_other_distributions_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            return None

        @staticmethod
        def find_distributions(context: object) -> list[importlib.metadata.Distribution]:
            return [Memory()]

    class Memory(importlib.metadata.Distribution):
        _normalized_name = "memory"

        def read_text(self, filename: str) -> str | None:
            texts = {"entry_points.txt": f"[{ENTRY_POINT_GROUP}]\nmemory = memory.plugin\n",
                     "METADATA": "Name: memory\nVersion: 3\n"}  # fmt: skip
            return texts.get(filename)

        def locate_file(self, path: object) -> Path:
            return Path(str(path))

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert installed_plugins() == [InstalledPlugin("memory", "memory.plugin", "memory", "3")]


def test_load_imports_a_module_or_an_attribute() -> None:
    assert InstalledPlugin("json", "json.decoder").load() is json.decoder
    assert InstalledPlugin("json", "json.decoder:JSONDecoder").load() is json.JSONDecoder
    assert InstalledPlugin("json", "json.decoder : JSONDecoder [extra]").load() is json.JSONDecoder


DISTRIBUTIONS = st.tuples(
    st.sampled_from((0, 1)),
    st.sampled_from(NAMES),
    st.sampled_from(("1.0", "2.0")),
    st.sets(st.sampled_from(("one", "two"))),
    st.sampled_from((".dist-info", ".egg-info")),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), DISTRIBUTIONS), max_size=8))
def test_result_always_equals_importlib_metadata(
    folders: tuple[Path, Path], steps: list[tuple[bool, tuple[int, str, str, set[str], str]]]
) -> None:
    for place in folders:
        shutil.rmtree(place)
        place.mkdir()
    for is_removal, (number, name, version, plugins, suffix) in steps:
        folder = install(folders[number], name, version, *sorted(plugins), suffix=suffix)
        if is_removal:
            shutil.rmtree(folder)
        assert installed_plugins() == expected()
