"""Allow one writer per thing on this host: an advisory lock around read, plan, commit and verify.

It spares processes of one user the conflicts that they would otherwise resolve by reading again. It protects nobody
from writers elsewhere: those are found by the server's version, or by looking again. A process that dies leaves no
lock behind, because the operating system holds it for the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import LockTimeoutError

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

Locker = Callable[[str, str], AbstractContextManager[None]]
"""(lock key, what it is for people) -> a context that holds the lock. Raises LockTimeoutError."""

_log = logging.getLogger(__name__)


def locker_of(settings: Settings) -> Locker | None:
    """The locker that the settings ask for; None when they ask for none."""
    if not settings.lock:
        return None
    timeout_s = float(settings.lock_timeout)

    def hold(key: str, target: str) -> AbstractContextManager[None]:
        from vcloudair_core.settings.directories import state_folder

        return held(state_folder(settings) / "locks", key, target, timeout_s)

    return hold


@contextlib.contextmanager
def held(folder: Path, key: str, target: str, timeout_s: float) -> Iterator[None]:
    """Hold the lock of ``key``. Units: seconds.

    A folder that cannot be used is told of once, as a warning, and work goes on: the lock is a courtesy, and the
    server's version remains. Raises LockTimeoutError naming the process that has it.
    """
    import filelock

    from vcloudair_core.settings.directories import private_folder
    from vcloudair_core.util.file_locks import file_lock

    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.lock"
    try:
        private_folder(folder)
        lock = file_lock(path)
        lock.acquire(timeout=timeout_s, poll_interval=0.02)
    except filelock.Timeout as exc:
        raise LockTimeoutError(
            f"{target} has been locked by another process{_holder(path)} for {timeout_s:g} seconds.",
            hint="Wait for it to end, raise lock_timeout, or switch the lock off (lock: false) if you must.",
        ) from exc
    except OSError as exc:
        _log.warning("No lock for %s: %s cannot be used (%s). Going on without one.", target, folder, exc.strerror)
        yield
        return
    try:
        # For the message above only: the lock is the operating system's, not this number.
        with contextlib.suppress(OSError):
            path.with_suffix(".pid").write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    try:
        return f" ({int(path.with_suffix('.pid').read_text(encoding='ascii'))})"
    except (OSError, ValueError):
        return ""
