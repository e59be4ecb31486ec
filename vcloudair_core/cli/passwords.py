"""Read passwords from a file, from standard input, or with a prompt."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.display.output import say
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.escaping import visible

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


@dataclass
class PasswordInput:
    """The password from standard input, cached because it can be read only once."""

    password: str | None = None

    def read(self) -> str:
        """Return the first line of standard input. Later calls return the same line."""
        if self.password is None:
            if sys.stdin.isatty():
                say("Password:")
            self.password = sys.stdin.readline().rstrip("\r\n")
        return self.password


def password_of_options(options: Mapping[str, Any], stdin: PasswordInput) -> str | None:
    """Return the password of ``--password-file`` or ``--password-stdin``, or None.

    Raises: ConfigurationError if both options are set, or if the file or the password cannot be read.
    """
    path, from_stdin = options.get("password_file"), options.get("password_stdin")
    if path and from_stdin:
        raise ConfigurationError("You cannot use --password-file and --password-stdin together.")
    if path:
        from vcloudair_core.settings.settings import expand_user
        from vcloudair_core.util.user_files import first_line, refuse_readable_secrets

        password = first_line(expand_user(path), "The password file")
        refuse_readable_secrets(path, expand_user(path).stat(), "password")
        return _not_empty(password, f"The password file '{path}'")
    if from_stdin:
        return _not_empty(stdin.read(), "Standard input")
    return None


def ask_password(settings: Settings) -> str:
    """Prompt for the password. Raises ConfigurationError if there is no terminal."""
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"Missing password for '{settings.username}' at {_place(settings)}.",
            hint="Run `vca login` at a terminal, set VCA_PASSWORD, or use --password-file or --password-stdin.",
        )
    prompt = visible(f"Password for {settings.username} at {_place(settings)}: ")
    return getpass.getpass(prompt, stream=sys.stderr)


def lacks_password(settings: Settings) -> bool:
    """Return True if the settings are complete for a sign-in except for the password."""
    credentials = ("password", "token", "api_token", "api_token_file", "saml_token")
    return bool(settings.url and settings.username and not any(settings.is_set(name) for name in credentials))


def _place(settings: Settings) -> str:
    return f"context {settings.context!r} ({settings.url})" if settings.context else str(settings.url)


def _not_empty(password: str, source: str) -> str:
    if not password:
        raise ConfigurationError(
            f"Reading the password failed. {source} is empty.", hint="Put the password on the first line."
        )
    return password
