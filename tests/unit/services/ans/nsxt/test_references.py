"""Tests of the references from rules to managed firewall groups and port profiles."""

from __future__ import annotations

import pytest

from vcloudair_core.services.ans.nsxt.references import (
    ADDRESSES,
    CONTENT,
    SERVICE,
    is_managed,
    managed_ids,
    pending,
    sent,
)


def test_equal_content_has_one_name() -> None:
    """Order, repetition and the suffix ``/32`` do not affect the name.

    Source: protocol/nsxt.md §13.4.
    """
    first = pending(ADDRESSES, ["10.0.0.0/24", "10.0.0.5/32", "10.0.0.5"])
    assert first == pending(ADDRESSES, ["10.0.0.5", "10.0.0.0/24"])
    assert first[CONTENT] == {ADDRESSES: ["10.0.0.0/24", "10.0.0.5"]}
    assert pending(ADDRESSES, ["2001:db8::1/128"])[CONTENT] == {ADDRESSES: ["2001:db8::1"]}
    assert first["name"] != pending(ADDRESSES, ["10.0.0.0/24"])["name"]
    assert first["name"] != pending(SERVICE, ["10.0.0.0/24", "10.0.0.5"])["name"]


@pytest.mark.parametrize(
    "name", ["vca-", "vca-web", "vca-0123456789abcdeg", "vca-0123456789abcdef0", "VCA-0123456789abcdef"]
)
def test_names_of_other_owners_are_not_managed(name: str) -> None:
    assert not is_managed({"name": name})
    assert is_managed({"name": pending(ADDRESSES, ["10.0.0.1"])["name"]})


def test_content_is_never_sent() -> None:
    record = {
        "name": "web",
        "sourceFirewallGroups": [{"id": "urn:a", **pending(ADDRESSES, ["10.0.0.1"])}],
        "applicationPortProfiles": None,
        "applicationPortProfile": {"id": "urn:b", "name": "HTTPS", CONTENT: {SERVICE: []}},
    }
    assert CONTENT not in str(sent(record))
    assert CONTENT in str(record)


def test_only_managed_objects_are_collected() -> None:
    managed = {"id": "urn:a", **pending(ADDRESSES, ["10.0.0.1"])}
    assert managed_ids([{"sourceFirewallGroups": [managed, {"id": "urn:b", "name": "web"}]}]) == {"urn:a"}
