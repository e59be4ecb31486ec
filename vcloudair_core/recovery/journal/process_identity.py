"""Identity of a process, which another process on the same host can check.

Process IDs are reused, and differ between containers. So the identity includes the boot of the host, the PID namespace
and the start time of the process.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from vcloudair_core.settings.directories import current_user

_PROC = Path("/proc")


@dataclass(frozen=True)
class ProcessIdentity:
    """A process on a host.

    Attributes:
        host: The name of the host.
        user: The user of the process.
        pid: The process ID.
        started: The time at which the process acquired its lease (ISO 8601).
        boot: The ID of the boot of the host, or an empty string if the system has none.
        namespace: The PID namespace of the process.
        ticks: The start of the process in clock ticks since the boot.
    """

    host: str
    user: str
    pid: int
    started: str
    boot: str = ""
    namespace: str = ""
    ticks: str = ""


def this_process(started: str) -> ProcessIdentity:
    """Return the identity of this process."""
    pid = os.getpid()
    return ProcessIdentity(
        socket.gethostname(), current_user(), pid, started, _boot(), _namespace(), _state_and_ticks(pid)[1]
    )


def has_ended(process: ProcessIdentity) -> bool:
    """Return True if it is certain that a process has ended.

    Return False if this host cannot determine it, such as for a process on another host, from an earlier boot, or in
    another PID namespace.
    """
    if not _is_visible(process):
        return False
    state, ticks = _state_and_ticks(process.pid)
    if not state:
        return not _exists(process.pid)  # /proc can hide the processes of other users
    return state in ("Z", "X") or ticks != process.ticks


def is_running(process: ProcessIdentity) -> bool:
    """Return True if it is certain that a process is running on this host."""
    return _is_visible(process) and not has_ended(process)


def _is_visible(process: ProcessIdentity) -> bool:
    is_known = bool(process.boot and process.namespace and process.ticks)
    return is_known and (process.boot, process.namespace) == (_boot(), _namespace())


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _state_and_ticks(pid: int) -> tuple[str, str]:
    """Return the state and the start of a process.

    Both are empty if the process does not exist.

    Source: proc_pid_stat(5), fields 3 and 22. The name of the program, field 2, can contain spaces and parentheses.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]
