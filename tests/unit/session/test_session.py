"""Tests of sessions: sign-in, renewal, trusted origins, and logout."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any, cast

import pytest

from tests.unit.session.mocked_http import (
    BASE,
    PASSWORD,
    TOKEN,
    MockedTransport,
    broke,
    error_xml,
    reply,
    session_xml,
    vcd_answers,
    vcd_session,
)
from vcloudair_core.errors import (
    AuthenticationError,
    BusyError,
    ConfigurationError,
    ConnectionFailedError,
    PermissionDeniedError,
    ServerError,
)
from vcloudair_core.transport.messages import Exchange, Request, Response
from vcloudair_core.util.clock import FakeClock


def fresh_tokens() -> Any:
    """Return login responses with the tokens t-000001, t-000002 and so on."""
    count = iter(range(1, 100))
    return lambda request: reply(200, session_xml(), x_vcloud_authorization=f"token-{next(count):06}")


def accepts_only(token: str, status: int = 401, body: bytes = b"") -> Any:
    def answer(request: Request) -> Response:
        return reply(200, "<ok/>") if request.headers.get("x-vcloud-authorization") == token else reply(status, body)

    return answer


def test_nothing_is_sent_before_the_first_call_and_one_login_serves_all() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/org": reply(200, "<OrgList/>")}))
    session = vcd_session(transport)
    assert transport.requests == []
    session.call("GET", "/api/org")
    session.call("GET", "/api/org")
    assert transport.sent() == ["GET /api/versions", "POST /api/sessions", "GET /api/org", "GET /api/org"]
    assert session.calls == 4


def test_identity_comes_from_the_session_response() -> None:
    identity = vcd_session(MockedTransport(vcd_answers())).identity
    assert (identity.user, identity.org_name, identity.org_id) == ("ops", "acme", "aaaa-org")
    assert identity.roles == ("Organization Administrator",)
    assert (identity.api_version, identity.base_url, identity.flavor) == ("9.0", BASE, "vcd")


def test_calls_carry_token_version_and_body() -> None:
    transport = MockedTransport(vcd_answers({"PUT /api/x": reply(204)}))
    session = vcd_session(transport)
    session.call("PUT", "api/x", content_type="text/xml", body=b"<a/>", headers={"X-Vcloud-Authorization": "forged"})
    request = transport.requests[-1]
    assert request.url == f"{BASE}/api/x"
    assert request.headers.get_all("x-vcloud-authorization") == [TOKEN]
    assert request.headers["Accept"] == "application/*+xml;version=9.0"
    assert (request.headers["Content-Type"], request.body) == ("text/xml", b"<a/>")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([("filter", "(name==a b;vdc==https://h/x)")], "filter=%28name%3D%3Da%20b%3Bvdc%3D%3Dhttps%3A%2F%2Fh%2Fx%29"),
        ("type=vm&filter=(name==x)", "type=vm&filter=(name==x)"),
        ((), ""),
    ],
)
def test_query_strings_are_encoded(query: Any, expected: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/query": reply(200, "<x/>")}))
    vcd_session(transport).call("GET", "/api/query", query=query)
    assert transport.requests[-1].url.partition("?")[2] == expected


def test_a_path_in_the_base_url_is_kept() -> None:
    base = f"{BASE}/api/compute"
    answers = {
        "GET /api/compute/api/versions": vcd_answers()["GET /api/versions"],
        "POST /api/compute/api/sessions": reply(200, session_xml(base=base), x_vcloud_authorization=TOKEN),
    }
    session = vcd_session(MockedTransport(answers), url=f"{base}/")
    assert session.url("/api/org") == f"{base}/api/org"
    assert session.url("/api/compute/api/task/1") == f"{base}/api/task/1"
    assert session.url(f"{base}/api/task/1") == f"{base}/api/task/1"


# -- 401 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_session_is_renewed_once_and_the_call_repeated(method: str, status: int) -> None:
    answers = vcd_answers() | {
        "POST /api/sessions": fresh_tokens(),
        f"{method} /api/x": accepts_only("token-000002", status),
    }
    transport = MockedTransport(answers)
    assert vcd_session(transport).call(method, "/api/x", body=b"<a/>" if method != "GET" else b"").body == b"<ok/>"
    assert transport.sent("/api/x") == [f"{method} /api/x"] * 2
    assert transport.sent("/api/sessions") == ["POST /api/sessions"] * 2


def test_a_second_401_after_renewal_is_an_authentication_error() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(401)}))
    with pytest.raises(AuthenticationError):
        vcd_session(transport).call("GET", "/api/x")
    assert transport.sent("/api/x") == ["GET /api/x"] * 2


def test_a_403_with_an_error_body_is_a_permission_error() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(403, error_xml("No access", "ACCESS", 403))}))
    with pytest.raises(PermissionDeniedError, match="No access"):
        vcd_session(transport).call("GET", "/api/x")
    assert transport.sent("/api/x") == ["GET /api/x"]


def test_a_token_header_of_a_later_response_is_ignored() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200, "<x/>", X_VCLOUD_AUTHORIZATION="another-token")}))
    session = vcd_session(transport)
    session.call("GET", "/api/x")
    session.call("GET", "/api/x")
    assert transport.requests[-1].headers["x-vcloud-authorization"] == TOKEN


def test_many_threads_sign_in_once() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200, "<x/>")}))
    session = vcd_session(transport)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        session.call("GET", "/api/x")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(transport.sent("/api/sessions")) == 1
    assert len(transport.sent("/api/x")) == 8


# -- the wrong org, the wrong password -----------------------------------------------------------------------------


def test_an_unexpected_org_is_an_error_before_the_call_is_sent() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(200, session_xml("other"), x_vcloud_authorization=TOKEN)}
    transport = MockedTransport(answers)
    session = vcd_session(transport)
    with pytest.raises(ConfigurationError, match="org 'other', but the setting org is 'acme'"):
        session.call("DELETE", "/api/x")
    assert transport.sent() == ["GET /api/versions", "POST /api/sessions"]


def test_org_names_compare_without_case() -> None:
    assert vcd_session(MockedTransport(vcd_answers()), org="ACME").login().org_name == "acme"


def test_a_refused_login_names_user_and_url_but_no_secret() -> None:
    transport = MockedTransport(vcd_answers() | {"POST /api/sessions": reply(401)})
    with pytest.raises(AuthenticationError) as caught:
        vcd_session(transport).login()
    assert "ops@acme" in str(caught.value)
    assert BASE in str(caught.value)
    assert "VCA_PASSWORD" in caught.value.hint
    assert PASSWORD not in str(caught.value) + str(caught.value.as_dict())
    assert transport.sent("/api/sessions") == ["POST /api/sessions"]


# -- trusted origins -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.org/api/task/1",
        "http://vcd.example.test/api/task/1",
        "//evil.example.org/api/task/1",
        "https://user:pass@vcd.example.test/api",
        "https://vcd.example.test.evil.org/x",
        "https://evil.org\\@vcd.example.test/x",
        "file:///etc/passwd",
        "ftp://vcd.example.test/x",
    ],
)
def test_links_to_untrusted_origins_are_not_followed(link: str) -> None:
    transport = MockedTransport(vcd_answers())
    session = vcd_session(transport)
    with pytest.raises(ConnectionFailedError) as caught:
        session.call("GET", link)
    assert caught.value.may_have_executed is False
    assert "pass@" not in str(caught.value)
    assert transport.sent() == ["GET /api/versions", "POST /api/sessions"]


@pytest.mark.parametrize("link", [f"{BASE}:443/api/task/1", "https://other-cell.example.test/api/task/1"])
def test_links_of_the_same_owner_are_followed(link: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/task/1": reply(200, "<Task/>")}))
    assert vcd_session(transport).call("GET", link).status == 200
    assert transport.requests[-1].headers["x-vcloud-authorization"] == TOKEN


def test_an_origin_on_the_allow_list_is_followed() -> None:
    transport = MockedTransport(vcd_answers({"GET /x": reply(200, "<x/>")}))
    session = vcd_session(transport, allowed_origins="https://partner.example.org:8443")
    assert session.call("GET", "https://partner.example.org:8443/x").status == 200
    with pytest.raises(ConnectionFailedError, match="allowed_origins"):
        session.call("GET", "https://partner.example.org/x")


@pytest.mark.parametrize("target", ["https://evil.example.org/x", "http://vcd.example.test/x"])
def test_redirects_to_untrusted_origins_are_refused(target: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(302, Location=target)}))
    with pytest.raises(ConnectionFailedError):
        vcd_session(transport).call("GET", "/api/x")
    assert all(request.origin == f"{BASE}:443" for request in transport.requests)


def test_redirects_to_trusted_origins_are_followed_for_get_only() -> None:
    answers = vcd_answers(
        {
            "GET /api/x": reply(301, Location="/api/y"),
            "GET /api/y": reply(200, "<y/>"),
            "POST /api/x": reply(302, Location="/api/y"),
        }
    )
    transport = MockedTransport(answers)
    session = vcd_session(transport)
    assert session.call("GET", "/api/x").body == b"<y/>"
    with pytest.raises(Exception, match="302"):
        session.call("POST", "/api/x")
    assert transport.sent("/api/y") == ["GET /api/y"]


def test_redirect_loops_end() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(302, Location="/api/x")}))
    with pytest.raises(Exception, match="Too many redirects"):
        vcd_session(transport).call("GET", "/api/x")
    assert len(transport.sent("/api/x")) == 6


# -- retries -------------------------------------------------------------------------------------------------------


def test_a_post_is_not_sent_again_after_a_reset() -> None:
    transport = MockedTransport(vcd_answers({"POST /api/x": [broke(), reply(200)]}))
    with pytest.raises(ConnectionFailedError) as caught:
        vcd_session(transport).call("POST", "/api/x")
    assert caught.value.may_have_executed
    assert transport.sent("/api/x") == ["POST /api/x"]


def test_a_get_is_sent_again_after_a_reset() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": [broke(), reply(502), reply(200, "<x/>")]}))
    assert vcd_session(transport).call("GET", "/api/x").status == 200
    assert len(transport.sent("/api/x")) == 3


def test_a_busy_entity_is_retried_for_every_method() -> None:
    busy = reply(400, error_xml("The entity  is busy completing an operation.", "BUSY_ENTITY"))
    transport = MockedTransport(vcd_answers({"POST /api/x": [busy, busy, reply(202)]}))
    session = vcd_session(transport)
    assert session.call("POST", "/api/x").status == 202
    assert isinstance(session.clock, FakeClock)
    assert len(session.clock.slept) == 2


def test_an_entity_that_stays_busy_is_a_busy_error_within_the_limit() -> None:
    busy = reply(400, error_xml("The entity x is busy completing an operation.", "BUSY_ENTITY"))
    session = vcd_session(MockedTransport(vcd_answers({"POST /api/x": busy})), max_retry_wait=30)
    with pytest.raises(BusyError, match="busy"):
        session.call("POST", "/api/x")
    assert isinstance(session.clock, FakeClock)
    assert 20 < sum(session.clock.slept) <= 30


def test_a_500_is_retried_for_reads_only() -> None:
    answers = vcd_answers({"GET /api/x": [reply(500), reply(200)], "PUT /api/x": [reply(500), reply(200)]})
    transport = MockedTransport(answers)
    session = vcd_session(transport)
    assert session.call("GET", "/api/x").status == 200
    with pytest.raises(ServerError):
        session.call("PUT", "/api/x")


# -- logout --------------------------------------------------------------------------------------------------------


def test_logout_ends_the_session_and_the_next_call_signs_in_again() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200)}))
    session = vcd_session(transport)
    session.login()
    session.logout()
    assert transport.sent()[-1] == "DELETE /api/session"
    assert transport.requests[-1].headers["x-vcloud-authorization"] == TOKEN
    session.call("GET", "/api/x")
    assert len(transport.sent("/api/sessions")) == 2


@pytest.mark.parametrize("answer", [reply(403), reply(401), reply(500), broke()])
def test_a_failed_logout_is_not_raised(answer: Any) -> None:
    session = vcd_session(MockedTransport(vcd_answers() | {"DELETE /api/session": answer}))
    session.login()
    session.logout()


def test_logout_without_a_session_sends_nothing() -> None:
    transport = MockedTransport(vcd_answers())
    vcd_session(transport).logout()
    assert transport.requests == []


def test_close_logs_out_of_a_session_that_is_not_cached() -> None:
    transport = MockedTransport(vcd_answers())
    session = vcd_session(transport)
    session.login()
    session.close()
    assert transport.sent()[-1] == "DELETE /api/session"
    assert transport.closed == 1


def test_close_without_a_session_sends_nothing() -> None:
    transport = MockedTransport(vcd_answers())
    vcd_session(transport).close()
    assert (transport.requests, transport.closed) == ([], 1)


# -- observers -----------------------------------------------------------------------------------------------------


def test_observers_see_every_attempt_and_no_secret() -> None:
    seen: list[Exchange] = []
    leaky = reply(500, error_xml(f"bad token {TOKEN} of {PASSWORD}"), Set_Cookie=f"vcloud-token={TOKEN}; Path=/")
    answers = vcd_answers({"GET /api/x": [leaky, reply(200, f"<x token='{TOKEN}'>{PASSWORD}</x>")]})
    session = vcd_session(MockedTransport(answers), observers=[seen.append])
    session.call("GET", "/api/x")
    assert [(entry.request.path, entry.attempt) for entry in seen] == [
        ("/api/versions", 1), ("/api/sessions", 1), ("/api/x", 1), ("/api/x", 2),
    ]  # fmt: skip
    for entry in seen:
        assert entry.response is not None
        shown = f"{entry.request.headers.pairs()}{entry.request.body!r}{entry.response.headers.pairs()}"
        shown += f"{entry.response.body!r}{entry.error}"
        assert TOKEN not in shown
        assert PASSWORD not in shown
    assert isinstance(seen[2].error, ServerError)


def test_a_failing_observer_does_not_fail_the_call(caplog: pytest.LogCaptureFixture) -> None:
    def fail(exchange: Exchange) -> None:
        raise ValueError("observer")

    assert vcd_session(MockedTransport(vcd_answers()), observers=[fail]).login().user == "ops"
    assert "Calling an observer of HTTP exchanges failed" in caplog.text


def test_the_log_holds_one_line_per_exchange_and_no_secret(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VCA_TRACE", "1")
    caplog.set_level("DEBUG")
    vcd_session(MockedTransport(vcd_answers({"POST /api/x": reply(200, f"<x psk='{TOKEN}'/>")}))).call(
        "POST", "/api/x", body=f"<p password='x'>{PASSWORD}</p>".encode()
    )
    lines = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("POST /api/x 200") for line in lines)
    assert TOKEN not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("location", ["http://[", "https://h:port/", "https://[::1"])
def test_a_redirect_to_an_invalid_url_is_a_library_error(location: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(302, Location=location)}))
    with pytest.raises(ConnectionFailedError, match="not a URL"):
        vcd_session(transport).call("GET", "/api/x")


def test_an_invalid_session_link_is_ignored() -> None:
    body = session_xml().replace(f'rel="remove" href="{BASE}/api/session"'.encode(), b'rel="remove" href="http://["')
    transport = MockedTransport(vcd_answers() | {"POST /api/sessions": reply(200, body, x_vcloud_authorization=TOKEN)})
    session = vcd_session(transport)
    session.login()
    session.logout()
    assert transport.sent()[-1] == "DELETE /api/session"


def test_a_refused_password_is_not_sent_again_before_login_is_called() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200)}) | {"POST /api/sessions": reply(401)})
    session = vcd_session(transport)
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            session.call("GET", "/api/x")
    assert transport.sent("/api/sessions") == ["POST /api/sessions"]
    transport.register({"POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=TOKEN)})
    session.login()
    assert session.call("GET", "/api/x").status == 200


def test_a_rejected_sign_in_is_repeated_after_growing_waits() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200)}) | {"POST /api/sessions": reply(401)})
    session = vcd_session(transport)
    sent_at = []
    for minute in range(120):
        before = len(transport.sent("/api/sessions"))
        with pytest.raises(AuthenticationError):
            session.call("GET", "/api/x")
        sent_at += [minute] * (len(transport.sent("/api/sessions")) - before)
        cast(FakeClock, session.clock).advance(60)
    assert sent_at == [0, 1, 4, 13, 40, 70, 100]
    transport.register({"POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=TOKEN)})
    cast(FakeClock, session.clock).advance(1800)
    assert session.call("GET", "/api/x").status == 200


def test_waits_start_over_after_a_successful_sign_in() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/x": reply(200)}) | {"POST /api/sessions": reply(401)})
    session = vcd_session(transport)
    for _ in range(3):
        session.retry_sign_in()
        with pytest.raises(AuthenticationError):
            session.call("GET", "/api/x")
    transport.register({"POST /api/sessions": [reply(200, session_xml(), x_vcloud_authorization=TOKEN), reply(401)]})
    transport.register({"GET /api/x": [reply(200), reply(401)]})
    session.retry_sign_in()
    assert session.call("GET", "/api/x").status == 200
    with pytest.raises(AuthenticationError):
        session.call("GET", "/api/x")
    count = len(transport.sent("/api/sessions"))
    cast(FakeClock, session.clock).advance(60)
    with pytest.raises(AuthenticationError):
        session.call("GET", "/api/x")
    assert len(transport.sent("/api/sessions")) == count + 1


def test_remembered_secrets_are_bounded() -> None:
    count = iter(range(10_000))
    answers = {"GET /api/x": lambda request: reply(200, "", X_Vcloud_Authorization=f"token-{next(count):08}")}
    session = vcd_session(MockedTransport(vcd_answers(answers)))
    for _ in range(200):
        session.call("GET", "/api/x")
    known = session._pipeline.secrets()
    assert len(known) < 80
    assert PASSWORD in [secret.reveal() for secret in known]


class Known:
    """The state that a service keeps in a session."""

    def __init__(self) -> None:
        self.names: list[str] = []


def test_state_of_services_belongs_to_the_session_and_ends_with_it() -> None:
    first, second = vcd_session(MockedTransport(vcd_answers())), vcd_session(MockedTransport(vcd_answers()))
    first.state_of(Known).names.append("web-edge")
    assert first.state_of(Known).names == ["web-edge"]
    assert second.state_of(Known).names == []
    reference = weakref.ref(first.state_of(Known))
    del first
    gc.collect()
    assert reference() is None
