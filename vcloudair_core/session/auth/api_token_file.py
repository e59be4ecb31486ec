"""API token file of a service account: locking, rotation and recovery.

The token of a service account can be used only once: each exchange returns a new token and invalidates the old one. A
sign-in locks the file, reads it, exchanges the token, writes the new token to a temporary file, flushes it to disk, and
renames it to the token file. Disk space and permissions are checked before the exchange. If a process is killed between
the flush and the rename, the next sign-in recovers the token from the temporary file. If a process is killed between
the server's response and the flush, the token is lost. The time between the response and the flush is as short as
possible.

The format is the same as for ``service_account_token_file`` of the Terraform provider for VMware Cloud Director: a JSON
object with ``refresh_token``, ``token_type``, ``updated_by`` and ``updated_on``. Other keys are kept. Source:
protocol/vcd-modern.md §1.5.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core._version import __version__
from vcloudair_core.errors import ConfigurationError, LockTimeoutError
from vcloudair_core.settings.directories import private_folder, state_folder
from vcloudair_core.util.file_locks import file_lock
from vcloudair_core.util.redaction import Secret, as_bytes, remember
from vcloudair_core.util.user_files import refuse_readable_secrets

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

SERVICE_ACCOUNT = "Service Account"
MAX_FILE_BYTES = 64 * 1024

_OLD_ANSWER = ("access_token", "expires_in")
"""Keys that describe the old token and are removed when a new token is written.

