"""Tests of shell completion: candidates, and their quoting for each shell."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Result
from vcloudair_core.cli.completion import answer, cache_files, command_table, known_names, scripts
from vcloudair_core.cli.completion.bash_line import BashLine
from vcloudair_core.plugin.manager import PluginManager
from vcloudair_core.services.query import plugin as query
from vcloudair_core.settings.settings import Settings

Vca = Callable[..., Result]
BREAKS = " \t\n\"'@><=;|&(:"
URL = {"url": "https://vcd.example.test", "org": "acme"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up an empty home directory, and load only the plugin of the query service."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(PluginManager, "load_entry_points", lambda self: self.register(query, "query"))
    return tmp_path


def offered(*words: str) -> list[str]:
    return [value for value, _ in answer.candidates(words)[1]]


def folder() -> Path:
    path = cache_files.completion_folder(None)
    assert path is not None
    return path


def test_commands_and_options() -> None:
    assert {"edge", "firewall", "context", "completion"} <= set(offered(""))
    assert offered("edge", "ap") == ["apply"]
    assert {"--edge", "--url", "--output", "--purge"} <= set(offered("edge", "apply", "--"))
    assert "--purge" not in offered("edge", "apply", "--purge", "--")
    assert offered("no-such-command", "x", "") == []
    assert offered("-o", "json", "edge", "li") == ["list"]


def test_static_values() -> None:
    assert {"json", "yaml", "csv", "table"} <= set(offered("edge", "list", "-o", ""))
    assert offered("edge", "list", "--output=js")[:1] == ["--output=json"]
    assert offered("query", "orgVd")[:2] == ["orgVdc", "orgVdcNetwork"]
    assert "name,status" in offered("query", "vm", "--fields", "name,sta")
    assert offered("query", "vm", "--sort", "-memoryM") == ["-memoryMB"]
    assert answer.candidates(["query", "vm", "-w", "nam"]) == ("nospace", [("name=", "")])
    assert answer.candidates(["edge", "apply", ""]) == ("files", [])
    assert answer.candidates(["edge", "apply", "--ca-path", ""]) == ("files", [])


def test_names_depend_on_server_and_context(vca: Vca) -> None:
    for name in ("one", "two"):
        vca("context", "add", name, "--url", f"https://{name}.example.test")
        known_names.remember_names(Settings.load(context=name), "edge", [f"edge-of-{name}"])
    assert offered("firewall", "list", "--edge", "") == ["edge-of-one"]
    assert offered("--context", "two", "firewall", "list", "--edge", "") == ["edge-of-two"]
    assert offered("firewall", "list", "--context=two", "--edge", "e") == ["edge-of-two"]
    assert offered("firewall", "list", "--url", "https://three.example.test", "--edge", "") == []
    assert offered("context", "use", "") == offered("--context", "") == ["one", "two"]


def test_vm_is_offered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_URL", URL["url"])
    known_names.remember_names(Settings.load(), "vm", ["db", "web"])
    assert offered("dr", "test", "") == ["db", "web"]
    assert offered("dr", "test", "db", "") == ["web"]
    known_names.remember_names(Settings.load(), "replication", ["app"])
    assert offered("dr", "test", "") == ["app"]
    assert offered("metrics", "show", "w") == ["web"]


def test_columns_come_from_the_last_run(vca: Vca) -> None:
    vca("context", "add", "one", "--url", "https://one.example.test")
    assert offered("context", "list", "--columns", "") == []
    vca("context", "list")
    assert {"name", "url"} <= set(offered("context", "list", "--columns", ""))
    assert offered("context", "list", "--columns", "name,ur") == ["name,url"]
    assert "status" in offered("query", "vm", "--columns", "")


def test_stages_and_runs_are_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path / "here"))
    (tmp_path / "here" / "stages").mkdir(parents=True)
    (tmp_path / "here" / "stages" / "monday.stage").touch()
    for run in ("20260101-1", "20260102-1"):
        (tmp_path / "here" / "dr" / "runs" / run).mkdir(parents=True)
    assert offered("edge", "discard", "") == ["monday"]
    assert offered("dr", "resume", "") == ["20260102-1", "20260101-1"]


def test_names_are_private_and_expire_after_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(URL)
    known_names.remember_names(settings, "edge", ["b", "a", None, "x\x1b[31m", "y\nz", "n" * 500])
    assert known_names.known_names(settings, "edge") == ["a", "b"]
    [file] = folder().glob("names-*.json")
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(folder().stat().st_mode)) == (0o600, 0o700)
    content = json.loads(file.read_text())
    content["edge"]["at"] -= known_names.MAX_AGE_S + 1
    file.write_text(json.dumps(content))
    assert known_names.known_names(settings, "edge") == []


@pytest.mark.parametrize("content", ["", "[]", "{", '{"edge": 3}', '{"edge": {"at": "x", "names": [1]}}'])
def test_damaged_cache_files_are_ignored(content: str) -> None:
    settings = Settings.load(URL)
    known_names.remember_names(settings, "edge", ["a"])
    [file] = folder().glob("names-*.json")
    file.write_text(content)
    assert known_names.known_names(settings, "edge") == []
    offered("")
    for path in folder().glob("commands-*.json"):
        path.write_text(content)
    assert "edge" in offered("")


def test_cache_files_of_others_are_ignored() -> None:
    settings = Settings.load(URL)
    known_names.remember_names(settings, "edge", ["a"])
    [file] = folder().glob("names-*.json")
    file.chmod(0o666)
    assert known_names.known_names(settings, "edge") == []


def test_table_is_built_once_per_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    offered("")
    monkeypatch.setattr(command_table, "make_table", lambda: pytest.fail("made again"))
    assert "edge" in offered("")
    monkeypatch.setenv("VCA_DISABLE_PLUGINS", "dr")
    monkeypatch.setattr(command_table, "make_table", lambda: {"options": {}, "commands": {"new": {}}})
    assert offered("") == ["new"]


@pytest.mark.parametrize(
    ("line", "words", "current", "value", "inserted"),
    [
        ("vca edge ", ["vca", "edge"], "", "web", "web"),
        ("vca --edge web\\ e", ["vca", "--edge"], "web e", "web edge (1)", "web\\ edge\\ \\(1\\)"),
        ('vca --edge "web e', ["vca", "--edge"], "web e", 'web "$x"', 'web \\"\\$x\\"'),
        ("vca --edge 'web e", ["vca", "--edge"], "web e", "web edge", "web edge"),
        ("vca --edge org:o", ["vca", "--edge"], "org:o", "org:one", "one"),
        ("vca --edge=a:b", ["vca"], "--edge=a:b", "--edge=a:bc", "bc"),
        ('vca "" x', ["vca", ""], "x", "xy", "xy"),
        ("vca --edge 'a'\"b\"c", ["vca", "--edge"], "abc", "abcd", "abcd"),
    ],
)
def test_bash_insertion(line: str, words: list[str], current: str, value: str, inserted: str) -> None:
    read = BashLine(line, BREAKS)
    assert (read.words, read.current, read.insertable(value)) == (words, current, inserted)


def test_errors_are_silent_and_secrets_are_not_read(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    marks = tmp_path / "marks"
    file.write_text(f'url = "https://a.test"\npassword_command = ["touch", "{marks}"]\ntoken = "x"\n')
    file.chmod(0o644)
    monkeypatch.setenv("VCA_CONFIG_FILE", str(file))
    monkeypatch.setenv("_VCA_COMPLETE", "fish")
    for words in (
        ["edge", "list", "--edge", ""],
        ["--context", "gone", "--edge", ""],
        ["--config", "/gone", "--edge", ""],
    ):
        monkeypatch.setattr(sys, "argv", ["vca", *words])
        answer.main()
    logging.disable(logging.NOTSET)
    assert capfd.readouterr() == ("none\n" * 3, "")
    assert not marks.exists()


def test_command_prints_the_scripts(vca: Vca) -> None:
    for shell, script in scripts.SCRIPTS.items():
        assert vca("completion", shell).out == script


def test_completion_imports_no_command_and_no_network(tmp_path: Path) -> None:
    code = (
        "import sys; from vcloudair_core.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'typer','click','pluggy','requests','socket','rich','yaml','lxml',"
        "'cryptography'} & set(sys.modules)), file=sys.stderr)"
    )
    env = {**os.environ, "_VCA_COMPLETE": "fish", "VCA_URL": URL["url"]}
    for _ in range(2):  # the first one makes the table
        done = subprocess.run(
            [sys.executable, "-c", code, "edge", "list", "--edge", ""],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
    assert (done.stdout, done.stderr) == ("none\n", "[]\n")
