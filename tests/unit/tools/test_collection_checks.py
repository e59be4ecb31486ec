"""Tests of the program that runs the checks of the collection, with fake steps."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import ROOT


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``tools/collection_checks.py`` as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("collection_checks")


@pytest.fixture
def pretend(checks: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module with fake steps that succeed, fail or raise an error."""

    def good(room: Any) -> str:
        return f"saw {len(list(room.folder.iterdir()))} files"

    def bad(room: Any) -> str:
        raise checks.CheckFailedError("it does not hold", "line one\nline two")

    def broken(room: Any) -> str:
        raise KeyError("missing")

    steps = {"good": good, "bad": bad, "broken": broken}
    monkeypatch.setattr(checks, "STEPS", steps)
    return checks


def _run(checks: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["collection_checks.py", *arguments])
    status: int = checks.main()
    return status


def test_a_failed_step_is_shown_and_other_steps_continue(
    pretend: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(pretend, monkeypatch, "--jobs", "1") == 1
    shown = capsys.readouterr()
    lines = [line.split() for line in shown.out.splitlines()]
    assert [line[:2] for line in lines] == [["ok", "good"], ["FAILED", "bad"], ["FAILED", "broken"], ["2", "failed:"]]
    assert "it does not hold" in shown.out
    assert "KeyError: 'missing'" in shown.out
    assert "line one\nline two" in shown.err


def test_only_the_named_steps_are_run(
    pretend: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(pretend, monkeypatch, "good") == 0
    assert "bad" not in capsys.readouterr().out


def test_an_unknown_step_is_named(
    pretend: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        _run(pretend, monkeypatch, "godo")
    assert stopped.value.code == 2
    assert "no step is named godo. Choose from good, bad, broken." in capsys.readouterr().err


def test_the_errors_of_ansible_test_are_in_the_message(
    checks: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "ansible-test"
    program.write_text("#!/bin/sh\necho 'ERROR: a.py:1:2: bad name'\necho 'Running the next test'\nexit 1\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(importlib.import_module("check_room"), "BIN", tmp_path)
    with pytest.raises(checks.CheckFailedError) as failed:
        checks.Room(tmp_path).ansible_test("sanity", tmp_path)
    assert str(failed.value) == "ansible-test sanity --local: status 1\nERROR: a.py:1:2: bad name"


def test_every_step_has_a_description(checks: Any) -> None:
    assert [name for name, step in checks.STEPS.items() if not step.__doc__] == []


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [
        ("MANIFEST.json", True),
        ("plugins/modules/vca_firewall.py", True),
        ("plugins/module_utils/_runner.py", True),
        ("changelogs/changelog.yaml", True),
        ("roles/edge/tasks/main.yml", True),
        ("playbooks/files/recovery_plan.yml", True),
        ("plugins/modules/vca_firewall.pyc", False),
        ("plugins/modules/notes.txt", False),
        ("vcloudair_core/app.py", False),
        ("tests/integration/integration_config.yml", False),
        ("sim.env", False),
        ("playbooks/vault.password", False),
    ],
)
def test_only_allowed_files_are_in_the_tarball(checks: Any, name: str, is_allowed: bool) -> None:
    assert checks._is_allowed(name) is is_allowed


def test_the_staged_copy_has_the_collection_and_its_tests_and_no_links(checks: Any, tmp_path: Path) -> None:
    copy = checks.Room(tmp_path).staged()
    assert copy == tmp_path / "staged" / "ansible_collections" / "vcloudair" / "cloud"
    names = {str(path.relative_to(copy)) for path in copy.rglob("*")}
    assert {"galaxy.yml", "plugins/modules/vca_firewall.py", "tests/unit/plugins/module_utils/test_runner.py"} <= names
    assert [
        name for name in names if name.startswith(("vcloudair_core", "tests/unit/services/ans", "collections", "tools"))
    ] == []
    assert [path for path in copy.rglob("*") if path.is_symlink()] == []


def test_a_failed_program_shows_its_output(checks: Any, tmp_path: Path) -> None:
    with pytest.raises(checks.CheckFailedError, match="status 3") as failed:
        checks.Room(tmp_path).run(sys.executable, "-c", "print('why'); raise SystemExit(3)")
    assert failed.value.output == "why\n"


def test_programs_get_no_cloud_settings(checks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCA_PASSWORD", "secret")
    monkeypatch.setenv("ANSIBLE_CONFIG", "/nowhere")
    assert "secret" not in checks.Room(tmp_path).environment().values()
    assert "ANSIBLE_CONFIG" not in checks.Room(tmp_path).environment()


def test_pip_settings_of_the_environment_override_files(
    checks: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room = importlib.import_module("check_room")
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ntimeout = 3\nretries = 4\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    settings = room._pip_settings().splitlines()
    assert settings[0] == "[global]"
    assert {"timeout = 7", "retries = 4"} <= set(settings)
