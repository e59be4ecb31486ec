"""Tests of ``vca login`` and ``vca logout``: cached sessions and their files."""

from __future__ import annotations

import json
import os
import pty
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.tiers import sampled
from vcloudair_core.session.cache.kept_login import open_login
from vcloudair_core.settings.settings import Settings
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

VCA = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()"]


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd")) as running:
        yield running


@pytest.fixture
def env(server: SimulatorServer, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user with an empty home and without a password."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    exported = {name: value for name, value in server.env().items() if name != "VCA_PASSWORD"}
    folders = {"XDG_CONFIG_HOME": "config", "VCA_CACHE_DIR": "cache", "VCA_STATE_DIR": "state"}
    return {**plain, **exported, **{name: str(tmp_path / folder) for name, folder in folders.items()}}


@pytest.fixture
def password(server: SimulatorServer) -> str:
    return server.env()["VCA_PASSWORD"]


def vca(env: dict[str, str], *words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return processes.run(
        [*VCA, *words], env={**env, **more}, text=True, input=typed, capture_output=True, timeout=60, check=False
    )


def login(env: dict[str, str], password: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    completed = vca(env, "login", "--password-stdin", *words, typed=f"{password}\n", **more)
    assert completed.returncode == 0, completed.stderr
    return completed


def requests(server: SimulatorServer, method: str) -> list[str]:
    return [entry.path for entry in server.simulator.request_log.entries() if entry.method == method]


def login_files(env: dict[str, str]) -> list[Path]:
    return list(Path(env["VCA_CACHE_DIR"]).glob("*.login"))


def test_later_commands_use_the_cached_session_without_a_password(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    assert "vca logout" in login(env, password).stderr
    for arguments in (
        ["edge", "list"],
        ["query", "vm"],
        ["whoami", "-o", "json"],
        ["--vdc", "org1-vdc1", "edge", "list"],
    ):
        completed = vca(env, *arguments)
        assert completed.returncode == 0, completed.stderr
    assert requests(server, "POST") == ["/cloudapi/1.0.0/sessions"]
    whoami = json.loads(vca(env, "whoami", "-o", "json").stdout)
    assert (whoami["session"], whoami["expires_at"]) == ("login", None)


def test_logout_ends_the_server_session_without_a_password(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    login(env, password)
    completed = vca(env, "logout")
    assert (completed.returncode, completed.stderr) == (0, "Signed out.\n")
    ended = [(entry.path, entry.status) for entry in server.simulator.request_log.entries() if entry.method == "DELETE"]
    assert ended == [("/cloudapi/1.0.0/sessions/current", 204)]
    assert login_files(env) == []
    refused = vca(env, "edge", "list")
    assert (refused.returncode, "Run `vca login`" in refused.stderr) == (64, True)
    assert "No session to end" in vca(env, "logout").stderr
    assert len(requests(server, "POST")) == 1


def test_logout_from_an_unreachable_server_fails_and_deletes_the_token(
    server: SimulatorServer, env: dict[str, str], password: str, tmp_path: Path
) -> None:
    # The simulator deletes its CA file when it stops, so use a copy.
    env["VCA_CA_PATH"] = str(shutil.copy(env["VCA_CA_PATH"], tmp_path / "ca.pem"))
    login(env, password)
    server.stop()
    completed = vca(env, "logout")
    first, error, *_ = completed.stderr.splitlines()
    assert completed.returncode == 6
    assert first == "The token was deleted on this host. The session may still be open at the server."
    assert error.startswith("Error: ")
    assert "Signed out" not in completed.stderr
    assert login_files(env) == []


def test_login_files_are_private_and_contain_no_token_or_password(
    server: SimulatorServer, env: dict[str, str], password: str, tmp_path: Path
) -> None:
    login(env, password)
    settings = Settings.load(environ=env)
    login_session = open_login(settings)
    assert login_session is not None
    credentials = login_session.load()
    assert credentials is not None
    files = [*login_files(env), tmp_path / "state" / "login.key"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert {stat.S_IMODE(file.parent.stat().st_mode) for file in files} == {0o700}
    secrets = [password, *(secret.reveal() for secret in credentials.secrets())]
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in secrets), file


def test_no_secret_in_the_output_of_any_command(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    completed_commands = [login(env, password, "-v")]
    login_session = open_login(Settings.load(environ=env))
    assert login_session is not None
    credentials = login_session.load()
    assert credentials is not None
    completed_commands += [
        vca(env, *arguments, "-v", VCA_DEBUG="1")
        for arguments in (["edge", "list"], ["whoami"], ["config"], ["logout"])
    ]
    output = "".join(completed.stdout + completed.stderr for completed in completed_commands)
    assert "GET /api/query" in output
    assert not any(secret.reveal() in output for secret in credentials.secrets())
    assert password not in output


def test_another_user_or_tls_setting_does_not_use_the_session(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    login(env, password)
    before = len(server.simulator.request_log.entries())
    changed_settings = {
        "VCA_USERNAME": "somebody", "VCA_ORG": "other", "VCA_API_VERSION": "36.0", "VCA_VALIDATE_CERTS": "false",
        "VCA_CA_PATH": "", "VCA_SERVICE_TYPE": "vchs", "VCA_INSTANCE": "i", "VCA_SESSION_CACHE": "false",
    }  # fmt: skip
    for name, value in changed_settings.items():
        completed = vca(env, "edge", "list", **{name: value})
        assert (completed.returncode, "Missing password" in completed.stderr) == (64, True), (name, completed.stderr)
    assert len(server.simulator.request_log.entries()) == before


def test_another_server_never_gets_the_token(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    login(env, password)
    with SimulatorServer(SimulatorConfig(profile="vcd")) as other_server:
        elsewhere = {name: other_server.env()[name] for name in ("VCA_URL", "VCA_CA_PATH")}
        assert vca(env, "edge", "list", **elsewhere).returncode == 64
        assert vca(env, "logout", **elsewhere).returncode == 0
        assert other_server.simulator.request_log.entries() == []
    assert requests(server, "DELETE") == []
    assert vca(env, "edge", "list").returncode == 0


def test_each_context_has_a_separate_session(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    connection = {name: env.pop(name) for name in ("VCA_URL", "VCA_ORG", "VCA_USERNAME", "VCA_CA_PATH")}
    shared = ("--url", connection["VCA_URL"], "--org", connection["VCA_ORG"], "--ca-path", connection["VCA_CA_PATH"])
    for name in ("one", "two"):
        completed = vca(env, "context", "add", name, *shared, "--username", connection["VCA_USERNAME"])
        assert completed.returncode == 0, completed.stderr
    login(env, password, "--context", "one")
    assert vca(env, "edge", "list", "--context", "one").returncode == 0
    refused = vca(env, "edge", "list", "--context", "two")
    assert refused.stderr.startswith("Error: [context two] Missing password for ")
    assert vca(env, "context", "remove", "one").returncode == 0
    assert (login_files(env), len(requests(server, "DELETE"))) == ([], 1)


@pytest.mark.parametrize("spoil", sampled(["token", "truncated", "key", "no key", "readable key"], 3))
def test_reports_a_tampered_session_file_in_one_line(
    server: SimulatorServer, env: dict[str, str], password: str, tmp_path: Path, spoil: str
) -> None:
    login(env, password)
    file, key = login_files(env)[0], tmp_path / "state" / "login.key"
    if spoil == "token":
        document = json.loads(file.read_text())
        document["data"] = document["data"][:-8] + "AAAAAA=="
        file.write_text(json.dumps(document))
    elif spoil == "truncated":
        file.write_bytes(file.read_bytes()[:40])
    elif spoil == "key":
        key.write_bytes(bytes(32))
    elif spoil == "no key":
        key.unlink()
    else:
        key.chmod(0o644)
    completed = vca(env, "edge", "list")
    assert completed.returncode == 64
    first, second, hint = completed.stderr.splitlines()
    assert first == f"The session of `vca login` cannot be used: {file} is damaged, or was encrypted with another key."
    assert (second.startswith("Error: Missing password for "), "vca login" in hint) == (True, True)
    login(env, password)
    assert vca(env, "edge", "list").returncode == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_reports_an_expired_session(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    login(env, password)
    os.utime(login_files(env)[0], (1, 1))
    completed = vca(env, "edge", "list")
    assert completed.stderr.startswith("The session of `vca login` has expired.\nError: Missing password")
    logout = vca(env, "logout")
    assert "has expired. The file was deleted." in logout.stderr
    assert login_files(env) == []


def test_session_ended_by_the_server_fails_with_a_hint(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    login(env, password)
    server.simulator.sessions.expire_all()
    completed = vca(env, "edge", "list")
    assert (completed.returncode, completed.stdout) == (3, "")
    assert completed.stderr == "Error: The session of `vca login` has expired.\nHint: Run `vca login`.\n"


def test_prompts_for_the_password_and_continues_on_a_terminal(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    login(env, password)
    server.simulator.sessions.expire_all()
    person, terminal = pty.openpty()
    process = processes.Process(
        [*VCA, "edge", "list"],
        env=env,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # detach from the terminal of the test run
    )
    os.close(terminal)
    assert process.stderr is not None
    prompts = ""
    while not prompts.endswith(f"Password for {env['VCA_USERNAME']} at {env['VCA_URL']}: "):
        prompts += process.stderr.read(1) or pytest.fail(prompts)
    os.write(person, f"{password}\n".encode())
    output, stderr = process.communicate(timeout=60)
    prompts += stderr
    os.close(person)
    assert process.returncode == 0, prompts
    assert prompts.startswith("The session of `vca login` has expired.\n")
    assert "NAME" in output
    assert password not in output + prompts
    assert vca(env, "edge", "list").returncode == 0
    assert requests(server, "POST") == ["/cloudapi/1.0.0/sessions"] * 2


def test_password_overrides_the_cached_session(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    login(env, password)
    assert vca(env, "edge", "list", VCA_PASSWORD="wrong", VCA_RETRIES="0").returncode == 3
    assert vca(env, "edge", "list", VCA_PASSWORD=password).returncode == 0
    assert json.loads(vca(env, "whoami", "-o", "json", VCA_PASSWORD=password).stdout)["session"] == "cache"
    assert vca(env, "edge", "list").returncode == 0


def test_doctor_uses_the_cached_session(server: SimulatorServer, env: dict[str, str], password: str) -> None:
    login(env, password)
    completed = vca(env, "doctor")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert requests(server, "POST") == ["/cloudapi/1.0.0/sessions"]


def test_login_without_the_session_cache_stores_nothing(
    server: SimulatorServer, env: dict[str, str], password: str
) -> None:
    assert "not kept" in login(env, password, "--no-session-cache").stderr
    assert not Path(env["VCA_CACHE_DIR"]).exists()
    assert len(requests(server, "DELETE")) == 1
