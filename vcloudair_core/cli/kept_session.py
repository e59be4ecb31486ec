"""Find, renew and end the session of ``vca login``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from vcloudair_core.errors import AuthenticationError

if TYPE_CHECKING:
    from vcloudair_core.app import App
    from vcloudair_core.client import Client
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.session.auth.base import AuthProvider
    from vcloudair_core.session.cache.kept_login import KeptLogin
    from vcloudair_core.settings.settings import Settings

_CREDENTIALS = ("password", "token", "api_token", "api_token_file", "saml_token")
_EXPIRED = "The session of `vca login` has expired."


def has_credential(settings: Settings, *, or_reference: bool = False) -> bool:
    """Return True if a password or token is set.

    If ``or_reference`` is true, a reference to a password or token also counts.
    """
    credentials = [name for name in _CREDENTIALS if settings.is_set(name)]
    return any(or_reference or not settings.is_reference(name) for name in credentials)


def usable_login(settings: Settings) -> KeptLogin | None:
    """Return the session of ``vca login``, or None if it is missing or not usable.

    If credentials are set, the result is also None, because the session is not needed.

    If a session exists but cannot be used, the reason is printed to standard error.
    """
    if has_credential(settings):
        return None
    from vcloudair_core.session.cache.kept_login import open_login

    login = open_login(settings)
    if login is None or login.load() is not None:
        return login
    if login.problem:
        from vcloudair_core.cli.display.output import say

        say(login.problem)
    return None


def client_of(app: App, settings: Settings, login: KeptLogin) -> Client:
    """Return a client that uses a kept session.

    If the server rejects the session, the client asks for the password, or raises AuthenticationError.
    """
    from vcloudair_core.session.cache.kept_login import LoginAuth

    def renew() -> AuthProvider:
        chosen = settings
        if not has_credential(settings, or_reference=True):
            chosen = settings.replace(password=_new_password(settings))
            client.session.learn(*chosen.secrets())
        return _auth(app, chosen)

    client = app.client(settings, auth=LoginAuth(renew), cache=login)
    return client


def new_login(app: App, settings: Settings) -> Client:
    """Return a client that signs in and keeps the session for later commands."""
    from vcloudair_core.session.cache.kept_login import open_login, with_cache_of_password

    login = open_login(settings)
    if login is None:
        return app.client(settings)
    return app.client(settings, cache=with_cache_of_password(login, settings))


def end_login(app: App, settings: Settings) -> tuple[bool, str, VcloudAirError | None]:
    """Log out the session that ``vca login`` saved, and delete its file.

    Returns:
        A tuple (existed, file problem, logout error). The file problem says why the file could not be used. It is
            empty if the file was usable. The logout error is None if the logout request succeeded. After a logout
            error, the session may still be open at the server.
    """
    from vcloudair_core.session.cache.kept_login import LoginAuth, open_login

    login = open_login(settings)
    if login is None:
        return False, "", None
    login.load()
    problem = f"{login.problem} The file was deleted." if login.problem else ""

    def refuse() -> AuthProvider:
        raise AuthenticationError(_EXPIRED, status=401)

    with app.client(settings, auth=LoginAuth(refuse), cache=login) as client:
        return client.session.logout(), problem, client.session.logout_error


def describe(client: Client) -> str:
    """Return the scope of the session: ``login``, ``cache`` or ``this command``."""
    from vcloudair_core.session.cache.kept_login import KeptLogin

    kept = client.session.kept
    if kept is None:
        return "this command"
    return "login" if isinstance(kept, KeptLogin) else "cache"


def _new_password(settings: Settings) -> str:
    from vcloudair_core.cli.display.output import say
    from vcloudair_core.cli.passwords import ask_password

    if not sys.stdin.isatty():
        raise AuthenticationError(_EXPIRED, status=401, hint="Run `vca login`.")
    say(_EXPIRED)
    return ask_password(settings)


def _auth(app: App, settings: Settings) -> AuthProvider:
    from vcloudair_core.session.auth.base import select_auth

    return select_auth(settings, app.plugins.auth_methods())
