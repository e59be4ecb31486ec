"""Check that a program in a forked process behaves as in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.ansible import BIN

TELL = "import os, sys; print(sys.argv, os.getcwd(), os.environ.get('MARK'), sys.stdin.read(), __name__)"


def is_forked(process: processes.Process) -> bool:
    return process._report is not None


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ([sys.executable, "-c", TELL, "a", "--b"], 0),
        ([sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"], 3),
        ([sys.executable, "-c", "raise SystemExit('refused')"], 1),
        ([sys.executable, "-c", "import atexit; atexit.register(print, 'bye'); print('hello')"], 0),
        ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], -9),
        ([sys.executable, "-m", "json.tool"], 0),
        ([str(BIN / "vca"), "--version"], 0),
        ([str(BIN / "vca"), "edge", "nonsense"], 64),
        ([str(BIN / "ansible-playbook"), "--syntax-check", "nothing.yml"], 1),
        (["sh", "-c", "exit 4"], 4),
    ],
)
def test_status_and_output_equal_those_of_a_started_program(command: list[str], status: int, tmp_path: Path) -> None:
    env = {**os.environ, "MARK": "7", "HOME": str(tmp_path), "ANSIBLE_HOME": str(tmp_path), "COLUMNS": "80"}
    options: dict[str, Any] = {"env": env, "cwd": tmp_path, "input": "[1]", "text": True, "capture_output": True}
    forked, started = processes.run(command, **options), subprocess.run(command, check=False, **options)
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
    assert forked.returncode == status


def test_a_traceback_ends_with_the_exception() -> None:
    completed = processes.run([sys.executable, "-c", "raise ValueError('broken')"], capture_output=True, text=True)
    assert completed.returncode == 1
    assert completed.stderr.endswith("ValueError: broken\n")
    with pytest.raises(subprocess.CalledProcessError):
        processes.run([sys.executable, "-c", "raise ValueError"], check=True, stderr=subprocess.DEVNULL)


def test_signals_and_timeouts_reach_the_process() -> None:
    sleeping = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(300)"]
    with processes.Process(sleeping, stdout=subprocess.PIPE, text=True) as process:
        assert is_forked(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        assert process.poll() is None
        process.terminate()
        assert process.wait(60) == -15
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run(sleeping, timeout=0.2, stdout=subprocess.DEVNULL)
    assert time.monotonic() - began < 100


@pytest.mark.parametrize("reason", ["variable", "module", "option", "program"])
def test_starts_programs_that_a_fork_would_change(reason: str, tmp_path: Path) -> None:
    command, env = [sys.executable, "-c", "import yaml"], dict(os.environ)
    if reason == "variable":
        env["PYTHONUTF8"] = "0"
    elif reason == "module":
        (tmp_path / "yaml.py").write_text("raise SystemExit(5)")
        env["PYTHONPATH"] = str(tmp_path)
    elif reason == "option":
        command.insert(1, "-I")
    else:
        command = ["true"]
    with processes.Process(command, env=env) as process:
        assert not is_forked(process)
    assert process.returncode == (5 if reason == "module" else 0)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return processes.stand_ins(tmp_path_factory.mktemp("programs"), BIN, os.environ)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("vca --version", 0),
        ("vca edge nonsense 2>&1", 64),
        ("echo '[1]' | python -m json.tool", 0),
        ("MARK=7 python -c 'import os, sys; print(os.environ[\"MARK\"], sys.argv, os.getcwd()); sys.exit(3)' a", 3),
        ("umask 077; python -c 'import os; print(os.umask(0))'", 0),
        ("{ python -c 'import os; os.kill(os.getpid(), 9)'; echo $?; } 2>/dev/null", 0),
        ("python -W error -c 'print(1)'; PYTHONUTF8=0 python -c 'print(2)'", 0),
        ("python -c 'import time; time.sleep(300)' & sleep 1; kill -TERM $!; wait $!", 143),
        ("python - <<< 'print(5)'", 0),
    ],
)
def test_shell_gets_the_same_status_and_output(line: str, status: int, stand_ins: Path, tmp_path: Path) -> None:
    outputs = []
    for programs in (stand_ins, BIN):
        env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
        completed = subprocess.run(
            ["bash", "-c", line], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        outputs.append((completed.returncode, completed.stdout, completed.stderr))
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == status


def test_program_ends_with_its_stand_in(stand_ins: Path) -> None:
    command = [str(stand_ins / "python"), "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(300)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert pid != process.pid
        process.kill()
        # The pipe is closed when the program has ended.
        assert process.stdout.read() == ""
