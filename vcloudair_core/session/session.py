"""A session: it signs in when it must, sends what it is asked to, and knows where its token may go."""

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
from vcloudair_core.session.retry import RetryPolicy
from vcloudair_core.session.urls import is_absolute, join, reject_dot_segments
from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
from vcloudair_core.util.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from vcloudair_core.session.auth.base import AuthProvider, Credentials
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
    """One user in one org. Safe to use from many threads. Signs in with the first call.

    A session that is over (401, or 403 with an empty body) is renewed once per call, and the call sent again: such an
    answer proves that nothing was carried out.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        auth: AuthProvider,
        *,
        observers: Sequence[Callable[[Exchange], None]] = (),
        task_observers: Sequence[Callable[[Task], None]] = (),
        cache: TokenCache | None = None,
        clock: Clock = SYSTEM_CLOCK,
        record_types: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.settings = settings
        self.record_types = record_types
        self.clock = clock
        self.task_observers = tuple(task_observers)
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
        self._can_reach = True
        self._is_kept = False
        self._states: dict[type[Any], Any] = {}

    # -- who -----------------------------------------------------------------------------------------------------

    @property
    def identity(self) -> Identity:
        """Return the signed-in identity. Signs in when there is no session yet. Raises what :meth:`login` raises."""
        return self._current()[0].identity

    @property
    def transport(self) -> Transport:
        """The transport under this session."""
        return self._pipeline.transport

    @property
    def server_time_s(self) -> float | None:
        """Time of the latest response by the server's own clock, in seconds since 1970; None when it tells none."""
        return self._pipeline.server_time_s

    @property
    def calls(self) -> int:
        """Return the number of HTTP exchanges so far, sign-in and retries included."""
        return self._pipeline.calls

    @property
    def kept(self) -> TokenCache | None:
        """Store that keeps the session for later processes; None when it ends with this one."""
        return self._cache if self._is_kept else None

    @property
    def expires_at(self) -> float | None:
        """Time at which the token expires, in seconds since 1970; None when the server gave none."""
        return self._current()[0].expires_at

    def login(self) -> Identity:
        """Sign in anew, whatever token is there.

        Raises: AuthenticationError when it is refused, ConfigurationError when settings are missing or the server put
        us into another org than the one asked for, TransportError, other ApiErrors, DecodeError.
        """
        with self._lock:
            self._refused.end_wait()
            self._adopt(self._sign_in())
            return self.identity

    @property
    def is_renewable(self) -> bool:
        """True when a session that has ended can be followed by another one; false with nothing but a token."""
        return _is_renewable(self._auth)

    def retry_sign_in(self) -> None:
        """Let the next call sign in at once, although a sign-in was refused a moment ago.

        For programs that keep to waits of their own. By itself a session waits after a refused sign-in, longer each
        time, and raises the refusal in the meantime: a wrong password that is sent with each call locks the account.
        """
        with self._lock:
            self._refused.end_wait()

    def logout(self) -> bool:
        """End the session at the server and forget the token. Returns false when there was none.

        A server that refuses is no error: the session is over anyway. Where no answer arrived or the server failed,
        `logout_error` holds the error: the token is forgotten here, and may be valid there until it expires.
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
        """Release connections. A session that was not kept for other processes is ended at the server too."""
        with self._lock:
            credentials = self._credentials
            if credentials is not None and credentials.is_own and not self._is_kept:
                self._credentials = None
                if self._can_reach:
                    self._log_out(credentials)
        self._pipeline.transport.close()

    def state_of(self, kind: type[_State]) -> _State:
        """Return the object of a class that belongs to this session, made without arguments at the first call.

        Services keep there what they learn of the server. It ends with the session.
        """
        state: _State = self._states.setdefault(kind, kind())
        return state

    # -- calls ---------------------------------------------------------------------------------------------------

    def learn(self, *secrets: Secret) -> None:
        """Values to hide from now on, in all that is logged, observed or told of what servers say."""
        self._pipeline.keep(*secrets)

    def url(self, path: str) -> str:
        """The URL of a path, appended to the base URL; a link of the server is checked and given back as it is.

        Raises: ConnectionFailedError (nothing is sent) when a link leads to where the token must not go.
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
        """Send one request and return its answer of 2xx.

        ``path`` is appended to the base URL, or is a link that the server gave. ``repeatable`` (default: reading
        methods only) says that carrying it out twice does no harm; see :mod:`vcloudair_core.session.retry`. ``once``
        says that it must never be carried out twice: then it is not sent again after the session was renewed either.
        ``accept`` defaults to the vCloud API's XML in the negotiated version.

        Raises: ApiError (AuthenticationError, PermissionDeniedError, NotFoundError, ConflictError, BusyError …),
        TransportError (look at ``may_have_executed``), and what :meth:`login` raises.
        """
        method = method.upper()
        safe = not once and (method in SAFE_METHODS if repeatable is None else repeatable)
        spec = _CallSpec(method, path, _query_text(query), accept, content_type, body, dict(headers or {}))
        credentials, origins = self._current()
        outcome = self._send(spec, credentials, origins, safe, once)
        error = outcome.error
        if isinstance(error, ApiError) and is_session_over(error, outcome.response) and _is_renewable(self._auth):
            if once:
                # The next call signs in again; whether this one is sent again is for the caller to decide.
                raise _refused_with_session(error)
            _log.debug("the session is over (%d); signing in again", error.status)
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
        if outcome.error is None and self._cache is not None and credentials.is_own:
            self._cache.touch()
        return outcome

    # -- signing in ----------------------------------------------------------------------------------------------

    def _current(self) -> tuple[Credentials, Origins]:
        """The credentials in use and what it trusts; signs in when there is none."""
        with self._lock:
            if self._credentials is None:
                self._adopt(self._from_cache() or self._signed_in_once())
            assert self._credentials is not None
            assert self._origins is not None
            return self._credentials, self._origins

    def _renewed(self, stale: Credentials) -> tuple[Credentials, Origins]:
        """Return other credentials than the stale ones: those of another thread or process, else new ones."""
        with self._lock:
            if self._credentials is None or self._credentials is stale:
                if self._cache is not None:
                    self._cache.drop(stale)
                self._adopt(self._signed_in_once(stale))
            return self._current()

    def _signed_in_once(self, stale: Credentials | None = None) -> Credentials:
        """Sign in, unless another process with the same credentials does so just now: then its token is taken."""
        if self._cache is None:
            return self._sign_in()
        with self._cache.exclusively():
            kept = self._from_cache()
            if kept is not None and (stale is None or dict(kept.headers) != dict(stale.headers)):
                return kept
            return self._sign_in()

    def _sign_in(self) -> Credentials:
        # Trying a wrong password again for each call and thread would lock the account.
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
        """Send the logout requests. Return the error that leaves it open whether a session was ended."""
        open_end: VcloudAirError | None = None
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
                _log.debug("ending the session failed: %s", exc)
                if not isinstance(exc, ApiError) or isinstance(exc, ServerError):
                    open_end = open_end or exc
        return open_end


@dataclass(frozen=True)
class _CallSpec:
    """A call before it is known under which credentials it goes out."""

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
        # Last, so that nobody's header can take the place of the token.
        tokens = {name: secret.reveal() for name, secret in credentials.headers.items()}
        return Request(self.method, url, headers.merged(self.headers).merged(tokens), self.body)


def _refused_with_session(error: ApiError) -> AuthenticationError:
    """The error of a request that was refused because the session is over, also where that is a 403."""
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
    # A plugin's method may leave it out: most can sign in again.
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
    """Raises ConfigurationError when the session is not for the org that was asked for. Names compare without case."""
    org = settings.org
    if not org or not credentials.org_names:
        return
    if org.strip().casefold() not in {name.casefold() for name in credentials.org_names}:
        raise ConfigurationError(
            f"The session is for org {credentials.org_names[0]!r}, but org {org!r} was asked for.",
            hint="Correct org (VCA_ORG), or use credentials or a token of that org. Nothing else was sent.",
        )