Only files that contain a complete response of the token service have these keys.
"""


class TokenFile:
    """A file with an API token. Several processes on this host can share the file."""

    def __init__(self, path: str | Path, settings: Settings) -> None:
        self.path = Path(path)
        self.settings = settings
        self._tokens: set[Secret] = set()

    def read(self) -> Mapping[str, Any]:
        """Return the content of the file.

        Raises ConfigurationError if the file cannot be read or has no token, or if other users can read it.
        """
        where = f"The API token file {self.path}"
        try:
            with self.path.open("rb") as file:
                raw, status = file.read(MAX_FILE_BYTES), os.fstat(file.fileno())
        except OSError as exc:
            raise ConfigurationError(
                f"{where} cannot be read: {exc.strerror}.", hint="Check api_token_file (VCA_API_TOKEN_FILE)."
            ) from exc
        try:
            content = json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            content = None
        token = content.get("refresh_token") if isinstance(content, dict) else None
        if not isinstance(token, str) or not token.strip():
            raise ConfigurationError(
                f"{where} does not contain an API token.", hint='Write JSON to the file: {"refresh_token": "..."}'
            )
        refuse_readable_secrets(self.path, status, "API token")
        self.hide(Secret(token.strip()))
        result: dict[str, Any] = content
        return result

    def hide(self, token: Secret) -> None:
        """Redact a token from this file in all later output."""
        self._tokens.add(token)
        remember(*self._tokens)

    def token(self) -> Secret:
        """Return the current token in the file. Raises the errors of :meth:`read`."""
        return Secret(str(self.read()["refresh_token"]).strip())

    @contextlib.contextmanager
    def held(self) -> Iterator[HeldToken]:
        """Lock the file for one exchange of its token.

        Raises: ConfigurationError before anything is sent, if the file cannot be read, or if a new token could not be
            saved; LockTimeoutError if another process holds the lock for longer than ``lock_timeout``
            seconds.
        """
        import filelock

        # Replace the target of a symbolic link, not the link.
        real = Path(os.path.realpath(self.path))
        lock = file_lock(self._lock_path(real))
        try:
            lock.acquire(timeout=float(self.settings.lock_timeout), poll_interval=0.05)
        except filelock.Timeout as exc:
            raise LockTimeoutError(
                f"The API token file {self.path} is in use by another process. Nothing was sent.",
                hint="Wait until the other process has signed in, and try again.",
            ) from exc
        try:
            _recover(real)
            content = self.read()
            place, problem = _AtomicWrite.beside(real)
            if place is None and content.get("token_type") == SERVICE_ACCOUNT:
                raise ConfigurationError(
                    f"The API token file {self.path} cannot be replaced: {problem}. Nothing was sent.",
                    hint="Make the directory of the file writable. Each sign-in replaces the token in the file.",
                )
            old = Secret(str(content["refresh_token"]).strip())
            spare = None if place is not None else _spare_place(self.settings, old)
            try:
                chosen = place or spare
                assert chosen is not None
                yield HeldToken(content, self, chosen, is_spare=place is None)
            finally:
                for prepared in (place, spare):
                    if prepared is not None:
                        prepared.drop()
        finally:
            lock.release()

    def _lock_path(self, real: Path) -> Path:
        """Return the path of the lock file.

        If the directory is read-only, the lock file is in the state folder.
        """
        if os.access(real.parent, os.W_OK):
            return real.with_name(f"{real.name}.lock")
        name = hashlib.sha256(as_bytes(str(real))).hexdigest()[:32]
        return _folder(self.settings, "locks") / f"{name}.lock"


class HeldToken:
    """The token in a locked token file.

    ``is_spare`` is True if the token file is read-only. In this case, a new token is written to another file.
    """

    def __init__(self, content: Mapping[str, Any], file: TokenFile, place: _AtomicWrite, *, is_spare: bool) -> None:
        self.secret = Secret(str(content["refresh_token"]).strip())
        self._content = content
        self._file = file
        self._place = place
        self._is_spare = is_spare

    def replace(self, token: Secret) -> None:
        """Write the new token and flush it to disk.

        Raises: ConfigurationError if the new token was saved in a file other than ``api_token_file``. The error names
        the file.
        """
        self._file.hide(token)
        try:
            self._place.write(_content(self._content, token))
            path, reason = self._place.path, "its directory is not writable"
        except OSError as exc:
            path, reason = rescue(token, self.secret, self._file.settings, self._content), exc.strerror or str(exc)
            self._is_spare = True
        if self._is_spare:
            raise ConfigurationError(
                f"The server replaced the API token, and the new one could not be written to {self._file.path}: "
                f"{reason}. The new token is in {path}.",
                hint=f"Copy {path} to {self._file.path}, or set api_token_file (VCA_API_TOKEN_FILE) to it.",
            )


def rescue(token: Secret, old: Secret, settings: Settings, content: Mapping[str, Any] | None = None) -> Path:
    """Save a new API token to a private file, if the token file cannot be written.

    Return the path of the private file.

    Raises: ConfigurationError if neither the state folder nor the temporary folder is writable.
    """
    remember(token)
    place = _spare_place(settings, old)
    try:
        place.write(_content(content or {}, token))
    finally:
        place.drop()
    return place.path


def find_replacement(old: Secret, settings: Settings) -> Path | None:
    """Return the file with the token that replaces the token ``old``, or None.

    The file is in the state folder.
    """
    with contextlib.suppress(OSError, ConfigurationError):
        path = state_folder(settings) / "tokens" / _name(old)
        return path if path.exists() else None
    return None


class _AtomicWrite:
    """An atomic write of a file, with disk space that is reserved in advance."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        self._file: int | None = os.open(self._beside, flags, 0o600)
        try:
            os.write(self._file, b" " * MAX_FILE_BYTES)
            os.fsync(self._file)
            self._keep_owner()
        except OSError:
            self.drop()
            raise

    @classmethod
    def beside(cls, path: Path) -> tuple[_AtomicWrite | None, str]:
        """Prepare an atomic write of ``path``.

        Returns: ``(write, "")``, or ``(None, reason)`` if the temporary file cannot be created.
        """
        try:
            return cls(path), ""
        except OSError as exc:
            return None, exc.strerror or type(exc).__name__

    def write(self, content: bytes) -> None:
        """Write the content, flush it, rename the file, and flush the directory.

        Raises OSError if a step fails.
        """
        assert self._file is not None
        os.lseek(self._file, 0, os.SEEK_SET)
        view = memoryview(content)
        while view:
            view = view[os.write(self._file, view) :]
        os.ftruncate(self._file, len(content))
        os.fsync(self._file)
        self._beside.replace(self.path)
        with contextlib.suppress(OSError):  # not supported by every file system, and the rename is done
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def drop(self) -> None:
        """Close and remove the temporary file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        with contextlib.suppress(OSError):
            self._beside.unlink()

    def _keep_owner(self) -> None:
        """Set the owner of the new file to that of the old file. This works only for root."""
        assert self._file is not None
        with contextlib.suppress(OSError, AttributeError):
            status = self.path.stat()
            if status.st_uid != os.geteuid():
                os.fchown(self._file, status.st_uid, status.st_gid)


def _recover(path: Path) -> None:
    """Handle temporary files that killed processes have left behind.

    A complete file replaces the token file, and an incomplete file is removed.

    The caller must hold the lock.
    """
    with contextlib.suppress(OSError):
        changed_at = path.stat().st_mtime_ns
        for beside in sorted(
            path.parent.glob(f".{glob.escape(path.name)}.*.tmp"), key=lambda temporary: temporary.stat().st_mtime_ns
        ):
            with contextlib.suppress(ValueError):
                content = json.loads(beside.read_bytes())
                if content["refresh_token"] and beside.stat().st_mtime_ns >= changed_at:
                    beside.replace(path)
                    _log.warning("The API token in %s was recovered from a temporary file of a killed process.", path)
                    continue
            beside.unlink()


def _spare_place(settings: Settings, old: Secret) -> _AtomicWrite:
    """Prepare a private file for a new token.

    The file is in the state folder, or in the temporary folder if the state folder is not writable. Raises
    ConfigurationError if neither folder is writable.
    """
    problem = ""
    folders: tuple[Callable[[], Path], ...] = (
        lambda: _folder(settings, "tokens"),
        lambda: Path(tempfile.mkdtemp(prefix="vcloudair-token-")),
    )
    for folder in folders:
        try:
            return _AtomicWrite(folder() / _name(old))
        except (OSError, ConfigurationError) as exc:
            problem = getattr(exc, "strerror", None) or str(exc)
    raise ConfigurationError(
        f"A new API token cannot be saved: {problem}.",
        hint="Set state_dir (VCA_STATE_DIR) to a directory of this user.",
    )


def _folder(settings: Settings, name: str) -> Path:
    return private_folder(state_folder(settings) / name)


def _name(old: Secret) -> str:
    return f"{hashlib.sha256(as_bytes(old.reveal())).hexdigest()[:32]}.json"


def _content(before: Mapping[str, Any], token: Secret) -> bytes:
    kept = {name: value for name, value in before.items() if name not in _OLD_ANSWER}
    content = {
        **kept,
        "token_type": SERVICE_ACCOUNT,
        "refresh_token": token.reveal(),
        "updated_by": f"vcloudair-core/{__version__}",
        "updated_on": datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds"),
    }
    return json.dumps(content, indent=1).encode()
