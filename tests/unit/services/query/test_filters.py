"""Check that filters return exactly the matching records.

Values can have any characters, and servers interpret filters differently.
"""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.services.query.filters import parse_where
from vcloudair_core.services.query.record import Record, moment, typed
from vcloudair_core.services.query.record_types import built_in_types

VM = built_in_types()["vm"]


def text(where: dict[str, Any]) -> str:
    return parse_where(where, VM).on_server()


def is_met(where: dict[str, Any], record: dict[str, str], metadata: dict[str, Any] | None = None) -> bool:
    return parse_where(where, VM).is_met(Record(record, VM, metadata))


@pytest.mark.parametrize(
    ("where", "sent"),
    [
        ({}, ""),
        ({"name": "web1"}, "name==web1"),
        ({"name": "web 1", "status": "POWERED_ON"}, "name==web%201;status==POWERED_ON"),
        ({"name": ["a", "b"], "isBusy": False}, "(name==a,name==b);isBusy==false"),
        ({"memoryMB": {"ge": 4096, "lt": "8192"}}, "memoryMB=ge=4096;memoryMB=lt=8192"),
        ({"name": {"like": "web*"}}, "name==web*"),
        ({"name": {"ne": "web1"}}, "name!=web1"),
        ({"name": {"ne": ["a", "b"]}}, "name!=a;name!=b"),
        # Characters that servers interpret differently are sent as wildcards, and compared on this host.
        ({"name": "a;b,c(d)*=\\e"}, "name==a*b*c*d*e"),
        ({"name": "naïve 100%"}, "name==na*ve%20100*"),
        ({"name": ";name!=x"}, "name==*name*x"),
        ({"name": "*"}, "name==*"),
        ({"name": " blank "}, "name==*blank*"),
        ({"name": {"ne": "a,b"}}, ""),
        ({"name": ""}, ""),
        ({"name": ["a", ""]}, ""),
        ({"metadata:tier": "gold", "metadata@SYSTEM:n": 3}, "metadata:tier==STRING:gold;metadata@SYSTEM:n==NUMBER:3"),
        ({"metadata:tier": "go;ld"}, ""),
        # Ansible versions differ in passing numbers as number or text.
        ({"metadata:n": "3"}, ""),
        ({"metadata:n": "True"}, ""),
        ({"vdc": "https://host:443/api/vdc/1"}, "vdc==https%3A%2F%2Fhost%3A443%2Fapi%2Fvdc%2F1"),
    ],
)
def test_the_filter_for_the_server(where: dict[str, Any], sent: str) -> None:
    assert text(where) == sent


@pytest.mark.parametrize(
    ("where", "yes", "no"),
    [
        ({"name": "web1"}, {"name": "web1"}, {"name": "WEB1"}),
        ({"name": "w*1"}, {"name": "w*1"}, {"name": "web1"}),
        ({"name": {"like": "WEB*"}}, {"name": "web1"}, {"name": "aweb1"}),
        ({"name": {"like": "a.b*"}}, {"name": "a.bc"}, {"name": "axbc"}),
        ({"isBusy": "yes"}, {"isBusy": "true"}, {"isBusy": "false"}),
        ({"memoryMB": 4096}, {"memoryMB": "4096"}, {"memoryMB": "4097"}),
        ({"memoryMB": {"gt": 1}}, {"memoryMB": "2"}, {"memoryMB": " "}),
        ({"taskDetails": ""}, {"taskDetails": " "}, {"taskDetails": "x"}),
        ({"taskDetails": ""}, {}, {"taskDetails": "x"}),
        ({"catalogName": {"ne": "c"}}, {}, {"catalogName": "c"}),
        ({"id": "urn:vcloud:vm:5F2D9B1E-6C0A-4B5E-9D5F-0A4B1F6F3A10"},
         {"id": "urn:vcloud:vm:5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"}, {"id": "urn:vcloud:vm:0"}),
        ({"autoDeleteDate": {"lt": "2016-01-01T00:00:00Z"}},
         {"autoDeleteDate": "2016-01-01T00:30:00.000+01:00"}, {"autoDeleteDate": "2016-01-01T00:30:00.000Z"}),
        ({"name": ["a", "b"], "status": "POWERED_ON"},
         {"name": "b", "status": "POWERED_ON"}, {"name": "b", "status": "POWERED_OFF"}),
    ],
)  # fmt: skip
def test_records_are_compared(where: dict[str, Any], yes: dict[str, str], no: dict[str, str]) -> None:
    assert is_met(where, yes)
    assert not is_met(where, no)


