"""Read and write cache files of this user (mode 0600). Errors are ignored.

A missing or damaged cache file costs time, but never makes a command fail. Reading a file imports no other module of
the package, to keep the fastest commands fast.
"""

from __future__ import annotations

import os
import stat

MAX_BYTES = 8 * 1024 * 1024
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def cache_path(name: str) -> str:
    """Return the path of a file in the user's cache folder.

    Return an empty string if the user has no cache folder.
    """
    from vcloudair_core.util.user_dirs import user_path

    folder = user_path("cache")
    return os.path.join(folder, name) if folder else ""  # noqa: PTH118 - the import of pathlib takes time


def read_private(path: str) -> bytes:
    """Return the content of a file, or empty bytes if the file cannot be used.

    A file is ignored if another user owns it, or can read or write it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _FLAGS | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            status = os.fstat(descriptor)
            is_own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
            is_private = stat.S_ISREG(status.st_mode) and is_own and not status.st_mode & 0o077
            return file.read(MAX_BYTES) if is_private else b""
    except (OSError, ValueError):
        return b""


def write_private(path: str, content: bytes) -> bool:
    """Replace a file atomically. Return False if it cannot be written."""
    import contextlib
    from pathlib import Path

    from vcloudair_core.settings.directories import private_folder

    temporary = f"{path}.{os.urandom(8).hex()}.tmp"
    try:
        private_folder(Path(path).parent)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600), "wb") as file:
            file.write(content)
        os.replace(temporary, path)  # noqa: PTH105 - the path is text
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - as above
        return False
    return True
