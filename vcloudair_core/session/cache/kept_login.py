"""The session that ``vca login`` keeps, so that later commands of the same person need no password.

The token lies in the folder of the session cache, encrypted with a random key that lies in the state folder. Both files
have mode 0600. So neither folder alone, in a backup or a synchronized home, gives the token away; a program that runs
as this user can read both. The file is bound to where and as whom the person signed in: server, org, user, context and
the settings that verify the server. Any other of these finds no session.
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
"""A session of a portal is one of a VDC; one of a vCloud Director is for all of them."""


def open_login(settings: Settings) -> KeptLogin | None:
    """Return the place of the kept session of these settings, kept or not; None when ``session_cache`` is off."""
    server = server_of(settings.url, settings.service_type)
    if not settings.session_cache or not server:
        return None
    return KeptLogin(cache_folder(settings), login_key(settings, server), LoginKey(state_folder(settings) / KEY_FILE))


def login_key(settings: Settings, server: str) -> str:
    """Return the name of the file: a hash of all that a kept session is bound to."""
    names = _BOUND_TO if settings.service_type == "vcd" else (*_BOUND_TO, *_PORTAL_BOUND_TO)
    parts = [server, str(settings.context or "")]
    for name in names:
        value = str(settings[name] if settings[name] is not None else "").strip()
        parts.append(os.path.realpath(value) if name == "ca_path" and value else value.lower())
    return hashlib.sha256(as_bytes("login\0" + "\0".join(parts))).hexdigest()


class LoginKey:
    """The random key of this user, in one file. It is made with the first login."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        """Return the key. Raises ConfigurationError when there is none, or others may have read or written it."""
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
        """Make the key unless there is a usable one. Raises ConfigurationError when that is not possible."""
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
        return ConfigurationError(f"The key of kept sessions, {self.path}, is not used: {reason}.")


class KeptLogin(TokenCache):
    """The kept session of one person at one server. ``problem`` says after :meth:`load` why there is none.

    ``beside`` is the session cache of the password, if there is one: what is signed in by hand is kept there as well.
    """

    suffix = ".login"

    def __init__(self, folder: Path, key: str, login_key: LoginKey, **more: Any) -> None:
        super().__init__(folder, key, Secret(""), **more)
        self._login_key = login_key
        self.beside: TokenCache | None = None
        self.problem = ""

    def load(self) -> Credentials | None:
        """Return the kept session, or None. Never raises."""
        self.problem = ""
        content = self._read()
        if content is None:
            return None
        credentials = self._opened(content[0])
        if credentials is None:
            self.problem = f"The session kept by `vca login` cannot be used: {self.path} is damaged or of another key."
        elif not self._is_alive(credentials, content[1]):
            self.problem = "The session kept by `vca login` has expired."
            credentials = None
        return credentials

    def store(self, credentials: Credentials) -> bool:
        """Keep a session, and make the key if there is none. Returns false when it could not be kept."""
        if self.beside is not None:
            self.beside.store(credentials)
        try:
            self._login_key.make()
        except ConfigurationError as exc:
            self._complain(f"cannot be used ({exc.message.rstrip('.')})")
            return False
        return super().store(credentials)

    def _cipher(self, salt: bytes) -> Any:
        from cryptography.fernet import Fernet

        # The key is random: nothing has to be slow about it.
        raw = hmac.digest(self._login_key.read(), salt + self._key.encode(), "sha256")
        return Fernet(base64.urlsafe_b64encode(raw))


class LoginAuth:
    """Signs in again when a kept session is over, with whatever ``renew`` gets from the person."""

    name = "login"
    is_renewable = True

    def __init__(self, renew: Callable[[], AuthProvider]) -> None:
        self._renew = renew

    def sign_in(self) -> AuthFlow:
        """Ask for new credentials and sign in with them. Raises what ``renew`` raises."""
        return (yield from self._renew().sign_in())


def with_cache_of_password(login: KeptLogin, settings: Settings) -> KeptLogin:
    """Let what the login keeps be kept in the session cache of the password too, if a password is given."""
    if any(settings.is_set(name) and not settings.is_reference(name) for name in ("password", "api_token")):
        login.beside = open_cache(settings)
    return login
