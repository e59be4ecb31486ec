"""Tests of the transport over real sockets: broken connections, TLS and proxies."""

from __future__ import annotations

import datetime
import gzip
import logging
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from vcloudair_core.errors import ConfigurationError, ConnectionFailedError, TimeoutExpiredError, TlsError
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.base import Transport
from vcloudair_core.transport.messages import Headers, Request
from vcloudair_core.transport.requests_transport import RequestsTransport

Script = Callable[[socket.socket, bytes], None]


class Server:
    """A server that reads one request from each connection and runs a script."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        # shutdown() wakes up the blocked accept(), and close() alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                connection.settimeout(5)
                request = connection.recv(65536)
                self.requests.append(request)
                self._script(connection, request)
            except OSError:
                pass
            finally:
                connection.close()


def says(answer: bytes) -> Script:
    return lambda connection, request: connection.sendall(answer)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def resets(connection: socket.socket, request: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def transport(**arguments: Any) -> RequestsTransport:
    return RequestsTransport(Settings.load(arguments, environ={"VCA_CONFIG_FILE": ""}))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def send(url: str, method: str = "GET", body: bytes = b"", *, over: Transport | None = None, **headers: str) -> Any:
    chosen = over or transport(timeout=5)
    try:
        return chosen.send(
            Request(method, url, Headers({name.replace("_", "-"): value for name, value in headers.items()}), body)
        )
    finally:
        chosen.close()


# -- responses -----------------------------------------------------------------------------------------------------


def test_response_is_returned_completely() -> None:
    answer = (
        b"HTTP/1.1 401 Unauthorized\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Vmware-Vcloud-Request-Id: r-1\r\n"
        b"Content-Length: 4\r\nConnection: close\r\n\r\nbody"
    )
    with Server(says(answer)) as server:
        response = send(f"{server.url}/api/x?y=1", "POST", b"<a/>", Accept="text/xml")
    assert (response.status, response.body, response.reason) == (401, b"body", "Unauthorized")
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert response.request_id == "r-1"
    request = server.requests[0]
    assert request.startswith(b"POST /api/x?y=1 HTTP/1.1\r\n")
    assert b"Content-Length: 4" in request
    assert b"User-Agent: vcloudair-core/" in request


def test_post_without_a_body_has_content_length_zero() -> None:
    with Server(says(OK)) as server:
        send(f"{server.url}/api/sessions", "POST")
    assert b"Content-Length: 0" in server.requests[0]


def test_compressed_and_chunked_bodies_are_read_completely() -> None:
    packed = gzip.compress(b"<x>" + b"y" * 100_000 + b"</x>")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (packed[:50], packed[50:]))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Server(says(head + chunks + b"0\r\n\r\n")) as server:
        assert len(send(f"{server.url}/x").body) == 100_007


def test_redirects_and_cookies_are_not_followed() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /y\r\nSet-Cookie: sid=1; Path=/\r\n"
    answer = head + b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    with Server(says(answer)) as server:
        over = transport(timeout=5)
        assert over.send(Request("GET", f"{server.url}/x")).status == 302
        assert over.send(Request("GET", f"{server.url}/x")).status == 302
        over.close()
    assert len(server.requests) == 2
    assert all(b"Cookie" not in request for request in server.requests)


def test_passwords_of_netrc_are_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password netrc-password\ndefault login x password y\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text(netrc.read_text())
    with Server(says(OK)) as server:
        send(f"{server.url}/x", X_Token="token")
        send(f"http://user:secret@127.0.0.1:{server.port}/x")
    assert len(server.requests) == 2
    assert all(b"\r\nAuthorization:" not in request for request in server.requests)


def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(says(OK)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        send("http://vcd.example.test/x")
    assert proxy.requests[0].startswith(b"GET http://vcd.example.test/x ")


def test_unreachable_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:proxy-password@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ConnectionFailedError, match="HTTPS_PROXY") as caught:
        send("https://vcd.example.test/x")
    assert caught.value.may_have_executed is False
    assert "proxy-password" not in f"{caught.value}{caught.value.as_dict()}"


def test_request_may_be_executed_after_the_proxy_disconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(says(b"")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(ConnectionFailedError) as caught:
            send("http://vcd.example.test/x")
    assert caught.value.may_have_executed is True


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"])
def test_request_is_not_sent_if_the_proxy_opens_no_tunnel(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(says(answer)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(ConnectionFailedError) as caught:
            send("https://vcd.example.test/x")
    assert proxy.requests[0].startswith(b"CONNECT vcd.example.test:443 ")
    assert caught.value.may_have_executed is False


def test_an_earlier_failure_does_not_affect_a_request() -> None:
    """Send a request in the ``except`` block of an earlier request that failed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Server(says(b"")) as server:
        try:
            send(f"http://127.0.0.1:{port}/x")
        except ConnectionFailedError as exc:
            assert exc.may_have_executed is False
            with pytest.raises(ConnectionFailedError, match="was interrupted") as caught:
                send(f"{server.url}/x")
    assert caught.value.may_have_executed is True


