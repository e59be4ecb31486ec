"""Tests of API tokens in files. A new token is saved before any other request."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.unit.session.auth.test_vcd import JWT, METHODS, cloudapi_session
from tests.unit.session.mocked_http import BASE, MockedTransport, load, reply, versions
from vcloudair_core.errors import AuthenticationError, ConfigurationError, LockTimeoutError
from vcloudair_core.session.auth import api_token_file
from vcloudair_core.session.auth.base import select_auth
from vcloudair_core.session.cache.token_cache import open_cache
from vcloudair_core.session.session import Session
from vcloudair_core.transport.messages import Exchange, Request, Response
from vcloudair_core.util.clock import FakeClock
from vcloudair_core.util.file_locks import file_lock

TOKEN_PATH = "POST /oauth/tenant/acme/token"


class TokenService:
    """A server that replaces the token with each exchange and rejects other tokens."""

    def __init__(self, token: str = "token-0000") -> None:
        self.token = token
        self.exchanges = 0
        self._lock = threading.Lock()
        self.transport = MockedTransport(
            {
                "GET /api/versions": reply(200, versions("38.1")),
                TOKEN_PATH: self._answer,
                "GET /cloudapi/1.0.0/sessions/current": reply(200, cloudapi_session()),
                "GET /api/x": reply(200, "<x/>"),
                "DELETE /cloudapi/1.0.0/sessions/current": reply(204),
            }
        )

    def _answer(self, request: Request) -> Response:
        sent = parse_qs(request.body.decode())["refresh_token"][0]
        with self._lock:
            if sent != self.token:
                return reply(400, json.dumps({"error": "invalid_grant"}))
            self.exchanges += 1
            self.token = f"token-{self.exchanges:04}"
            return reply(200, json.dumps({"access_token": JWT, "expires_in": 3600, "refresh_token": self.token}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets" / "token.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"refresh_token": "token-0000", "note": "mine", "access_token": "old", "expires_in": 1}))
    path.chmod(0o600)
    return path


def session_of(service: TokenService, tmp_path: Path, **arguments: Any) -> Session:
    observers = arguments.pop("observers", ())
    known = {"url": BASE, "org": "acme", "session_cache": False, "state_dir": str(tmp_path / "state")} | arguments
    settings = load(**known)
    return Session(
        settings, service.transport, select_auth(settings, METHODS), clock=FakeClock(), observers=observers,
        cache=open_cache(settings),
    )  # fmt: skip


def token_in(path: Path) -> str:
    return str(json.loads(path.read_text())["refresh_token"])


def test_a_rotated_token_is_written_before_the_next_request(file: Path, tmp_path: Path) -> None:
    service = TokenService()
    seen: list[str] = []

    def current(request: Request) -> Response:
        seen.append(token_in(file))
        return reply(200, cloudapi_session())

    service.transport.register({"GET /cloudapi/1.0.0/sessions/current": current})
    session = session_of(service, tmp_path, api_token_file=str(file))
    session.login()
    session.login()
    assert seen == ["token-0001", "token-0002"]
    content = json.loads(file.read_text())
    assert set(content) == {"refresh_token", "token_type", "updated_by", "updated_on", "note"}
    assert (content["token_type"], content["note"]) == ("Service Account", "mine")
    assert content["updated_by"].startswith("vcloudair-core/")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(path.name for path in file.parent.iterdir() if path.suffix != ".lock") == ["token.json"]


def test_a_file_of_the_terraform_provider_is_read(file: Path, tmp_path: Path) -> None:
    file.write_text(
        '{\n  "token_type": "Service Account",\n  "refresh_token": "token-0000",\n  "updated_by": '
        '"terraform-provider-vcd/v3.10.0 (linux/amd64; isProvider:true)",\n'
        '  "updated_on": "2023-04-18T14:33:07+02:00"\n }'
    )
    session_of(TokenService(), tmp_path, api_token_file=str(file)).login()
    assert token_in(file) == "token-0001"


def test_a_token_that_is_not_rotated_leaves_the_file_unchanged(file: Path, tmp_path: Path) -> None:
    service = TokenService()
    service.transport.register({TOKEN_PATH: reply(200, json.dumps({"access_token": JWT, "refresh_token": None}))})
    before = file.read_bytes(), file.stat().st_ino
    session_of(service, tmp_path, api_token_file=str(file)).login()
    assert (file.read_bytes(), file.stat().st_ino) == before


def test_concurrent_sign_ins_never_lose_the_newest_token(file: Path, tmp_path: Path) -> None:
    service = TokenService()
    failures: list[Exception] = []

    def sign_in() -> None:
        try:
            for _ in range(5):
                session_of(service, tmp_path, api_token_file=str(file)).login()
        except Exception as exc:  # noqa: BLE001 - the test shows it
            failures.append(exc)

    threads = [threading.Thread(target=sign_in) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    assert service.exchanges == 30
    assert token_in(file) == service.token


def test_the_target_of_a_symbolic_link_is_replaced(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(file)
    session_of(TokenService(), tmp_path, api_token_file=str(link)).login()
    assert link.is_symlink()
    assert token_in(file) == "token-0001"


def test_the_session_cache_saves_exchanges_and_is_unlocked_by_the_newest_token(file: Path, tmp_path: Path) -> None:
    service = TokenService()
    arguments = {"api_token_file": str(file), "session_cache": True, "cache_dir": str(tmp_path / "cache")}
    for _ in range(3):
        session_of(service, tmp_path, **arguments).call("GET", "/api/x")
    assert service.exchanges == 1


def test_a_read_only_folder_is_an_error_before_the_token_is_sent(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TokenService()
    file.write_text(json.dumps({"refresh_token": "token-0000", "token_type": "Service Account"}))
    _refuse_below(file.parent, monkeypatch)
    with pytest.raises(ConfigurationError, match=r"cannot be replaced: Read-only file system\. Nothing was sent"):
        session_of(service, tmp_path, api_token_file=str(file)).login()
    assert service.exchanges == 0


def test_a_user_token_can_be_in_a_read_only_folder(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = TokenService()
    service.transport.register({TOKEN_PATH: reply(200, json.dumps({"access_token": JWT, "refresh_token": None}))})
    _refuse_below(file.parent, monkeypatch)
    session_of(service, tmp_path, api_token_file=str(file)).login()


def test_a_token_that_cannot_be_written_back_is_saved_in_the_state_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TokenService()
    _refuse_below(file.parent, monkeypatch)
    with pytest.raises(ConfigurationError) as caught:
        session_of(service, tmp_path, api_token_file=str(file)).login()
    [kept] = (tmp_path / "state" / "tokens").glob("*.json")
    assert token_in(kept) == "token-0001"
    assert str(kept) in caught.value.message
    assert "token-0001" not in str(caught.value)
    assert "note" in json.loads(kept.read_text())
    with pytest.raises(AuthenticationError, match=str(kept)):
        session_of(service, tmp_path, api_token_file=str(file)).login()


def test_a_rotated_inline_token_is_an_error_that_names_the_new_file(tmp_path: Path) -> None:
    service = TokenService()
    with pytest.raises(ConfigurationError, match="api_token is no longer valid") as caught:
        session_of(service, tmp_path, api_token="token-0000").login()
    [kept] = (tmp_path / "state" / "tokens").glob("*.json")
    assert str(kept) in str(caught.value)
    assert "token-000" not in str(caught.value)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with pytest.raises(AuthenticationError, match="was replaced at an earlier sign-in") as later:
        session_of(service, tmp_path, api_token="token-0000").login()
    assert str(kept) in later.value.hint
    session_of(service, tmp_path, api_token_file=str(kept)).login()
    assert token_in(kept) == "token-0002"


@pytest.mark.parametrize("content", ["", "token-0000", "[]", "{}", '{"refresh_token": ""}', '{"refresh_token": 5}'])
def test_a_file_without_a_token_is_an_error(content: str, file: Path, tmp_path: Path) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match="does not contain an API token") as caught:
        session_of(TokenService(), tmp_path, api_token_file=str(file)).login()
    assert "token-0000" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        session_of(TokenService(), tmp_path, api_token_file=str(tmp_path / "none.json")).login()


def test_a_file_that_others_can_read_is_refused_before_the_token_is_used(file: Path, tmp_path: Path) -> None:
    file.chmod(0o644)
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="Other users can read the API token"):
        session_of(TokenService(), tmp_path, api_token_file=str(file)).login()
    assert file.read_bytes() == before


def test_a_new_token_is_written_privately(file: Path, tmp_path: Path) -> None:
    session_of(TokenService(), tmp_path, api_token_file=str(file)).login()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_waiting_for_a_locked_file_times_out(file: Path, tmp_path: Path) -> None:
    service, met = TokenService(), []

    def attempt() -> None:
        with pytest.raises(LockTimeoutError, match="Nothing was sent"):
            session_of(service, tmp_path, api_token_file=str(file), lock_timeout=0.01).login()
        met.append(True)

    with file_lock(file.with_name("token.json.lock")).acquire(timeout=1):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join(60)
    assert met and service.exchanges == 0


def test_no_token_is_logged_or_observed(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VCA_TRACE", "1")
    caplog.set_level(logging.DEBUG)
    seen: list[Exchange] = []
    session_of(TokenService(), tmp_path, api_token_file=str(file), observers=[seen.append]).login()
    log = caplog.text + "".join(f"{exchange.request} {exchange.response}" for exchange in seen)
    assert "token-000" not in log and JWT not in log


def test_two_token_settings_are_an_error(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="api_token, api_token_file"):
        session_of(TokenService(), tmp_path, api_token_file=str(file), api_token="token-0000")


def test_a_token_of_a_killed_process_is_recovered(file: Path, tmp_path: Path) -> None:
    service = TokenService("token-9999")
    program = f"""
