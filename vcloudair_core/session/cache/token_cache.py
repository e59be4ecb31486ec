"""Encrypted cache of session tokens for later processes, such as Ansible tasks.

The cache has one file for each combination of URL, service type, org, user and instance. Only the owner can read the
folder. A file contains a random salt and the encrypted credentials. The encryption key is derived from the password or
API token with scrypt, so the file is useless without the password or API token. The modification time of a file is the
time when its token was last used. A token is ignored if it has been unused for longer than the idle timeout of the
server.

If the cache cannot be used safely, a warning is logged and the session signs in without it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import logging
import os
import secrets as random_secrets
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.session.auth.base import Credentials, LogoutRequest
from vcloudair_core.session.cache.kdf_cache import KEYS
from vcloudair_core.session.identity import Identity
from vcloudair_core.settings.directories import cache_folder, is_own
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock
from vcloudair_core.util.file_locks import file_lock
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

FORMAT = 1
TOUCH_EVERY_S = 60.0
LOCK_TIMEOUT_S = 90.0
MAX_FILE_BYTES = 64 * 1024

_CLOCK_SLACK_S = 120.0
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1


def open_cache(settings: Settings) -> TokenCache | None:
    """Return the token cache.

    Return None if the cache is off, or if no password, API token or SAML assertion is set.
    """
    if not settings.session_cache or settings.token:
        return None
    secret: Secret | Callable[[], Secret] | None
    if settings.api_token_file and not settings.api_token:
        from vcloudair_core.session.auth.api_token_file import TokenFile

        # Read the token each time, because another process may have replaced both the token and the cached session.
        secret = TokenFile(settings.api_token_file, settings).token
    else:
        secret = settings.api_token or settings.saml_token or settings.password
    if not secret:
        return None
    return TokenCache(cache_folder(settings), cache_key(settings), secret)


def cache_key(settings: Settings) -> str:
    """Return the name of the cache file, a hash of the server and user.

    The name does not depend on the password.
    """
    names = ("service_type", "url", "org", "username", "instance", "vdc", "api_version", "auth_method")
    parts = [str(settings[name] or "").strip().lower() for name in names]
    if settings.api_token_file and not settings.api_token:
        parts += ["api_token_file", os.path.realpath(settings.api_token_file)]
    else:
        parts.append("api_token" if settings.api_token else "saml_token" if settings.saml_token else "password")
    return hashlib.sha256(as_bytes("\0".join(parts))).hexdigest()


class TokenCache:
    """A cache file with the credentials of one user.

    Methods log file system errors instead of raising them.
    """

    suffix = ".token"

    def __init__(
        self, folder: Path, key: str, secret: Secret | Callable[[], Secret], *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._folder = folder
        self._path = folder / f"{key}{self.suffix}"
        self._key = key
        self._secret = secret
        self._clock = clock
        self._touched_at = float("-inf")
        self._guard = threading.Lock()
        self._lock: Any = None

    @property
    def path(self) -> Path:
        """Path of the cache file, which may not exist."""
        return self._path

    # -- used by sessions --------------------------------------------------------------------------------------------

    def load(self) -> Credentials | None:
        """Return the cached credentials.

        Return None if they are missing, expired, damaged or not private.
        """
        record = self._read()
        if record is None:
            return None
        content, used_at = record
        credentials = self._opened(content)
        return credentials if credentials is not None and self._is_alive(credentials, used_at) else None

    def store(self, credentials: Credentials) -> bool:
        """Replace the cached credentials atomically.

        Return False if the new credentials cannot be stored.
        """
        if not self._is_folder_safe(make=True):
            return False
        salt = random_secrets.token_bytes(16)
        try:
            cipher = self._cipher(salt)
        except ConfigurationError as exc:  # the API token file was removed
            self._warn(f"cannot be encrypted ({exc.message.rstrip('.')})")
            return False
        data = cipher.encrypt(json.dumps(_as_plain(credentials)).encode())
        document = {"format": FORMAT, "salt": base64.b64encode(salt).decode(), "data": data.decode()}
        beside = self._path.with_name(f".{self._key[:16]}.{random_secrets.token_hex(8)}.tmp")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
                file.write(json.dumps(document).encode())
            stamp = self._clock.wall()
            os.utime(beside, (stamp, stamp))
            beside.replace(self._path)
            self._touched_at = stamp
        except OSError as exc:
            self._warn(f"cannot be written ({exc.strerror})")
            with contextlib.suppress(OSError):
                beside.unlink()
            return False
        return True

    def drop(self, credentials: Credentials | None = None) -> None:
        """Delete the cached credentials.

        If ``credentials`` is set, the cached credentials are deleted only if they have the same tokens.
        """
        if credentials is not None:
            kept = self.load()
            if kept is not None and dict(kept.headers) != dict(credentials.headers):
                return
        if self._is_folder_safe(make=False):
            with contextlib.suppress(OSError):
                self._path.unlink()

    def touch(self) -> None:
        """Record that the token was used, at most once a minute."""
        stamp = self._clock.wall()
        if stamp - self._touched_at < TOUCH_EVERY_S:
            return
        self._touched_at = stamp
        with contextlib.suppress(OSError, NotImplementedError):
            os.utime(self._path, (stamp, stamp), follow_symlinks=False)

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Lock the cache, so that only one process with these credentials signs in.

        The lock is reentrant. If the lock cannot be acquired, the block runs without the lock, so another process may
        sign in too.
        """
        lock = self._file_lock()
        held = False
        if lock is not None:
            try:
                lock.acquire(timeout=LOCK_TIMEOUT_S)
                held = True
            except (OSError, TimeoutError, NotImplementedError) as exc:
                _log.debug("Locking the session cache failed (%s).", type(exc).__name__)
        try:
            yield
        finally:
            if held:
                lock.release()

    # -- private ---------------------------------------------------------------------------------------------------

    def _opened(self, content: bytes) -> Credentials | None:
        """Decrypt the content of a file.

        Return None if the content is damaged, or if it was encrypted with another secret.
        """
        try:
            document = json.loads(content)
            if document["format"] != FORMAT:
                return None
            plain = self._cipher(base64.b64decode(document["salt"])).decrypt(document["data"].encode("ascii"))
            return _credentials_of(json.loads(plain))
        except Exception as exc:  # noqa: BLE001 - any invalid content means that the session signs in again
            _log.debug("The cached session cannot be used (%s).", type(exc).__name__)
            return None

    def _file_lock(self) -> Any:
        with self._guard:
            if self._lock is None and self._is_folder_safe(make=True):
                self._lock = file_lock(self._path.with_suffix(".lock"))
            return self._lock

    def _read(self) -> tuple[bytes, float] | None:
        """Return the content of the file, and the time when the token was last used.

        Return None if the file is missing or not private.
        """
        if not self._is_folder_safe(make=False):
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            descriptor = os.open(self._path, flags)
        except FileNotFoundError:
            return None
        except OSError as exc:
            self._warn(f"cannot be read ({exc.strerror})")
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not is_own(status) or status.st_mode & 0o077:
                self._warn("contains a file that other users can read, or that is not yours")
                return None
            return file.read(MAX_FILE_BYTES), status.st_mtime

    def _is_folder_safe(self, *, make: bool) -> bool:
        """Return True if the folder is private to this user.

        With ``make``, create the folder or correct its mode.
        """
        try:
            if make:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = os.lstat(self._folder)
            if not stat.S_ISDIR(status.st_mode) or not is_own(status):
                self._warn("is in a folder that is a link, or is not yours")
                return False
            if status.st_mode & 0o077:
                if not make:
                    return False
                self._folder.chmod(0o700)
        except FileNotFoundError:
            return False
        except OSError as exc:
            self._warn(f"has no usable folder ({exc.strerror})")
            return False
        return True

    def _warn(self, what: str) -> None:
        _log.warning("The session cache %s %s. The cache is not used.", self._folder, what)

    def _cipher(self, salt: bytes) -> Any:
        from cryptography.fernet import Fernet

        known = self._secret if isinstance(self._secret, Secret) else self._secret()
        secret = as_bytes(known.reveal()) + b"\0" + self._key.encode()
        name = hashlib.sha256(salt + secret).digest()
        raw = KEYS.get(name)
        if raw is None:
            raw = hashlib.scrypt(secret, salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32)
            KEYS.put(name, raw)
        return Fernet(base64.urlsafe_b64encode(raw))

    def _is_alive(self, credentials: Credentials, used_at: float) -> bool:
        now = self._clock.wall()
        if used_at > now + _CLOCK_SLACK_S:
            return False
        if credentials.idle_s is not None and now - used_at > credentials.idle_s:
            return False
        return credentials.expires_at is None or now < credentials.expires_at