# -- no response ---------------------------------------------------------------------------------------------------


def test_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionFailedError, match="refused the connection") as caught:
        send(f"http://127.0.0.1:{port}/x")
    assert caught.value.may_have_executed is False
    assert caught.value.__cause__ is None


def test_name_without_an_address() -> None:
    with pytest.raises(ConnectionFailedError, match="cannot be resolved") as caught:
        send("https://vcd.invalid/x")
    assert caught.value.may_have_executed is False


@pytest.mark.parametrize(
    "script",
    [
        resets,
        says(b""),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        says(b"SSH-2.0-OpenSSH_9.2\r\n"),
    ],
    ids=["reset", "nothing", "half a body", "half a chunk", "no gzip", "not HTTP"],
)
def test_request_may_be_executed_after_an_incomplete_response(script: Script) -> None:
    with Server(script) as server, pytest.raises(ConnectionFailedError) as caught:
        send(f"{server.url}/x", "POST", b"<a/>")
    assert caught.value.may_have_executed is True
    assert caught.value.hint


def test_request_may_be_executed_after_a_timeout() -> None:
    release = threading.Event()

    def wait(connection: socket.socket, request: bytes) -> None:
        release.wait(5)

    with Server(wait) as server:
        with pytest.raises(TimeoutExpiredError, match="set timeout|longer timeout") as caught:
            send(f"{server.url}/x", over=transport(timeout=0.2))
        release.set()
    assert caught.value.may_have_executed is True


def test_too_large_body_is_rejected() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    with Server(says(head + gzip.compress(b"\0" * 5_000_000))) as server:
        settings = Settings.load({"timeout": 5}, environ={"VCA_CONFIG_FILE": ""})
        with pytest.raises(ConnectionFailedError, match="The limit is 1 MiB"):
            send(f"{server.url}/x", over=RequestsTransport(settings, max_body_bytes=1024 * 1024))


@pytest.mark.parametrize("url", ["https://h:99999/x", "nothing", "https:///x", "ftp://h/x"])
def test_invalid_url_is_not_sent(url: str) -> None:
    with pytest.raises(ConnectionFailedError):
        transport().send(Request("GET", url))


def test_header_with_a_line_break_is_rejected_and_not_shown() -> None:
    with pytest.raises(ConnectionFailedError, match="line break") as caught:
        send("http://127.0.0.1:9/x", Authorization="Basic secret\r\nX-Evil: 1")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


