"""Stored session of ``vca login``, which later commands use without a password.

The token is in the session cache folder, encrypted with a random key in the state folder. Both files have mode 0600.
A copy of only one of the folders, for example in a backup, does not reveal the token. Programs that run as this user
can read both files. The session is only used for the same server, org, user, context and TLS settings.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets as random_secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.session.cache.token_cache import TokenCache, open_cache
from vcloudair_core.settings.directories import cache_folder, is_own, private_folder, state_folder
from vcloudair_core.settings.settings import server_of
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.session.auth.base import AuthFlow, AuthProvider, Credentials
    from vcloudair_core.settings.settings import Settings

KEY_FILE = "login.key"
_KEY_BYTES = 32
_BOUND_TO = ("service_type", "url", "org", "username", "instance", "api_version", "validate_certs", "ca_path")
_PORTAL_BOUND_TO = ("vdc",)
"""Additional settings that a portal session depends on.

A portal session is for one VDC. A vCloud Director session is for all VDCs.
"""


def open_login(settings: Settings) -> KeptLogin | None:
    """Return the stored login for these settings.

    Return None if ``session_cache`` is off, or if the settings do not select a server.
    """
    server = server_of(settings.url, settings.service_type)
    if not settings.session_cache or not server:
        return None
    return KeptLogin(cache_folder(settings), login_key(settings, server), LoginKey(state_folder(settings) / KEY_FILE))


def login_key(settings: Settings, server: str) -> str:
    """Return the file name of a stored login: a hash of its settings."""
    names = _BOUND_TO if settings.service_type == "vcd" else (*_BOUND_TO, *_PORTAL_BOUND_TO)
    parts = [server, str(settings.context or "")]
    for name in names:
        value = str(settings[name] if settings[name] is not None else "").strip()
        parts.append(os.path.realpath(value) if name == "ca_path" and value else value.lower())
    return hashlib.sha256(as_bytes("login\0" + "\0".join(parts))).hexdigest()


class LoginKey:
    """The random encryption key of this user, stored in a file.

    The first login creates the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        """Return the key that encrypts stored logins.

        Raises ConfigurationError if the key file is missing, damaged or not private.
        """
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            with os.fdopen(os.open(self.path, flags), "rb") as file:
                status = os.fstat(file.fileno())
                key = file.read(_KEY_BYTES + 1)
        except OSError as exc:
            raise self._error(f"it cannot be read ({exc.strerror})") from exc
        if not stat.S_ISREG(status.st_mode) or not is_own(status) or (os.name == "posix" and status.st_mode & 0o077):
            raise self._error("it is not a file that only you can read")
        if len(key) != _KEY_BYTES:
            raise self._error("it is damaged")
        return key

    def make(self) -> None:
        """Create the key if no usable key exists.

        Raises ConfigurationError if the key cannot be created.
        """
        with contextlib.suppress(ConfigurationError):
            self.read()
            return
        beside = self.path.with_name(f".{self.path.name}.{random_secrets.token_hex(8)}.tmp")
        try:
            private_folder(self.path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
                file.write(random_secrets.token_bytes(_KEY_BYTES))
            beside.replace(self.path)
        except OSError as exc:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise self._error(f"it cannot be written ({exc.strerror})") from exc

    def _error(self, reason: str) -> ConfigurationError:
        return ConfigurationError(f"The encryption key file {self.path} of stored sessions cannot be used: {reason}.")


class KeptLogin(TokenCache):
    """The stored login of a user to a server.

    ``problem`` is the reason why :meth:`load` returned None. It is empty if nothing is stored. ``beside`` is the
    session cache that is encrypted with the password, or None. If ``beside`` is set, each login is also stored in that
    cache.
    """

    suffix = ".login"

    def __init__(self, folder: Path, key: str, login_key: LoginKey, **more: Any) -> None:
        super().__init__(folder, key, Secret(""), **more)
        self._login_key = login_key
        self.beside: TokenCache | None = None
        self.problem = ""

    def load(self) -> Credentials | None:
        """Return the stored credentials, or None if no usable credentials are stored.

        Never raises.
        """
        self.problem = ""
        content = self._read()
        if content is None:
            return None
        credentials = self._opened(content[0])
        if credentials is None:
            self.problem = (
                f"The session of `vca login` cannot be used: {self.path} is damaged, or was encrypted with another key."
            )
        elif not self._is_alive(credentials, content[1]):
            self.problem = "The session of `vca login` has expired."
            credentials = None
        return credentials

    def store(self, credentials: Credentials) -> bool:
        """Store credentials, and create the key if necessary.

        Return False if the credentials cannot be stored.
        """
        if self.beside is not None:
            self.beside.store(credentials)
        try:
            self._login_key.make()
        except ConfigurationError as exc:
            self._warn(f"cannot be used ({exc.message.rstrip('.')})")
            return False
        return super().store(credentials)

    def _cipher(self, salt: bytes) -> Any:
        from cryptography.fernet import Fernet

        # The key is random, so a slow key derivation is unnecessary.
        raw = hmac.digest(self._login_key.read(), salt + self._key.encode(), "sha256")
        return Fernet(base64.urlsafe_b64encode(raw))


class LoginAuth:
    """Auth flow that asks the user for credentials after a stored login has expired."""

    name = "login"
    is_renewable = True

    def __init__(self, renew: Callable[[], AuthProvider]) -> None:
        self._renew = renew

    def sign_in(self) -> AuthFlow:
        """Ask for new credentials and sign in with them. Raises the errors of ``renew``."""
        return (yield from self._renew().sign_in())


def with_cache_of_password(login: KeptLogin, settings: Settings) -> KeptLogin:
    """Return ``login`` with the password-encrypted session cache as a second store.

    If the settings contain no password or API token, ``login`` is returned unchanged.
    """
    if any(settings.is_set(name) and not settings.is_reference(name) for name in ("password", "api_token")):
        login.beside = open_cache(settings)
    return login
