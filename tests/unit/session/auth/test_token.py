"""Tests of the sign-in with a token from the user."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.session.auth.test_vcd import JWT
from tests.unit.session.mocked_http import (
    BASE,
    TOKEN,
    MockedTransport,
    load,
    reply,
    session_xml,
    vcd_answers,
)
from vcloudair_core.errors import (
    AuthenticationError,
    ConfigurationError,
)
from vcloudair_core.session.auth.token import TokenAuth
from vcloudair_core.session.session import Session
from vcloudair_core.util.clock import FakeClock


def token_session(transport: MockedTransport, **arguments: Any) -> Session:
    settings = load(**({"url": BASE, "token": TOKEN} | arguments))
    return Session(settings, transport, TokenAuth(settings), clock=FakeClock())


def test_a_token_is_checked_and_used() -> None:
    answers = vcd_answers({"GET /api/session": reply(200, session_xml()), "GET /api/x": reply(200, "<x/>")})
    transport = MockedTransport(answers)
    session = token_session(transport)
    session.call("GET", "/api/x")
    assert transport.sent() == ["GET /api/versions", "GET /api/session", "GET /api/x"]
    assert transport.requests[-1].headers["x-vcloud-authorization"] == TOKEN
    assert session.identity.user == "ops"


@pytest.mark.parametrize("given", [JWT, f"Bearer {JWT}", f" {JWT}\n"])
def test_a_jwt_is_sent_as_a_bearer_token(given: str) -> None:
    transport = MockedTransport(vcd_answers({"GET /api/session": reply(200, session_xml())}))
    token_session(transport, token=given).login()
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert "x-vcloud-authorization" not in transport.requests[-1].headers


def test_a_token_of_another_org_is_refused() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/session": reply(200, session_xml("other"))}))
    with pytest.raises(ConfigurationError, match="'other'"):
        token_session(transport, org="acme").call("GET", "/api/x")
    assert transport.sent("/api/x") == []


def test_an_expired_token_is_an_error_that_does_not_show_it() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/session": reply(401)}))
    with pytest.raises(AuthenticationError, match="VCA_TOKEN") as caught:
        token_session(transport).login()
    assert TOKEN not in str(caught.value)


def test_a_token_that_expires_later_is_not_renewed() -> None:
    answers = vcd_answers({"GET /api/session": reply(200, session_xml()), "GET /api/x": reply(401)})
    transport = MockedTransport(answers)
    with pytest.raises(AuthenticationError):
        token_session(transport).call("GET", "/api/x")
    assert transport.sent("/api/x") == ["GET /api/x"]


def test_close_does_not_log_out_a_token_from_the_user() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/session": reply(200, session_xml())}))
    session = token_session(transport)
    session.login()
    session.close()
    assert transport.sent("DELETE") == []
    assert "DELETE /api/session" not in transport.sent()


def test_versions_of_vcloud_air_are_not_requested() -> None:
    transport = MockedTransport({"GET /api/session": reply(200, session_xml())})
    identity = token_session(transport, service_type="vchs").login()
    assert (identity.flavor, identity.api_version) == ("vchs", "5.6")
    assert transport.sent() == ["GET /api/session"]
