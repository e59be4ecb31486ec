"""File locks between processes of a host, also on file systems without ``flock``."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

_MISSING = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def file_lock(path: Path) -> Any:
    """Return a :mod:`filelock` lock for a file. The folder of the file must exist.

    If the file system does not support ``flock``, return a soft lock. A soft lock is held while a second file with the
    suffix ``.soft`` exists. The lock file itself cannot serve as a soft lock, because the check for ``flock`` creates
    it.
    """
    import filelock

    if _is_flock_missing(path):
        return filelock.SoftFileLock(path.with_name(f"{path.name}.soft"))
    return filelock.FileLock(path, mode=0o600)


def _is_flock_missing(path: Path) -> bool:
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (ImportError, AttributeError, OSError):
        return False  # acquiring the lock raises the error
    try:
        # Releasing a lock that is not held has no effect, but fails if locks are not supported.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    except OSError as exc:
        return exc.errno in _MISSING
    finally:
        os.close(descriptor)
    return False
