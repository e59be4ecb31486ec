"""Tests of the simulator's Containerfile and compose.yaml.

No container engine is needed. ``nox -s workflows`` lints both files.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.ansible import BIN, ROOT

CONTAINERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text(encoding="utf-8"))


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", CONTAINERFILE, re.MULTILINE)


def command(name: str) -> list[str]:
    value: list[str] = json.loads(next(text for text in instructions(name) if text.startswith("[")))
    return value


def test_image_has_two_stages_and_runs_as_an_unprivileged_user() -> None:
    _, first, second = CONTAINERFILE.split("\nFROM ")
    assert "AS build" in first and "pip install" in first
    assert "pip install" not in second
    assert instructions("USER") == ["1000"]


def test_copied_files_exist_and_are_not_ignored() -> None:
    copied = [word for text in instructions("COPY") if "--from" not in text for word in shlex.split(text)[:-1]]
    assert copied and all((ROOT / name).exists() for name in copied)
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    assert [line[1:] for line in ignored if line.startswith("!")] == copied
    assert (ROOT / ".dockerignore").read_text() == (ROOT / ".containerignore").read_text()


def test_compose_file_publishes_the_image_port_on_localhost_only() -> None:
    simulator = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["simulator"]
    (port,) = instructions("EXPOSE")
    assert simulator["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert simulator["volumes"] == ["env:/env"] and instructions("VOLUME") == ["/env"]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[int]:
    """Run the command of the image in a temporary folder, and yield the port."""
    arguments = command("ENTRYPOINT")
    arguments[arguments.index("--port") + 1] = "0"
    arguments[arguments.index("--env-file") + 1] = str(tmp_path / "sim.env")
    env = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env["HOME"] = str(tmp_path)
    process = subprocess.Popen(
        [str(BIN / arguments[0]), *arguments[1:], *command("CMD")[-2:]], env={**env, "HOME": str(tmp_path)}
    )
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "sim.env").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        match = re.search(r"VCA_URL=http://localhost:(\d+)", (tmp_path / "sim.env").read_text(encoding="utf-8"))
        assert match is not None
        yield int(match[1])
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_health_check_fails_without_a_server(serving: int) -> None:
    check = next(json.loads(text) for text in re.findall(r"^HEALTHCHECK .*?CMD (\[.+\])$", CONTAINERFILE, re.MULTILINE))
    assert check[0] == "python"
    program = check[2].replace("8080", str(serving))
    assert subprocess.run([sys.executable, *check[1:2], program], check=False).returncode == 0
    connection = http.client.HTTPConnection("127.0.0.1", serving)
    connection.request("GET", "/api/versions")
    assert connection.getresponse().status == 200
    connection.close()
    nobody = check[2].replace("8080", "1")
    assert subprocess.run([sys.executable, "-c", nobody], check=False, capture_output=True).returncode != 0
