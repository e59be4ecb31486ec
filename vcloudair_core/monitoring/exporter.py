"""HTTP server of the metrics exporter: /metrics and /healthz.

TLS and basic authentication are optional.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.monitoring.collector import Collector, registry_of
from vcloudair_core.util.redaction import Secret
from vcloudair_core.util.user_files import unreadable

CACHE_S = 1.0
"""Seconds for which a response is cached."""

_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def _unusable(certfile: str, keyfile: str, error: Exception) -> ConfigurationError:
    """Return the error for a certificate or key that cannot be loaded.

    The error of OpenSSL does not name the file. So both files are opened to find the unreadable file.
    """
    for what, path in (("The certificate", certfile), ("The key", keyfile)):
        try:
            if path:
                Path(path).open("rb").close()
        except OSError as exc:
            return unreadable(what, path, exc)
    hint = "Pass PEM files, and the key that belongs to the certificate."
    return ConfigurationError(
        f"Loading the certificate failed: '{certfile}'. The certificate or its key is not valid.", hint=hint
    )


class _Handler(WSGIRequestHandler):
    timeout = 30  # seconds; an idle connection must not occupy a thread forever

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class has
        """Log nothing, because scrapes are frequent."""


class ExporterServer:
    """HTTP server for the metrics of a collector. Use it as a context manager.

    ``auth`` is a pair of username and password.

    Raises: OSError when the address cannot be bound, ConfigurationError for invalid TLS files.
    """

    def __init__(
        self,
        collector: Collector,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certfile: str = "",
        keyfile: str = "",
        auth: tuple[str, Secret] | None = None,
    ) -> None:
        from prometheus_client import make_wsgi_app

        app: _App = _cached(make_wsgi_app(registry_of(collector), disable_compression=True))
        self._server = make_server(
            host, port, _routed(app, auth, collector.problem), server_class=_Server, handler_class=_Handler
        )
        if certfile:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            try:
                context.load_cert_chain(certfile, keyfile or None)
            except (OSError, ssl.SSLError) as exc:
                self._server.server_close()
                raise _unusable(certfile, keyfile, exc) from None
            # The thread of the connection does the handshake, so that a slow client does not block the others.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme, url_host = "https" if certfile else "http", f"[{host}]" if ":" in host else host
        self.url = f"{scheme}://{url_host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="vca-exporter-http", daemon=True)

    def __enter__(self) -> ExporterServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def _cached(app: _App) -> _App:
    """Return a WSGI app that caches each response of ``app`` for a second.

    Responses are cached separately for each value of the header ``Accept``.
    """
    lock = threading.Lock()
    cache: dict[str, tuple[float, str, list[tuple[str, str]], list[bytes]]] = {}

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        accept = str(environ.get("HTTP_ACCEPT", ""))[:500]
        with lock:
            entry = cache.get(accept)
            if entry is None or time.monotonic() - entry[0] > CACHE_S:
                head: list[Any] = []
                body = list(
                    app({**environ, "QUERY_STRING": ""}, lambda status, headers: head.extend([status, headers]))
                )
                if len(cache) > 20:
                    cache.clear()
                entry = cache[accept] = (time.monotonic(), head[0], head[1], body)
        start(entry[1], entry[2])
        return entry[3]

    return answer


def _routed(app: _App, auth: tuple[str, Secret] | None, problem: Callable[[], str]) -> _App:
    """Return a WSGI app that serves ``/metrics`` with ``app``, and ``/healthz``.

    If ``auth`` is not None, all paths except ``/healthz`` require this user name and password. ``problem()`` returns
    the reason why the exporter is not healthy, or an empty string.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ.get("REQUEST_METHOD", "")
        if path == "/healthz":
            reason = problem()
            if reason:
                return _plain(start, "503 Service Unavailable", f"{reason}\n")
            return _plain(start, "200 OK", "ok\n")
        if auth is not None and not _is_authorized(environ.get("HTTP_AUTHORIZATION", ""), auth):
            return _plain(
                start,
                "401 Unauthorized",
                "Username and password required.\n",
                ("WWW-Authenticate", 'Basic realm="vca"'),
            )
        if method not in ("GET", "HEAD"):
            return _plain(start, "405 Method Not Allowed", "Only GET and HEAD are allowed.\n", ("Allow", "GET, HEAD"))
        if path == "/metrics":
            return app(environ, start)
        return _plain(start, "200 OK" if path == "/" else "404 Not Found", "Metrics are at /metrics.\n")

    return answer


def _plain(start: Callable[..., Any], status: str, text: str, *headers: tuple[str, str]) -> list[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [text.encode()]


def _is_authorized(header: str, auth: tuple[str, Secret]) -> bool:
    scheme, _, encoded = header.partition(" ")
    try:
        credentials = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{auth[0]}:{auth[1].reveal()}".encode()
    return scheme.lower() == "basic" and hmac.compare_digest(credentials, expected)
