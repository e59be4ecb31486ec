"""Fork Python programs from a process that has their imports.

A fork saves half a second for each start. :mod:`tests.support.processes` runs this file as ``python fork_server.py FD
PATH MODULE ...``. The server first sends the list of its imported modules, marshaled, to the socket FD. Each message
to the server is a marshaled program with five descriptors: its standard streams, a report stream, and its folder. The
report has a line with the process ID, and a line with the status of :func:`os.waitpid`. Programs that a shell or
Ansible starts connect to a socket at PATH and send one message each (:mod:`tests.support.fork_client`). The server
ends when the socket FD is closed.

The server uses the standard library only, because it runs in every environment whose programs are tested.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import marshal
import os
import pkgutil
import random
import runpy
import select
import signal
import socket
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

STREAMS = 3
DESCRIPTORS = STREAMS + 2


def main() -> None:
    """Import modules, then fork a program for each message.

    Return only in a forked program, when it ends.
    """
    del sys.path[0]  # Programs do not import from the folder of this file.
    control = socket.socket(fileno=int(sys.argv[1]))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(sys.argv[2])
    listener.listen(100)
    for name in _modules(sys.argv[3:]):
        with contextlib.suppress(ImportError):  # Some environments lack some of the modules.
            importlib.import_module(name)
    assert "ansible.constants" not in sys.modules, "a program would have the settings of the server"
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(marshal.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
    while True:
        ready, _, _ = select.select([control, listener], [], [])
        source = control if control in ready else listener.accept()[0]
        message, descriptors, _, _ = socket.recv_fds(source, 1_000_000, DESCRIPTORS)
        if source is not control:
            source.close()
        elif not message:
            return
        if not message or os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
            continue
        control.close()
        listener.close()
        _supervise(marshal.loads(message), descriptors)
        return


def _modules(names: list[str]) -> Iterator[str]:
    """Yield module names. ``package.*`` stands for all modules of a package."""
    for name in names:
        if not name.endswith(".*"):
            yield name
            continue
        package = importlib.import_module(name[:-2])
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                yield module.name


def _supervise(program: dict[str, Any], descriptors: list[int]) -> None:
    """Fork the program, wait for it and report its process ID and exit status.

    In the parent process, this function exits the process instead of returning. In the child process, it returns after
    the program ends.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report, folder = descriptors[STREAMS:]
    go_on, may_start = os.pipe()
    pid = os.fork()
    if pid:
        for descriptor in (*descriptors[:STREAMS], folder, go_on):
            os.close(descriptor)
        os.write(report, b"%d\n" % pid)
        os.close(may_start)
        if program.get("ends_with_client"):
            _end_with(pid, report)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):  # The process that started it has ended.
            os.write(report, b"%d\n" % status)
        os._exit(0)
    os.close(may_start)
    os.read(go_on, 1)
    os.close(go_on)
    os.close(report)
    _become(program, descriptors[:STREAMS], folder)


def _end_with(pid: int, report: int) -> None:
    """Wait until a program ends.

    Kill the program if the reader of its report closes first.
    """
    process = os.pidfd_open(pid)
    ready, _, _ = select.select([process, report], [], [])
    if process not in ready:
        os.kill(pid, signal.SIGKILL)
    os.close(process)


def _become(program: dict[str, Any], streams: list[int], folder: int) -> None:
    os.fchdir(folder)
    if "umask" in program:
        os.umask(program["umask"])
    # Tests that a shell starts in the background ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if program["start_new_session"]:
        os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for descriptor in (*streams, folder):
        if descriptor >= STREAMS:
            os.close(descriptor)
    os.environ.clear()
    os.environ.update(program["env"])
    time.tzset()
    sys.path[:0] = [str(Path(path).absolute()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    random.seed()
    encoding = sys.stdout.encoding
    # The streams stay open until the process ends.
    output, errors = (io.BufferedWriter(io.FileIO(number, "w")) for number in (1, 2))
    started: Any = sys
    started.stdin = started.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)), encoding)
    started.stdout = started.__stdout__ = io.TextIOWrapper(output, encoding, line_buffering=os.isatty(1))
    started.stderr = started.__stderr__ = io.TextIOWrapper(errors, encoding, "backslashreplace", line_buffering=True)
    _end(_run, program["arguments"])


def _end(run: Callable[[list[str]], None], arguments: list[str]) -> NoReturn:
    """Run a program and exit as an interpreter does, but skip module cleanup."""
    status: object = 0
    try:
        run(arguments)
    except SystemExit as exc:
        status = exc.code
    except BaseException:  # noqa: BLE001 - as an interpreter does
        sys.excepthook(*sys.exc_info())
        status = 1
    if not (status is None or isinstance(status, int)):
        print(status, file=sys.stderr)
        status = 1
    modules: Any = (threading, atexit)
    modules[0]._shutdown()
    modules[1]._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit((status or 0) & 255)


def _run(arguments: list[str]) -> None:
    first, *rest = arguments
    if first == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        exec(compile(rest[0], "<string>", "exec"), module.__dict__)
    elif first == "-m":
        sys.argv = rest
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(first).resolve().parent))
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main()
