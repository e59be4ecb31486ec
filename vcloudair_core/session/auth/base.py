"""Auth flows: generators of requests that return credentials.

A flow does no I/O itself, so it works with any transport and is easy to test. A flow receives only 2xx responses.
Other responses are raised as errors at the ``yield`` of the flow. Flows send passwords and tokens only to origins
that :class:`~vcloudair_core.session.origins.Origins` trusts.
"""

from __future__ import annotations

import base64
import difflib
import logging
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from vcloudair_core.errors import ApiError, AuthenticationError, ConfigurationError, PluginError
from vcloudair_core.session.identity import Identity
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.plugin_output import stdout_to_stderr
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

IDLE_S = 25 * 60.0
"""Number of seconds without use after which a token is considered expired.

Servers end idle sessions after 30 minutes. Source: protocol/sessions.md §1.
"""


@dataclass(frozen=True)
class LogoutRequest:
    """A request that ends a session on the server."""

    url: str
    headers: Mapping[str, Secret | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Credentials:
    """The result of signing in: the identity and the authentication headers.

    ``org_names`` are all known names of the org. They are compared with the setting ``org`` to detect a session for
    the wrong org. The tuple is empty if no name is known. ``idle_s`` is the idle timeout of the token in seconds.
    ``expires_at`` is the expiry time of the token in seconds since 1970. ``is_own`` is False for a token from the
    settings. Such a token is not cached and not revoked automatically.
    """

    identity: Identity
    headers: Mapping[str, Secret]
    org_names: tuple[str, ...] = ()
    logout_requests: tuple[LogoutRequest, ...] = ()
    idle_s: float | None = IDLE_S
    expires_at: float | None = None
    is_own: bool = True

    def secrets(self) -> list[Secret]:
        """Return the tokens in the authentication headers and in the logout requests."""
        others = [
            value for logout in self.logout_requests for value in logout.headers.values() if isinstance(value, Secret)
        ]
        return [bare(secret) for secret in (*self.headers.values(), *others)]


AuthFlow = Generator[Request, Response, Credentials]


@runtime_checkable
class AuthProvider(Protocol):
    """An object that starts an auth flow for each sign-in.

    ``is_renewable`` is True if :meth:`sign_in` can be called again after the session has ended.
    """

    name: str
    is_renewable: bool

    def sign_in(self) -> AuthFlow:
        """Start a new flow.

        The flow can raise AuthenticationError, ConfigurationError, other ApiErrors and DecodeError.
        """
        ...


class AuthMethod(Protocol):
    """An auth method of a plugin. Users select it by name."""

    @property
    def name(self) -> str:
        """The value of the setting ``auth_method``."""
        ...

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the settings that the flow needs."""
        ...

    @property
    def factory(self) -> Callable[[Any], AuthProvider]:
        """A function that creates the auth flow from the settings."""
        ...

    @property
    def is_applicable(self) -> Callable[[Any], bool]:
        """A function that returns True if this method can sign in with the settings."""
        ...


class PrimedAuth:
    """Auth flow that returns existing credentials at the first sign-in.

    Later sign-ins use the flow ``renewal``. If ``renewal`` is None, later sign-ins fail.
    """

    def __init__(self, credentials: Credentials, renewal: AuthProvider | None = None) -> None:
        self.name = renewal.name if renewal is not None else "token"
        self.is_renewable = renewal is not None and renewal.is_renewable
        self._credentials: Credentials | None = credentials
        self._renewal = renewal

    def sign_in(self) -> AuthFlow:
        first, self._credentials = self._credentials, None
        if first is not None:
            return first
        if self._renewal is None:
            raise AuthenticationError("The session has ended.", status=401, hint="Sign in again to get a new token.")
        return (yield from self._renewal.sign_in())


def select_auth(settings: Settings, methods: Mapping[str, AuthMethod]) -> AuthProvider:
    """Return the auth flow of the auth method that the settings select.

    If ``auth_method`` is not set, exactly one auth method must fit the settings.

    Raises: PluginError if no plugin offers the auth method; ConfigurationError if required settings are missing, or if
    not exactly one auth method fits.
    """
    with stdout_to_stderr():
        record = methods.get(settings.auth_method) if settings.auth_method else _fitting(settings, methods)
    if record is None:
        near = difflib.get_close_matches(settings.auth_method or "", methods, n=1)
        raise PluginError(
            f"Unknown auth_method: {settings.auth_method!r}.",
            hint=f"Did you mean {near[0]!r}?"
            if near
            else f"Set auth_method to one of: {', '.join(sorted(methods)) or 'none'}.",
        )
    settings.require(*record.options)
    with stdout_to_stderr():
        return record.factory(settings)


def _fitting(settings: Settings, methods: Mapping[str, AuthMethod]) -> AuthMethod:
    fitting = [record for record in methods.values() if record.is_applicable(settings)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ConfigurationError(
            "No auth method fits the settings.", hint=f"Set auth_method to one of: {', '.join(sorted(methods))}."
        )
    names = ", ".join(sorted(record.name for record in fitting))
    raise ConfigurationError(f"Several auth methods fit the settings: {names}.", hint="Set auth_method to one of them.")


# -- shared by flows ---------------------------------------------------------------------------------------------


def basic(user: str, password: Secret | str) -> str:
    """Return the Basic Authorization header for a user and password in UTF-8."""
    known = password.reveal() if isinstance(password, Secret) else password
    return "Basic " + base64.b64encode(as_bytes(f"{user}:{known}")).decode("ascii")


def bearer(token: str) -> Secret:
    """Return the Bearer Authorization header for a JWT."""
    return Secret(f"Bearer {token}")


def bare(secret: Secret) -> Secret:
    """Return the token in a header value, without the scheme ``Bearer``."""
    return Secret(secret.reveal().removeprefix("Bearer "))


def request(method: str, url: str, accept: str, **headers: str) -> Request:
    """Return a request with an Accept header and other headers.

    Keyword arguments are headers. In their names, underscores replace dashes.
    """
    return Request(
        method, url, Headers({"Accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()})
    )


def xml(version: str) -> str:
    """Return the Accept header for XML of the vCloud API."""
    return f"application/*+xml;version={version}"


def header_of(response: Response, name: str, what: str) -> str:
    """Return the value of a required response header.

    Raises AuthenticationError if the header is missing.
    """
    value = response.headers.get(name, "").strip()
    if not value:
        raise AuthenticationError(
            f"{what} failed. The response ({response.status}) does not have the token header {name}.",
            status=response.status,
            request_id=response.request_id,
            hint="Check that service_type fits the url, and that no proxy removes the header.",
        )
    return value


def refused(exc: ApiError, who: str, url: str, *, hint: str) -> AuthenticationError:
    """Return the error for a rejected sign-in. The message names the user and the URL."""
    return AuthenticationError(
        f"Signing in to {url} as {who} failed ({exc.status}).",
        status=exc.status,
        code=exc.code,
        request_id=exc.request_id,
        method=exc.method,
        path=exc.path,
        hint=hint,
    )


def equal(left: Any, right: Any) -> bool:
    """Return True if two names are equal, ignoring case.

    Source: vcloudair 0.5, protocol/sessions.md §4.3.
    """
    return str(left).strip().casefold() == str(right).strip().casefold()
