"""HTTP over sockets. The only module that imports requests, and only when the first request is sent.

It drives the adapter of requests directly, below ``requests.Session``: so there is no cookie jar, no redirect is
followed, and no password is ever taken from ``~/.netrc`` or from a URL, while proxies and CA bundles named in the
environment still count.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core._version import __version__
from vcloudair_core.errors import (
    ConnectionFailedError,
    TimeoutExpiredError,
    TlsError,
    TransportError,
)
from vcloudair_core.transport.deadline import Deadline, pool_classes
from vcloudair_core.transport.failures import failure_of, is_timeout
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.transport.tls_and_proxies import check_proxies, trust_of, trusting_adapter

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter


_log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024 * 1024
"""A body larger than this, after decompression, is refused."""

_POOL_SIZE = 32
"""More than the threads of anything here: a connection beyond it would be thrown away after each call."""
_CHUNK_BYTES = 64 * 1024
# The read time-out counts from byte to byte; a server that drips must end somewhere too.
_WHOLE_BODY_FACTOR = 10


class ConnectionSettings(Protocol):
    """The settings that a transport reads. Times are in seconds."""

    @property
    def connect_timeout(self) -> Any: ...
    @property
    def timeout(self) -> Any: ...
    @property
    def validate_certs(self) -> Any: ...
    @property
    def ca_path(self) -> Any: ...


class RequestsTransport:
    """Pooled connections, safe to use from many threads. Each request is sent once: repeating is the session's choice.

    TLS certificates are verified against ``ca_path``, else ``REQUESTS_CA_BUNDLE``, else the system's store, to which
    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` lead; ``validate_certs: false`` turns that off and is logged once.
    """

    def __init__(self, settings: ConnectionSettings, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._timeout_s = (float(settings.connect_timeout) or 10.0, float(settings.timeout) or 120.0)
        self._validate = bool(settings.validate_certs)
        self._ca_path: str | None = settings.ca_path
        self._max_body_bytes = max_body_bytes
        self._lock = threading.Lock()
        self._adapter: HTTPAdapter | None = None
        self._has_warned = False
        self._has_checked_trust = False
        self._proxies_of: dict[str, dict[str, str]] = {}

    def send(self, request: Request) -> Response:
        """Send once and read the whole answer. Raises: ConnectionFailedError, TimeoutExpiredError, TlsError, and
        ConfigurationError when the authorities or the proxy of the settings and the environment cannot be used.
        """
        adapter = self._opened()
        self._check_environment(request)
        timeout = request.timeout_s or self._timeout_s
        with Deadline(timeout[0] + timeout[1] * _WHOLE_BODY_FACTOR) as deadline:
            try:
                response = self._exchange(adapter, request, timeout, deadline)
            except TransportError as exc:
                raise (_too_slow(request) if deadline.is_over else exc) from None
            if deadline.is_over:
                raise _too_slow(request)  # headers that break off look like headers that are over
            return response

    def _exchange(
        self, adapter: HTTPAdapter, request: Request, timeout: tuple[float, float], deadline: Deadline
    ) -> Response:
        handled = sys.exc_info()[1]
        try:
            prepared = _prepared(request)
            if not self._validate:
                self._silence(request.origin)
            answer = adapter.send(
                prepared,
                stream=True,
                timeout=timeout,
                verify=self._verify(),
                proxies=self._proxies(request),
            )
        except Exception as exc:  # noqa: BLE001 - whatever the stack raises, one of ours goes out
            ca_path = trust_of(self._ca_path).path or None
            raise failure_of(exc, request, ca_path=ca_path, timeout_s=timeout, handled=handled) from None
        try:
            body = self._read(answer.raw, request, deadline)
        finally:
            # A connection whose body was read to its end is back in the pool already; others are dropped here.
            answer.close()
        return Response(
            status=answer.status_code,
            headers=Headers(list(answer.raw.headers.items())),
            body=body,
            url=request.url,
            reason=answer.reason or "",
        )

    def close(self) -> None:
        """Release pooled connections."""
        with self._lock:
            adapter, self._adapter = self._adapter, None
        if adapter is not None:
            adapter.close()

    # -- inside --------------------------------------------------------------------------------------------------

    def _opened(self) -> HTTPAdapter:
        with self._lock:
            if self._adapter is None:
                from urllib3.util.retry import Retry

                never = Retry(0, read=False, redirect=False)
                adapter_class = _adapter_class(uses_system_store=self._verify() is True)
                self._adapter = adapter_class(pool_connections=_POOL_SIZE, pool_maxsize=_POOL_SIZE, max_retries=never)
            return self._adapter

    def _proxies(self, request: Request) -> dict[str, str]:
        """Those of the environment, looked up once for each origin: it costs as much as a small answer's parsing."""
        proxies = self._proxies_of.get(request.origin)
        if proxies is None:
            proxies = _proxies(request.url)
            check_proxies(request.url, proxies)
            self._proxies_of[request.origin] = proxies
        return proxies

    def _check_environment(self, request: Request) -> None:
        """Raise ConfigurationError for what the stack would blame on the URL or the connection."""
        if self._validate and not self._has_checked_trust and request.url.lower().startswith("https:"):
            trust_of(self._ca_path).check()
            self._has_checked_trust = True
        with contextlib.suppress(ValueError):  # a URL that is none is refused by the stack
            self._proxies(request)

    def _verify(self) -> bool | str:
        if not self._validate:
            return False
        return trust_of(self._ca_path).path or True

    def _silence(self, origin: str) -> None:
        """Say it once in our words, in place of a warning per request in urllib3's."""
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "The certificate of %s is not verified (validate_certs is off): anyone on the way can read the "
                "password. Set ca_path instead.",
                origin,
            )

    def _read(self, raw: Any, request: Request, deadline: Deadline) -> bytes:
        """The whole body, decompressed. Raises ConnectionFailedError when it ends early or is too long."""
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in raw.stream(_CHUNK_BYTES, decode_content=True):
                size += len(chunk)
                if size > self._max_body_bytes:
                    raise _too_long(request, self._max_body_bytes)
                if time.monotonic() > deadline.due:
                    raise _too_slow(request)
                chunks.append(chunk)
        except (ConnectionFailedError, TimeoutExpiredError):
            raise
        except Exception as exc:  # noqa: BLE001 - as above
            raise _broken_body(exc, request) from None
        _check_length(raw, request)
        return b"".join(chunks)


def error_class_of(error: TransportError) -> type[OSError]:
    """The class of requests for the same failure, for programs that call requests' errors by name."""
    from requests import exceptions

    if isinstance(error, TlsError):
        return exceptions.SSLError
    if isinstance(error, TimeoutExpiredError):
        return exceptions.ReadTimeout if error.may_have_executed else exceptions.ConnectTimeout
    return exceptions.ConnectionError


def preload() -> None:
    """Import what sending takes, for programs that fork: each of their processes would have to otherwise."""
    import idna  # noqa: F401 - for names of hosts
    import requests.adapters
    import requests.utils  # noqa: F401 - as above
    import urllib3.util.retry
    import urllib3.util.ssl_

    urllib3.util.ssl_.create_urllib3_context()


def _adapter_class(*, uses_system_store: bool) -> type[HTTPAdapter]:
    """An adapter whose connections, also those by way of a proxy, keep to the current deadline."""
    from requests.adapters import HTTPAdapter

    classes = pool_classes()

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            self.poolmanager.pool_classes_by_scheme = classes

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*arguments, **options)
            manager.pool_classes_by_scheme = classes
            return manager

    return trusting_adapter(Adapter) if uses_system_store else Adapter


def _prepared(request: Request) -> Any:
    import requests

    headers = dict(request.headers.pairs())
    names = {name.lower() for name in headers}
    for name, value in (("User-Agent", f"vcloudair-core/{__version__}"), ("Accept-Encoding", "gzip, deflate")):
        if name.lower() not in names:
            headers[name] = value
    # An auth of ours, even one that does nothing, keeps requests from taking one out of the URL.
    return requests.Request(
        request.method, request.url, headers=headers, data=request.body or None, auth=lambda prepared: prepared
    ).prepare()


def _proxies(url: str) -> dict[str, str]:
    from requests.utils import get_environ_proxies

    return dict(get_environ_proxies(url, no_proxy=None))


def _check_length(raw: Any, request: Request) -> None:
    """Raises ConnectionFailedError when fewer bytes came than were promised (old urllib3 does not look)."""
    promised = raw.headers.get("Content-Length", "")
    is_number = promised.isascii() and promised.isdigit() and len(promised) < 20
    is_counted = is_number and not raw.headers.get("Transfer-Encoding")
    if request.method == "HEAD" or not is_counted:
        return
    # 204 and 304 have no body whatever their headers say.
    if raw.status in (204, 304) or int(promised) <= raw.tell():
        return
    raise ConnectionFailedError(
        f"The answer to {request.method} {request.path} broke off after {raw.tell()} of {promised} bytes.",
        may_have_executed=True,
        hint="A proxy or the server closed the connection early; try again.",
    )


def _broken_body(exc: Exception, request: Request) -> Exception:
    where = f"{request.method} {request.path}"
    if is_timeout(exc):
        return TimeoutExpiredError(
            f"The server stopped in the middle of its answer to {where}.",
            may_have_executed=True,
            hint="Try again; a longer time-out (setting timeout) helps only when the server is slow.",
        )
    return ConnectionFailedError(
        f"The answer to {where} broke off or is damaged ({type(exc).__name__}).",
        may_have_executed=True,
        hint="A proxy or the server closed the connection early; try again.",
    )


def _too_long(request: Request, limit: int) -> ConnectionFailedError:
    return ConnectionFailedError(
        f"The answer to {request.method} {request.path} is longer than {limit // (1024 * 1024)} MiB and was dropped.",
        may_have_executed=True,
        hint="Ask for less at once: a filter, or smaller pages.",
    )


def _too_slow(request: Request) -> TimeoutExpiredError:
    return TimeoutExpiredError(
        f"The answer to {request.method} {request.path} arrives too slowly and was dropped.",
        may_have_executed=True,
        hint="Check the network between here and the server; setting timeout allows more time.",
    )
