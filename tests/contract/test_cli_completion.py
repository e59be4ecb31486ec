"""Tests of shell completion in bash, fish and zsh, and of its CPU time."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import processes
from vcloudair_core.cli.completion.scripts import SCRIPTS

ROUNDS = 5
MOST = 12.0
"""Maximum CPU time of a completion, as a multiple of a bare interpreter start.

When the limit was set, the value was 4.
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a user with a current context and cached names."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "XDG_"))}
    variables = {**plain, "HOME": str(tmp_path), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    config = tmp_path / ".config" / "vcloudair" / "config.toml"
    config.parent.mkdir(mode=0o700, parents=True)
    config.write_text('current_context = "lab"\n[context.lab]\nurl = "https://lab.example.test"\n')
    config.chmod(0o600)
    code = (
        "from vcloudair_core.settings.settings import Settings;"
        "from vcloudair_core.cli.completion.known_names import remember_names;"
        "remember_names(Settings.load(), 'edge', ['web edge', 'org:one'])"
    )
    processes.run([sys.executable, "-c", code], env=variables, check=True)
    processes.run(["vca", "completion", "bash"], env=variables, check=True, stdout=subprocess.DEVNULL)
    return variables


def needs(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed here")
    return path


@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("vca edge li", ["list"]),
        ("vca edge list --edge web", ["web\\ edge"]),
        ("vca edge list --edge 'web", ["web edge"]),
        ("vca edge list --edge=org:", ["one"]),
        ("vca context use ", ["lab"]),
    ],
)
def test_bash_completion(env: dict[str, str], line: str, replies: list[str]) -> None:
    program = f"""{SCRIPTS["bash"]}
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_WORDS=(vca) COMP_CWORD=1
_vca_complete vca
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    completed = subprocess.run(
        [needs("bash"), "-c", program, "bash", line], env=env, capture_output=True, text=True, check=True
    )
    assert completed.stdout.splitlines() == replies


@pytest.mark.parametrize(
    ("line", "replies"),
    [("vca edge li", ["list"]), ("vca edge list --edge web", ["web edge"]), ("vca context use ", ["lab"])],
)
def test_fish_completion(env: dict[str, str], line: str, replies: list[str]) -> None:
    program = f"{SCRIPTS['fish']}\ncomplete -C $argv[1]"
    completed = subprocess.run(
        [needs("fish"), "-N", "-c", program, line], env=env, capture_output=True, text=True, check=True
    )
    assert [reply.partition("\t")[0] for reply in completed.stdout.splitlines()] == replies


class Terminal:
    """A shell in a pseudo-terminal: send keys and wait for output."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        child, self.descriptor = pty.fork()
        if child == 0:
            os.execvpe(command[0], command, env)
        self.child = child

    def press(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def wait_for(self, text: str) -> str:
        output, deadline = "", time.monotonic() + 60
        while text not in output:
            ready, _, _ = select.select([self.descriptor], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"The terminal shows {output!r} instead of {text!r}."
            chunk = os.read(self.descriptor, 4096).decode(errors="replace")
            output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07", "", output + chunk)
        return output

    def close(self) -> None:
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        os.close(self.descriptor)


@pytest.fixture
def zsh(env: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "_vca").write_text(SCRIPTS["zsh"])
    terminal = Terminal([needs("zsh"), "-f", "-i"], env)
    try:
        terminal.press("PS1='rea''dy> '; autoload -Uz compinit; compinit -u -D; source ~/_vca\n")
        terminal.wait_for("ready> ")
        yield terminal
    finally:
        terminal.close()


def test_zsh_completion(zsh: Terminal) -> None:
    zsh.press("vca edge li\t")
    zsh.wait_for("vca edge list ")
    zsh.press("--edge web\t")
    zsh.wait_for("web\\ edge")
    zsh.press("\x15vca context use \t")
    zsh.wait_for("vca context use lab")


def test_completion_takes_a_few_interpreter_starts(env: dict[str, str]) -> None:
    vca = str(Path(sys.executable).parent / "vca")
    tab = {**env, "_VCA_COMPLETE": "zsh"}
    bare = min(cpu([sys.executable, "-c", "pass"], env) for _ in range(ROUNDS))
    ours = min(cpu([vca, "firewall", "list", "--edge", ""], tab) for _ in range(ROUNDS))
    assert ours / bare < MOST, f"{ours * 1000:.0f} ms of CPU, {bare * 1000:.0f} ms of a bare interpreter"


def cpu(command: list[str], env: dict[str, str]) -> float:
    """Return the CPU time of a process, in seconds."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime
