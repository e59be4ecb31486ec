"""Signing in to a vCloud Director: versions, both endpoints, tokens, API tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.session.fakes import (
    BASE,
    PASSWORD,
    TOKEN,
    FakeTransport,
    error_xml,
    load,
    reply,
    session_xml,
    settings_of,
    vcd_answers,
    vcd_session,
    versions,
)
from vcloudair_core.errors import (
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    PluginError,
)
from vcloudair_core.session.auth.api_token import ApiTokenAuth
from vcloudair_core.session.auth.base import PrimedAuth, select_auth
from vcloudair_core.session.auth.plugin import vca_auth_methods
from vcloudair_core.session.auth.token import TokenAuth
from vcloudair_core.session.session import Session
from vcloudair_core.session.versions import OfferedVersion, as_numbers, choose_version
from vcloudair_core.util.clock import FakeClock

METHODS = {record.name: record for record in vca_auth_methods()}
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcHMifQ.c2lnbmF0dXJl"
CLOUDAPI_LOGIN = f"{BASE}/cloudapi/1.0.0/sessions"


def cloudapi_session(org: str = "acme") -> str:
    return json.dumps(
        {
            "id": "urn:vcloud:session:1",
            "user": {"name": "ops", "id": "urn:vcloud:user:77"},
            "org": {"name": org, "id": "urn:vcloud:org:1f"},
            "roles": ["Organization Administrator"],
        }
    )


# -- versions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("1.5", "5.1", "5.5"), "5.5"),
        (("5.9", "5.10", "5.6"), "5.10"),
        (("37.0.0-alpha", "36.3", "36.2"), "36.3"),
        (("38.1", "38.10", "39.0"), "39.0"),
        (("39.1", "40.0", "41.0"), "39.1"),
        (("", "x", "9.0"), "9.0"),
    ],
)
def test_the_highest_version_known_to_work_is_chosen(offered: tuple[str, ...], chosen: str) -> None:
    assert choose_version([OfferedVersion(name) for name in offered], where=BASE).version == chosen


@pytest.mark.parametrize(("offered", "phrase"), [(("1.5",), "1.5"), (("40.0", "40.1"), "40.0, 40.1"), ((), "none")])
def test_no_usable_version_names_both_lists(offered: tuple[str, ...], phrase: str) -> None:
    with pytest.raises(ConfigurationError, match=phrase):
        choose_version([OfferedVersion(name) for name in offered], where=BASE)


@pytest.mark.parametrize("text", ["", "9", "36.3", "5.10"])
def test_versions_are_numbers_between_dots(text: str) -> None:
    if text:
        assert as_numbers(text) == tuple(int(part) for part in text.split("."))
    else:
        with pytest.raises(ValueError, match="not a version"):
            as_numbers(text)


def test_a_pinned_version_that_the_server_offers_is_used() -> None:
    transport = FakeTransport(vcd_answers())
    assert vcd_session(transport, api_version="5.5").identity.api_version == "5.5"
    assert transport.sent() == ["GET /api/versions", "POST /api/sessions"]
    assert transport.requests[1].headers["Accept"] == "application/*+xml;version=5.5"


@pytest.mark.parametrize("pinned", ["5.6", "5.51", "99.9"])
def test_a_pinned_version_that_the_server_does_not_offer_is_refused_with_those_it_offers(pinned: str) -> None:
    transport = FakeTransport(vcd_answers())
    with pytest.raises(
        ConfigurationError, match=rf"does not offer API version {pinned}\. It offers 5\.5, 5\.10, 9\.0"
    ) as met:
        vcd_session(transport, api_version=pinned).login()
    assert "VCA_API_VERSION" in met.value.hint
    assert transport.sent() == ["GET /api/versions"]


def test_a_pinned_version_is_used_untested_where_the_list_cannot_be_had() -> None:
    transport = FakeTransport(vcd_answers({"GET /api/versions": reply(404)}))
    assert vcd_session(transport, api_version="5.6").identity.api_version == "5.6"


def test_a_pinned_version_that_is_none_is_refused_before_anything_is_sent() -> None:
    transport = FakeTransport(vcd_answers())
    with pytest.raises(ConfigurationError, match="api_version"):
        vcd_session(transport, api_version="latest").login()
    assert transport.requests == []


def test_the_list_of_versions_is_asked_for_without_a_version() -> None:
    transport = FakeTransport(vcd_answers())
    vcd_session(transport).login()
    assert "version" not in transport.requests[0].headers["Accept"]
    assert "Authorization" not in transport.requests[0].headers


def test_a_refused_version_tells_what_the_server_speaks() -> None:
    said = "The request has invalid accept header: . Supported API versions are: [36.3, 33.0 [D]] ([D] …)."
    answers = vcd_answers() | {"POST /api/sessions": reply(406, error_xml(said, "NOT_ACCEPTABLE", 406))}
    with pytest.raises(InvalidRequestError) as caught:
        vcd_session(FakeTransport(answers), api_version="5.5").login()
    assert "36.3, 33.0 [D]" in caught.value.hint


def test_a_portal_page_in_place_of_versions_is_said_to_be_one() -> None:
    page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"
    with pytest.raises(DecodeError, match=r"HTML page \(Sign in\)"):
        vcd_session(FakeTransport({"GET /api/versions": reply(200, page)})).login()


# -- the two endpoints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "login_url", "endpoint"),
    [
        ("9.0", f"{BASE}/api/sessions", "/api/sessions"),
        ("32.0", CLOUDAPI_LOGIN, "/api/sessions"),
        ("36.3", f"{BASE}/api/sessions", "/api/sessions"),
        ("36.3", CLOUDAPI_LOGIN, "/cloudapi/1.0.0/sessions"),
        ("38.1", f"{BASE}/api/sessions", "/cloudapi/1.0.0/sessions"),
    ],
)
def test_version_and_login_url_choose_the_endpoint(version: str, login_url: str, endpoint: str) -> None:
    answers = {
        "GET /api/versions": reply(200, versions(version, login_url=login_url)),
        "POST /api/sessions": reply(200, session_xml(), x_vcloud_authorization=TOKEN),
        "POST /cloudapi/1.0.0/sessions": reply(200, cloudapi_session(), X_VMWARE_VCLOUD_ACCESS_TOKEN=JWT),
    }
    transport = FakeTransport(answers)
    assert vcd_session(transport).login().org_name == "acme"
    assert transport.sent() == ["GET /api/versions", f"POST {endpoint}"]


def test_an_endpoint_that_is_switched_off_is_left_for_the_other() -> None:
    answers = {
        "GET /api/versions": reply(200, versions("37.0")),
        "POST /api/sessions": reply(404),
        "POST /cloudapi/1.0.0/sessions": reply(200, cloudapi_session(), X_VMWARE_VCLOUD_ACCESS_TOKEN=JWT),
        "GET /api/x": reply(200, "<x/>"),
    }
    transport = FakeTransport(answers)
    session = vcd_session(transport)
    session.call("GET", "/api/x")
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert session.identity.auth_header == "Authorization"
    assert session.identity.org_id == "1f"
    session.logout()
    assert transport.sent()[-1] == "DELETE /cloudapi/1.0.0/sessions/current"


def test_a_wrong_password_is_not_tried_at_the_other_endpoint() -> None:
    transport = FakeTransport({"GET /api/versions": reply(200, versions("37.0")), "POST /api/sessions": reply(401)})
    with pytest.raises(AuthenticationError):
        vcd_session(transport).login()
    assert transport.sent("sessions") == ["POST /api/sessions"]


def test_system_administrators_sign_in_at_the_provider_s_endpoint() -> None:
    answers = {
        "GET /api/versions": reply(200, versions("38.0")),
        "POST /cloudapi/1.0.0/sessions/provider": reply(
            200, cloudapi_session("System"), X_VMWARE_VCLOUD_ACCESS_TOKEN=JWT
        ),
    }
    assert vcd_session(FakeTransport(answers), org="system").login().org_name == "System"


def test_a_forbidden_login_names_user_and_place() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(403)}
    with pytest.raises(AuthenticationError, match="ops@acme was refused .403.*org enabled"):
        vcd_session(FakeTransport(answers)).login()


def test_a_login_without_a_token_is_an_error() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(200, session_xml())}
    with pytest.raises(AuthenticationError, match="without a token"):
        vcd_session(FakeTransport(answers)).login()


def test_a_user_name_that_ends_in_the_org_gets_a_hint() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(401)}
    with pytest.raises(AuthenticationError, match="appended once more"):
        vcd_session(FakeTransport(answers), username="ops@acme").login()


# -- a ready token -------------------------------------------------------------------------------------------------


def token_session(transport: FakeTransport, **arguments: Any) -> Session:
    settings = load(**({"url": BASE, "token": TOKEN} | arguments))
    return Session(settings, transport, TokenAuth(settings), clock=FakeClock())


def test_a_ready_token_is_looked_at_and_used() -> None:
    answers = vcd_answers({"GET /api/session": reply(200, session_xml()), "GET /api/x": reply(200, "<x/>")})
    transport = FakeTransport(answers)
    session = token_session(transport)
    session.call("GET", "/api/x")
    assert transport.sent() == ["GET /api/versions", "GET /api/session", "GET /api/x"]
    assert transport.requests[-1].headers["x-vcloud-authorization"] == TOKEN
    assert session.identity.user == "ops"


@pytest.mark.parametrize("given", [JWT, f"Bearer {JWT}", f" {JWT}\n"])
def test_a_jwt_is_sent_as_a_bearer_token(given: str) -> None:
    transport = FakeTransport(vcd_answers({"GET /api/session": reply(200, session_xml())}))
    token_session(transport, token=given).login()
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert "x-vcloud-authorization" not in transport.requests[-1].headers


def test_a_token_of_another_org_is_refused() -> None:
    transport = FakeTransport(vcd_answers({"GET /api/session": reply(200, session_xml("other"))}))
    with pytest.raises(ConfigurationError, match="'other'"):
        token_session(transport, org="acme").call("GET", "/api/x")
    assert transport.sent("/api/x") == []


def test_a_dead_token_is_an_error_and_is_not_shown() -> None:
    transport = FakeTransport(vcd_answers({"GET /api/session": reply(401)}))
    with pytest.raises(AuthenticationError, match="VCA_TOKEN") as caught:
        token_session(transport).login()
    assert TOKEN not in str(caught.value)


def test_a_token_that_dies_later_is_not_renewed() -> None:
    answers = vcd_answers({"GET /api/session": reply(200, session_xml()), "GET /api/x": reply(401)})
    transport = FakeTransport(answers)
    with pytest.raises(AuthenticationError):
        token_session(transport).call("GET", "/api/x")
    assert transport.sent("/api/x") == ["GET /api/x"]


def test_a_ready_token_is_not_ended_by_closing() -> None:
    transport = FakeTransport(vcd_answers({"GET /api/session": reply(200, session_xml())}))
    session = token_session(transport)
    session.login()
    session.close()
    assert transport.sent("DELETE") == []
    assert "DELETE /api/session" not in transport.sent()


def test_vcloud_air_s_own_versions_are_not_asked_for() -> None:
    transport = FakeTransport({"GET /api/session": reply(200, session_xml())})
    identity = token_session(transport, service_type="vchs").login()
    assert (identity.flavour, identity.api_version) == ("vchs", "5.6")
    assert transport.sent() == ["GET /api/session"]


# -- API tokens ----------------------------------------------------------------------------------------------------


def api_token_session(transport: FakeTransport, **arguments: Any) -> Session:
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
    transport = FakeTransport(API_TOKEN_ANSWERS)
    session = api_token_session(transport)
    session.call("GET", "/api/x")
    exchange = transport.requests[1]
    assert exchange.body == b"grant_type=refresh_token&refresh_token=long-lived-api-token"
    assert "Authorization" not in exchange.headers
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert session.identity.user == "ops"


def test_a_revoked_api_token_is_said_to_be_that() -> None:
    answers = API_TOKEN_ANSWERS | {
        "POST /oauth/tenant/acme/token": reply(400, json.dumps({"error": "invalid_grant", "error_description": "bad"}))
    }
    with pytest.raises(AuthenticationError, match="VCA_API_TOKEN") as caught:
        api_token_session(FakeTransport(answers)).login()
    assert "long-lived" not in str(caught.value)


def test_an_old_server_has_no_api_tokens() -> None:
    answers = {"GET /api/versions": reply(200, versions("35.0"))}
    with pytest.raises(AuthenticationError, match=r"from API 36\.1 on"):
        api_token_session(FakeTransport(answers)).login()


# -- which method --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({}, "vcd"),
        ({"service_type": "vchs"}, "vchs"),
        ({"service_type": "vca"}, "vca"),
        ({"token": "t" * 20}, "token"),
        ({"api_token": "t" * 20}, "api_token"),
        ({"api_token_file": "token.json"}, "api_token_file"),
        ({"api_token": "t" * 20, "token": "u" * 20}, "token"),
        ({"auth_method": "vchs"}, "vchs"),
    ],
)
def test_settings_choose_the_method(arguments: dict[str, Any], name: str) -> None:
    assert select_auth(settings_of(**arguments), METHODS).name == name


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({"url": None}, "VCA_URL"),
        ({"password": None}, "VCA_PASSWORD"),
        ({"org": None, "username": ""}, "VCA_USERNAME and VCA_ORG"),
        ({"service_type": "vchs", "password": None, "url": None}, "VCA_PASSWORD"),
    ],
)
def test_missing_settings_are_all_named(arguments: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        select_auth(settings_of(**arguments), METHODS)


def test_an_unknown_method_is_named_with_what_there_is() -> None:
    with pytest.raises(PluginError, match="Did you mean 'vchs'"):
        select_auth(settings_of(auth_method="vchss"), METHODS)


def test_several_methods_that_fit_are_not_guessed_between() -> None:
    import dataclasses

    methods = METHODS | {"saml": dataclasses.replace(METHODS["vcd"], name="saml")}
    with pytest.raises(ConfigurationError, match=r"saml, vcd.*auth_method"):
        select_auth(settings_of(), methods)
    assert select_auth(settings_of(auth_method="saml"), methods).name == "vcd"


def test_a_primed_grant_is_used_first_and_then_the_renewal() -> None:
    transport = FakeTransport(vcd_answers({"GET /api/x": [reply(401), reply(200)]}))
    session = vcd_session(transport)
    session.login()
    grant = session._grant
    assert grant is not None
    primed = Session(session.settings, transport, PrimedAuth(grant), clock=FakeClock())
    with pytest.raises(AuthenticationError):
        primed.call("GET", "/api/x")
    assert PASSWORD not in repr(grant)
    assert TOKEN not in repr(grant)
