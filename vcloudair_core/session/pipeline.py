"""HTTP pipeline with retries, redirects, observers, logging and error mapping."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from vcloudair_core.errors import ApiError, VcloudAirError
from vcloudair_core.session.api_errors import error_from_response
from vcloudair_core.session.origins import Origins, shown_origin
from vcloudair_core.session.retry import RetryPolicy, SendAttempt, WaitBudget, seconds_of_date, send_with_retries
from vcloudair_core.transport.messages import Exchange, Headers, Request, Response
from vcloudair_core.util.redaction import Secret, redact_text, redacted_exchange, remember

if TYPE_CHECKING:
    from collections.abc import Generator

    from vcloudair_core.transport.base import Transport
    from vcloudair_core.util.clock import Clock

_log = logging.getLogger(__name__)
_R = TypeVar("_R")

MAX_REDIRECTS = 5
MAX_SECRETS = 64
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOKEN_HEADERS = re.compile(r"authorization|token|cookie|vcav-auth", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:Basic|Bearer|SIGN)\s+", re.IGNORECASE)
_SHORTEST_TOKEN = 8


class ExchangeResult:
    """The response to a request, its error, or both for an HTTP error status."""

    __slots__ = ("error", "response")

    def __init__(self, response: Response | None, error: VcloudAirError | None) -> None:
        self.response = response
        self.error = error

    def answer(self) -> Response:
        """Return the response. If the request failed, raise the error."""
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response


class HttpPipeline:
    """A transport with retries, redirects, logging and redaction of secrets.

    ``calls`` is the number of HTTP exchanges, including retries. Tokens in request headers are also redacted.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        policy: RetryPolicy,
        clock: Clock,
        observers: Sequence[Callable[[Exchange], None]] = (),
        secrets: Callable[[], Iterable[Secret]] = tuple,
        max_total_wait_s: float = float("inf"),
    ) -> None:
        self.transport = transport
        self.clock = clock
        self.server_time_s: float | None = None
        self.calls = 0
        self._policy = policy
        self._budget = WaitBudget(max_total_wait_s, clock)
        self._observers = tuple(observers)
        self._given: frozenset[Secret] = frozenset()
        self._more = secrets  # called each time, because secrets from references are only known after they are read
        remember(*secrets())
        self._learned: dict[Secret, None] = {}
        self._lock = threading.Lock()
        self._has_warned = False

    def learn(self, *secrets: Secret) -> None:
        """Redact these secrets in all later output. Only the latest 64 secrets are kept."""
        remember(*secrets)
        configured = frozenset(self._more())
        with self._lock:
            for secret in secrets:
                if secret and secret not in self._given and secret not in configured:
                    self._learned.pop(secret, None)
                    self._learned[secret] = None
            # Redaction must not become slower with each response if a server sends a new token every time.
            while len(self._learned) > MAX_SECRETS:
                del self._learned[next(iter(self._learned))]

    def keep(self, *secrets: Secret) -> None:
        """Redact these secrets permanently.

        Unlike secrets passed to :meth:`learn`, these secrets are never evicted.
        """
        remember(*secrets)
        with self._lock:
            self._given = self._given.union(secret for secret in secrets if secret)

    def secrets(self) -> list[Secret]:
        """Return all secrets that the pipeline redacts."""
        with self._lock:
            return [*self._given.union(self._more()), *self._learned]

    def send(
        self,
        request: Request,
        origins: Origins,
        *,
        repeatable: bool,
        policy: RetryPolicy | None = None,
        once: bool = False,
    ) -> ExchangeResult:
        """Send a request with safe retries, and follow redirects to trusted origins."""
        for _ in range(MAX_REDIRECTS + 1):
            origins.admit(request.url)
            self._warn_of_plain_http(request)
            self._learn_from(request.headers)
            attempt = send_with_retries(
                lambda number, request=request: self._try(request, number),  # type: ignore[misc]
                policy=policy or self._policy,
                clock=self.clock,
                repeatable=repeatable,
                once=once,
                budget=self._budget,
            )
            target = _redirect_of(request, attempt.response)
            if target is None:
                return ExchangeResult(attempt.response, attempt.error)
            request = Request(request.method, origins.admit(target), request.headers, timeout_s=request.timeout_s)
        return ExchangeResult(
            attempt.response,
            ApiError(
                f"Too many redirects: {request.method} {request.path}. The limit is {MAX_REDIRECTS}.",
                status=attempt.response.status if attempt.response else 0,
                method=request.method,
                path=request.path,
                hint="Check url, and any proxy in front of the server.",
            ),
        )

    def run(self, flow: Generator[Request, Response, _R], *, allowed_origins: Iterable[str] = ()) -> _R:
        """Run a flow to its end and return its result.

        The flow receives 2xx responses. Errors are raised at the ``yield`` of the flow, where the flow can catch them.
        Requests can be retried, because signing in twice does no harm. A flow must check the origin of each link that
        it follows.
        """
        allowed = tuple(allowed_origins)
        try:
            request = next(flow)
            while True:
                try:
                    response = self.send(request, Origins(request.url, allowed), repeatable=True).answer()
                except VcloudAirError as exc:
                    request = flow.throw(exc)
                else:
                    request = flow.send(response)
        except StopIteration as done:
            result: _R = done.value
            return result

    # -- one attempt ---------------------------------------------------------------------------------------------

    def _try(self, request: Request, number: int) -> SendAttempt:
        started = self.clock.now()
        response: Response | None = None
        error: VcloudAirError | None = None
        with self._lock:
            self.calls += 1
        try:
            response = self.transport.send(request)
            self.server_time_s = seconds_of_date(response.headers.get("Date", "")) or self.server_time_s
            self._learn_from(response.headers)
            error = error_from_response(response, request, secrets=self.secrets())
        except VcloudAirError as exc:
            error = exc
        self._report(Exchange(request, response, error, self.clock.now() - started, number))
        return SendAttempt(response, error)

    def _warn_of_plain_http(self, request: Request) -> None:
        """Warn once if a token is sent over plain HTTP to a host that is not loopback."""
        parts = urlsplit(request.url)
        if self._has_warned or parts.scheme != "http" or (parts.hostname or "") in _LOOPBACK_HOSTS:
            return
        if any(_TOKEN_HEADERS.search(name) for name in request.headers):
            self._has_warned = True
            _log.warning(
                "The connection to %s is not encrypted. The password and the token can be read in transit. Use https, "
                "and set ca_path for a private certificate authority.",
                shown_origin(request.url),
            )

    def _learn_from(self, headers: Headers) -> None:
        tokens = (_secret_of(name, value) for name, value in headers.pairs() if _TOKEN_HEADERS.search(name))
        # Shorter values are not tokens, and redacting them would damage unrelated text.
        self.learn(*(Secret(value) for value in tokens if len(value) >= _SHORTEST_TOKEN))

    def _report(self, exchange: Exchange) -> None:
        _log_exchange(exchange, self.secrets)
        if not self._observers:
            return
        shown = redacted_exchange(exchange, self.secrets())
        for observer in self._observers:
            try:
                observer(shown)
            except Exception:  # noqa: BLE001 - an observer must never break what it observes
                _log.warning("Calling an observer of HTTP exchanges failed.", exc_info=True)


