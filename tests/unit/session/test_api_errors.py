"""Check that error responses of all APIs are mapped to the right error classes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.session.mocked_http import error_xml, reply
from vcloudair_core import errors
from vcloudair_core.session.api_errors import error_from_response, raise_for_response, supported_versions
from vcloudair_core.transport.messages import Request, Response
from vcloudair_core.util.redaction import Secret

REQUEST = Request("PUT", "https://vcd.example.test/network/edges/1/firewall/config?token=tt-secret-tt")


def mapped(response: Response, *secrets: str) -> errors.ApiError:
    error = error_from_response(response, REQUEST, secrets=[Secret(secret) for secret in secrets])
    assert error is not None
    return error


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_makes_no_error(status: int) -> None:
    raise_for_response(reply(status), REQUEST)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, errors.ApiError),
        (400, errors.InvalidRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (405, errors.InvalidRequestError),
        (406, errors.InvalidRequestError),
        (407, errors.AuthenticationError),
        (409, errors.ConflictError),
        (410, errors.NotFoundError),
        (412, errors.InvalidRequestError),
        (415, errors.InvalidRequestError),
        (418, errors.InvalidRequestError),
        (422, errors.InvalidRequestError),
        (429, errors.BusyError),
        (500, errors.ServerError),
        (501, errors.ServerError),
        (502, errors.ServerError),
        (503, errors.BusyError),
        (504, errors.ServerError),
        (599, errors.ServerError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><title>t</title></html>",
        b"plain\nlines",
        b"{broken",
        b"<broken",
        b"\xff\x00",
        b"[]",
        b"null",
        b"{}",
    ],
    ids=["empty", "page", "text", "json", "xml", "bytes", "list", "null", "object"],
)
def test_each_status_maps_to_its_error_class(status: int, kind: type[errors.ApiError], body: bytes) -> None:
    error = mapped(reply(status, body))
    assert type(error) is kind
    assert (error.status, error.method, error.path) == (status, "PUT", "/network/edges/1/firewall/config")
    assert str(status) in error.message
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (error_xml("No access to entity.", "ACCESS_TO_RESOURCE_IS_FORBIDDEN"), "No access to entity.", "ACCESS"),
        (
            b'<ns0:Error xmlns:ns0="http://www.vmware.com/vcloud/v1.5" message="a &#10;  b" majorErrorCode="400"/>',
            "a b",
            "400",
        ),
        (
            b'<Error xmlns="v" message="for admins" minorErrorCode="A"><TenantError message="for you" '
            b'minorErrorCode="B"/></Error>',
            "for you",
            "B",
        ),
        (b"<error><errorCode>12001</errorCode><details>Bad rule.</details></error>", "Bad rule.", "12001"),
        (b"<errors><error><details>First.</details><errorCode>1</errorCode></error><error/></errors>", "First.", "1"),
        (json.dumps({"details": "Bad rule.", "errorCode": 12001, "moduleName": "x"}).encode(), "Bad rule.", "12001"),
        (json.dumps({"minorErrorCode": "NOT", "message": "No.", "stackTrace": "x"}).encode(), "No.", "NOT"),
        (json.dumps({"error": "invalid_grant", "error_description": "revoked"}).encode(), "revoked", "invalid_grant"),
        (json.dumps({"error": {"message": "inner", "code": 7}}).encode(), "inner", "7"),
        (b"first line\nsecond", "first line second", ""),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "an HTML page titled '502 Bad Gateway'", ""),
    ],
)
def test_error_bodies_of_all_front_ends_are_parsed(body: bytes, message: str, code: str) -> None:
    error = mapped(reply(400, body))
    assert message in error.message
    assert error.code.startswith(code)


def test_the_hint_names_missing_rights() -> None:
    """Source: protocol/nsxt.md §1.3."""
    text = "Either you need some or all of the following rights [A_VIEW, B_VIEW] to perform operations [X] for 1 or so."
    assert "role with the right A_VIEW, B_VIEW, or check" in mapped(reply(403, error_xml(text, "ACCESS"))).hint
    assert "right A_VIEW" not in mapped(reply(400, error_xml(text, "ACCESS"))).hint


def test_the_request_id_is_in_the_message_once() -> None:
    body = error_xml("[ 9f7f0000-54b9-4923 ] Unable to perform this action.", "INTERNAL_SERVER_ERROR", 500)
    assert mapped(reply(500, body)).request_id == "9f7f0000-54b9-4923"
    error = mapped(reply(500, body, X_Vmware_Vcloud_Request_Id="from-the-header"))
    assert str(error).count("from-the-header") == 1
    assert "9f7f0000" not in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error_xml("The entity  is busy completing an operation.", "BUSY_ENTITY"), errors.BusyError),
        (400, error_xml("Too many.", "OPERATION_LIMITS_EXCEEDED"), errors.BusyError),
        (400, json.dumps({"details": "edge-1 is busy, cannot proceed with the operation."}).encode(), errors.BusyError),
        (400, b"<error><details>x: older version 0 than the current system version 1</details></error>",
         errors.ConflictError),
        (400, error_xml("name exists", "DUPLICATE_NAME"), errors.InvalidRequestError),
        (500, error_xml("is busy completing an operation", "INTERNAL_SERVER_ERROR"), errors.ServerError),
    ],
)  # fmt: skip
def test_busy_and_stale_errors_differ_by_code_and_text(status: int, body: bytes, kind: type[Any]) -> None:
    assert type(mapped(reply(status, body))) is kind


@pytest.mark.parametrize(
    ("message", "versions"),
    [
        ("The request has invalid accept header: . Supported API versions are: [5.1, 5.5].", "5.1, 5.5"),
        ("Supported API versions are [36.3, 33.0 [D]] ([D] indicates deprecated versions)", "36.3, 33.0 [D]"),
        ("nothing of the kind", ""),
    ],
)
def test_a_406_names_the_supported_versions(message: str, versions: str) -> None:
    assert supported_versions(message) == versions
    assert (versions or "another api_version") in mapped(reply(406, error_xml(message, "NOT_ACCEPTABLE"))).hint


def test_secrets_echoed_by_the_server_are_masked() -> None:
    secret = "pre-shared-key-123"
    error = mapped(
        reply(400, error_xml(f"bad psk={secret} in {secret}", secret), X_Vmware_Vcloud_Request_Id=secret), secret
    )
    assert secret not in f"{error}{error.as_dict()}"


def test_long_messages_are_truncated() -> None:
    assert len(str(mapped(reply(400, error_xml("x" * 10_000))))) < 700


def test_escape_codes_do_not_reach_the_terminal() -> None:
    for body in (b"\x1b[31mred\x07", "\u202egnp.exe".encode(), json.dumps({"message": "a\x1b]0;title\x07b"}).encode()):
        assert mapped(reply(500, body)).message.isprintable()
