"""Tests of the cached help: it equals the computed help, and is never out of date."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Result
from vcloudair_core.cli.start import help_cache, installation
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.plugin.records import API_VERSION, CommandRecord
from vcloudair_core.services.query import plugin as query

Vca = Callable[..., Result]
VCA = [sys.executable, "-c", "from vcloudair_core.cli.start.entry import main; main()"]


class Plugin:
    """A plugin with a command."""

    vcloudair_api_version = API_VERSION

    @hookimpl
    def vca_cli_commands(self) -> list[CommandRecord]:
        return [CommandRecord("greet", "Say hello.", lambda: print)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a new cache folder and an installation that did not change recently."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(installation, "is_settled", lambda: True)
    monkeypatch.setattr(PluginManager, "load_entry_points", lambda self: self.register(query, "query"))
    monkeypatch.setattr(PluginManager, "is_built_in", lambda self, provider: provider in ("", "query"))


@pytest.mark.parametrize("columns", ["", "60", "80", "200"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_cached_help_equals_the_computed_help(
    vca: Vca, columns: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert help_cache.cached_help() == ""
    text = vca(option).out
    assert "Commands:" in text
    assert help_cache.cached_help() == text
    monkeypatch.setenv("COLUMNS", "61")
    assert help_cache.cached_help() == ""


def test_other_requests_are_not_answered_from_the_cache(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    vca("edge", "--help")
    assert help_cache.cached_help() == ""
    assert not help_cache.is_help(["edge", "--help"])
    monkeypatch.setenv("VCA_TRACE_PLUGINS", "1")
    assert not help_cache.is_help(["--help"])


def test_help_with_commands_of_plugins_is_not_cached(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PluginManager, "load_entry_points", lambda self: self.register(Plugin(), "greeter"))
    assert "greet" in vca("--help").out
    assert help_cache.cached_help() == ""


def test_help_is_out_of_date_after_an_installation(vca: Vca, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    vca("--help")
    assert help_cache.cached_help()
    (site / "greeter-1.0.dist-info").mkdir()
    assert help_cache.cached_help() == ""


def test_help_is_not_cached_if_an_installation_happens_meanwhile(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "is_settled", lambda: False)
    vca("--help")
    assert help_cache.cached_help() == ""


def test_help_of_other_users_is_ignored(vca: Vca) -> None:
    vca("--help")
    path = Path(help_cache._path())
    path.chmod(0o644)
    assert help_cache.cached_help() == ""


def test_program_imports_neither_typer_nor_plugins(tmp_path: Path) -> None:
    code = (
        "import sys; from vcloudair_core.cli.start.entry import main; sys.argv = ['vca', '--help']\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, len({'typer', 'pluggy', 'pathlib', 'json', 'dataclasses',"
        "'logging'} & set(sys.modules)), len(sys.modules), file=sys.stderr)"
    )
    # -S: without the modules that editable installations import at each start.
    command = [sys.executable, "-S", "-c", code]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "80"}
    bare = [sys.executable, "-S", "-c", "import sys; print(len(sys.modules))"]
    modules = int(subprocess.run(bare, env=env, capture_output=True, text=True, check=True, cwd=tmp_path).stdout)
    results = [
        subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
        for _ in range(2)
    ]
    assert results[0].stdout == results[1].stdout
    code_, heavy, loaded = map(int, results[1].stderr.split())
    assert (code_, heavy) == (0, 0)
    assert loaded < modules + 30


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_reported_with_and_without_cache() -> None:
    env = {**os.environ, "COLUMNS": "80"}
    ends = []
    for _ in range(2):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([*VCA, "--help"], env=env, stdout=full, stderr=subprocess.PIPE, text=True)
        ends.append((done.returncode, done.stderr))
        subprocess.run([*VCA, "--help"], env=env, capture_output=True, check=True)
    assert ends[0] == ends[1]
    assert ends[0][0] == 1