def _secret_of(name: str, value: str) -> str:
    """Return the secret part of a header value or cookie."""
    if "cookie" in name.lower():
        return value.split(";", 1)[0].partition("=")[2].strip()
    return _SCHEME.sub("", value).strip()


def _log_exchange(exchange: Exchange, secrets: Callable[[], list[Secret]]) -> None:
    if not _log.isEnabledFor(logging.DEBUG):
        return
    request, response = exchange.request, exchange.response
    result = str(response.status) if response is not None else type(exchange.error).__name__
    _log.debug(
        "%s %s %s %d ms attempt %d",
        request.method,
        redact_text(request.path, secrets()),
        result,
        round(exchange.elapsed_s * 1000),
        exchange.attempt,
    )
    if os.environ.get("VCA_TRACE", "") in ("", "0"):
        return
    shown = redacted_exchange(exchange, secrets())
    for arrow, message in ((">", shown.request), ("<", shown.response)):
        if message is not None and message.body:
            _log.debug("%s %s", arrow, message.body.decode("utf-8", errors="replace"))


def _redirect_of(request: Request, response: Response | None) -> str | None:
    """Return the redirect target of a GET or HEAD as an absolute URL, or None."""
    if response is None or response.status not in _REDIRECTS or request.method not in ("GET", "HEAD"):
        return None
    location = response.headers.get("Location", "").strip()
    if any(ord(sign) <= 32 or sign == "\\" for sign in location):
        # urljoin would drop some of these characters, but the origin check needs the original text.
        return location
    try:
        return urljoin(request.url, location) if location else None
    except ValueError:
        # The origin check raises the error for an invalid URL.
        return location
