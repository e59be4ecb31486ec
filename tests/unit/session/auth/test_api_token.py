"""Tests of the sign-in with an API token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.session.auth.test_vcd import JWT, cloudapi_session
from tests.unit.session.mocked_http import (
    BASE,
    MockedTransport,
    load,
    reply,
    versions,
)
from vcloudair_core.errors import (
    AuthenticationError,
)
from vcloudair_core.session.auth.api_token import ApiTokenAuth
from vcloudair_core.session.session import Session
from vcloudair_core.util.clock import FakeClock


def api_token_session(transport: MockedTransport, **arguments: Any) -> Session:
    settings = load(**({"url": BASE, "api_token": "long-lived-api-token", "org": "acme"} | arguments))
    clock = FakeClock()
    return Session(settings, transport, ApiTokenAuth(settings, clock=clock), clock=clock)


API_TOKEN_ANSWERS = {
    "GET /api/versions": reply(200, versions("38.1")),
    "POST /oauth/tenant/acme/token": reply(
        200, json.dumps({"access_token": JWT, "token_type": "Bearer", "expires_in": 3600, "refresh_token": None})
    ),
    "GET /cloudapi/1.0.0/sessions/current": reply(200, cloudapi_session()),
    "GET /api/x": reply(200, "<x/>"),
}


def test_an_api_token_is_exchanged_for_a_session() -> None:
    transport = MockedTransport(API_TOKEN_ANSWERS)
    session = api_token_session(transport)
    session.call("GET", "/api/x")
    exchange = transport.requests[1]
    assert exchange.body == b"grant_type=refresh_token&refresh_token=long-lived-api-token"
    assert "Authorization" not in exchange.headers
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert session.identity.user == "ops"


def test_a_revoked_api_token_is_named_as_revoked() -> None:
    answers = API_TOKEN_ANSWERS | {
        "POST /oauth/tenant/acme/token": reply(400, json.dumps({"error": "invalid_grant", "error_description": "bad"}))
    }
    with pytest.raises(AuthenticationError, match="VCA_API_TOKEN") as caught:
        api_token_session(MockedTransport(answers)).login()
    assert "long-lived" not in str(caught.value)


def test_an_old_server_has_no_api_tokens() -> None:
    answers = {"GET /api/versions": reply(200, versions("35.0")), "POST /oauth/tenant/acme/token": reply(404)}
    with pytest.raises(AuthenticationError, match=r"need API version 36\.1"):
        api_token_session(MockedTransport(answers)).login()
