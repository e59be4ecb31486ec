"""Tests of the sign-in to vCloud Director: API versions and both endpoints."""

from __future__ import annotations

import json

import pytest

from tests.unit.session.mocked_http import (
    BASE,
    TOKEN,
    MockedTransport,
    error_xml,
    reply,
    session_xml,
    vcd_answers,
    vcd_session,
    versions,
)
from vcloudair_core.errors import (
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
)
from vcloudair_core.session.auth.plugin import vca_auth_methods
from vcloudair_core.session.versions import OfferedVersion, as_numbers, choose_version

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


# -- versions ----------------------------------------------------------------------------------------------------------


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
    transport = MockedTransport(vcd_answers())
    assert vcd_session(transport, api_version="5.5").identity.api_version == "5.5"
    assert transport.sent() == ["GET /api/versions", "POST /api/sessions"]
    assert transport.requests[1].headers["Accept"] == "application/*+xml;version=5.5"


@pytest.mark.parametrize("pinned", ["5.6", "5.51", "99.9"])
def test_a_pinned_version_that_the_server_does_not_offer_is_an_error(pinned: str) -> None:
    transport = MockedTransport(vcd_answers())
    with pytest.raises(
        ConfigurationError, match=rf"does not offer API version {pinned}\. It offers 5\.5, 5\.10, 9\.0"
    ) as met:
        vcd_session(transport, api_version=pinned).login()
    assert "VCA_API_VERSION" in met.value.hint
    assert transport.sent() == ["GET /api/versions"]


def test_a_pinned_version_is_used_unchecked_without_a_version_list() -> None:
    transport = MockedTransport(vcd_answers({"GET /api/versions": reply(404)}))
    assert vcd_session(transport, api_version="5.6").identity.api_version == "5.6"


def test_an_invalid_pinned_version_is_an_error_before_anything_is_sent() -> None:
    transport = MockedTransport(vcd_answers())
    with pytest.raises(ConfigurationError, match="api_version"):
        vcd_session(transport, api_version="latest").login()
    assert transport.requests == []


def test_the_version_list_is_requested_without_a_version() -> None:
    transport = MockedTransport(vcd_answers())
    vcd_session(transport).login()
    assert "version" not in transport.requests[0].headers["Accept"]
    assert "Authorization" not in transport.requests[0].headers


def test_a_refused_version_names_the_supported_versions() -> None:
    message = "The request has invalid accept header: . Supported API versions are: [36.3, 33.0 [D]] ([D] …)."
    answers = vcd_answers() | {"POST /api/sessions": reply(406, error_xml(message, "NOT_ACCEPTABLE", 406))}
    with pytest.raises(InvalidRequestError) as caught:
        vcd_session(MockedTransport(answers), api_version="5.5").login()
    assert "36.3, 33.0 [D]" in caught.value.hint


def test_an_html_page_instead_of_versions_is_an_error() -> None:
    page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"
    with pytest.raises(DecodeError, match=r"HTML page \(Sign in\)"):
        vcd_session(MockedTransport({"GET /api/versions": reply(200, page)})).login()


# -- the two endpoints -------------------------------------------------------------------------------------------------


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
    transport = MockedTransport(answers)
    assert vcd_session(transport).login().org_name == "acme"
    assert transport.sent() == ["GET /api/versions", f"POST {endpoint}"]


def test_a_disabled_endpoint_falls_back_to_the_other() -> None:
    answers = {
        "GET /api/versions": reply(200, versions("37.0")),
        "POST /api/sessions": reply(404),
        "POST /cloudapi/1.0.0/sessions": reply(200, cloudapi_session(), X_VMWARE_VCLOUD_ACCESS_TOKEN=JWT),
        "GET /api/x": reply(200, "<x/>"),
    }
    transport = MockedTransport(answers)
    session = vcd_session(transport)
    session.call("GET", "/api/x")
    assert transport.requests[-1].headers["Authorization"] == f"Bearer {JWT}"
    assert session.identity.auth_header == "Authorization"
    assert session.identity.org_id == "1f"
    session.logout()
    assert transport.sent()[-1] == "DELETE /cloudapi/1.0.0/sessions/current"


def test_a_wrong_password_is_not_tried_at_the_other_endpoint() -> None:
    transport = MockedTransport({"GET /api/versions": reply(200, versions("37.0")), "POST /api/sessions": reply(401)})
    with pytest.raises(AuthenticationError):
        vcd_session(transport).login()
    assert transport.sent("sessions") == ["POST /api/sessions"]


def test_system_administrators_sign_in_at_the_provider_endpoint() -> None:
    answers = {
        "GET /api/versions": reply(200, versions("38.0")),
        "POST /cloudapi/1.0.0/sessions/provider": reply(
            200, cloudapi_session("System"), X_VMWARE_VCLOUD_ACCESS_TOKEN=JWT
        ),
    }
    assert vcd_session(MockedTransport(answers), org="system").login().org_name == "System"


def test_a_forbidden_login_names_the_user() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(403)}
    with pytest.raises(AuthenticationError, match="ops@acme failed .403.*org is enabled"):
        vcd_session(MockedTransport(answers)).login()


def test_a_login_without_a_token_is_an_error() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(200, session_xml())}
    with pytest.raises(AuthenticationError, match="does not have the token header"):
        vcd_session(MockedTransport(answers)).login()


def test_a_user_name_that_ends_in_the_org_gets_a_hint() -> None:
    answers = vcd_answers() | {"POST /api/sessions": reply(401)}
    with pytest.raises(AuthenticationError, match="appended automatically"):
        vcd_session(MockedTransport(answers), username="ops@acme").login()
