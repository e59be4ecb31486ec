"""Tests of the messages of ``vca edge apply`` if a signal stops it during a write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.served import served
from vcloudair_core import App

VCA = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()"]
DOCUMENT = "firewall: {rules: [{name: slow, source: internal}]}\n"


@pytest.mark.parametrize(("number", "code", "word"), [(signal.SIGINT, 130, ""), (signal.SIGTERM, 143, "by SIGTERM")])
def test_stopped_write_is_reported(number: signal.Signals, code: int, word: str, tmp_path: Path) -> None:
    base = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    base |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    base["XDG_STATE_HOME"] = str(tmp_path / "state")
    (tmp_path / "doc.yml").write_text(DOCUMENT, encoding="utf-8")
    with served(tmp_path, base, "--api", "vcd") as exported:
        env = {**base, **exported}
        _slow_down_writes(env)
        running = processes.Process(
            [*VCA, "edge", "apply", "--no-purge", "--yes", "doc.yml"],
            env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            _wait_for_put(env)
            running.send_signal(number)
            _, errors = running.communicate(timeout=300)
        finally:
            running.kill()
    assert running.returncode == code, errors
    assert "The write may have happened" in errors
    assert f"Stopped {word}".strip() in errors
    assert "Traceback" not in errors


def _control(env: dict[str, str], method: str, path: str, body: str = "") -> str:
    import ssl
    from urllib.request import Request, urlopen

    with App(environ=env).client() as client:
        url, ca_path = str(client.settings.url).rstrip("/"), client.settings.ca_path
    context = ssl.create_default_context(cafile=ca_path) if url.startswith("https") else None
    request = Request(f"{url}/_sim/{path}", data=body.encode() or None, method=method)
    with urlopen(request, context=context, timeout=300) as response:
        return str(response.read().decode())


def _slow_down_writes(env: dict[str, str]) -> None:
    _control(env, "POST", "faults", '{"kind": "latency", "method": "PUT", "path": "/firewall/config", "seconds": 60}')


def _wait_for_put(env: dict[str, str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if "PUT" in _control(env, "GET", "journal"):
            time.sleep(0.3)
            return
        time.sleep(0.1)
    raise AssertionError("no write was sent")
