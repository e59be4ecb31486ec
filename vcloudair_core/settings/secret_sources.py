"""Secrets by reference: files, commands and keyring entries."""

from __future__ import annotations

import contextlib
import os
import shlex
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.redaction import Secret, remember
from vcloudair_core.util.user_files import refuse_readable_secrets

COMMAND_TIMEOUT_S = 60.0
MAX_BYTES = 64 * 1024

_WHOLE_TEXTS = frozenset({"saml_token"})
"""Secrets that can have several lines.

Of all other secrets, only the first line is read.
"""

SOURCE_KEYS: dict[str, tuple[str, str]] = {
    "password_file": ("password", "file"),
    "password_command": ("password", "command"),
    "password_keyring": ("password", "keyring"),
    "api_token_command": ("api_token", "command"),
    "api_token_keyring": ("api_token", "keyring"),
    "token_file": ("token", "file"),
    "token_command": ("token", "command"),
    "token_keyring": ("token", "keyring"),
    "saml_token_file": ("saml_token", "file"),
    "saml_token_command": ("saml_token", "command"),
    "saml_token_keyring": ("saml_token", "keyring"),
}
"""The setting and the source type of each configuration key.

``api_token_file`` is not in the mapping, because it is itself a setting.
"""


class SecretSource:
    """A thread-safe reference to a secret. The secret is read once, at first use.

    ``target`` is a path, an argument list, or a pair of keyring service and user. ``origin`` names the configuration
    file and the table in messages.
    """

    __slots__ = ("_guard", "_secret", "key", "kind", "origin", "target")

    def __init__(self, key: str, value: Any, *, origin: str, folder: Path) -> None:
        self.key = key
        self.kind = SOURCE_KEYS[key][1]
        self.origin = origin
        self.target: Any = _PARSERS[self.kind](key, value, origin, folder)
        self._secret: Secret | None = None
        self._guard = threading.Lock()

    @property
    def identity(self) -> str:
        """Text that identifies this reference.

        If the secret is in a file, the text contains a digest of the file.
        """
        if self.kind != "file":
            return f"{self.kind}:{self.target!r}"
        import hashlib

        with contextlib.suppress(OSError):
            return f"file:{self.target}:{hashlib.sha256(Path(self.target).read_bytes()).hexdigest()}"
        return f"file:{self.target}"

    @property
    def secret(self) -> Secret | None:
        """The secret, or None if the secret has not been read yet."""
        return self._secret

    def read(self) -> Secret:
        """Return the secret.

        Raises ConfigurationError, whose message never contains the output of the source.
        """
        with self._guard:
            if self._secret is None:
                text = _READERS[self.kind](self)
                if not text:
                    raise self.error("the secret is empty")
                self._secret = Secret(text)
                remember(self._secret)
            return self._secret

    def error(self, reason: str, *, hint: str = "") -> ConfigurationError:
        """Return an error that names the key, the configuration file and the table."""
        return ConfigurationError(
            f"Reading the secret of {self.key} ({self.origin}) failed: {reason}.",
            hint=hint or f"Check {self.key}. The first line must be the secret.",
        )

    def __repr__(self) -> str:
        return f"SecretSource({self.key!r}, {self.origin!r})"


