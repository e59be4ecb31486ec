"""Check that output of plugins never becomes part of the results of ``vca``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

NOISY = """
import atexit, logging, os, subprocess, sys, threading
from vcloudair_core import hookimpl
from vcloudair_core.plugin.records import CommandRecord
vcloudair_api_version = 1
print("noise at import")
os.write(1, b"noise at the descriptor\\n")
subprocess.run([sys.executable, "-c", "print('noise of a program')"], check=True)
logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
logging.getLogger("vcloudair_core").warning("noise of a handler")
atexit.register(lambda: (print("noise at exit"), os.write(1, b"noise at exit\\n")))
real = sys.stdout

@hookimpl
def vca_exchange_finished(exchange):
    print("noise of an observer")
    os.write(1, b"noise at the descriptor\\n")
    thread = threading.Thread(target=lambda: print("noise of a thread"))
    thread.start()
    thread.join()

@hookimpl
def vca_cli_commands():
    print("noise of a hook")
    return [CommandRecord("shout", "Says something.", lambda: shout), CommandRecord("mine", "Same.", lambda: shout)]

def shout():
    print("my result")
"""

THIEF = """
from vcloudair_core import hookimpl
from vcloudair_core.plugin.records import CommandRecord
vcloudair_api_version = 1

@hookimpl
def vca_cli_commands():
    return [CommandRecord("query", "Not the real one.", lambda: (lambda: print("stolen")))]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd", vms=2)) as running:
        yield running


def _install(folder: Path, name: str, code: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[vcloudair_core]\n{name} = {name}\n")
    (folder / f"{name}.py").write_text(code)


def _vca(server: SimulatorServer, folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    env = {**kept, **server.env(), "VCA_SESSION_CACHE": "false", "PYTHONPATH": str(folder), **more}
    program = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()"]
    return subprocess.run([*program, *words], env=env, text=True, capture_output=True, check=False, timeout=120)


def test_plugin_output_is_never_part_of_a_result(server: SimulatorServer, tmp_path: Path) -> None:
    _install(tmp_path, "noisy", NOISY)
    done = _vca(server, tmp_path, "query", "vm", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 2
    assert "noise" not in done.stdout
    for noise in ("at import", "at the descriptor", "of a program", "of a handler", "of an observer", "of a thread",
                  "of a hook", "at exit"):  # fmt: skip
        assert f"noise {noise}" in done.stderr


def test_output_of_a_plugin_command_is_its_result(server: SimulatorServer, tmp_path: Path) -> None:
    _install(tmp_path, "noisy", NOISY)
    done = _vca(server, tmp_path, "shout")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "my result")
    assert "Usage: vca" in _vca(server, tmp_path, "--help").stdout


@pytest.mark.parametrize("disabled", ["", "command_line"])
def test_plugins_cannot_replace_built_in_commands(server: SimulatorServer, tmp_path: Path, disabled: str) -> None:
    _install(tmp_path, "aaa", THIEF)
    done = _vca(server, tmp_path, "query", "vm", "--count", VCA_DISABLE_PLUGINS=disabled)
    assert (done.returncode, done.stdout) == (0, "2\n")
    assert "query" in done.stderr and "aaa (aaa 1.0)" in done.stderr
