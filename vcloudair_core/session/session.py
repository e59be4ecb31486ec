"""Session: sign-in, renewal, API calls and logout for one user in one org."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    ServerError,
    TransportError,
    VcloudAirError,
)
from vcloudair_core.session.api_errors import is_session_over
from vcloudair_core.session.auth.backoff import RefusedSignIns
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.origins import Origins
from vcloudair_core.session.pipeline import SAFE_METHODS, ExchangeResult, HttpPipeline
from vcloudair_core.session.request_ids import note_request_id
from vcloudair_core.session.retry import RetryPolicy
from vcloudair_core.session.urls import is_absolute, join, reject_dot_segments
from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from vcloudair_core.session.auth.base import AuthProvider, Credentials
    from vcloudair_core.session.cache.run_cache import RunCache
    from vcloudair_core.session.cache.token_cache import TokenCache
    from vcloudair_core.session.expected_changes import CheckRun
    from vcloudair_core.session.task_codec import Task
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.base import Transport
    from vcloudair_core.util.redaction import Secret

__all__ = ["Identity", "Session"]

_log = logging.getLogger(__name__)

_State = TypeVar("_State")
_LOGOUT_TIMEOUT_S = (5.0, 10.0)
_ONCE = RetryPolicy(retries=0)


class Session:
    """A session of one user in one org.

    A session is thread-safe. It signs in before its first API call.

    If the server reports that the session has ended (401, or 403 with an empty body), the session signs in again and
    repeats the request. Repeating is safe, because the server rejected the request before execution.

    The audit log contains ``program``, the name of the program that uses the session, and ``awx_job_id``, the ID of its
    AWX job. ``write_observers`` receive the audit record of each write.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        auth: AuthProvider,
        *,
        observers: Sequence[Callable[[Exchange], None]] = (),
        task_observers: Sequence[Callable[[Task], None]] = (),
        write_observers: Sequence[Callable[[Mapping[str, Any]], None]] = (),
        program: str = "",
        cache: TokenCache | None = None,
        clock: Clock = SYSTEM_CLOCK,
        record_types: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.settings = settings
        self.record_types = record_types
        self.clock = clock
        self.task_observers = tuple(task_observers)
        self.write_observers = tuple(write_observers)
        self.program = program
        self.awx_job_id = ""
        self._auth = auth
        self._cache = cache
        self._credentials: Credentials | None = None
        self.logout_error: VcloudAirError | None = None
        self._origins: Origins | None = None
        self._lock = threading.RLock()
        self._pipeline = HttpPipeline(
            transport,
            policy=RetryPolicy.of(settings),
            clock=clock,
            observers=observers,
            secrets=settings.secrets,
            max_total_wait_s=float(settings.max_retry_total),
        )
        self._refused = RefusedSignIns()
        self.check_run: CheckRun | None = None
        self.run_cache: RunCache | None = None
        self._can_reach = True
        self._is_kept = False
        self._states: dict[type[Any], Any] = {}
        self._closers: list[Callable[[], None]] = []

    # -- sign-in state -------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """Identity of the user.

        The first access signs in, and raises the errors of :meth:`login`.
        """
        return self._current()[0].identity

    @property
    def known_identity(self) -> Identity | None:
        """Identity of the user, or None before the sign-in. Sends no request."""
        credentials = self._credentials
        return credentials.identity if credentials is not None else None

    @property
    def transport(self) -> Transport:
        """Transport of this session."""
        return self._pipeline.transport

    @property
    def server_time_s(self) -> float | None:
        """Server time of the latest response in seconds since 1970, or None."""
        return self._pipeline.server_time_s

    @property
    def calls(self) -> int:
        """Number of HTTP exchanges so far, including sign-in and retries."""
        return self._pipeline.calls

    @property
    def kept(self) -> TokenCache | None:
        """The cache that stores the session for later processes, or None."""
        return self._cache if self._is_kept else None

    @property
    def expires_at(self) -> float | None:
        """Expiry time of the token in seconds since 1970, or None if it is unknown."""
        return self._current()[0].expires_at

    def login(self) -> Identity:
        """Sign in again, even if the current token is valid.

        Raises: AuthenticationError if the sign-in is rejected; ConfigurationError if settings are missing, or if the
        org of the session differs from the setting ``org``; TransportError, other ApiErrors, DecodeError.
        """
        with self._lock:
            self._refused.end_wait()
            self._adopt(self._sign_in())
            return self.identity

    @property
    def is_renewable(self) -> bool:
        """True if the session can sign in again, and False if only a token is set."""
        return _is_renewable(self._auth)

    def retry_sign_in(self) -> None:
        """Allow the next call to sign in immediately after a rejected sign-in.

        This method is for programs that limit the rate of sign-ins themselves. By default, a session waits longer
        after each rejected sign-in, because repeated sign-ins can lock the account. During the wait, calls raise the
        last error again.
        """
        with self._lock:
            self._refused.end_wait()

    def logout(self) -> bool:
        """End the session at the server and delete the token.

        Return False if there was no session.

        A rejected logout request is not an error, because it means that the session has already ended. If no response
        arrived or the server failed, ``logout_error`` is set to the error. In this case, the token may stay valid until
        it expires.
        """
        with self._lock:
            credentials = self._credentials or self._from_cache()
            self._credentials = None
            if self._cache is not None:
                self._cache.drop()
        self.logout_error = None
        if credentials is not None:
            self._pipeline.learn(*credentials.secrets())
            self.logout_error = self._log_out(credentials)
        return credentials is not None

    def close(self) -> None:
        """Log out unless the session is cached, and close all connections."""
        with self._lock:
            credentials = self._credentials
            if credentials is not None and credentials.is_own and not self._is_kept:
                self._credentials = None
                if self._can_reach:
                    self._log_out(credentials)
        while self._closers:
            self._closers.pop()()
        self._pipeline.transport.close()

    def at_close(self, closer: Callable[[], None]) -> None:
        """Call a function when this session is closed.

        For example, the function can close a session that depends on this one.
        """
        self._closers.append(closer)

    def state_of(self, kind: type[_State]) -> _State:
        """Return this session's instance of the class ``kind``.

        The first call creates the instance. Services use the instance to cache server properties for the lifetime of
        the session.
        """
        state: _State = self._states.setdefault(kind, kind())
        return state

    # -- calls ---------------------------------------------------------------------------------------------------

    def learn(self, *secrets: Secret) -> None:
        """Redact these secrets in all later logs, observed exchanges and error messages."""
        self._pipeline.keep(*secrets)

    def secrets(self) -> list[Secret]:
        """Return all secrets that this session redacts."""
        return self._pipeline.secrets()

    def url(self, path: str) -> str:
        """Return the URL of a path.

        If ``path`` is a link from the server, its origin is checked and the link is returned.

        Raises: ConnectionFailedError if the token must not be sent to the origin of a link. No request is sent.
        """
        credentials, origins = self._current()
        return _url(path, credentials, origins)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | str = (),
        accept: str | None = None,
        content_type: str | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        once: bool = False,
    ) -> Response:
        """Send a request and return its 2xx response.

        Args:
            method: The HTTP method.
            path: A path relative to the base URL, or a link from the server.
            query: Query parameters, or an encoded query string.
            accept: The Accept header. Default: XML of the vCloud API in the negotiated version.
            content_type: The Content-Type header.
            body: The request body.
            headers: Additional headers. They cannot override the token header.
            repeatable: True if executing the request twice does no harm. Default: True for GET, HEAD and OPTIONS. See
                :mod:`vcloudair_core.session.retry`.
            once: True if the request must never be executed twice. Such a request is not repeated after a renewal of
                the session.

        Raises: ApiError (AuthenticationError, PermissionDeniedError, NotFoundError, ConflictError, BusyError …),
        TransportError (check ``may_have_executed``), and the errors of :meth:`login`.
        """
        method = method.upper()
        safe = not once and (method in SAFE_METHODS if repeatable is None else repeatable)
        spec = _CallSpec(method, path, _query_text(query), accept, content_type, body, dict(headers or {}))
        credentials, origins = self._current()
        outcome = self._send(spec, credentials, origins, safe, once)
        error = outcome.error
        if isinstance(error, ApiError) and is_session_over(error, outcome.response) and _is_renewable(self._auth):
            if once:
                # The next call signs in again. The caller decides about sending this request again.
                raise _refused_with_session(error)
            _log.debug("The session has ended (%d). Signing in again.", error.status)
            credentials, origins = self._renewed(credentials)
            outcome = self._send(spec, credentials, origins, safe)
        elif isinstance(error, ApiError) and error.status == 401 and self._cache is not None:
            self._cache.drop(credentials)
        return outcome.answer()

    def _send(
        self, spec: _CallSpec, credentials: Credentials, origins: Origins, repeatable: bool, once: bool = False
    ) -> ExchangeResult:
        outcome = self._pipeline.send(spec.request(credentials, origins), origins, repeatable=repeatable, once=once)
        self._can_reach = not isinstance(outcome.error, TransportError)
        if spec.method not in SAFE_METHODS:
            note_request_id(outcome.response)
        if outcome.error is None and self._cache is not None and credentials.is_own:
            self._cache.touch()
        return outcome

    def send(self, request: Request, origins: Origins, *, repeatable: bool, once: bool = False) -> ExchangeResult:
        """Send a request that belongs to a session with another server.

        The retries, redaction and observers of this session apply. Its token is not added. ``once`` is as in
        :meth:`call`.
        """
        outcome = self._pipeline.send(request, origins, repeatable=repeatable, once=once)
        if request.method not in SAFE_METHODS:
            note_request_id(outcome.response)
        return outcome

    @property
    def token_headers(self) -> Mapping[str, Secret]:
        """Headers with the token of this session. The first access signs in.

        Send the headers only to servers whose URLs are in the settings.
        """
        return self._current()[0].headers

    # -- signing in ----------------------------------------------------------------------------------------------

    def _current(self) -> tuple[Credentials, Origins]:
        """Return the current credentials and their trusted origins.

        Sign in if there are no current credentials.
        """
        with self._lock:
            if self._credentials is None:
                self._adopt(self._from_cache() or self._signed_in_once())
            assert self._credentials is not None
            assert self._origins is not None
            return self._credentials, self._origins

    def _renewed(self, stale: Credentials) -> tuple[Credentials, Origins]:
        """Replace ``stale`` with newer credentials.

        Sign in again if there are no newer credentials.
        """
        with self._lock:
            if self._credentials is None or self._credentials is stale:
                if self._cache is not None:
                    self._cache.drop(stale)
                self._adopt(self._signed_in_once(stale))
            return self._current()

    def _signed_in_once(self, stale: Credentials | None = None) -> Credentials:
        """Sign in, or use the token of another process that has just signed in."""
        if self._cache is None:
            return self._sign_in()
        with self._cache.exclusively():
            kept = self._from_cache()
            if kept is not None and (stale is None or dict(kept.headers) != dict(stale.headers)):
                return kept
            return self._sign_in()

    def _sign_in(self) -> Credentials:
        # Sending a wrong password with each call of each thread would lock the account.
        self._refused.raise_if_waiting(self.clock.now())
        try:
            credentials = self._pipeline.run(self._auth.sign_in(), allowed_origins=self.settings.allowed_origins or ())
        except AuthenticationError as exc:
            self._refused.note(exc, self.clock.now())
            raise
        self._refused.clear()
        self._pipeline.learn(*credentials.secrets())
        _check_org(self.settings, credentials)
        self._is_kept = self._cache is not None and credentials.is_own and self._cache.store(credentials)
        return credentials

    def _from_cache(self) -> Credentials | None:
        if self._cache is None:
            return None
        credentials = self._cache.load()
        if credentials is not None:
            _check_org(self.settings, credentials)
            self._is_kept = True
        return credentials

    def _adopt(self, credentials: Credentials) -> None:
        self._pipeline.learn(*credentials.secrets())
        self._origins = Origins(credentials.identity.base_url, self.settings.allowed_origins or ())
        self._credentials = credentials

    def _log_out(self, credentials: Credentials) -> VcloudAirError | None:
        """Send the logout requests.

        Return the first error after which the session may still be active, or None.
        """
        first_error: VcloudAirError | None = None
        for logout_request in credentials.logout_requests:
            headers = {
                name: value if isinstance(value, str) else value.reveal()
                for name, value in logout_request.headers.items()
            }
            request = Request("DELETE", logout_request.url, Headers(headers), timeout_s=_LOGOUT_TIMEOUT_S)
            trust = Origins(logout_request.url)
            try:
                self._pipeline.send(request, trust, repeatable=False, policy=_ONCE).answer()
            except VcloudAirError as exc:
                _log.debug("Ending the session failed: %s", exc)
                if not isinstance(exc, ApiError) or isinstance(exc, ServerError):
                    first_error = first_error or exc
        return first_error


@dataclass(frozen=True)
class _CallSpec:
    """The arguments of a call, without the credentials."""

    method: str
    path: str
    query: str
    accept: str | None
    content_type: str | None
    body: bytes
    headers: Mapping[str, str]

    def request(self, credentials: Credentials, origins: Origins) -> Request:
        url = _url(self.path, credentials, origins)
        if self.query:
            url += ("&" if "?" in url else "?") + self.query
        headers = Headers({"Accept": self.accept or f"application/*+xml;version={credentials.identity.api_version}"})
        if self.content_type:
            headers = headers.merged({"Content-Type": self.content_type})
        # Merge the token last, so that no other header can replace it.
        tokens = {name: secret.reveal() for name, secret in credentials.headers.items()}
        return Request(self.method, url, headers.merged(self.headers).merged(tokens), self.body)


def _refused_with_session(error: ApiError) -> AuthenticationError:
    """Return an AuthenticationError for a session that has ended.

    ``error`` is the error of the rejected request.
    """
    refused = AuthenticationError(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        method=error.method,
        path=error.path,
        hint=error.hint,
    )
    refused.is_from_gateway = error.is_from_gateway
    return refused


def _is_renewable(auth: AuthProvider) -> bool:
    # Plugins can omit the attribute, because most auth methods can sign in again.
    return bool(getattr(auth, "is_renewable", True))


def _url(path: str, credentials: Credentials, origins: Origins) -> str:
    if not is_absolute(path):
        return join(credentials.identity.base_url, path)
    url = origins.admit(path)
    reject_dot_segments(urlsplit(url).path)
    return url


def _query_text(query: Sequence[tuple[str, str]] | str) -> str:
    return query if isinstance(query, str) else urlencode(list(query), quote_via=quote, safe="")


def _check_org(settings: Settings, credentials: Credentials) -> None:
    """Raise ConfigurationError if the session's org differs from the setting ``org``."""
    org = settings.org
    if not org or not credentials.org_names:
        return
    if org.strip().casefold() not in {name.casefold() for name in credentials.org_names}:
        raise ConfigurationError(
            f"The session is for org {credentials.org_names[0]!r}, but the setting org is {org!r}. "
            "No further request was sent.",
            hint="Set org (VCA_ORG) to the org of the session, or use credentials or a token of that org.",
        )
