"""An advisory lock that allows one writer per resource on this host.

The lock is held during read, plan, commit and verify. The lock prevents conflicts between the processes of one user.
Writers on other hosts do not use the lock. The engine detects conflicts with these writers by the version counter of
the section, or by another read. The operating system releases the lock when the process ends.
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
"""A function that returns a context manager that holds a lock.

The arguments are the lock key and the display name of the resource. Raises: LockTimeoutError.
"""

_log = logging.getLogger(__name__)


def locker_of(settings: Settings) -> Locker | None:
    """Return the locker for ``settings``, or None if locking is disabled."""
    if not settings.lock:
        return None
    timeout_s = float(settings.lock_timeout)

    def hold(key: str, target: str) -> AbstractContextManager[None]:
        from vcloudair_core.settings.directories import state_folder

        return held(state_folder(settings) / "locks", key, target, timeout_s)

    return hold


@contextlib.contextmanager
def held(folder: Path, key: str, target: str, timeout_s: float) -> Iterator[None]:
    """Hold the lock ``key`` while the ``with`` block runs.

    If the folder cannot be used, a warning is logged and the block runs without a lock, because the server still checks
    versions.

    Args:
        folder: The folder of the lock files.
        key: The key of the lock, which is the same in every process.
        target: The display name of the resource, for messages.
        timeout_s: Seconds to wait for the lock.

    Raises: LockTimeoutError, with the process ID of the holder if the ID is known.
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
            f"Locking {target} failed: another process{_holder(path)} has held the lock for {timeout_s:g} seconds.",
            hint="Wait until that process ends, or increase lock_timeout. To disable the lock, set lock to false.",
        ) from exc
    except OSError as exc:
        _log.warning(
            "Locking %s failed: %s cannot be used (%s). Continuing without a lock.", target, folder, exc.strerror
        )
        yield
        return
    try:
        # The process ID is only for error messages. The operating system holds the lock.
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
