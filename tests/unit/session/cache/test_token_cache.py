"""Tests of the token cache: shared logins, expiry, and files without secrets."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.unit.session.mocked_http import (
    BASE,
    PASSWORD,
    TOKEN,
    MockedTransport,
    load,
    reply,
    session_xml,
    settings_of,
    vcd_answers,
)
from vcloudair_core.errors import ServerError
from vcloudair_core.session.auth.base import Credentials, LogoutRequest
from vcloudair_core.session.auth.vcd import VcdAuth
from vcloudair_core.session.cache.token_cache import TOUCH_EVERY_S, TokenCache, cache_key, open_cache
from vcloudair_core.session.identity import Identity
from vcloudair_core.session.session import Session
from vcloudair_core.settings.settings import Settings
from vcloudair_core.util.clock import FakeClock
from vcloudair_core.util.redaction import Secret

CREDENTIALS = Credentials(
    Identity("vcd", BASE, "36.3", org_name="acme", roles=("a", "b")),
    {"x-vcloud-authorization": Secret(TOKEN)},
    org_names=("acme",),
    logout_requests=(LogoutRequest(f"{BASE}/api/session", {"Accept": "x", "x-vcloud-authorization": Secret(TOKEN)}),),
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "sessions"


def cache_in(folder: Path, clock: FakeClock, secret: str = PASSWORD, key: str = "k" * 64) -> TokenCache:
    return TokenCache(folder, key, Secret(secret), clock=clock)


def file_in(folder: Path) -> Path:
    return next(folder.glob("*.token"))


def test_stored_credentials_are_loaded_unchanged(folder: Path, clock: FakeClock) -> None:
    cache_in(folder, clock).store(CREDENTIALS)
    assert cache_in(folder, clock).load() == CREDENTIALS


def test_an_empty_cache_loads_nothing(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    assert cache.load() is None
    cache.drop()
    cache.touch()
    assert not folder.exists()


def test_folder_and_file_are_private_and_hold_no_secret(folder: Path, clock: FakeClock) -> None:
    previous = os.umask(0)
    try:
        cache_in(folder, clock).store(CREDENTIALS)
    finally:
        os.umask(previous)
    file = file_in(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text()
    for secret in (TOKEN, PASSWORD, "acme", "vcd.example.test"):
        assert secret not in content + file.name
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_a_different_password_loads_nothing(folder: Path, clock: FakeClock) -> None:
    cache_in(folder, clock).store(CREDENTIALS)
    assert cache_in(folder, clock, secret="another").load() is None


def test_each_file_has_its_own_salt(folder: Path, clock: FakeClock) -> None:
    salts = set()
    for _ in range(3):
        cache_in(folder, clock).store(CREDENTIALS)
        salts.add(json.loads(file_in(folder).read_text())["salt"])
    assert len(salts) == 3


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff" * 100, b'{"format": 1, "salt": "!", "data": ""}', b"x" * 10**6]
)
def test_a_damaged_file_is_ignored(folder: Path, clock: FakeClock, content: bytes) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    file_in(folder).write_bytes(content)
    assert cache.load() is None
    cache.store(CREDENTIALS)
    assert cache.load() == CREDENTIALS


def test_a_changed_byte_is_detected(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    document = json.loads(file_in(folder).read_text())
    data = document["data"]
    document["data"] = data[:50] + ("A" if data[50] != "A" else "B") + data[51:]
    file_in(folder).write_text(json.dumps(document))
    assert cache.load() is None


# -- time ----------------------------------------------------------------------------------------------------------


def test_an_idle_token_expires_and_use_keeps_it_alive(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    clock.advance(24 * 60)
    cache.touch()
    clock.advance(24 * 60)
    assert cache.load() is not None
    clock.advance(2 * 60)
    assert cache.load() is None


def test_an_expiry_time_is_final(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    cache.store(dataclasses.replace(CREDENTIALS, expires_at=clock.wall() + 100, idle_s=None))
    clock.advance(99)
    assert cache.load() is not None
    clock.advance(2)
    assert cache.load() is None


def test_a_file_from_the_future_is_not_trusted(folder: Path, clock: FakeClock) -> None:
    cache_in(folder, clock).store(CREDENTIALS)
    clock.advance(-3600)
    assert cache_in(folder, clock).load() is None


def test_touch_writes_at_most_once_a_minute(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    before = file_in(folder).stat().st_mtime
    clock.advance(TOUCH_EVERY_S - 1)
    cache.touch()
    assert file_in(folder).stat().st_mtime == before
    clock.advance(2)
    cache.touch()
    assert file_in(folder).stat().st_mtime == clock.wall()


# -- other processes and users -------------------------------------------------------------------------------------


def test_a_link_in_place_of_the_file_is_neither_read_nor_written_through(
    folder: Path, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    file = file_in(folder)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    content = elsewhere.read_bytes()
    assert cache.load() is None
    assert "session cache" in caplog.text
    cache.store(CREDENTIALS)
    assert elsewhere.read_bytes() == content
    assert not file.is_symlink()


def test_a_link_in_place_of_the_folder_is_not_used(folder: Path, clock: FakeClock, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    folder.parent.mkdir()
    folder.symlink_to(target)
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    assert list(target.iterdir()) == []
    assert cache.load() is None


def test_a_file_that_other_users_can_read_is_not_used(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    file_in(folder).chmod(0o644)
    assert cache.load() is None


def test_a_public_folder_is_made_private_before_use(folder: Path, clock: FakeClock) -> None:
    folder.mkdir(parents=True, mode=0o777)
    folder.chmod(0o777)
    cache = cache_in(folder, clock)
    assert cache.load() is None
    cache.store(CREDENTIALS)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cache.load() == CREDENTIALS


def test_a_folder_of_another_user_is_not_used(folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cache_in(folder, clock)
    cache.store(CREDENTIALS)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert cache.load() is None
    cache.store(dataclasses.replace(CREDENTIALS, org_names=("other",)))
    monkeypatch.undo()
    assert cache.load() == CREDENTIALS


def test_a_folder_that_cannot_be_created_disables_the_cache(tmp_path: Path, clock: FakeClock) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    cache = cache_in(blocker / "sessions", clock)
    cache.store(CREDENTIALS)
    assert cache.load() is None
    with cache.exclusively():
        pass


def test_drop_keeps_credentials_renewed_by_another_process(folder: Path, clock: FakeClock) -> None:
    cache = cache_in(folder, clock)
    newer = dataclasses.replace(CREDENTIALS, headers={"x-vcloud-authorization": Secret("newer-token")})
    cache.store(newer)
    cache.drop(CREDENTIALS)
    assert cache.load() == newer
    cache.drop(newer)
    assert cache.load() is None


# -- in a session --------------------------------------------------------------------------------------------------


def session_over(transport: MockedTransport, folder: Path, clock: FakeClock, **arguments: Any) -> Session:
    settings = settings_of(session_cache=True, cache_dir=str(folder), **arguments)
    cache = open_cache(settings)
    assert cache is not None
    cache._clock = clock
    return Session(settings, transport, VcdAuth(settings), cache=cache, clock=clock)


def test_a_second_session_sends_only_its_call(folder: Path, clock: FakeClock) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200, "<x/>")}))
    first = session_over(transport, folder, clock)
    first.call("GET", "/api/x")
    first.close()
    transport.forget()
    second = session_over(transport, folder, clock)
    second.call("GET", "/api/x")
    assert transport.sent() == ["GET /api/x"]
    assert transport.requests[0].headers["Accept"] == "application/*+xml;version=9.0"
    assert second.identity == first.identity


def test_a_cached_token_that_is_refused_is_replaced(folder: Path, clock: FakeClock) -> None:
    answers = vcd_answers({"GET /api/x": lambda request: reply(200 if "new" in str(request.headers.pairs()) else 401)})
    transport = MockedTransport(answers)
    session_over(transport, folder, clock).login()
    transport.register({"POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization="new-token-1234")})
    session_over(transport, folder, clock).call("GET", "/api/x")
    transport.forget()
    session_over(transport, folder, clock).call("GET", "/api/x")
    assert transport.sent() == ["GET /api/x"]


def test_logout_removes_and_ends_a_cached_session(folder: Path, clock: FakeClock) -> None:
    transport = MockedTransport(vcd_answers())
    session_over(transport, folder, clock).login()
    transport.forget()
    session_over(transport, folder, clock).logout()
    assert transport.sent() == ["DELETE /api/session"]
    assert transport.requests[0].headers["x-vcloud-authorization"] == TOKEN
    assert list(folder.glob("*.token")) == []


def test_credentials_of_an_unexpected_org_are_not_stored(folder: Path, clock: FakeClock) -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(200, session_xml("other"), x_vcloud_authorization=TOKEN)}
    with pytest.raises(Exception, match="'other'"):
        session_over(MockedTransport(answers), folder, clock).login()
    assert list(folder.glob("*.token")) == []


def test_many_sessions_at_once_sign_in_once(folder: Path, clock: FakeClock) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200, "<x/>")}))
    start = threading.Barrier(4)

    def work() -> None:
        session = session_over(transport, folder, clock)
        start.wait()
        session.call("GET", "/api/x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert transport.sent("/api/sessions") == ["POST /api/sessions"]


# -- file names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"url": "https://other.example.test"}, {"username": "x"}, {"org": "x"}, {"instance": "x"}, {"service_type": "vca"},
     {"vdc": "x"}, {"api_version": "5.6"}],
)  # fmt: skip
def test_each_url_user_and_org_has_its_own_file(change: dict[str, str]) -> None:
    assert cache_key(settings_of(**change)) != cache_key(settings_of())


def test_the_password_is_not_in_the_name() -> None:
    assert cache_key(settings_of(password="another")) == cache_key(settings_of())


@pytest.mark.parametrize(
    "settings",
    [
        settings_of(),
        load(url=BASE, token=TOKEN),
        load(url=BASE, username="ops"),
        load(session_cache=False, password="x"),
    ],
)
def test_no_cache_when_disabled_or_without_a_password(settings: Settings) -> None:
    assert open_cache(settings) is None


def test_the_default_folder_is_in_the_user_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = open_cache(load(url=BASE, password="x"))
    assert cache is not None
    assert str(tmp_path) in str(cache._folder)
    assert os.path.basename(cache._folder) == "sessions"  # noqa: PTH119


def test_close_logs_out_of_a_session_that_could_not_be_stored(tmp_path: Path, clock: FakeClock) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    transport = MockedTransport(vcd_answers())
    session = session_over(transport, blocker / "sessions", clock)
    session.login()
    session.close()
    assert transport.sent()[-1] == "DELETE /api/session"


def test_a_cached_session_outlives_close(folder: Path, clock: FakeClock) -> None:
    transport = MockedTransport(vcd_answers())
    session = session_over(transport, folder, clock)
    session.login()
    session.close()
    assert "DELETE /api/session" not in transport.sent()


def test_a_stale_token_that_cannot_be_removed_is_not_reused(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = vcd_answers({"GET /api/x": lambda request: reply(200 if "new" in str(request.headers.pairs()) else 401)})
    transport = MockedTransport(answers)
    session_over(transport, folder, clock).login()
    monkeypatch.setattr(TokenCache, "drop", lambda self, credentials=None: None)
    transport.register({"POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization="new-token-1234")})
    assert session_over(transport, folder, clock).call("GET", "/api/x").status == 200


@pytest.mark.parametrize("password", ["pass\udce4word", "pass\ud800word", "p\u00e4ssw\u00f6rd \U0001f511"])
def test_passwords_of_any_characters_work(folder: Path, clock: FakeClock, password: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(500, f"no {password!r}")}))
    session = session_over(transport, folder, clock, password=password, retries=0)
    with pytest.raises(ServerError):
        session.call("GET", "/api/x")
    transport.forget()
    session_over(transport, folder, clock, password=password).login()
