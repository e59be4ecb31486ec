"""Mocked HTTP servers for unit tests, based on the library ``responses``."""

from __future__ import annotations

import errno
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
import responses
import urllib3.exceptions as u3

from vcloudair_core.errors import ConnectionFailedError, TimeoutExpiredError, TlsError, TransportError
from vcloudair_core.session.auth.vcd import VcdAuth
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.transport.requests_transport import RequestsTransport
from vcloudair_core.util.clock import FakeClock

BASE = "https://vcd.example.test"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PASSWORD = "s3cr3t-Passw0rd"

VERSIONS = """<?xml version="1.0" encoding="UTF-8"?>
<SupportedVersions xmlns="http://www.vmware.com/vcloud/versions">
{}
</SupportedVersions>"""


def versions(*names: str, login_url: str = f"{BASE}/api/sessions", deprecated: tuple[str, ...] = ()) -> bytes:
    """Return a list of API versions as XML."""
    entries = (
        f'<VersionInfo deprecated="{str(name in deprecated).lower()}"><Version>{name}</Version>'
        f"<LoginUrl>{login_url}</LoginUrl></VersionInfo>"
        for name in names
    )
    return VERSIONS.format("\n".join(entries)).encode()


def session_xml(org: str = "acme", base: str = BASE) -> bytes:
    """Return the Session of vCloud Director as XML."""
    return (
        f'<Session xmlns="http://www.vmware.com/vcloud/v1.5" org="{org}" roles="Organization Administrator" user="ops" '
        f'userId="urn:vcloud:user:1" href="{base}/api/session" type="application/vnd.vmware.vcloud.session+xml">'
        f'<Link rel="down" href="{base}/api/org/" type="application/vnd.vmware.vcloud.orgList+xml"/>'
        f'<Link rel="remove" href="{base}/api/session"/>'
        f'<Link rel="down" href="{base}/api/org/aaaa-org" name="{org}" type="application/vnd.vmware.vcloud.org+xml"/>'
        "</Session>"
    ).encode()


def error_xml(message: str, code: str = "BAD_REQUEST", status: int = 400) -> bytes:
    """Return a vCloud Error as XML."""
    return (
        '<Error xmlns="http://www.vmware.com/vcloud/v1.5" '
        f'majorErrorCode="{status}" minorErrorCode="{code}" message="{message}"/>'
    ).encode()


def reply(status: int = 200, body: bytes | str = b"", **headers: str) -> Response:
    """Return a response. Keyword names are header names with underscores."""
    data = body.encode() if isinstance(body, str) else body
    return Response(status, Headers({name.replace("_", "-"): value for name, value in headers.items()}), data)


Answer = Response | Exception | Callable[[Request], Response]
"""A response, an exception, or a function that returns a response."""


@pytest.fixture
def mocked_http() -> Iterator[None]:
    """Return the registered responses. Requests without a response fail."""
    responses.start()
    yield
    responses.stop()
    responses.reset()


class MockedTransport(RequestsTransport):
    """The real transport with mocked responses.

    Responses are registered by ``"METHOD path"`` or ``"METHOD URL"``. A path matches on every host. A list of responses
    is returned in order, and the last entry is repeated.
    """

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        super().__init__(load())
        self.closed = 0
        responses.reset()
        self.register(answers or {})

    def register(self, answers: Mapping[str, Any]) -> None:
        """Register responses, and replace earlier responses to the same requests."""
        for key, registered in answers.items():
            method, _, place = key.partition(" ")
            url: Any = place if "://" in place else re.compile(rf"https?://[^/]+{re.escape(place)}(\?.*)?\Z")
            responses.remove(method, url)
            for answer in registered if isinstance(registered, list) else [registered]:
                if isinstance(answer, Exception):
                    responses.add(method, url, body=answer)
                else:
                    responses.add_callback(method, url, _callback(answer), content_type=None)

    @property
    def requests(self) -> list[Request]:
        """Return all requests that were sent."""
        return [_request(call.request) for call in responses.calls]

    def forget(self) -> None:
        """Clear the recorded requests."""
        responses.calls.reset()

    def close(self) -> None:
        super().close()
        self.closed += 1

    def sent(self, path: str = "") -> list[str]:
        """Return ``"METHOD path"`` of each request whose path contains ``path``."""
        return [f"{request.method} {request.path}" for request in self.requests if path in request.path]


def _request(prepared: requests.PreparedRequest) -> Request:
    body = prepared.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    return Request(str(prepared.method), str(prepared.url), Headers(dict(prepared.headers)), data)


def _callback(answer: Answer) -> Callable[[requests.PreparedRequest], tuple[int, dict[str, str], bytes]]:
    def respond(prepared: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        response = answer(_request(prepared)) if callable(answer) else answer
        assert isinstance(response, Response)
        return response.status, dict(response.headers.pairs()), response.body

    return respond


def vcd_answers(extra: Mapping[str, Any] | None = None, *, token: str = TOKEN) -> dict[str, Any]:
    """Return the responses of vCloud Director to a password login."""
    return {
        "GET /api/versions": reply(200, versions("5.5", "5.10", "9.0")),
        "POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=token),
        "DELETE /api/session": reply(204),
        **(extra or {}),
    }


def load(**arguments: Any) -> Settings:
    """Return settings, ignoring the environment and the files of this host."""
    return Settings.load(arguments, environ={"VCA_CONFIG_FILE": ""})


def settings_of(**arguments: Any) -> Settings:
    """Return the settings of a vCloud Director user."""
    defaults = {"url": BASE, "username": "ops", "password": PASSWORD, "org": "acme", "session_cache": False}
    return load(**(defaults | arguments))


def vcd_session(transport: MockedTransport, **arguments: Any) -> Session:
    """Return a vCloud Director session with a fake clock, before its first sign-in."""
    keywords = {name: arguments.pop(name) for name in ("observers", "task_observers", "cache") if name in arguments}
    settings = settings_of(**arguments)
    return Session(settings, transport, VcdAuth(settings), clock=FakeClock(), **keywords)


def broke(executed: bool = True, kind: type[TransportError] = ConnectionFailedError) -> requests.RequestException:
    """Return the ``requests`` exception for a broken connection.

    With ``executed``, the request was sent, so the server may have executed it.
    """
    if kind is TimeoutExpiredError:
        return requests.ReadTimeout("slow") if executed else requests.ConnectTimeout("slow")
    if kind is TlsError:
        inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
        inner.verify_code = 20
        return requests.exceptions.SSLError(u3.SSLError(inner))
    cause = ConnectionResetError(errno.ECONNRESET, "reset") if executed else ConnectionRefusedError(111, "refused")
    return requests.ConnectionError(u3.ProtocolError("Connection aborted.", cause))