# -- TLS -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context_of(authority: trustme.CA, *names: str, **more: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.fixture
def ca_path(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_known_authority_is_trusted(authority: trustme.CA, ca_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(says(OK), tls=context_of(authority, "127.0.0.1")) as server:
        assert send(f"{server.url}/x", over=transport(ca_path=ca_path)).body == b"ok"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_path)
        assert send(f"{server.url}/x").body == b"ok"


@pytest.mark.parametrize(
    ("names", "more", "with_ca", "phrase"),
    [
        (("127.0.0.1",), {}, False, "is not trusted.*ca_path"),
        (("other.example.test",), {}, True, "another host name"),
        (
            ("127.0.0.1",),
            {"not_after": datetime.datetime(2020, 1, 2), "not_before": datetime.datetime(2020, 1, 1)},
            True,
            "expired",
        ),
    ],
    ids=["unknown issuer", "another name", "expired"],
)
def test_invalid_certificates_have_different_errors(
    authority: trustme.CA, ca_path: str, names: tuple[str, ...], more: dict[str, Any], with_ca: bool, phrase: str
) -> None:
    arguments = {"ca_path": ca_path} if with_ca else {}
    with (
        Server(says(OK), tls=context_of(authority, *names, **more)) as server,
        pytest.raises(TlsError, match=phrase) as caught,
    ):
        send(f"{server.url}/x", "POST", over=transport(**arguments))
    assert caught.value.may_have_executed is False
    assert server.requests == []


def test_server_without_tls_is_reported() -> None:
    with (
        Server(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server,
        pytest.raises(TlsError, match="does not support TLS"),
    ):
        send(f"https://127.0.0.1:{server.port}/x")


def test_unverified_certificates_cause_one_warning(authority: trustme.CA, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with Server(says(OK), tls=context_of(authority, "other.example.test")) as server:
        over = transport(validate_certs=False)
        assert over.send(Request("GET", f"{server.url}/x")).body == b"ok"
        assert over.send(Request("GET", f"{server.url}/x")).body == b"ok"
        over.close()
    assert [record.getMessage() for record in caplog.records].count(caplog.records[0].getMessage()) == 1
    assert "validate_certs is off" in caplog.text


def test_missing_ca_path_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="VCA_CA_PATH"):
        send("https://127.0.0.1:9/x", over=transport(ca_path="/nowhere/ca.pem"))


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_missing_ca_bundle_of_the_environment_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match=f"/nowhere/ca.pem \\({name}\\) does not exist. Nothing was sent"):
        send("https://127.0.0.1:9/x")
    with Server(says(OK)) as server:
        assert send(f"{server.url}/x").body == b"ok"


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_system_store_of_openssl_is_trusted(
    authority: trustme.CA, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"{_subject_hash(authority, tmp_path)}.0"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv(name, str(path if name == "SSL_CERT_FILE" else tmp_path))
    with Server(says(OK), tls=context_of(authority, "127.0.0.1")) as server:
        over = transport(timeout=5)
        for _ in range(2):
            assert over.send(Request("GET", f"{server.url}/x")).body == b"ok"
        over.close()
    with (
        Server(says(OK), tls=context_of(trustme.CA(), "127.0.0.1")) as server,
        pytest.raises(TlsError, match="is not trusted"),
    ):
        send(f"{server.url}/x")


def _subject_hash(authority: trustme.CA, folder: Path) -> str:
    path = folder / "hashed.pem"
    authority.cert_pem.write_to_path(str(path))
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-subject_hash", "-in", str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("proxy", "phrase"),
    [
        ("ftp://user:hunter2@proxy.example.test", "https_proxy cannot.*'ftp' is not a supported proxy scheme"),
        (
            "socks5://user:hunter2@proxy.example.test:1080",
            "https_proxy cannot.*scheme socks5 needs .*PySocks",
        ),
        ("http://user:hunter2@proxy.example.test:port", "https_proxy cannot be used. Its port is not a number"),
        ("http://:8080", "https_proxy cannot be used. It does not have a host"),
    ],
)
def test_unusable_proxy_is_explained(proxy: str, phrase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ConfigurationError, match=phrase) as caught:
        send("https://vcd.example.test/x")
    assert "hunter2" not in str(caught.value)
    assert "Nothing was sent" in caught.value.message and "https_proxy" in caught.value.hint


def test_ca_path_that_is_not_pem_is_named(tmp_path: Path, authority: trustme.CA) -> None:
    path = tmp_path / "not.pem"
    path.write_text("not a certificate")
    with Server(says(OK), tls=context_of(authority, "127.0.0.1")) as server, pytest.raises(TlsError, match="PEM"):
        send(f"{server.url}/x", over=transport(ca_path=str(path)))


# -- cost, threads -------------------------------------------------------------------------------------------------


def test_requests_library_is_loaded_with_the_first_request() -> None:
    program = (
        "import sys\n"
        "from vcloudair_core.transport.requests_transport import RequestsTransport\n"
        "from vcloudair_core.settings.settings import Settings\n"
        "import vcloudair_core.session.session, vcloudair_core.compat.sessions, vcloudair_core.session.auth.plugin\n"
        "RequestsTransport(Settings.load({}))\n"
        "loaded = [name for name in ('requests', 'urllib3', 'lxml', 'tenacity', 'cryptography', 'filelock',"
        " 'publicsuffixlist') if name in sys.modules]\n"
        "sys.exit(','.join(loaded) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def keeps_alive() -> Iterator[Server]:
    def answer(connection: socket.socket, request: bytes) -> None:
        while request:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            request = connection.recv(65536)

    with Server(answer) as server:
        yield server


def test_connections_are_reused(keeps_alive: Server) -> None:
    over = transport(timeout=5)
    assert isinstance(over, Transport)
    for _ in range(5):
        assert over.send(Request("GET", f"{keeps_alive.url}/x")).body == b"ok"
    over.close()
    assert len(keeps_alive.requests) == 1
    assert over.send(Request("GET", f"{keeps_alive.url}/x")).body == b"ok"
    over.close()


# -- slow responses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
        b"HTTP/1.1 200 OK\r\nX-Header: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["a body", "a chunk", "a header", "until the end"],
)
def test_slow_response_is_interrupted_at_the_deadline(head: bytes) -> None:
    gave_up = threading.Event()

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        try:
            for _ in range(1000):
                connection.sendall(b"x")
                if gave_up.wait(0.02):
                    return
        except OSError:
            gave_up.set()

    over = transport(timeout=0.09, connect_timeout=0.1)
    with (
        Server(drip) as server,
        pytest.raises(TimeoutExpiredError, match="too long|complete|did not") as caught,
    ):
        started = time.monotonic()
        send(f"{server.url}/x", over=over)
    assert time.monotonic() - started < 10  # It takes 1 s with a limit, and 20 s without. Busy hosts need more.
    gave_up.set()
    assert caught.value.may_have_executed is True


def test_long_response_is_not_interrupted_while_data_arrives() -> None:
    def slow(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"x")
            time.sleep(0.03)

    with Server(slow) as server:
        assert send(f"{server.url}/x", over=transport(timeout=10)).body == b"x" * 20
