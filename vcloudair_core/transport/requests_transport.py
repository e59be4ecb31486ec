"""Transport based on the HTTP adapter of ``requests``.

``requests`` is imported at the first HTTP request. The transport uses the adapter directly instead of
``requests.Session``, to avoid cookies, redirects, and passwords from ``~/.netrc`` or a URL. Proxies and CA bundles from
the environment apply.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
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
from vcloudair_core.transport.tls_and_proxies import check_proxies, system_context, trust_of, trusting_adapter

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter


_log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024 * 1024
"""Maximum size of a decompressed response body."""

_POOL_SIZE = 32
"""Number of pooled connections.

If more than 32 threads send requests at the same time, some requests open new connections.
"""
_CHUNK_BYTES = 64 * 1024
# The read timeout restarts with each byte. This factor limits the duration of the whole response.
_WHOLE_BODY_FACTOR = 10
_CLOSED_EARLY = "Try again. The server or a proxy closed the connection early."


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
    """Thread-safe transport with pooled connections.

    The transport sends each request once, without retries.

    TLS certificates are verified with the first of these that is set: ``ca_path``, ``REQUESTS_CA_BUNDLE``,
    ``CURL_CA_BUNDLE``. If none of them is set, the system trust store is used. ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``
    replace the path of the system trust store. ``validate_certs: false`` disables the verification and logs a warning
    once.
    """

    def __init__(self, settings: ConnectionSettings, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._timeout_s = (float(settings.connect_timeout) or 10.0, float(settings.timeout) or 120.0)
        self._validate = bool(settings.validate_certs)
        self._ca_path: str | None = settings.ca_path
        self._max_body_bytes = max_body_bytes
        self._lock = threading.Lock()
        self._adapters: dict[bool, HTTPAdapter] = {}
        self._has_warned = False
        self._has_checked_trust = False
        self._proxies_of: dict[str, dict[str, str]] = {}

    def send(self, request: Request) -> Response:
        """Send a request once and return the complete response.

        Raises: ConnectionFailedError, TimeoutExpiredError, TlsError; ConfigurationError if the certificate authorities
        or the proxy cannot be used.
        """
        verify = self._verify()
        adapter = self._opened(uses_system_store=verify is True)
        self._check_environment(request)
        timeout = request.timeout_s or self._timeout_s
        with Deadline(timeout[0] + timeout[1] * _WHOLE_BODY_FACTOR) as deadline:
            try:
                response = self._exchange(adapter, request, timeout, deadline, verify)
            except TransportError as exc:
                raise (_too_slow(request) if deadline.is_over else exc) from None
            if deadline.is_over:
                raise _too_slow(request)  # truncated headers look like complete ones
            return response

    def _exchange(
        self,
        adapter: HTTPAdapter,
        request: Request,
        timeout: tuple[float, float],
        deadline: Deadline,
        verify: bool | str,
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
                verify=verify,
                proxies=self._proxies(request),
            )
        except Exception as exc:  # noqa: BLE001 - every error of the HTTP stack is mapped
            ca_path = trust_of(self._ca_path).path or None
            raise failure_of(exc, request, ca_path=ca_path, timeout_s=timeout, handled=handled) from None
        try:
            body = self._read(answer.raw, request, deadline)
        finally:
            # Drop the connection after an incomplete read. After a complete read, it is already back in the pool.
            answer.close()
        return Response(
            status=answer.status_code,
            headers=Headers(list(answer.raw.headers.items())),
            body=body,
            url=request.url,
            reason=answer.reason or "",
        )

    def close(self) -> None:
        """Close pooled connections."""
        with self._lock:
            adapters, self._adapters = self._adapters, {}
        for adapter in adapters.values():
            adapter.close()

    # -- private -------------------------------------------------------------------------------------------------

    def _opened(self, *, uses_system_store: bool) -> HTTPAdapter:
        with self._lock:
            if uses_system_store not in self._adapters:
                from urllib3.util.retry import Retry

                never = Retry(0, read=False, redirect=False)
                self._adapters[uses_system_store] = _adapter_class(uses_system_store)(
                    pool_connections=_POOL_SIZE, pool_maxsize=_POOL_SIZE, max_retries=never
                )
            return self._adapters[uses_system_store]

    def _proxies(self, request: Request) -> dict[str, str]:
        """Return the proxies that the environment sets for a request.

        The proxies are cached by origin.
        """
        proxies = self._proxies_of.get(request.origin)
        if proxies is None:
            proxies = _proxies(request.url)
            check_proxies(request.url, proxies)
            self._proxies_of[request.origin] = proxies
        return proxies

    def _check_environment(self, request: Request) -> None:
        """Raise ConfigurationError if the CA certificates or the proxy cannot be used."""
        if self._validate and not self._has_checked_trust and request.url.lower().startswith("https:"):
            trust_of(self._ca_path).check()
            self._has_checked_trust = True
        with contextlib.suppress(ValueError):  # the HTTP stack rejects an invalid URL
            self._proxies(request)

    def _verify(self) -> bool | str:
        if not self._validate:
            return False
        return trust_of(self._ca_path).path or True

    def _silence(self, origin: str) -> None:
        """Log a single warning that certificates are not verified.

        urllib3 would warn at each request, so its warnings are turned off.
        """
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "The certificate of %s is not verified, because validate_certs is off. The password can be read in "
                "transit. Set ca_path instead.",
                origin,
            )

    def _read(self, raw: Any, request: Request, deadline: Deadline) -> bytes:
        """Return the decompressed body.

        Raises ConnectionFailedError if the body is truncated or too large.
        """
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
    """Return the ``requests`` exception class that corresponds to an error."""
    from requests import exceptions

    if isinstance(error, TlsError):
        return exceptions.SSLError
    if isinstance(error, TimeoutExpiredError):
        return exceptions.ReadTimeout if error.may_have_executed else exceptions.ConnectTimeout
    return exceptions.ConnectionError


def preload() -> None:
    """Import the HTTP stack, so that forked processes need not import it again."""
    import idna  # noqa: F401 - for host names
    import requests.adapters
    import requests.utils  # noqa: F401 - as above
    import urllib3.util.retry
    import urllib3.util.ssl_

    urllib3.util.ssl_.create_urllib3_context()
    for uses_system_store in (False, True):
        _adapter_class(uses_system_store)
    if not trust_of(os.environ.get("VCA_CA_PATH")).path:
        # Some systems have no trust store that can be read. Only a request reports this.
        with contextlib.suppress(OSError):
            system_context()


@functools.lru_cache(maxsize=2)
def _adapter_class(uses_system_store: bool) -> type[HTTPAdapter]:
    """Return an adapter class whose connections honor the current deadline."""
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
    # Any auth, even one that does nothing, prevents requests from using credentials in the URL.
    return requests.Request(
        request.method, request.url, headers=headers, data=request.body or None, auth=lambda prepared: prepared
    ).prepare()


def _proxies(url: str) -> dict[str, str]:
    from requests.utils import get_environ_proxies

    return dict(get_environ_proxies(url, no_proxy=None))


def _check_length(raw: Any, request: Request) -> None:
    """Raise ConnectionFailedError if a body is shorter than its Content-Length."""
    length = raw.headers.get("Content-Length", "")
    is_number = length.isascii() and length.isdigit() and len(length) < 20
    is_counted = is_number and not raw.headers.get("Transfer-Encoding")
    if request.method == "HEAD" or not is_counted:
        return
    # Responses with 204 and 304 never have a body, even with a Content-Length.
    if raw.status in (204, 304) or int(length) <= raw.tell():
        return
    raise ConnectionFailedError(
        f"The response to {request.method} {request.path} was truncated after {raw.tell()} of {length} bytes.",
        may_have_executed=True,
        hint=_CLOSED_EARLY,
    )


def _broken_body(exc: Exception, request: Request) -> Exception:
    where = f"{request.method} {request.path}"
    if is_timeout(exc):
        return TimeoutExpiredError(
            f"The response to {where} timed out before it was complete.",
            may_have_executed=True,
            hint="Try again. If the server is slow, set a longer timeout (VCA_TIMEOUT).",
        )
    return ConnectionFailedError(
        f"The response to {where} is truncated or damaged ({type(exc).__name__}).",
        may_have_executed=True,
        hint=_CLOSED_EARLY,
    )


def _too_long(request: Request, limit: int) -> ConnectionFailedError:
    return ConnectionFailedError(
        f"The response to {request.method} {request.path} is too large. The limit is {limit // (1024 * 1024)} MiB.",
        may_have_executed=True,
        hint="Use a filter or smaller pages.",
    )


def _too_slow(request: Request) -> TimeoutExpiredError:
    return TimeoutExpiredError(
        f"The response to {request.method} {request.path} took too long and was dropped.",
        may_have_executed=True,
        hint="Check the network to the server, or set a longer timeout (VCA_TIMEOUT).",
    )
