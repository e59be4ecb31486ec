"""Tests of error messages for files that cannot be read or written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Vca
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.monitoring.exporter import _unusable
from vcloudair_core.util.user_files import read_text, unwritable, write_text

NEVER = re.compile(r"Errno|codec|Traceback|\bbug\b|Error: \w+Error|is no |There is a ")
READING = {
    "--config": ["config", "--config"],
    "--password-file": ["config", "--password-file"],
    "edge plan": ["edge", "plan"],
    "edge apply": ["edge", "apply", "--yes"],
    "edge apply --plan": ["edge", "apply", "--plan"],
    "dr check --plan": ["dr", "check", "--plan"],
    "dr test --plan": ["dr", "test", "--plan"],
    "dr cleanup --plan": ["dr", "cleanup", "--plan"],
    "dr failover --plan": ["dr", "failover", "--yes", "--plan"],
    "sim serve --inventory": ["sim", "serve", "--inventory"],
    "metrics serve --auth-password-file": ["metrics", "serve", "--auth-user", "u", "--auth-password-file"],
}


def missing(folder: Path) -> Path:
    return folder / "missing.yml"


def directory(folder: Path) -> Path:
    return folder


def binary(folder: Path) -> Path:
    (folder / "binary.yml").write_bytes(b"\x89PNG\xff\xfe\x00")
    return folder / "binary.yml"


def unreadable(folder: Path) -> Path:
    """Return an unreadable file.

    For root, the file is a symlink to itself. For other users, the file has no permissions.
    """
    path = folder / "unreadable.yml"
    if os.geteuid() == 0:
        path.symlink_to(path)
    else:
        path.write_text("x")
        path.chmod(0)
    return path


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file" / "plan.yml"


@pytest.mark.parametrize("option", READING)
@pytest.mark.parametrize("kind", [missing, directory, binary, unreadable, below_a_file])
def test_unreadable_file_is_reported(
    vca: Vca, client: Any, tmp_path: Path, option: str, kind: Callable[[Path], Path]
) -> None:
    client()
    path = kind(tmp_path)
    result = vca(*READING[option], str(path))
    assert (result.code, result.out) == (64, ""), result.err
    assert str(path) in result.err and "\nHint: " in result.err
    assert not NEVER.search(result.err), result.err


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (missing, "it does not exist"), (directory, "it is a directory"), (binary, "it is not UTF-8 text"),
        (below_a_file, "a part of its path is not a directory"),
    ],
)  # fmt: skip
def test_reasons(tmp_path: Path, kind: Callable[[Path], Path], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^The plan {kind(tmp_path)} cannot be read: {reason}"):
        read_text(kind(tmp_path), "The plan")
    with pytest.raises(ConfigurationError, match="cannot be read: the path contains an invalid character"):
        read_text("a\0b", "The plan")


@pytest.mark.parametrize(("kind", "reason"), [(directory, "it is a directory"), (below_a_file, "not a directory")])
def test_unwritable_file_is_reported(tmp_path: Path, kind: Callable[[Path], Path], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        write_text(kind(tmp_path), "x", "The plan")


def test_missing_directory_and_full_disk() -> None:
    with pytest.raises(ConfigurationError, match="the directory /no/such/place does not exist"):
        write_text("/no/such/place/plan.yml", "x", "The plan")
    assert "the disk is full" in str(unwritable("The plan", "p", OSError(28, "No space left on device")))


def test_unwritable_environment_file_of_the_simulator(vca: Vca, tmp_path: Path) -> None:
    result = vca("sim", "serve", "--no-tls", "--env-file", str(tmp_path / "none" / "sim.env"))
    assert (result.code, f"the directory {tmp_path}/none does not exist" in result.err) == (64, True), result.err


def test_new_plugin_in_a_nonempty_directory_is_rejected(vca: Vca, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = vca("plugins", "new", "acme", "--dir", str(tmp_path))
    assert (result.code, result.err) == (
        64, f"Error: The directory '{tmp_path}' is not empty.\nHint: Pass another directory with --dir.\n",
    )  # fmt: skip


def test_unusable_exporter_certificates(tmp_path: Path) -> None:
    error = OSError("SSL")
    assert "The certificate /none.pem cannot be read: it does not exist" in str(_unusable("/none.pem", "", error))
    (tmp_path / "a.pem").write_text("x")
    assert "The key /none.key cannot be read" in str(_unusable(str(tmp_path / "a.pem"), "/none.key", error))
    assert "The certificate or its key is not valid" in str(_unusable(str(tmp_path / "a.pem"), "", error))


def test_settings_errors_have_file_and_line(vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for text, said in (
        ('org = "a"\nurl = \n', f"{file}:2: "),
        ('org = "a"\n\nurll = "x"\n', f"Unknown setting: 'urll' (file {file}:3)."),
        ('org = "a"\n[context.prod]\ntimeout = "soon"\n', f"(file {file}:3 [context.prod])"),
    ):
        file.write_text(text)
        words = ["--context", "prod"] if "prod" in text else []
        result = vca("config", "--config", str(file), *words)
        assert (result.code, said in result.err) == (64, True), result.err
