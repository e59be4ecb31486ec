"""Run a Python program as a fork of the fork server.

The client passes signals to the fork and exits with its status. The client runs in scripts that
:func:`tests.support.processes.stand_ins` writes for shells and for Ansible, which start programs themselves. The client
imports few modules, because a slow start would undo the benefit of the fork. Client and server need Linux.
"""

from __future__ import annotations

import _socket
import array
import marshal
import os
import signal
import sys
from collections.abc import Mapping, Sequence

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def main(path: str, python: str, script: Sequence[str], names: tuple[str, ...], at_start: Mapping[str, str]) -> None:
    """Run the program as a fork, or start an interpreter if it cannot be forked.

    Args:
        path: The server's socket.
        python: The interpreter that this client stands in for, or that runs the script.
        script: The script that this client stands in for. Empty if it stands in for the interpreter.
        names: Prefixes of the environment variables that an interpreter reads when it starts.
        at_start: The server's environment variables with these prefixes.
    """
    arguments = [*script, *sys.argv[1:]]
    env = dict(os.environ)
    own = {name: value for name, value in env.items() if name.startswith(names)}
    is_option = not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-c", "-m"))
    if is_option or own != at_start:
        os.execv(python, [python, *arguments])
    report, theirs = _socket.socketpair()
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    umask = os.umask(0)
    program = {"arguments": arguments, "env": env, "umask": umask}
    program |= {"start_new_session": False, "ends_with_client": True}
    descriptors = array.array("i", [0, 1, 2, theirs.fileno(), folder])
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    server.connect(path)
    server.sendmsg([marshal.dumps(program)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
    server.close()
    theirs.close()
    pid = int(_line(report))
    for number in _PASSED_ON:
        signal.signal(number, lambda received, _frame: os.kill(pid, received))
    status = int(_line(report))
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) in _PASSED_ON:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


def _line(report: _socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        received = report.recv(1)
        if not received:
            return b"256"
        line += received
    return line
