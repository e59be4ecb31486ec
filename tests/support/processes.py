"""Run Python programs as forks of a server that has imported their modules.

The server is :mod:`.fork_server`. A fork has its own arguments, environment, folder, streams, signals and status. In
process lists, a fork has the command line of the server. Therefore tests of process lists and of start times use
:mod:`subprocess`.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import marshal
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("fork_server.py")
_MODULES = tuple(
    """
    vcloudair_core.* lxml.etree requests cryptography.fernet cryptography.hazmat.backends.openssl.backend filelock
    yaml jinja2.nativetypes jinja2.sandbox email.mime.multipart configparser tarfile encodings.idna
    ansible.module_utils.basic ansible.module_utils.connection ansible.module_utils.common.arg_spec
    ansible.module_utils._internal._json._profiles._fallback_to_str
""".split()
)
"""Modules that most programs import, and that the fork server imports in advance.

Modules of Ansible that read settings are left out, because settings differ between programs.
"""
_STAND_INS = ("python", "python3", "vca", "ansible", "ansible-playbook", "ansible-inventory", "ansible-doc")
_AT_START = ("PYTHON", "LC_", "LANG")
"""Prefixes of the variables that an interpreter reads when it starts."""
PYTHON = os.environ.get("ANSIBLE_PYTHON_OF_TESTS", sys.executable)
"""Python that runs Ansible, in this or another environment that has the library."""


def run(
    command: Sequence[str | Path],
    *,
    check: bool = False,
    capture_output: bool = False,
    input: Any = None,  # noqa: A002 - as subprocess has it
    timeout: float | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run a command as :func:`subprocess.run` does."""
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with Process(command, **options) as process:
        try:
            output, errors = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, output, errors)
    if check:
        done.check_returncode()
    return done