import os
from pathlib import Path
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.redaction import Secret
from vcloudair_core.session.auth.api_token_file import TokenFile
Path.replace = lambda *_: os.kill(os.getpid(), 9)
with TokenFile({str(file)!r}, Settings.load({{"state_dir": {str(tmp_path / "state")!r}}})).held() as held:
    held.replace(Secret("token-9999"))
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == -9
    assert token_in(file) == "token-0000"
    session_of(service, tmp_path, api_token_file=str(file)).login()
    assert token_in(file) == "token-0001"
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"] == []


def test_a_process_killed_before_the_response_leaves_the_file_intact(file: Path) -> None:
    program = f"""
import os
from vcloudair_core.settings.settings import Settings
from vcloudair_core.session.auth.api_token_file import TokenFile
with TokenFile({str(file)!r}, Settings.load({{"state_dir": {str(file.parent / "state")!r}}})).held():
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == -9
    assert token_in(file) == "token-0000"
    with api_token_file.TokenFile(file, load(state_dir=str(file.parent / "state"), lock_timeout=5)).held() as held:
        assert held.secret.reveal() == "token-0000"
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"] == []


def _refuse_below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prevent the creation of files in a folder, even for root."""
    real = os.open

    def refused(path: Any, flags: int, *arguments: Any, **more: Any) -> int:
        if flags & os.O_CREAT and Path(path).parent == folder:
            raise OSError(30, os.strerror(30), str(path))
        return real(path, flags, *arguments, **more)

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder)
