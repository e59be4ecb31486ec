"""Files of the audit log.

Each record is one line of JSON, appended with one write. The file is replaced when it reaches its maximum size, and
the oldest files are removed. Writing never raises an error and never waits, so a full disk cannot stop a change.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.settings.directories import check_folder, is_own, private_folder, state_folder
from vcloudair_core.util.user_files import reason_of, unreadable

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

NAME = "audit.jsonl"
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_FILES = 10
"""Number of files, including the current file. Older files are removed."""

_FLAGS = (
    os.O_RDWR
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
)


def audit_folder(settings: Settings) -> Path:
    """Return the folder of the audit log. The function does not create the folder."""
    return state_folder(settings) / "audit"


class LogFile:
    """The audit log of a user on this host.

    Args:
        folder: The folder of the audit log, or None if it is not known.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._has_warned = False

    def append(self, record: Mapping[str, Any]) -> bool:
        """Append a record as one line.

        Return False, and log a warning once, if it cannot be written.
        """
        if self._folder is None:
            return False
        line = json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace") + b"\n"
        try:
            private_folder(self._folder)
            self._append(line)
        except (OSError, ValueError) as exc:
            self.warn(reason_of(exc)[0])
            return False
        return True

    def warn(self, reason: str) -> None:
        """Log a warning that the audit log cannot be written. Later calls log nothing."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "Writing the audit log failed: %s. Reason: %s. The change itself is not affected.",
                self._folder or NAME, reason,
            )  # fmt: skip

    def _append(self, line: bytes) -> None:
        assert self._folder is not None
        path = self._folder / NAME
        handle = os.open(path, _FLAGS, 0o600)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or not is_own(status):
                raise OSError(errno.EPERM, "it is not a file of this user", str(path))
            if status.st_mode & 0o077:
                path.chmod(0o600)
            if status.st_size and _last_byte(handle, status.st_size) != b"\n":
                line = b"\n" + line  # a full disk has cut off the last record
            # One call, because a file in append mode keeps the bytes of one call together.
            if os.write(handle, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        finally:
            os.close(handle)
        if status.st_size + len(line) >= MAX_FILE_BYTES:
            self._rotate(path)

    def _rotate(self, path: Path) -> None:
        """Rename the files, unless another process is doing so."""
        import filelock

        lock = filelock.FileLock(path.with_name("audit.lock"), timeout=0, mode=0o600)
        with contextlib.suppress(filelock.Timeout, OSError), lock:
            if path.stat().st_size < MAX_FILE_BYTES:
                return  # another process has just renamed the files
            for number in range(MAX_FILES - 2, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    _rotated(path, number).replace(_rotated(path, number + 1))
            path.replace(_rotated(path, 1))


def read_records(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of all files, oldest first.

    Damaged lines are left out, and reported with one warning.

    Raises: ConfigurationError if a file cannot be read.
    """
    path = folder / NAME
    damaged = 0
    try:
        check_folder(folder)
        for file in [*(_rotated(path, number) for number in range(MAX_FILES - 1, 0, -1)), path]:
            with contextlib.suppress(FileNotFoundError), file.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    record = _record_in(line)
                    damaged += record is None
                    if record:
                        yield record
    except OSError as exc:
        raise unreadable("The audit log", path, exc) from exc
    if damaged:
        _log.warning("The audit log %s has damaged lines, which are left out. Number of lines: %d.", folder, damaged)


def known_folder(settings: Settings) -> tuple[Path | None, str]:
    """Return ``(folder, "")`` with the folder of the audit log.

    If the user has no usable state folder, return ``(None, reason)``.
    """
    try:
        return audit_folder(settings), ""
    except VcloudAirError as exc:
        return None, exc.message
    except OSError as exc:
        return None, reason_of(exc)[0]


def _record_in(line: str) -> dict[str, Any] | None:
    """Return the record in a line.

    Return an empty record for an empty line, and None for a damaged line.
    """
    if not line.strip():
        return {}
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("id"), str) else None


def _rotated(path: Path, number: int) -> Path:
    return path.with_name(f"audit.{number}.jsonl")


def _last_byte(handle: int, size: int) -> bytes:
    os.lseek(handle, size - 1, os.SEEK_SET)
    return os.read(handle, 1)
