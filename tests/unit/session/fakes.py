"""Stand-ins for a server: answers by rule, requests written down. No sockets."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from vcloudair_core.errors import TransportError
from vcloudair_core.session.auth.vcd import VcdAuth
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings
from vcloudair_core.transport.messages import Headers, Request, Response
from vcloudair_core.util.clock import FakeClock

BASE = "https://vcd.example.test"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
PASSWORD = "s3cr3t-Passw0rd"

VERSIONS = """<?xml version="1.0" encoding="UTF-8"?>
<SupportedVersions xmlns="http://www.vmware.com/vcloud/versions">
{}
</SupportedVersions>"""


def versions(*names: str, login_url: str = f"{BASE}/api/sessions", deprecated: tuple[str, ...] = ()) -> bytes:
    """A list of API versions."""
    entries = (
        f'<VersionInfo deprecated="{str(name in deprecated).lower()}"><Version>{name}</Version>'
        f"<LoginUrl>{login_url}</LoginUrl></VersionInfo>"
        for name in names
    )
    return VERSIONS.format("\n".join(entries)).encode()


def session_xml(org: str = "acme", base: str = BASE) -> bytes:
    """A vCloud Director's Session."""
    return (
        f'<Session xmlns="http://www.vmware.com/vcloud/v1.5" org="{org}" roles="Organization Administrator" user="ops" '
        f'userId="urn:vcloud:user:1" href="{base}/api/session" type="application/vnd.vmware.vcloud.session+xml">'
        f'<Link rel="down" href="{base}/api/org/" type="application/vnd.vmware.vcloud.orgList+xml"/>'
        f'<Link rel="remove" href="{base}/api/session"/>'
        f'<Link rel="down" href="{base}/api/org/aaaa-org" name="{org}" type="application/vnd.vmware.vcloud.org+xml"/>'
        "</Session>"
    ).encode()


def error_xml(message: str, code: str = "BAD_REQUEST", status: int = 400) -> bytes:
    """A vCloud Error."""
    return (
        '<Error xmlns="http://www.vmware.com/vcloud/v1.5" '
        f'majorErrorCode="{status}" minorErrorCode="{code}" message="{message}"/>'
    ).encode()


def reply(status: int = 200, body: bytes | str = b"", **headers: str) -> Response:
    """A response; header names are given with underscores in place of dashes."""
    data = body.encode() if isinstance(body, str) else body
    return Response(status, Headers({name.replace("_", "-"): value for name, value in headers.items()}), data)


class FakeTransport:
    """Answers by ``"METHOD path"`` (or the whole URL); a list is used up entry by entry, its last one stays."""

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers: dict[str, Any] = dict(answers or {})
        self.requests: list[Request] = []
        self.closed = 0
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
            answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        result: Response = answer(request) if callable(answer) else answer
        return result

    def _answer(self, request: Request) -> Any:
        for key in (f"{request.method} {request.url}", f"{request.method} {request.path}"):
            if key in self.answers:
                answer = self.answers[key]
                if isinstance(answer, list):
                    return answer.pop(0) if len(answer) > 1 else answer[0]
                return answer
        return reply(404, f"nothing is known of {request.method} {request.path}")

    def close(self) -> None:
        self.closed += 1

    def sent(self, path: str = "") -> list[str]:
        """``"METHOD path"`` of what was sent, limited to paths that hold ``path``."""
        return [f"{request.method} {request.path}" for request in self.requests if path in request.path]


def vcd_answers(extra: Mapping[str, Any] | None = None, *, token: str = TOKEN) -> dict[str, Any]:
    """What a vCloud Director answers to a password login."""
    return {
        "GET /api/versions": reply(200, versions("5.5", "5.10", "9.0")),
        "POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=token),
        "DELETE /api/session": reply(204),
        **(extra or {}),
    }


def load(**arguments: Any) -> Settings:
    """Settings that nothing of this machine gets into."""
    return Settings.load(arguments, environ={"VCA_CONFIG_FILE": ""})


def settings_of(**arguments: Any) -> Settings:
    """Settings of a user at a vCloud Director."""
    defaults = {"url": BASE, "username": "ops", "password": PASSWORD, "org": "acme", "session_cache": False}
    return load(**(defaults | arguments))


def vcd_session(transport: FakeTransport, **arguments: Any) -> Session:
    """A session at a vCloud Director with a fake clock; nothing is sent yet."""
    keywords = {name: arguments.pop(name) for name in ("observers", "task_observers", "cache") if name in arguments}
    settings = settings_of(**arguments)
    return Session(settings, transport, VcdAuth(settings), clock=FakeClock(), **keywords)


def broke(executed: bool = True, kind: type[TransportError] | None = None) -> TransportError:
    """A connection that broke."""
    from vcloudair_core.errors import ConnectionFailedError

    return (kind or ConnectionFailedError)("The connection broke.", may_have_executed=executed)
