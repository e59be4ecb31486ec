"""Read and write files, and report errors with a reason and a hint."""

from __future__ import annotations

import errno
import logging
import os
import shlex
import stat
import sys
from pathlib import Path

from vcloudair_core.errors import ConfigurationError

_log = logging.getLogger(__name__)

STDIN = "<stdin>"
"""Name of standard input in messages."""

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("it does not exist", "Check the path."),
    errno.ENOTDIR: ("a part of its path is not a directory", "Check the path."),
    errno.EISDIR: ("it is a directory", "Pass the path of a file."),
    errno.EACCES: ("permission denied", "Check the owner and the mode of the file and of its directory."),
    errno.EPERM: ("permission denied", "Check the owner and the mode of the file and of its directory."),
    errno.ELOOP: ("it is a symbolic link to itself", "Pass the path of the target file."),
    errno.ENAMETOOLONG: ("its name is too long", "Check the path."),
    errno.EEXIST: ("it already exists", "Choose another name."),
    errno.ENOSPC: ("the disk is full", "Free up disk space, or choose another directory."),
    errno.EDQUOT: ("your disk quota is exceeded", "Free up disk space, or choose another directory."),
    errno.EROFS: ("its file system is read-only", "Choose another directory."),
}


def unreadable(what: str, path: str | Path, error: Exception) -> ConfigurationError:
    """Return an error for a file that cannot be read, with the reason and a hint."""
    reason, hint = reason_of(error)
    return ConfigurationError(f"{what} {path} cannot be read: {reason}.", hint=hint)


def unwritable(what: str, path: str | Path, error: Exception) -> ConfigurationError:
    """Return an error for a file that cannot be written."""
    reason, hint = reason_of(error)
    if isinstance(error, FileNotFoundError):
        folder = Path(path).parent
        reason, hint = f"the directory {folder} does not exist", "Create the directory, or choose another one."
    return ConfigurationError(f"{what} {path} cannot be written: {reason}.", hint=hint)


def reason_of(error: Exception) -> tuple[str, str]:
    """Return the reason and the hint for a file error, without error numbers."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text", "Save the file as UTF-8, or choose another file."
    if isinstance(error, OSError):
        number = error.errno or 0
        reason = (error.strerror or type(error).__name__).lower()
        if number not in _REASONS:
            return reason, "Check the path and the file system."
        # Errors raised by this package have a more specific text, such as a folder that belongs to another user.
        is_own = error.strerror not in (None, os.strerror(number))
        return (reason, _REASONS[number][1]) if is_own else _REASONS[number]
    return "the path contains an invalid character", "Check the path."


def read_text(path: str | Path, what: str) -> str:
    """Return the text of a file.

    ``what`` describes the file in messages, such as ``The recovery plan``.

    Raises: ConfigurationError if the file cannot be read or is not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise unreadable(what, path, exc) from exc


def read_text_or_stdin(path: str, what: str) -> str:
    """Return the text of a file.

    For the path ``-``, read standard input. Raises ConfigurationError if reading fails.
    """
    if path != "-":
        return read_text(path, what)
    try:
        return sys.stdin.read()
    except (OSError, ValueError) as exc:
        raise unreadable(what, STDIN, exc) from exc


def write_text(path: str | Path, text: str, what: str) -> None:
    """Write a text file as UTF-8. Raises ConfigurationError if writing fails."""
    write_bytes(path, text.encode("utf-8"), what)


def write_bytes(path: str | Path, content: bytes, what: str) -> None:
    """Write a binary file. Raises ConfigurationError if writing fails."""
    try:
        Path(path).write_bytes(content)
    except (OSError, ValueError) as exc:
        raise unwritable(what, path, exc) from exc


def first_line(path: str | Path, what: str) -> str:
    """Return the first line of a file, which can be empty.

    Raises ConfigurationError if the file cannot be read.
    """
    return next(iter(read_text(path, what).splitlines()), "")


def refuse_readable_secrets(path: str | Path, status: os.stat_result, what: str) -> None:
    """Raise ConfigurationError if other users can read the secrets in a file.

    ``what`` names the secrets in messages, such as ``password``.

    The group of a file may have access if the file belongs to another user. For example, root owns the file, and a
    service reads it as a member of the group. OpenSSH has the same rule for private keys. Files of read-only file
    systems cause only a warning, because their modes cannot be changed. Containers mount secrets in this way.
    """
    if os.name != "posix" or not stat.S_ISREG(status.st_mode):
        return
    denied = 0o077 if status.st_uid == os.geteuid() else 0o007
    if not status.st_mode & denied:
        return
    reason = f"Other users can read the {what} in {path} (mode {stat.S_IMODE(status.st_mode):04o})."
    if _is_read_only(path):
        _log.warning("%s Mount the file with mode 0400.", reason)
        return
    raise ConfigurationError(reason, hint=f"Run: chmod 600 {shlex.quote(str(path))}")


def _is_read_only(path: str | Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False
