"""Tests of the requests transport, with HTTP mocked by the library ``responses``.

Tests that need real sockets are in ``tests/sockets``.
"""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import urllib3.exceptions as u3

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TlsError, TransportError
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport import tls_and_proxies
from vcloudair_core.transport.failures import failure_of
from vcloudair_core.transport.messages import Headers, Request
from vcloudair_core.transport.requests_transport import RequestsTransport

REQUEST = Request("POST", "https://vcd.example.test/api/x", Headers({"Authorization": "Basic c2VjcmV0"}))


def transport(**arguments: Any) -> RequestsTransport:
    return RequestsTransport(Settings.load(arguments, environ={"VCA_CONFIG_FILE": ""}))


@responses.activate
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_requests_and_responses_pass_unchanged(method: str) -> None:
    url = "https://vcd.example.test/api/query?filter=(name==a%20b)&type=vm"
    answer = b"" if method == "HEAD" else b"<a/>"
    responses.add(method, url, body=answer, status=207, headers={"X-One": "1"}, content_type="text/xml")
    body = b"" if method in ("GET", "HEAD") else b"<b/>"
    response = transport().send(Request(method, url, Headers({"Accept": "x/y", "X-Two": "2"}), body))
    assert (response.status, response.headers["x-one"], response.media_type, response.url) == (
        207,
        "1",
        "text/xml",
        url,
    )
    sent = responses.calls[0].request
    assert (sent.url, sent.headers["Accept"], sent.headers["X-Two"]) == (url, "x/y", "2")
    assert (sent.body or b"") == body


