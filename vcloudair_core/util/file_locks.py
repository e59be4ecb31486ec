"""Locks among the processes of a host, also where the file system has none of its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

_MISSING = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def file_lock(path: Path) -> Any:
    """Return a lock of :mod:`filelock` for this file; its folder has to be there.

    Where the file system does not support ``flock``, holding the lock means that a file exists. That is another file,
    ending in ``.soft``: the one of ``flock`` stays behind after use, and would look as if it were held for ever.
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
        return False  # whoever takes the lock says what is wrong
    try:
        # Giving up a lock that is not held disturbs nobody, and fails where there are no locks.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    except OSError as exc:
        return exc.errno in _MISSING
    finally:
        os.close(descriptor)
    return False
