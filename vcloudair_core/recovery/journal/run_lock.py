"""Lock of a run: a file lock on this host, or a lease that is valid for all hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from vcloudair_core.errors import LockTimeoutError
from vcloudair_core.recovery.journal import lease
from vcloudair_core.recovery.journal.run_storage import RunStorage
from vcloudair_core.util.file_locks import file_lock


class RunLock(Protocol):
    """A lock that one process holds while it continues a run."""

    @property
    def is_lost(self) -> bool:
        """Return True if another process may continue the run now."""

    def check(self) -> None:
        """Raise LeaseLostError or StoreError unless this process may continue the run."""

    def release(self) -> None:
        """Release the lock."""


class HostLock:
    """A file lock in the folder of a run.

    The operating system releases it when the process dies.

    Raises: LockTimeoutError when another process holds the lock.
    """

    is_lost = False

    def __init__(self, folder: Path) -> None:
        import filelock

        self._lock = file_lock(folder / "lock")
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as exc:
            raise LockTimeoutError(
                f"Run {folder.name} is still in progress.", hint="Wait until the run ends, or stop its process."
            ) from exc

    def check(self) -> None:
        """Do nothing, because the lock cannot be lost."""

    def release(self) -> None:
        """Release the file lock."""
        self._lock.release()


def lock_run(storage: RunStorage, run_id: str, *, take_over: bool = False) -> RunLock:
    """Lock a run.

    Raises: LockTimeoutError when another process holds the run or may hold it; OSError and StoreError when the storage
    cannot be written.
    """
    if storage.store is None:
        return HostLock(storage.runs / run_id)
    return lease.acquire(storage.store, run_id, take_over=take_over)
