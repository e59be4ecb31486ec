"""Files of runs in a folder that several hosts can mount.

:mod:`.object_store` has the same interface for object stores. Names are relative paths with slashes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

from vcloudair_core.errors import ConfigurationError


class StoreError(ConfigurationError):
    """The storage of runs cannot be read or written."""


class FileStore(Protocol):
    """Storage for the files of runs.

    All methods raise StoreError when the storage fails.
    """

    shown: str
    """The address of the storage for messages."""

    def create(self, name: str, data: bytes) -> bool:
        """Create a file, and return False if it already exists.

        If several processes on any hosts create the same file at the same time, exactly one of them succeeds. The file
        is durable when the call returns.
        """

    def replace(self, name: str, data: bytes) -> None:
        """Write a file as a whole. Readers see the old or the new content."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if it does not exist."""

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of files as ``{name: content}``. Missing files are left out."""

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the files and folders in a folder.

        A missing folder is empty.
        """

    def age_s(self, name: str) -> float | None:
        """Return the seconds since a file was written, or None if it does not exist.

        Both times are read from the clock of the storage, because the clocks of hosts can differ.
        """


class FolderStore:
    """Storage in a folder, such as a mounted volume."""

    def __init__(self, root: Path) -> None:
        self.root, self.shown = root, str(root)

    def create(self, name: str, data: bytes) -> bool:
        """Create a file that appears with its whole content."""
        with self._errors("Writing"):
            path = self.root / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_created = create_file(path, data)
            sync_folder(path.parent)
            return is_created
        raise AssertionError  # the context manager raises all errors

    def replace(self, name: str, data: bytes) -> None:
        """Write a file as a whole."""
        with self._errors("Writing"):
            replace_file(self.root / name, data)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None."""
        with self._errors("Reading"), contextlib.suppress(FileNotFoundError):
            return (self.root / name).read_bytes()
        return None

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the contents of the files that exist."""
        contents = ((name, self.read(name)) for name in names)
        return {name: content for name, content in contents if content is not None}

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of the entries in a folder."""
        with self._errors("Listing"), contextlib.suppress(FileNotFoundError):
            return sorted(os.listdir(self.root / folder))  # noqa: PTH208 - names, not paths
        return []

    def age_s(self, name: str) -> float | None:
        """Return the modification time of a new file minus that of the file, in seconds.

        On a network file system, the server sets both times.
        """
        with self._errors("Reading"), contextlib.suppress(FileNotFoundError):
            path = self.root / name
            written = path.stat().st_mtime
            probe = path.with_name(f".clock.{os.getpid()}.{secrets.token_hex(4)}")
            try:
                _write(probe, b"", os.O_EXCL)
                return probe.stat().st_mtime - written
            finally:
                probe.unlink(missing_ok=True)
        return None

    @contextlib.contextmanager
    def _errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise _store_error(verb, self.shown, exc.strerror or str(exc)) from exc


def _store_error(verb: str, shown: str, reason: str) -> StoreError:
    return StoreError(
        f"{verb} the storage of runs failed: {shown}. {reason.rstrip('.')}.",
        hint="Check that this host can reach the storage in state_url, and that this user has write permission.",
    )


def guarded(verb: str, shown: str, work: Callable[[], object]) -> object:
    """Call ``work``, and convert each exception of a storage library to StoreError."""
    try:
        return work()
    except StoreError:
        raise
    except Exception as exc:
        reason = " ".join(f"{type(exc).__name__}: {exc}".split())
        raise _store_error(verb, shown, reason) from exc


def create_file(path: Path, data: bytes) -> bool:
    """Create a file with mode 0600. Return False if it already exists.

    If the file system has hard links, no process ever sees the file without its content.
    """
    draft = _draft_of(path)
    try:
        _write(draft, data, os.O_EXCL)
        try:
            os.link(draft, path)
        except FileExistsError:
            # NFS repeats a request without an answer, and the second request finds the link of the first.
            return draft.stat().st_nlink == 2
        except OSError as exc:
            if exc.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
                raise
            return _created_in_place(path, data)
        return True
    finally:
        draft.unlink(missing_ok=True)


def _created_in_place(path: Path, data: bytes) -> bool:
    try:
        _write(path, data, os.O_EXCL)
    except FileExistsError:
        return False
    return True


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file atomically, so that it survives a power failure. Its mode is 0600."""
    draft = _draft_of(path)
    try:
        _write(draft, data, os.O_EXCL)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the entries of a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot sync folders
            raise
    finally:
        os.close(handle)


def _write(path: Path, data: bytes, flags: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
