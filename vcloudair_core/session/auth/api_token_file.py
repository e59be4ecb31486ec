"""The file of an API token, kept so that a token that rotates is never lost.

The token of a service account can be used once: each exchange returns a new one and ends the old one. So a sign-in
takes the lock of the file, reads it, exchanges the token, writes the new one beside the file, brings it to the disk,
puts it in place in one step, and only then goes on. What could fail for want of room or rights is tried before the
exchange. A new token that a killed process wrote but did not put in place is found by the next sign-in. A process that
is killed after the server's answer and before that loses the token: the moment is as short as it can be, but there is
one.

The format is that of Terraform's provider for VMware Cloud Director (``service_account_token_file``): a JSON object
with ``refresh_token``, ``token_type``, ``updated_by`` and ``updated_on``. Other keys are kept.
Source: protocol/vcd-modern.md §1.5.
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

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

SERVICE_ACCOUNT = "Service Account"
MAX_FILE_BYTES = 64 * 1024

_OLD_ANSWER = ("access_token", "expires_in")
"""Of an earlier exchange, in files that hold the whole answer: out of date with the next one."""


class TokenFile:
    """One file that holds an API token. Shared by any number of processes of this host."""

    def __init__(self, path: str | Path, settings: Settings) -> None:
        self.path = Path(path)
        self.settings = settings
        self._tokens: set[Secret] = set()

    def read(self) -> Mapping[str, Any]:
        """Return what is in the file. Raises ConfigurationError when it cannot be read or holds no token."""
        where = f"The API token file {self.path}"
        try:
            with self.path.open("rb") as file:
                raw, mode = file.read(MAX_FILE_BYTES), os.fstat(file.fileno()).st_mode
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
                f"{where} holds no API token.", hint='Write {"refresh_token": "..."} into it, as JSON.'
            )
        if os.name == "posix" and mode & 0o077:
            _log.warning("Others can read %s, which holds an API token. Run: chmod 600 %s", self.path, self.path)
        self.hide(Secret(token.strip()))
        result: dict[str, Any] = content
        return result

    def hide(self, token: Secret) -> None:
        """Hide a token of this file in excerpts from now on."""
        self._tokens.add(token)
        remember(*self._tokens)

    def token(self) -> Secret:
        """Return the token that is in the file now. Raises what :meth:`read` raises."""
        return Secret(str(self.read()["refresh_token"]).strip())

    @contextlib.contextmanager
    def held(self) -> Iterator[HeldToken]:
        """Hold the file for one exchange of its token.

        Raises: ConfigurationError when it cannot be read, or when a new token could be written nowhere (nothing was
        sent), LockTimeoutError when another process holds it for longer than ``lock_timeout``.
        """
        import filelock

        # What a link leads to is replaced, not the link.
        real = Path(os.path.realpath(self.path))
        lock = file_lock(self._lock_path(real))
        try:
            lock.acquire(timeout=float(self.settings.lock_timeout), poll_interval=0.05)
        except filelock.Timeout as exc:
            raise LockTimeoutError(
                f"The API token file {self.path} is in use by another process. Nothing was sent.",
                hint="Wait for its sign-in to end, and try again.",
            ) from exc
        try:
            _recover(real)
            content = self.read()
            place, problem = _AtomicWrite.beside(real)
            if place is None and content.get("token_type") == SERVICE_ACCOUNT:
                raise ConfigurationError(
                    f"The API token file {self.path} cannot be replaced: {problem}. Nothing was sent.",
                    hint="Make its folder writable: each sign-in of a service account replaces the token.",
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
        """A file beside the token, else one in the state folder, for tokens in folders that are read-only."""
        if os.access(real.parent, os.W_OK):
            return real.with_name(f"{real.name}.lock")
        name = hashlib.sha256(as_bytes(str(real))).hexdigest()[:32]
        return _folder(self.settings, "locks") / f"{name}.lock"


class HeldToken:
    """The token of a file that is held. ``spare``: its new token goes to another file, because this one cannot."""

    def __init__(self, content: Mapping[str, Any], file: TokenFile, place: _AtomicWrite, *, is_spare: bool) -> None:
        self.secret = Secret(str(content["refresh_token"]).strip())
        self._content = content
        self._file = file
        self._place = place
        self._is_spare = is_spare

    def replace(self, token: Secret) -> None:
        """Write the new token to the disk. When this returns it is there, whatever happens to this process.

        Raises ConfigurationError that names the file which has it, when that is not the one in the settings.
        """
        self._file.hide(token)
        try:
            self._place.write(_content(self._content, token))
            path, reason = self._place.path, "its folder cannot be written to"
        except OSError as exc:
            path, reason = rescue(token, self.secret, self._file.settings, self._content), exc.strerror or str(exc)
            self._is_spare = True
        if self._is_spare:
            raise ConfigurationError(
                f"The server replaced the API token, and the new one could not be written to {self._file.path}: "
                f"{reason}. It is in {path}.",
                hint=f"Copy {path} to {self._file.path}, or set api_token_file (VCA_API_TOKEN_FILE) to it.",
            )


def rescue(token: Secret, old: Secret, settings: Settings, content: Mapping[str, Any] | None = None) -> Path:
    """Keep a new token that cannot go where the old one is. Returns the file, which only this user can read.

    Raises ConfigurationError when neither the state folder nor the temporary folder can take it.
    """
    remember(token)
    place = _spare_place(settings, old)
    try:
        place.write(_content(content or {}, token))
    finally:
        place.drop()
    return place.path


def rescued(old: Secret, settings: Settings) -> Path | None:
    """The file in the state folder with the successor of a token, or None."""
    with contextlib.suppress(OSError, ConfigurationError):
        path = state_folder(settings) / "tokens" / _name(old)
        return path if path.exists() else None
    return None


class _AtomicWrite:
    """A file to be put in place of another in one step, with its room on the disk taken beforehand."""

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
        """(the place, "") or (None, why there is none)."""
        try:
            return cls(path), ""
        except OSError as exc:
            return None, exc.strerror or type(exc).__name__

    def write(self, content: bytes) -> None:
        """Write, bring to the disk, rename, and bring the folder to the disk. Raises OSError."""
        assert self._file is not None
        os.lseek(self._file, 0, os.SEEK_SET)
        view = memoryview(content)
        while view:
            view = view[os.write(self._file, view) :]
        os.ftruncate(self._file, len(content))
        os.fsync(self._file)
        self._beside.replace(self.path)
        with contextlib.suppress(OSError):  # not every file system can; the rename itself is done
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def drop(self) -> None:
        """Close it, and remove what was not put in place."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        with contextlib.suppress(OSError):
            self._beside.unlink()

    def _keep_owner(self) -> None:
        """For root, who signs in with the file of a service's user."""
        assert self._file is not None
        with contextlib.suppress(OSError, AttributeError):
            status = self.path.stat()
            if status.st_uid != os.geteuid():
                os.fchown(self._file, status.st_uid, status.st_gid)


def _recover(path: Path) -> None:
    """Put in place what a process that was killed had written, and remove what it had not. The file is held."""
    with contextlib.suppress(OSError):
        changed_at = path.stat().st_mtime_ns
        for beside in sorted(
            path.parent.glob(f".{glob.escape(path.name)}.*.tmp"), key=lambda temporary: temporary.stat().st_mtime_ns
        ):
            with contextlib.suppress(ValueError):
                content = json.loads(beside.read_bytes())
                if content["refresh_token"] and beside.stat().st_mtime_ns >= changed_at:
                    beside.replace(path)
                    _log.warning("The API token that a stopped process had left beside %s was put in place.", path)
                    continue
            beside.unlink()


def _spare_place(settings: Settings, old: Secret) -> _AtomicWrite:
    """A place in the state folder, else in the temporary one. Raises ConfigurationError when there is neither."""
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
        f"A new API token cannot be kept anywhere: {problem}.", hint="Set state_dir to a folder of this user."
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
