"""Folders in which the processes of this host write runs of an object store.

Each process has a folder of its own in ``active``, and holds the lock file beside it. A process that was killed leaves
its folder behind. The next process that can lock such a folder deletes it. Nothing is lost, because each event and each
file is stored in the object store first.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.settings.directories import private_folder
from vcloudair_core.util.file_locks import file_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = ".lock"


class ActiveFolder:
    """The folder of this process. It exists until :meth:`remove`.

    ``path`` is the folder of the run in it.
    """

    def __init__(self, active: Path, run_id: str) -> None:
        private_folder(active)
        self._folder, self._lock = _claimed(active)
        self.path = private_folder(self._folder / run_id)

    def remove(self) -> None:
        """Delete the folder, and release its lock."""
        _delete(self._folder, self._lock)


def _claimed(active: Path) -> tuple[Path, Any]:
    """Return the path of a new folder with its lock, which this process holds."""
    import filelock

    while True:
        folder = active / secrets.token_hex(8)
        path = folder.with_suffix(_LOCK)
        lock = file_lock(path)
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=0)
            if path.exists():  # otherwise another process has just deleted it as a leftover
                return folder, lock
            lock.release()


def delete_leftovers(active: Path) -> None:
    """Delete the folders of processes that have ended.

    Errors are ignored, because the next process tries again.
    """
    import filelock

    for folder in _folders(active):
        lock = file_lock(folder.with_suffix(_LOCK))
        with contextlib.suppress(OSError, filelock.Timeout):
            lock.acquire(timeout=0)
            _delete(folder, lock)


def _folders(active: Path) -> Iterator[Path]:
    """Yield the folders in ``active``, and folders that only have a lock file."""
    try:
        names = {path.name.removesuffix(_LOCK) for path in active.iterdir() if not path.name.endswith(".soft")}
    except OSError:
        return
    yield from (active / name for name in sorted(names))


def _delete(folder: Path, lock: Any) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.with_suffix(_LOCK).unlink()
    lock.release()