def test_metadata_is_compared_by_type() -> None:
    assert is_met({"metadata:n": 3}, {}, {"n": 3})
    assert not is_met({"metadata:n": 3}, {}, {"n": 4})
    assert is_met({"metadata:n": "3"}, {}, {"n": 3}) and is_met({"metadata:n": 3}, {}, {"n": "3"})
    assert is_met({"metadata:n": {"le": "7"}}, {}, {"n": 7}) and not is_met({"metadata:n": {"lt": "7"}}, {}, {"n": 7})
    assert is_met({"metadata:on": "True"}, {}, {"on": True}) and not is_met({"metadata:on": "false"}, {}, {"on": True})
    assert is_met({"metadata:n": "0"}, {}, {"n": 0}) and not is_met({"metadata:n": ""}, {}, {"n": 0})
    when = datetime(2026, 1, 2, tzinfo=timezone.utc)
    for day in ("2026-01-01", date(2026, 1, 1), datetime(2026, 1, 1, 12)):
        assert is_met({"metadata:at": {"gt": day}}, {}, {"at": when})
        assert not is_met({"metadata:at": {"lt": day}}, {}, {"at": when})
    assert is_met({"metadata:tier": {"like": "g*"}}, {}, {"tier": "Gold"})
    assert not is_met({"metadata:tier": "gold"}, {}, {})


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"name;x": 1}, "where.name;x: is not an attribute"),
        (
            {"name": {"eqq": 1}},
            "where.name.eqq: unknown operator; use one of eq, ne, lt, le, gt, ge, like; did you mean 'eq'",
        ),
        ({"name": {"lt": "b"}}, "lt, le, gt and ge need an attribute with numbers or times"),
        ({"memoryMB": "much"}, "'much' is not a number"),
        ({"isBusy": "perhaps"}, "'perhaps' is not true or false"),
        ({"autoDeleteDate": {"gt": "soon"}}, "'soon' is not a time"),
        ({"name": []}, "must not be an empty list"),
        ({"name": object}, "must be a string, a number, a boolean or a time"),
        (["name"], "a mapping of attributes to values was expected"),
    ],
)
def test_invalid_conditions(where: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_where(where, VM)
    assert message in str(caught.value)


# -- values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("true", "bool", True), ("False", "bool", False), ("4096", "int", 4096), (" ", "int", None), (" ", "str", ""),
        ("  two  ", "str", "  two  "), ("UNLIMITED", "int", "UNLIMITED"), ("1.5", "float", 1.5),
        ("maybe", "bool", "maybe"),
        ("2015-11-08T12:00:00.000Z", "datetime", datetime(2015, 11, 8, 12, tzinfo=timezone.utc)),
        ("yesterday", "datetime", "yesterday"),
    ],
)  # fmt: skip
def test_typed_values(raw: str, kind: str, value: Any) -> None:
    assert typed(raw, kind) == value


def test_times_keep_their_offset() -> None:
    time = moment("2015-11-08T12:00:00.123456789-05:30")
    assert time.isoformat() == "2015-11-08T12:00:00.123456-05:30"
    assert moment("2015-11-08T12:00:00").tzinfo is None


def test_a_record() -> None:
    href = "https://h/api/vApp/vm-5F2D9B1E-6C0A-4B5E-9D5F-0A4B1F6F3A10"
    record = Record(
        {"name": "web", "href": href, "memoryMB": "1", "isShiny": "true", "numberOfThings": "7"}, VM, {"a": 1}
    )
    assert record.id == "5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"
    assert (record["memoryMB"], record["isShiny"], record["numberOfThings"]) == (1, True, 7)
    assert record.get("status") is None
    assert record.as_dict()["metadata"] == {"a": 1}
    assert Record({"id": "urn:vcloud:vm:5f2d9b1e-6c0a-4b5e-9d5f-0a4b1f6f3a10"}, VM).id == record.id
    assert Record({"href": "https://h/api/admin/role/7"}, VM).id == "7"


def test_all_types_of_the_api_are_built_in() -> None:
    types = built_in_types()
    assert len(types) == 77
    assert types["orgVdc"].admin_name == "adminOrgVdc"
    assert types["adminOrgVdc"].record_element == "AdminVdcRecord"
    assert types["vm"].attributes["memoryMB"] == "int"
    assert types["event"].references_element == ""
    assert types["task"].attributes["startDate"] == "datetime"
