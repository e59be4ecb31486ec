"""Tests of ``vca``: help, option positions, errors, exit codes and signals."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import FakeClient, Result
from vcloudair_core import errors
from vcloudair_core._version import __version__
from vcloudair_core.cli import main as main_module
from vcloudair_core.cli.main import run
from vcloudair_core.settings.settings import OPTIONS
from vcloudair_core.util.install_hint import install_hint

Vca = Callable[..., Result]
MakeClient = Callable[..., FakeClient]


def test_help_lists_commands_before_options(vca: Vca) -> None:
    result = vca("--help")
    assert result.code == 0
    assert result.out.index("Commands:") < result.out.index("Options:")
    commands = "login logout whoami doctor edge firewall nat sim plugins config version"
    for command in commands.split():
        assert f"\n  {command} " in result.out


def test_help_fits_eighty_columns(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["--help"], ["nat", "list", "--help"], ["sim", "serve", "--help"], ["doctor", "--help"]):
        assert max(len(line) for line in vca(*words).out.splitlines()) <= 80


def test_secrets_are_not_options(vca: Vca) -> None:
    for option in OPTIONS:
        if option.type == "secret":
            result = vca("config", f"--{option.name.replace('_', '-')}", "s3cret-value")
            assert result.code == 64
            assert "s3cret-value" not in result.out + result.err


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.type != "secret"], ids=lambda o: o.name)
def test_settings_are_options_before_and_after_the_command(vca: Vca, option: Any) -> None:
    flag = "--" + option.name.replace("_", "-")
    value = {"bool": [], "float": ["7"]}.get(option.type, [option.choices[0] if option.choices else "/x"])
    for words in ([flag, *value, "config"], ["config", flag, *value]):
        result = vca(*words, "-o", "json")
        assert result.code == 0, result.err
        row = next(row for row in json.loads(result.out) if row["name"] == option.name)
        assert row["origin"] == "argument"


def test_last_option_takes_precedence(vca: Vca) -> None:
    rows = json.loads(vca("--url", "https://a.example", "config", "--url", "https://b.example", "-o", "json").out)
    assert next(row["value"] for row in rows if row["name"] == "url") == "https://b.example"


def test_insecure_disables_verification_and_conflicts_are_rejected(vca: Vca) -> None:
    rows = json.loads(vca("--insecure", "config", "-o", "json").out)
    assert next(row["value"] for row in rows if row["name"] == "validate_certs") is False
    assert vca("config", "--insecure", "--validate-certs").code == 64


def test_config_shows_origins_and_masks_secrets(vca: Vca, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "vca.toml"
    file.write_text('org = "acme"\n[context.prod]\nvdc = "gold"\n')
    monkeypatch.setenv("VCA_PASSWORD", "hunter2hunter2")
    result = vca("config", "--set", "--config", str(file), "--context", "prod", "--url", "https://vcd.example")
    assert result.code == 0
    assert "hunter2" not in result.out
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["url", "https://vcd.example", "argument"],
        ["password", "***", "env", "VCA_PASSWORD"],
        ["org", "acme", "file", str(file)],
        ["vdc", "gold", "file", str(file), "[context.prod]"],
    ]


def test_unknown_context_is_reported_with_a_hint(vca: Vca, tmp_path: Path) -> None:
    file = tmp_path / "vca.toml"
    file.write_text("[context.prod]\n")
    result = vca("config", "--config", str(file), "--context", "test")
    assert (result.code, result.out) == (64, "")
    assert result.err == f"Error: Context 'test' does not exist in {file}.\nHint: Use one of: prod.\n"


def test_password_file_is_read(vca: Vca, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("from-the-file\nsecond line\n")
    secret.chmod(0o600)
    rows = json.loads(vca("config", "--password-file", str(secret), "-o", "json").out)
    assert next(row for row in rows if row["name"] == "password") == {
        "name": "password",
        "value": "***",
        "origin": "argument",
    }
    assert vca("config", "--password-file", str(tmp_path / "none")).code == 64
    secret.write_text("\n")
    assert "is empty" in vca("config", "--password-file", str(secret)).err


def test_password_is_read_from_stdin_once(vca: Vca, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from vcloudair_core.cli import invocation

    monkeypatch.setattr(sys, "stdin", io.StringIO("from-stdin\n"))
    run_ = invocation.Invocation(plugins=None, options={"password_stdin": True})  # type: ignore[arg-type]
    assert run_.settings().required_secret("password").reveal() == "from-stdin"
    assert run_.settings().required_secret("password").reveal() == "from-stdin"
    both = run_.with_options({"password_file": "x"})
    with pytest.raises(errors.ConfigurationError, match="You cannot use --password-file and --password-stdin together"):
        both.settings()


def test_terminal_prompts_for_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    from vcloudair_core.cli import invocation

    opened: list[Any] = []

    class FakeApp:
        def client(self, settings: Any) -> None:
            opened.append(settings)

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(invocation.Invocation, "app", lambda self, shows_tasks=True: FakeApp())
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt, stream: f"typed for {prompt}")
    given = {"url": "https://vcd.example", "username": "ops"}
    invocation.Invocation(plugins=None, options=given).client()  # type: ignore[arg-type]
    assert opened[0].password.reveal() == "typed for Password for ops at https://vcd.example: "


def test_missing_password_without_a_terminal_is_an_error(vca: Vca) -> None:
    result = vca("edge", "list", "--url", "https://vcd.example", "--username", "ops")
    assert (result.code, result.out) == (64, "")
    assert "--password-stdin" in result.err


def test_unknown_commands_and_options_exit_with_64_and_a_suggestion(vca: Vca) -> None:
    assert "Did you mean 'firewall'" in vca("firewal").err
    assert vca("firewal").code == 64
    assert vca("config", "--bogus").code == 64
    assert vca("config", "-o", "xml").code == 64
    assert vca().code in (0, 64)


@pytest.mark.parametrize("debug", ["", "1"])
def test_error_has_one_line_a_hint_and_a_traceback_with_vca_debug(
    vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    monkeypatch.setenv("VCA_DEBUG", debug)
    client(edges=errors.PermissionDeniedError("No right to list edges.", hint="Ask for it.", request_id="r-1"))
    result = vca("edge", "list")
    assert (result.code, result.out) == (5, "")
    assert ("Traceback" in result.err) == bool(debug)
    assert result.err.endswith("Error: No right to list edges. (request ID r-1)\nHint: Ask for it.\n")


def test_unexpected_error_is_reported_as_a_bug(vca: Vca, client: MakeClient) -> None:
    client(edges=ZeroDivisionError("division by zero"))
    result = vca("edge", "list")
    assert result.code == 1
    assert result.err.startswith("Error: ZeroDivisionError: division by zero\nHint: ")
    assert "VCA_DEBUG=1" in result.err


def test_ctrl_c_exits_with_130(vca: Vca, client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeClient, "list_edges", interrupted)
    client()
    result = vca("edge", "list")
    assert (result.code, result.out, result.err) == (130, "", "\nStopped.\n")


def test_closed_pipe_ends_the_command_silently() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "config"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    assert done.returncode == 0
    assert "Broken" not in done.stderr


def test_missing_cli_extra_is_reported_with_an_install_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.util.find_spec

    def without_typer(name: str, package: str | None = None) -> Any:
        return None if name == "typer" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_typer)
    assert run(["edge", "list"]) == 64
    assert capsys.readouterr().err == f"Error: vca needs the extra 'cli'.\nHint: {install_hint('cli')}\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--verbose", "--version"]])
def test_version_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    assert capsys.readouterr().out == f"vca {__version__} (Python {platform.python_version()})\n"


def test_version_loads_no_commands_and_plugins() -> None:
    code = (
        "import sys; from vcloudair_core.cli.main import run; run(['--version'])\n"
        "print([name for name in ('typer', 'pluggy', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["[]"]


def test_verbose_shows_debug_lines_of_one_run(vca: Vca, client: MakeClient) -> None:
    import logging

    logger = logging.getLogger("vcloudair_core")
    before = (logger.level, list(logger.handlers))
    fake = client()

    def chatty(self: Any, vdc: str | None = None) -> list[Any]:
        logging.getLogger("vcloudair_core.session").debug("GET /api/query 200 12 ms")
        return []

    fake.list_edges = chatty.__get__(fake)  # type: ignore[method-assign]
    assert "GET /api/query" in vca("edge", "list", "-v").err
    assert "GET /api/query" not in vca("edge", "list").err
    assert (logger.level, list(logger.handlers)) == before


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys; from vcloudair_core.cli.main import run; run(['--help']);"
        "print(sorted({'requests','lxml','starlette','uvicorn','rich','yaml','cryptography'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_main_exits_with_the_code_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["vca", "nonsense"])
    for name in ("keep_stdout", "leave_stdout"):  # they are for the rest of a process
        monkeypatch.setattr(main_module, name, lambda: None)
    with pytest.raises(SystemExit) as caught:
        main_module.main()
    assert caught.value.code == 64


@pytest.mark.parametrize("is_terminal", [True, False])
def test_retries_are_shown_on_terminals_only(
    vca: Vca, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    def retry(*_: Any, **__: Any) -> None:
        logging.getLogger("vcloudair_core.session.retry").info("Retrying in 4.0 s (attempt 2 of 5): 503")
        raise errors.ConfigurationError("That is all.")

    monkeypatch.setattr("vcloudair_core.settings.settings.Settings.load", retry)
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    result = vca("config")
    assert ("Retrying in 4.0 s (attempt 2 of 5): 503\n" in result.err) is is_terminal
    assert result.err.endswith("Error: That is all.\n")
