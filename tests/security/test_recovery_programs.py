"""Tests of the data that programs of a recovery plan receive and expose."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.test_secrets_in_texts import _around as around
from vcloudair_core.recovery.plan.model import Command, HttpCheck, Playbook, Step
from vcloudair_core.recovery.run.steps import perform

SECRETS = {"password": "zQ7-pass'word\"1", "api_token": "zQ7-api %s token", "token": "zQ7-token\\n"}


class Page:
    """A server that records requests and sends one fixed response."""

    def __init__(self, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65_536))
                connection.sendall(self._answer)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def other_server() -> Iterator[Page]:
    page = Page(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    yield page
    page.close()


def test_web_check_sends_no_secrets_and_follows_no_redirects(other_server: Page, tmp_path: Path) -> None:
    location = f"http://127.0.0.1:{other_server.port}/"
    lines = ["HTTP/1.1 302 Found", f"Location: {location}", "Set-Cookie: a=b", "Content-Length: 0", "Connection: close"]
    first = Page("\r\n".join([*lines, "", ""]).encode())
    try:
        step = Step("health", HttpCheck(f"http://127.0.0.1:{first.port}/health"), timeout_s=10)
        result = perform(step, around(tmp_path, **SECRETS), group="", key="k")
    finally:
        first.close()
    assert result.verdict == "failed"
    assert "302" in result.reason
    assert other_server.asked == []
    (request,) = first.asked
    request_lines = request.decode().lower().splitlines()
    assert not [line for line in request_lines if line.startswith(("authorization", "cookie", "x-vcloud", "x-vmware"))]
    assert "zq7" not in request.decode().lower()


def test_programs_inherit_the_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that no password from a prompt, a file or stdin is passed to programs."""
    for name in [name for name in os.environ if name.startswith("VCA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VCA_URL", "https://vcd.example.test")
    dump = "import json, os; open('env.json', 'w').write(json.dumps(dict(os.environ)))"
    step = Step("dump", Command((sys.executable, "-c", dump)), timeout_s=30)
    result = perform(step, around(tmp_path, **SECRETS), group="web", key="k")
    assert result.verdict == "succeeded", result
    inherited = json.loads((tmp_path / "env.json").read_text(encoding="utf-8"))
    assert inherited["VCA_URL"] == "https://vcd.example.test"
    assert {name for name in inherited if name.startswith("VCA_")} == {
        "VCA_URL", "VCA_DR_RUN", "VCA_DR_ACTION", "VCA_DR_PLAN", "VCA_DR_GROUP",
    }  # fmt: skip
    assert "zQ7" not in json.dumps(inherited)


LOOK = """
import json, pathlib, sys
found = {}
for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
    try:
        found[path.parent.name] = path.read_bytes().decode('utf-8', 'replace').replace(chr(0), ' ')
    except OSError:
        pass
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
"""


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="This system has no /proc.")
def test_command_lines_have_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pass extra variables of a playbook in a temporary file, not as arguments."""
    monkeypatch.setenv("VCA_PASSWORD", SECRETS["password"])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "ansible"))
    (tmp_path / "look.py").write_text(LOOK, encoding="utf-8")
    task = {
        "ansible.builtin.command": {"argv": [sys.executable, str(tmp_path / "look.py"), str(tmp_path / "seen.json")]}
    }
    check = {"ansible.builtin.assert": {"that": ["api_key == 'zQ7-extra \\'variable'", "vca_dr_run == 'run'"]}}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [check, task]}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    work = Playbook("play.yml", extra_vars={"api_key": "zQ7-extra 'variable"})
    before = set(tmp_path.iterdir())
    result = perform(Step("play", work, timeout_s=120), around(tmp_path, **SECRETS), group="", key="k")
    assert result.verdict == "succeeded", result
    command_lines = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert any("ansible-playbook" in line for line in command_lines.values())
    assert not [line for line in command_lines.values() if "zQ7" in line and "ansible-playbook" in line]
    assert {path.name for path in set(tmp_path.iterdir()) - before} == {"seen.json", "ansible"}


def test_default_step_name_has_no_arguments(tmp_path: Path) -> None:
    """Omit arguments from step names, which journals, reports and events contain."""
    from vcloudair_core.recovery.plan.plan_file import parse_plan

    text = """
name: shop
groups:
- name: web
  vms: [web-1]
  before:
  - command: [/bin/true, --token, zQ7-on-the-line]
  - http: "https://shop.example.com/health?key=zQ7-in-the-query"
"""
    plan = parse_plan(text)
    assert "zQ7" not in "".join(step.name for step in plan.groups[0].before)
