"""Tests of the validation of JSON bodies.

Source: protocol/nsxt.md §1, §5.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from vcloudair_core.simulator.nsxt.json_bodies import (
    REFERENCE,
    VERSION,
    JsonField,
    RefusedBodyError,
    checked,
    read_object,
)
from vcloudair_core.transport.messages import Headers, Request

FIELDS = {
    "name": JsonField(str, is_required=True, length=5),
    "active": JsonField(bool, since=(38, 1)),
    "count": JsonField(int),
    "kind": JsonField(str, choices=("A", "B")),
    "groups": JsonField(list, items=REFERENCE, length=2),
    "version": VERSION,
    "even": JsonField(int, check=lambda value: None if value % 2 == 0 else "must be even"),
}


def context(version: str = "39.0", body: str = "{}", unknown: str = "refuse", **headers: str) -> Any:
    config = SimpleNamespace(unknown_json_fields=unknown)
    sent = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    request = Request("PUT", "https://vcd.example.test/", sent, body.encode())
    return SimpleNamespace(version=version, simulator=SimpleNamespace(config=config), request=request)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "'name': must not be null"),
        ({"name": None}, "'name': must not be null"),
        ({"name": "toolong"}, "'name': size must be between 0 and 5"),
        ({"name": "a", "count": True}, "'count': expected an integer"),
        ({"name": "a", "count": "1"}, "'count': expected an integer"),
        ({"name": "a", "active": 1}, "'active': expected a boolean"),
        ({"name": "a", "kind": "C"}, "'C' is not one of [A, B]"),
        ({"name": "a", "groups": [{}, {}, {}]}, "'groups': size"),
        ({"name": "a", "groups": ["x"]}, "'groups': expected an object"),
        ({"name": "a", "groups": [{"urn": "x"}]}, "'groups.urn' not recognized"),
        ({"name": "a", "version": {"version": "1"}}, "'version.version': expected an integer"),
        ({"name": "a", "even": 3}, "'even': must be even"),
        ({"name": "a", "actve": True}, "'actve' not recognized"),
    ],
)
def test_an_invalid_field_is_refused_with_its_path(value: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedBodyError) as caught:
        checked(context(), value, FIELDS)
    assert reason in str(caught.value)
    assert caught.value.status == 400


def test_a_field_of_a_newer_version_is_unknown() -> None:
    body = {"name": "a", "active": True}
    assert checked(context("38.1"), body, FIELDS) == body
    with pytest.raises(RefusedBodyError, match="'active' not recognized"):
        checked(context("38.0"), body, FIELDS)
    assert checked(context("38.0", unknown="ignore"), body, FIELDS) == {"name": "a"}


def test_null_is_allowed_for_optional_fields() -> None:
    body = {"name": "a", "groups": None, "version": None}
    assert checked(context(), body, FIELDS) == body


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("{}", "application/xml", 415),
    ],
)
def test_other_bodies_are_refused(body: str, media_type: str, status: int) -> None:
    with pytest.raises(RefusedBodyError) as caught:
        read_object(context(body=body, Content_Type=media_type))
    assert caught.value.status == status


def test_a_content_type_can_have_a_version_or_be_missing() -> None:
    assert read_object(context(body='{"a": 1}', Content_Type="application/json;version=39.0")) == {"a": 1}
    assert read_object(context(body='{"a": 1}')) == {"a": 1}
