"""Tests of ``vca context``, and of the configuration file that it writes."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Result
from tests.unit.settings.test_secret_sources import FakeKeyring
from vcloudair_core.cli.context_store import ContextStore
from vcloudair_core.settings.settings import Settings, default_config_file

Vca = Callable[..., Result]
PROD = ("--url", "https://prod.example.test", "--org", "acme", "--username", "alice")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_context_becomes_current(vca: Vca) -> None:
    result = vca("context", "add", "prod", *PROD, "--timeout", "30", "--insecure")
    assert result.code == 0, result.err
    assert result.err.endswith(" as the current context.\n")
    assert vca("context", "add", "lab", "--url", "https://lab.example.test").code == 0
    assert vca("context", "current").out == "prod\n"
    settings = Settings.load(environ={})
    assert (settings.url, settings.org, settings.timeout) == ("https://prod.example.test", "acme", 30.0)
    assert settings.validate_certs is False


def test_file_and_folder_are_private(vca: Vca) -> None:
    vca("context", "add", "prod", *PROD)
    file = default_config_file()
    assert (mode_of(file), mode_of(file.parent)) == (0o600, 0o700)
    file.chmod(0o644)
    vca("context", "add", "lab", "--url", "https://lab.example.test")
    assert mode_of(file) == 0o600


def test_list_marks_the_current_context_and_shows_no_secrets(vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        'org = "acme"\ncurrent_context = "b"\n[context.a]\nurl = "https://a.test"\npassword = "hunter2"\n'
        '[context.b]\nservice_type = "vchs"\napi_token_command = "x hunter2"\n'
    )
    file.chmod(0o600)
    lines = [line.split() for line in vca("context", "list", "--config", str(file)).out.splitlines()]
    assert lines == [
        ["CURRENT", "NAME", "URL", "ORG", "CREDENTIALS"],
        ["a", "https://a.test", "acme", "password"],
        ["*", "b", "https://vchs.vmware.com:443", "acme", "api_token_command"],
    ]
    rows = json.loads(vca("context", "list", "--config", str(file), "-o", "json").out)
    assert [(row["name"], row["current"]) for row in rows] == [("a", False), ("b", True)]
    assert "hunter2" not in json.dumps(rows)


def test_use_and_remove_keep_other_content(vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('# ours\norg = "acme" # shared\n\n# the lab\n[context.lab]\nurl = "https://lab.test"\n')
    where = ("--config", str(file))
    assert vca("context", "add", "prod", *PROD, "--use", *where).code == 0
    assert vca("context", "use", "lab", *where).code == 0
    text = file.read_text()
    assert text.startswith('current_context = "lab"\n')
    assert all(words in text for words in ("# ours", "# shared", "# the lab"))
    result = vca("context", "remove", "lab", *where)
    assert "There is no current context now. Run: vca context use NAME (available: prod)." in result.err
    assert "current_context" not in file.read_text()
    assert vca("context", "remove", "prod", *where).code == 0
    assert Settings.load(environ={}, config_file=file).org == "acme"


def test_existing_name_requires_replace(vca: Vca) -> None:
    vca("context", "add", "prod", *PROD)
    refused = vca("context", "add", "prod", "--url", "https://other.test")
    assert (refused.code, "--replace" in refused.err) == (64, True)
    assert vca("context", "add", "prod", "--url", "https://other.test", "--replace").code == 0
    assert (Settings.load(environ={}).url, Settings.load(environ={}).org) == ("https://other.test", None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["use", "gone"], "Context 'gone' does not exist"),
        (["remove", "gone"], "Context 'gone' does not exist"),
        (["current"], "No context is in use"),
        (["add", "a/b", *PROD], "Invalid context name"),
        (["add", "x", "--org", "acme"], "requires a URL"),
        (["add", "x", "--url", "https://u:p@h"], "user name or password"),
        (["add", "x", *PROD, "--ask-password"], "requires a terminal"),
        (["add", "x", *PROD, "--password-command", "a 'b"], "Invalid --password-command"),
        (["add", "x", *PROD, "--password-command", "a", "--password-keyring", "b/c"], "cannot be used together"),
        (["add", "x", *PROD, "--password-keyring", "b"], "SERVICE/USER"),
    ],
)
def test_invalid_input_is_rejected_and_not_written(vca: Vca, words: list[str], message: str) -> None:
    result = vca("context", *words)
    assert (result.code, message in result.err) == (64, True), result.err
    assert not default_config_file().exists()


def test_secrets_are_stored_by_reference(vca: Vca, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    vca("context", "add", "a", *PROD, "--password-file", str(secret))
    vca("context", "add", "b", *PROD, "--password-command", f"{sys.executable} -c 'print(\"from a program\")'")
    text = default_config_file().read_text()
    assert "hunter2" not in text
    assert Settings.load(environ={}, context="a").required_secret("password").reveal() == "hunter2"
    assert Settings.load(environ={}, context="b").required_secret("password").reveal() == "from a program"


def test_password_from_stdin_is_stored_in_file_or_keyring(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    kept: list[Any] = []
    keyring = FakeKeyring()
    keyring.set_password = lambda *entry: kept.append(entry)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    for name, more in (("file", []), ("ring", ["--password-keyring", "vca/alice"])):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"secret-of-{name}\n"))
        assert vca("context", "add", name, *PROD, "--password-stdin", *more).code == 0
    assert kept == [("vca", "alice", "secret-of-ring")]
    assert "secret-of-ring" not in default_config_file().read_text()
    assert Settings.load(environ={}, context="file").required_secret("password").reveal() == "secret-of-file"


def test_error_and_prompt_show_the_context(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    vca("context", "add", "prod", *PROD)
    result = vca("edge", "list")
    assert result.err.startswith(
        "Error: [context prod] Missing password for 'alice' at context 'prod' (https://prod.example.test).\nHint: "
    )
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    def typed(prompt: str, stream: Any) -> str:
        asked.append(prompt)
        return ""

    monkeypatch.setattr("getpass.getpass", typed)
    vca("edge", "list")
    assert asked == ["Password for alice at context 'prod' (https://prod.example.test): "]


def test_config_shows_file_and_context(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No configuration file" in vca("config").err
    vca("context", "add", "prod", *PROD)
    assert vca("config").err == f"Configuration file: {default_config_file()}, context 'prod'.\n"
    monkeypatch.setenv("VCA_URL", "https://other.test")
    assert "its current context 'prod' is not used, because the setting url selects another server" in vca("config").err


def test_symlink_is_kept(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    ContextStore(link).add("a", {"url": "https://a.test"}, replace=False, use=False)
    assert link.is_symlink()
    assert "# mine" in real.read_text() and "https://a.test" in real.read_text()


def test_concurrent_writers_keep_all_contexts(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with ThreadPoolExecutor(8) as pool:
        names = [f"c{number}" for number in range(24)]
        list(pool.map(lambda name: ContextStore(path).add(name, {"url": "u"}, replace=False, use=False), names))
    assert sorted(ContextStore(path).read().contexts) == sorted(names)
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.endswith(".tmp")] == []