def take_sources(table: Mapping[str, Any], *, origin: str, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a table into plain settings and secrets by reference.

    Return two mappings: setting names to plain values, and setting names to :class:`SecretSource` objects.

    Raises: ConfigurationError if a reference is malformed, or if a secret has more than one source.
    """
    plain = {key: value for key, value in table.items() if key not in SOURCE_KEYS}
    sources: dict[str, Any] = {}
    used: dict[str, str] = {}
    for key in (key for key in table if key in SOURCE_KEYS):
        name = SOURCE_KEYS[key][0]
        if name in used or plain.get(name):
            raise ConfigurationError(
                f"{used.get(name, name)} and {key} cannot be used together ({origin}).", hint="Remove one of them."
            )
        used[name] = key
        sources[name] = SecretSource(key, table[key], origin=origin, folder=folder)
    return plain, sources


# -- parsing --------------------------------------------------------------------------------------------------------


def _malformed(key: str, origin: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"Invalid {key} ({origin}): {reason}.")


def _file_target(key: str, value: Any, origin: str, folder: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _malformed(key, origin, "the value must be a path")
    return str(folder / os.path.expanduser(value))  # noqa: PTH111 - Path.expanduser raises without a home


def _command_target(key: str, value: Any, origin: str, folder: Path) -> tuple[str, ...]:
    try:
        arguments = shlex.split(value) if isinstance(value, str) else value
    except ValueError as exc:
        raise _malformed(key, origin, f"the command cannot be split into arguments ({exc})") from exc
    if not isinstance(arguments, list) or not arguments or not all(isinstance(item, str) for item in arguments):
        raise _malformed(key, origin, "the value must be a command line or a list of arguments")
    return tuple(arguments)


def _keyring_target(key: str, value: Any, origin: str, folder: Path) -> tuple[str, str]:
    service, slash, user = value.rpartition("/") if isinstance(value, str) else ("", "", "")
    if not (service and slash and user):
        raise _malformed(key, origin, "the value must have the form SERVICE/USER")
    return service, user


# -- reading --------------------------------------------------------------------------------------------------------


def _read_file(source: SecretSource) -> str:
    try:
        with Path(source.target).open("rb") as file:
            raw, status = file.read(MAX_BYTES), os.fstat(file.fileno())
    except OSError as exc:
        raise source.error(f"{source.target} cannot be read ({exc.strerror})") from exc
    refuse_readable_secrets(source.target, status, SOURCE_KEYS[source.key][0].replace("_", " "))
    return _first_line(source, raw)


def _read_command(source: SecretSource) -> str:
    import subprocess

    name = source.target[0]
    try:
        # The command can prompt at the terminal, but must not read the standard input of this program.
        process = subprocess.Popen(  # noqa: S603 - an argument list of the user's own file, no shell
            source.target, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
    except (OSError, ValueError) as exc:
        raise source.error(f"{name!r} cannot be run ({getattr(exc, 'strerror', None) or exc})") from exc
    try:
        output, _ = process.communicate(timeout=COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired as exc:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()  # a child of the command can keep the other end open
        raise source.error(f"{name!r} took longer than {COMMAND_TIMEOUT_S:.0f} seconds") from exc
    except BaseException:  # Ctrl-C
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise source.error(
            f"{name!r} failed with exit code {process.returncode}", hint="Run the command in a terminal to check it."
        )
    return _first_line(source, output[:MAX_BYTES])


def _read_keyring(source: SecretSource) -> str:
    service, user = source.target
    keyring = load_keyring(source.key)
    try:
        secret = keyring.get_password(service, user)
    except Exception as exc:  # every backend has different exceptions
        raise source.error(f"the keyring failed ({type(exc).__name__})", hint="Unlock the keyring.") from exc
    if secret is None:
        raise source.error(
            f"the keyring entry {service}/{user} does not exist",
            hint=f"Run: keyring set {shlex.quote(service)} {shlex.quote(user)}",
        )
    return str(secret)


def load_keyring(key: str) -> Any:
    """Return the module ``keyring``.

    Raises ConfigurationError with an install hint if the module is missing.
    """
    try:
        import keyring
    except ImportError as exc:
        from vcloudair_core.util.install_hint import install_hint

        raise ConfigurationError(
            f"{key} needs the extra 'keyring' of vcloudair-core.", hint=install_hint("keyring")
        ) from exc
    return keyring


def _first_line(source: SecretSource, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise source.error("the secret is not UTF-8 text") from exc
    if SOURCE_KEYS[source.key][0] in _WHOLE_TEXTS:
        return text.strip()
    lines = text.splitlines()
    return lines[0] if lines else ""


_PARSERS: dict[str, Any] = {"file": _file_target, "command": _command_target, "keyring": _keyring_target}
_READERS: dict[str, Any] = {"file": _read_file, "command": _read_command, "keyring": _read_keyring}