@responses.activate
@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ({}, {}, True),
        ({"validate_certs": False}, {}, False),
        ({"validate_certs": False}, {"REQUESTS_CA_BUNDLE": "/bundle"}, False),
        ({}, {"REQUESTS_CA_BUNDLE": __file__, "CURL_CA_BUNDLE": "/curl"}, __file__),
        ({}, {"CURL_CA_BUNDLE": __file__}, __file__),
        ({"ca_path": __file__}, {"REQUESTS_CA_BUNDLE": "/bundle"}, __file__),
        ({}, {"SSL_CERT_FILE": __file__}, True),
    ],
)
def test_settings_and_environment_select_the_ca_bundle(
    arguments: dict[str, Any], environment: dict[str, str], expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    responses.add("POST", REQUEST.url)
    transport(**arguments).send(REQUEST)
    sent: Any = responses.calls[0].request
    assert sent.req_kwargs["verify"] == expected


def test_the_system_store_is_loaded_once_until_it_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = tmp_path / "ca.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    loaded: list[ssl.SSLContext] = []
    monkeypatch.setattr(tls_and_proxies, "load_system_store", loaded.append)
    tls_and_proxies._loaded_context.cache_clear()
    first = tls_and_proxies.system_context()
    assert tls_and_proxies.system_context() is first
    store.write_text("changed", encoding="utf-8")
    assert tls_and_proxies.system_context() is not first
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert loaded[-1] is not tls_and_proxies.system_context()
    assert len(loaded) == 3
    tls_and_proxies._loaded_context.cache_clear()


def test_other_authorities_are_not_added_to_the_shared_system_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    used: list[tuple[Any, Any]] = []

    def send(self: Any, prepared: Any, **options: Any) -> Any:
        context = self.poolmanager.connection_pool_kw.get("ssl_context")
        used.append((options["verify"], context))
        raise requests.exceptions.ConnectionError

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    over = transport()
    for bundle in (None, __file__, None):
        if bundle:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        else:
            monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        with pytest.raises(ConnectionFailedError):
            over.send(REQUEST)
    shared = tls_and_proxies.system_context()
    assert used == [(True, shared), (__file__, None), (True, shared)]


@responses.activate
def test_timeouts_come_from_the_request_or_the_settings() -> None:
    responses.add("POST", REQUEST.url)
    over = transport(timeout=33, connect_timeout=4)
    over.send(REQUEST)
    over.send(Request("POST", REQUEST.url, timeout_s=(1, 2)))
    sent: list[Any] = [call.request for call in responses.calls]
    assert [request.req_kwargs["timeout"] for request in sent] == [(4.0, 33.0), (1, 2)]


@responses.activate
def test_a_body_over_the_limit_is_an_error() -> None:
    responses.add("POST", REQUEST.url, body=b"x" * 2_000_000)
    settings = Settings.load({}, environ={"VCA_CONFIG_FILE": ""})
    with pytest.raises(ConnectionFailedError, match="The limit is 1 MiB"):
        RequestsTransport(settings, max_body_bytes=1024 * 1024).send(REQUEST)


def certificate_error(code: int) -> Exception:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed with secret-in-text")
    inner.verify_code = code
    return requests.exceptions.SSLError(u3.MaxRetryError(None, "/", u3.SSLError(inner)))  # type: ignore[arg-type]


def name_mismatch_of_urllib3_1() -> Exception:
    class CertificateError(ValueError):
        pass

    inner = CertificateError("hostname '127.0.0.1' doesn't match 'secret-in-text'")
    return requests.exceptions.SSLError(u3.MaxRetryError(None, "/", u3.SSLError(inner)))  # type: ignore[arg-type]


def ssl_error(reason: str) -> Exception:
    inner = ssl.SSLError(1, "secret-in-text")
    inner.reason = reason
    return requests.exceptions.SSLError(u3.MaxRetryError(None, "/", u3.SSLError(inner)))  # type: ignore[arg-type]


def connection_error(inner: Exception) -> Exception:
    return requests.exceptions.ConnectionError(u3.ProtocolError("Connection aborted. secret-in-text", inner))


def proxy_error(message: str, inner: Exception) -> Exception:
    return requests.exceptions.ProxyError(u3.MaxRetryError(None, "/", u3.ProxyError(message, inner)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exc", "kind", "executed", "phrase"),
    [
        (certificate_error(18), TlsError, False, "self-signed.*ca_path"),
        (certificate_error(19), TlsError, False, "unknown root"),
        (certificate_error(20), TlsError, False, "issuer is unknown.*ca_path"),
        (certificate_error(10), TlsError, False, "expired"),
        (certificate_error(9), TlsError, False, "not valid yet.*clock"),
        (certificate_error(62), TlsError, False, "another host name"),
        (certificate_error(64), TlsError, False, "another host name"),
        (name_mismatch_of_urllib3_1(), TlsError, False, "another host name"),
        (ssl_error("WRONG_VERSION_NUMBER"), TlsError, False, "does not support TLS"),
        (ssl_error("UNSUPPORTED_PROTOCOL"), TlsError, False, "TLS handshake with .* failed"),
        (ssl_error("UNEXPECTED_EOF_WHILE_READING"), ConnectionFailedError, True, "TLS connection.*interrupted"),
        (requests.exceptions.ConnectTimeout("x"), TimeoutExpiredError, False, "timed out after 5 s"),
        (requests.exceptions.ReadTimeout("x"), TimeoutExpiredError, True, "within 60 s"),
        (TimeoutError("timed out"), TimeoutExpiredError, True, "within 60 s"),
        (
            proxy_error("Unable to connect to proxy", OSError("Tunnel connection failed: 407 Proxy Authentication")),
            ConnectionFailedError,
            False,
            "user name",
        ),
        (
            proxy_error("Unable to connect to proxy", u3.NewConnectionError(None, "x")),  # type: ignore[arg-type]
            ConnectionFailedError,
            False,
            "proxy",
        ),
        # urllib3 1.x also raises this error for a connection that breaks after the request was sent.
        (
            proxy_error("Cannot connect to proxy.", ConnectionResetError(errno.ECONNRESET, "secret-in-text")),
            ConnectionFailedError,
            True,
            "proxy",
        ),
        (
            proxy_error("Cannot connect to proxy.", BrokenPipeError(errno.EPIPE, "secret-in-text")),
            ConnectionFailedError,
            True,
            "proxy",
        ),
        (requests.exceptions.ProxyError("x"), ConnectionFailedError, True, "proxy"),
        (requests.exceptions.InvalidHeader("secret-in-text"), ConnectionFailedError, False, "line break"),
        (requests.exceptions.InvalidURL("x"), ConnectionFailedError, False, "URL"),
        (UnicodeEncodeError("latin-1", "secret-in-text", 0, 1, "x"), ConnectionFailedError, False, "cannot be sent"),
        (connection_error(ConnectionResetError(errno.ECONNRESET, "x")), ConnectionFailedError, True, "ECONNRESET"),
        (connection_error(BrokenPipeError(errno.EPIPE, "x")), ConnectionFailedError, True, "EPIPE"),
        (connection_error(socket.gaierror(-2, "x")), ConnectionFailedError, False, "cannot be resolved"),
        (connection_error(ConnectionRefusedError(111, "x")), ConnectionFailedError, False, "refused the connection"),
        (ValueError("secret-in-text"), ConnectionFailedError, True, "was interrupted"),
    ],
)
def test_exceptions_of_requests_become_library_errors(
    exc: Exception, kind: type[TransportError], executed: bool, phrase: str
) -> None:
    error = failure_of(exc, REQUEST, ca_path=None, timeout_s=(5, 60))
    assert type(error) is kind
    assert error.may_have_executed is executed
    assert error.hint
    with pytest.raises(kind, match=phrase):
        raise error
    assert "secret" not in f"{error}{error.as_dict()}"


def test_an_unknown_issuer_with_a_ca_path_names_the_path() -> None:
    error = failure_of(certificate_error(20), REQUEST, ca_path="/etc/my-ca.pem", timeout_s=(5, 60))
    assert "/etc/my-ca.pem" in str(error)
