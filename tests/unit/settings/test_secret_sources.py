"""Tests of secrets from files, commands and keyring entries."""

from __future__ import annotations

import logging
import os
import sys
import types
from pathlib import Path

import pytest

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings import secret_sources
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.redaction import Secret, remembered

VALUE = "hunter2-by-reference"


def load(tmp_path: Path, line: str, **arguments: object) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(f'url = "https://vcd.example.test"\n{line}\n')
    file.chmod(0o600)
    return Settings.load(arguments, environ={}, config_file=file)


def command(tmp_path: Path, code: str) -> str:
    program = tmp_path / "program.py"
    program.write_text(code)
    return f'password_command = ["{sys.executable}", "{program}"]'


def test_file_paths_are_relative_to_the_configuration_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{VALUE}\nsecond line\n")
    secret.chmod(0o600)
    settings = load(tmp_path, 'password_file = "password"')
    assert settings.is_reference("password")
    assert settings.secrets() == []
    assert settings.password == Secret(VALUE)
    assert settings.secrets() == [Secret(VALUE)]
    assert Secret(VALUE) in remembered()


def test_a_file_that_other_users_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(VALUE)
    secret.chmod(0o644)
    settings = load(tmp_path, f'password_file = "{secret}"')
    with pytest.raises(ConfigurationError, match="Other users can read the password in") as caught:
        settings.password  # noqa: B018 - the secret is read at first access
    assert caught.value.hint == f"Run: chmod 600 {secret}"
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("key", ["password", "api_token", "token"])
def test_a_command_returns_the_secret(tmp_path: Path, key: str) -> None:
    line = command(tmp_path, f"print({VALUE!r}); print('more')").replace("password_", f"{key}_")
    assert load(tmp_path, line)[key] == Secret(VALUE)


def test_a_command_as_text_is_split_without_a_shell(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys; print('|'.join(sys.argv[1:]))")
    line = f"password_command = '{sys.executable} {program} \"a b\" $HOME ; true'"
    assert load(tmp_path, line).required_secret("password").reveal() == "a b|$HOME|;|true"


def test_a_command_runs_once_at_first_use(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    settings = load(tmp_path, command(tmp_path, f"open({str(marks)!r}, 'a').write('x'); print({VALUE!r})"))
    settings.require("password")
    assert settings.as_dict()["password"]["value"] == "***"
    assert VALUE not in repr(settings) and "***" in repr(settings)
    settings.account_key({})
    assert not marks.exists()
    assert settings.password == settings.replace(timeout=3).password == Secret(VALUE)
    assert marks.read_text() == "x"
    load(tmp_path, command(tmp_path, "raise SystemExit(9)"), password="given").secrets()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (f"print({VALUE!r}); raise SystemExit(3)", "failed with exit code 3"),
        ("pass", "the secret is empty"),
        ("print(); print('x')", "the secret is empty"),
        ("import sys; sys.stdout.buffer.write(bytes([255, 254, 65]))", "the secret is not UTF-8"),
        ("import time; time.sleep(60)", "took longer than 1 seconds"),
    ],
)
def test_a_failed_command_is_an_error_without_its_output(
    tmp_path: Path, code: str, message: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(secret_sources, "COMMAND_TIMEOUT_S", 1.0 if "sleep" in code else 30.0)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path, command(tmp_path, code)).password  # noqa: B018
    assert "password_command (file " in str(caught.value)
    assert VALUE not in str(caught.value) + str(caught.value.hint) + caplog.text


def test_a_command_that_leaves_a_child_behind_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_sources, "COMMAND_TIMEOUT_S", 1.0)
    pids = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(50)'])\n"
        f"open({str(pids)!r}, 'w').write(str(child.pid)); time.sleep(50)"
    )
    try:
        with pytest.raises(ConfigurationError, match="took longer"):
            load(tmp_path, command(tmp_path, code)).password  # noqa: B018
    finally:
        if pids.exists():
            os.kill(int(pids.read_text()), 9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('password_file = "none"', "none cannot be read"),
        ("password_file = 3", "Invalid password_file"),
        ('password_command = "no-such-program-of-vca"', "'no-such-program-of-vca' cannot be run"),
        ("password_command = []", "Invalid password_command"),
        ('password_command = "a \'b"', "cannot be split into arguments"),
        ('password_keyring = "nouser"', "must have the form SERVICE/USER"),
        ('password = "x"\npassword_file = "y"', "password and password_file cannot be used together"),
        ('password_command = "x"\npassword_file = "y"', "password_command and password_file cannot be used together"),
    ],
)
def test_an_invalid_reference_is_an_error(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load(tmp_path, line).password  # noqa: B018


class FakeKeyring(types.ModuleType):
    """A fake for the ``keyring`` library, with one entry."""

    def __init__(self, value: str | Exception | None = VALUE) -> None:
        super().__init__("keyring")
        self.value = value
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, user: str) -> str | None:
        self.asked.append((service, user))
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def test_the_keyring_returns_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert load(tmp_path, 'password_keyring = "vca/prod/alice"').password == Secret(VALUE)
    assert keyring.asked == [("vca/prod", "alice")]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "entry vca/alice does not exist.*keyring set vca alice"),
        (RuntimeError(VALUE), r"the keyring failed \(RuntimeError\)"),
    ],
)
def test_a_failed_keyring_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Exception | None, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", FakeKeyring(value))
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path, 'password_keyring = "vca/alice"').password  # noqa: B018
    assert VALUE not in str(caught.value)


def test_a_missing_keyring_package_has_an_install_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match="needs the extra 'keyring'"):
        load(tmp_path, 'password_keyring = "vca/alice"').password  # noqa: B018


def test_a_reference_for_another_server_is_not_read(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    line = command(tmp_path, f"open({str(marks)!r}, 'a').write('x'); print({VALUE!r})")
    assert load(tmp_path, line, url="https://other.example.test").password is None
    assert not marks.exists()