class Process(subprocess.Popen[Any]):
    """A process that is forked if its command runs Python, and started otherwise.

    Forked commands are Python scripts, ``python -c`` and ``python -m``. All other commands are started normally.
    """

    _report: socket.socket | None = None

    def _execute_child(self, *arguments: Any) -> None:
        base: Any = super()
        names = list(inspect.signature(base._execute_child).parameters)
        start = dict(zip(names, arguments, strict=True))
        program = _python_program(start)
        if program is None:
            base._execute_child(*arguments)
            return
        server, message = program
        self._report, report = socket.socketpair()
        ends = ("p2cread", "c2pwrite", "errwrite")
        streams = [number if start[end] == -1 else start[end] for number, end in enumerate(ends)]
        folder = os.open(start["cwd"] or ".", os.O_RDONLY | os.O_DIRECTORY)
        server.fork(message, [*streams, report.fileno(), folder])
        report.close()
        os.close(folder)
        own: Any = self
        own._close_pipe_fds(
            *(start[end] for end in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite"))
        )
        own._child_created = True
        self.pid = int(self._line())

    def _line(self) -> bytes:
        """Return the next line of the report.

        If the report has ended, return ``256``, the wait status of exit code 1.
        """
        assert self._report is not None
        line = self._report.recv(1)
        while line and not line.endswith(b"\n"):
            self._report.setblocking(True)
            line += self._report.recv(1)
        return line or b"256"

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._report is None:
            base: Any = super()
            pid, status = base._try_wait(wait_flags)
            return pid, status
        self._report.setblocking(not wait_flags & os.WNOHANG)
        try:
            status = int(self._line())
        except BlockingIOError:
            return 0, 0
        self._report.close()
        return self.pid, status

    def _internal_poll(self, _deadstate: int | None = None, **more: Any) -> int | None:
        own: Any = self
        if self._report is None:
            base: Any = super()
            status: int | None = base._internal_poll(_deadstate, **more)
            return status
        if self.returncode is None and own._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    own._handle_exitstatus(status)
            finally:
                own._waitpid_lock.release()
        return self.returncode


def _python_program(start: Mapping[str, Any]) -> tuple[_Server, bytes] | None:
    """Return the server and the message to send, or None if the command cannot fork."""
    if sys.platform != "linux":
        return None  # Only Linux has these sockets with message boundaries.
    unusual = ("executable", "preexec_fn", "pass_fds", "shell", "gid", "gids", "uid")
    env = dict(os.environ if start["env"] is None else start["env"])
    # If another of these variables is set, a new interpreter must read it.
    if _at_start(env) != _at_start(os.environ):
        return None
    if any(start.get(name, -1) not in (-1, None, False, ()) for name in unusual):
        return None
    command = start["args"]
    if isinstance(command, str | bytes | os.PathLike):
        return None
    words = [os.fspath(word) for word in command]
    first = shutil.which(words[0], path=os.pathsep.join(os.get_exec_path(env)))
    if first is None or not all(isinstance(word, str) for word in words):
        return None
    if first in (sys.executable, PYTHON):
        python, words = first, words[1:]
        if not words or (words[0].startswith("-") and words[0] not in ("-c", "-m")):
            return None
    else:
        python, words = _interpreter(first), [first, *words[1:]]
        if python not in (sys.executable, PYTHON):
            return None
    server = _server(python, _MODULES, tuple(_at_start(os.environ).items()))
    if _is_shadowed(server, env):
        return None
    more = {"start_new_session": bool(start["start_new_session"])}
    return server, marshal.dumps({"arguments": words, "env": env, **more})


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that an interpreter reads at its start, except PYTHONPATH."""
    return {name: value for name, value in env.items() if name.startswith(_AT_START) and name != "PYTHONPATH"}


def stand_ins(folder: Path, programs: Path, env: Mapping[str, str], *, libraries_only: bool = False) -> Path:
    """Create scripts that start ``python``, ``vca`` and Ansible by forking a server.

    The server has already imported their modules.

    Args:
        folder: An empty folder of the test.
        programs: The folder of an environment's Python and scripts.
        env: The environment of the server. Programs with other interpreter variables are started normally.
        libraries_only: Do not preload Ansible in the server, because modules import Ansible from the archive that
            Ansible sends.
    """
    if sys.platform != "linux":
        return programs
    python = str(programs / "python")
    at_start = _at_start(env)
    modules = tuple(name for name in _MODULES if not (libraries_only and name.startswith("ansible")))
    server = _server(python, modules, tuple(at_start.items()))
    for name in _STAND_INS:
        stand_in = folder / name
        real = [] if name.startswith("python") else [str(programs / name)]
        lines = [
            f"#!{python} -IS",
            f"import sys; sys.path.insert(0, {str(_SERVER.parent)!r})",
            "from fork_client import main",
            f"main({str(server.path)!r}, {python!r}, {real!r}, {_AT_START!r}, {at_start!r})",
        ]
        stand_in.write_text("\n".join(lines) + "\n", encoding="utf-8")
        stand_in.chmod(0o755)
    return folder


def _is_shadowed(server: _Server, env: Mapping[str, str]) -> bool:
    """Return True if PYTHONPATH shadows server modules or has a sitecustomize."""
    folders = [Path(folder) for folder in env.get("PYTHONPATH", "").split(os.pathsep) if folder]
    names = {path.name.partition(".")[0] for folder in folders if folder.is_dir() for path in folder.iterdir()}
    own = env.get("PYTHONPATH") == os.environ.get("PYTHONPATH")
    return not own and bool(names & {*server.modules, "sitecustomize", "usercustomize"})


@functools.cache
def _interpreter(script: str) -> str:
    with Path(script).open("rb") as file:
        line = file.readline(300)
    return os.fsdecode(line[2:].strip()) if line.startswith(b"#!") else ""


class _Server:
    """The fork server of an interpreter. It ends when this process closes the socket."""

    def __init__(self, python: str, modules: Sequence[str], at_start: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._folder = tempfile.TemporaryDirectory(prefix="fork-")
        self.path = Path(self._folder.name) / "socket"
        command = [python, str(_SERVER), str(theirs.fileno()), str(self.path), *modules]
        env = {name: value for name, value in os.environ.items() if not name.startswith(_AT_START)} | dict(at_start)
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=env)
        theirs.close()
        atexit.register(self._close)
        self.modules = set(marshal.loads(self._socket.recv(1_000_000)))

    def fork(self, message: bytes, descriptors: Sequence[int]) -> None:
        """Send a program to the server, which forks it."""
        socket.send_fds(self._socket, [message], descriptors)

    def _close(self) -> None:
        self._socket.close()
        self._process.wait()
        self._folder.cleanup()


@functools.cache
def _server(python: str, modules: Sequence[str], at_start: Sequence[tuple[str, str]]) -> _Server:
    return _Server(python, modules, dict(at_start))
