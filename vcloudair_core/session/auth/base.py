"""Signing in, as flows: a generator yields requests, receives answers, and returns credentials.

A flow does no I/O, so it runs over any transport and is tested without one. It is handed only answers of 2xx; for any
other the error is raised at its ``yield``, where it may catch it. Flows send passwords and tokens only where
:class:`~vcloudair_core.session.origins.Origins` lets them.
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
from vcloudair_core.util.plugin_output import prints_aside
from vcloudair_core.util.redaction import Secret, as_bytes

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)

IDLE_S = 25 * 60.0
"""Time that an unused token is still tried: servers end idle sessions after 30 min (protocol/sessions.md
§1)."""


@dataclass(frozen=True)
class LogoutRequest:
    """A request that ends a session at the server."""

    url: str
    headers: Mapping[str, Secret | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Credentials:
    """The result of signing in: the identity, and the headers that prove it.

    ``org_names`` are all names under which the org is known, for the wrong-org guard (empty: unknown).
    ``idle_s`` is how long the token lives unused, ``expires_at`` (seconds since 1970) when it ends in any case.
    ``is_own`` is false for a token that somebody else made: it is neither cached nor ended without being asked.
    """

    identity: Identity
    headers: Mapping[str, Secret]
    org_names: tuple[str, ...] = ()
    logout_requests: tuple[LogoutRequest, ...] = ()
    idle_s: float | None = IDLE_S
    expires_at: float | None = None
    is_own: bool = True

    def secrets(self) -> list[Secret]:
        """The tokens in it."""
        others = [
            value for logout in self.logout_requests for value in logout.headers.values() if isinstance(value, Secret)
        ]
        return [bare(secret) for secret in (*self.headers.values(), *others)]


AuthFlow = Generator[Request, Response, Credentials]


@runtime_checkable
class AuthProvider(Protocol):
    """A way to sign in. ``is_renewable`` tells whether :meth:`sign_in` can be run again when the session is over."""

    name: str
    is_renewable: bool

    def sign_in(self) -> AuthFlow:
        """A new flow. Raises, when driven: AuthenticationError, ConfigurationError, other ApiErrors, DecodeError."""
        ...


class AuthMethod(Protocol):
    """An auth flow that can be chosen by name, as plugins offer it."""

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
        """Make the flow from the settings."""
        ...

    @property
    def is_applicable(self) -> Callable[[Any], bool]:
        """Return True for settings that fit, when none names an auth method."""
        ...


class PrimedAuth:
    """Credentials that are already there, and perhaps an auth flow for when they expire."""

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
            raise AuthenticationError("The session is over.", status=401, hint="Sign in again to get a new token.")
        return (yield from self._renewal.sign_in())


def select_auth(settings: Settings, methods: Mapping[str, AuthMethod]) -> AuthProvider:
    """The sign-in method that ``auth_method`` names, else the one that fits the other settings.

    Raises: PluginError when no plugin offers the name; ConfigurationError when settings that it needs are missing, or
    several methods fit.
    """
    with prints_aside():
        record = methods.get(settings.auth_method) if settings.auth_method else _fitting(settings, methods)
    if record is None:
        near = difflib.get_close_matches(settings.auth_method or "", methods, n=1)
        raise PluginError(
            f"There is no sign-in method {settings.auth_method!r}.",
            hint=f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(methods)) or 'none'}.",
        )
    settings.require(*record.options)
    with prints_aside():
        return record.factory(settings)


def _fitting(settings: Settings, methods: Mapping[str, AuthMethod]) -> AuthMethod:
    fitting = [record for record in methods.values() if record.is_applicable(settings)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ConfigurationError(
            "No sign-in method fits the settings.", hint=f"Set auth_method to one of: {', '.join(sorted(methods))}."
        )
    names = ", ".join(sorted(record.name for record in fitting))
    raise ConfigurationError(f"Several sign-in methods fit the settings: {names}.", hint="Choose one with auth_method.")


# -- what flows share --------------------------------------------------------------------------------------------


def basic(user: str, password: Secret | str) -> str:
    """The value of an Authorization header, in UTF-8."""
    known = password.reveal() if isinstance(password, Secret) else password
    return "Basic " + base64.b64encode(as_bytes(f"{user}:{known}")).decode("ascii")


def bearer(token: str) -> Secret:
    """The value of an Authorization header for a JWT."""
    return Secret(f"Bearer {token}")


def bare(secret: Secret) -> Secret:
    """The token in a header's value, without its scheme."""
    return Secret(secret.reveal().removeprefix("Bearer "))


def request(method: str, url: str, accept: str, **headers: str) -> Request:
    """A request of a flow. Header names are given with underscores in place of dashes."""
    return Request(
        method, url, Headers({"Accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()})
    )


def xml(version: str) -> str:
    """The Accept header of the vCloud API."""
    return f"application/*+xml;version={version}"


def header_of(response: Response, name: str, what: str) -> str:
    """A header that must be there. Raises AuthenticationError without it."""
    value = response.headers.get(name, "").strip()
    if not value:
        raise AuthenticationError(
            f"{what} was answered with {response.status}, but without a token ({name}).",
            status=response.status,
            request_id=response.request_id,
            hint="Does service_type fit this url? A proxy may also strip the header.",
        )
    return value


def refused(exc: ApiError, who: str, url: str, *, hint: str) -> AuthenticationError:
    """A refused sign-in, in words that name the user and the place."""
    return AuthenticationError(
        f"Signing in to {url} as {who} was refused ({exc.status}).",
        status=exc.status,
        code=exc.code,
        request_id=exc.request_id,
        method=exc.method,
        path=exc.path,
        hint=hint,
    )


def equal(left: Any, right: Any) -> bool:
    """Names compare without case. Source: vcloudair 0.5, protocol/sessions.md §4.3."""
    return str(left).strip().casefold() == str(right).strip().casefold()