def _as_plain(credentials: Credentials) -> dict[str, Any]:
    """Return credentials as JSON values with plain-text tokens, before encryption."""
    return {
        "identity": vars(credentials.identity) | {"roles": list(credentials.identity.roles)},
        "headers": _revealed(credentials.headers),
        "org_names": list(credentials.org_names),
        "logout_requests": [
            {"url": logout.url, "headers": _revealed(logout.headers)} for logout in credentials.logout_requests
        ],
        "idle_s": credentials.idle_s,
        "expires_at": credentials.expires_at,
    }


def _revealed(headers: Any) -> dict[str, list[Any]]:
    return {
        name: [isinstance(value, Secret), value.reveal() if isinstance(value, Secret) else value]
        for name, value in headers.items()
    }


def _hidden(headers: dict[str, Any]) -> dict[str, Any]:
    return {name: Secret(value) if is_secret else value for name, (is_secret, value) in headers.items()}


def _credentials_of(plain: dict[str, Any]) -> Credentials:
    identity = dict(plain["identity"])
    return Credentials(
        identity=Identity(**identity | {"roles": tuple(identity["roles"])}),
        headers=_hidden(plain["headers"]),
        org_names=tuple(plain["org_names"]),
        logout_requests=tuple(
            LogoutRequest(logout["url"], _hidden(logout["headers"])) for logout in plain["logout_requests"]
        ),
        idle_s=plain["idle_s"],
        expires_at=plain["expires_at"],
    )
