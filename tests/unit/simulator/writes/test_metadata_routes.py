"""Tests of the metadata of entities. Source: protocol/vm-writes.md §3."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller
from tests.support.vm_writes import VCLOUD, error_of, finish_task, first_vm, vapp_path, vm_path, writing_caller

XSI = "http://www.w3.org/2001/XMLSchema-instance"


def entry(key: str, kind: str, value: str) -> str:
    return (
        f'<MetadataEntry><Key>{key}</Key><TypedValue xsi:type="{kind}"><Value>{value}</Value></TypedValue>'
        "</MetadataEntry>"
    )


def document(*entries: str) -> str:
    return f'<Metadata xmlns="{VCLOUD[1:-1]}" xmlns:xsi="{XSI}">{"".join(entries)}</Metadata>'


def value(kind: str, text: str) -> str:
    typed = f'<TypedValue xsi:type="{kind}"><Value>{text}</Value></TypedValue>'
    return f'<MetadataValue xmlns="{VCLOUD[1:-1]}" xmlns:xsi="{XSI}">{typed}</MetadataValue>'


def shown(caller: Caller, path: str) -> dict[str, tuple[str | None, str | None]]:
    """Return the type and text of each metadata value, by key."""
    return {
        node.findtext(f"{VCLOUD}Key"): (
            node.find(f"{VCLOUD}TypedValue").get(f"{{{XSI}}}type"),
            node.findtext(f"{VCLOUD}TypedValue/{VCLOUD}Value"),
        )
        for node in caller.xml(f"{path}/metadata").iter(f"{VCLOUD}MetadataEntry")
    }


def test_entries_are_merged_set_and_deleted() -> None:
    caller = writing_caller()
    path = vm_path(caller)
    entries = document(
        entry("tier", "MetadataStringValue", "gold"),
        entry("seats", "MetadataNumberValue", "3"),
        entry("prod", "MetadataBooleanValue", "1"),
        entry("since", "MetadataDateTimeValue", "2024-05-01T10:00:00Z"),
    )
    assert finish_task(caller, caller.send("POST", f"{path}/metadata", entries)) == "success"
    assert shown(caller, path) == {
        "tier": ("MetadataStringValue", "gold"),
        "seats": ("MetadataNumberValue", "3"),
        "prod": ("MetadataBooleanValue", "true"),
        "since": ("MetadataDateTimeValue", "2024-05-01T10:00:00+00:00"),
    }
    finish_task(caller, caller.send("PUT", f"{path}/metadata/tier", value("MetadataStringValue", "silver")))
    finish_task(caller, caller.send("DELETE", f"{path}/metadata/seats"))
    assert set(shown(caller, path)) == {"tier", "prod", "since"}
    root = caller.xml(f"{path}/metadata/tier")
    assert root.findtext(f"{VCLOUD}TypedValue/{VCLOUD}Value") == "silver"


def test_records_show_changed_metadata() -> None:
    """Source: protocol/query.md §4.3."""
    caller = writing_caller()
    query = "/api/query?type=vm&fields=name,metadata:tier&filter=name==vm-0001"
    assert caller.xml(query).find(f".//{VCLOUD}Value") is None
    finish_task(caller, caller.send("PUT", f"{vm_path(caller)}/metadata/tier", value("MetadataStringValue", "gold")))
    assert caller.xml(query).findtext(f".//{VCLOUD}Value") == "gold"


def test_versions_before_5_1_have_untyped_values() -> None:
    caller = writing_caller(version="1.5")
    body = f'<MetadataValue xmlns="{VCLOUD[1:-1]}"><Value>gold</Value></MetadataValue>'
    finish_task(caller, caller.send("PUT", f"{vm_path(caller)}/metadata/tier", body))
    assert first_vm(caller).metadata == {"tier": "gold"}
    root = caller.xml(f"{vm_path(caller)}/metadata")
    assert root.findtext(f"{VCLOUD}MetadataEntry/{VCLOUD}Value") == "gold"


def paths(caller: Caller) -> dict[str, Any]:
    world = caller.simulator.world
    org = next(org for org in world.orgs.values() if org.name == "org1")
    vdc = next(iter(world.vdcs.values()))
    return {
        vapp_path(caller): f"{vapp_path(caller)}/metadata",
        f"/api/vdc/{vdc.vdc_id}": f"/api/admin/vdc/{vdc.vdc_id}/metadata",
        f"/api/org/{org.org_id}": f"/api/admin/org/{org.org_id}/metadata",
        f"/api/network/{next(iter(world.networks))}": f"/api/admin/network/{next(iter(world.networks))}/metadata",
    }


def test_metadata_of_other_entities_are_changed_below_admin() -> None:
    caller = writing_caller()
    for path, editable in paths(caller).items():
        finish_task(caller, caller.send("POST", editable, document(entry("tier", "MetadataStringValue", "gold"))))
        assert shown(caller, path) == {"tier": ("MetadataStringValue", "gold")}
    vdc = next(path for path in paths(caller) if path.startswith("/api/vdc/"))
    assert caller.send("POST", f"{vdc}/metadata", document()).status == 405


@pytest.mark.parametrize(
    "body",
    [
        "<wrong",
        "<Other/>",
        value("MetadataNumberValue", "three"),
        value("MetadataBooleanValue", "maybe"),
        value("MetadataOtherValue", "x"),
        f'<MetadataValue xmlns="{VCLOUD[1:-1]}"/>',
    ],
)
def test_an_invalid_value_is_refused(body: str) -> None:
    caller = writing_caller()
    assert error_of(caller.send("PUT", f"{vm_path(caller)}/metadata/tier", body))[:2] == (400, "BAD_REQUEST")
    assert error_of(caller.send("PUT", f"{vm_path(caller)}/metadata/{'k' * 257}", body))[0] == 400


def test_an_unknown_key_is_forbidden() -> None:
    caller = writing_caller()
    for method in ("GET", "DELETE"):
        assert error_of(caller.send(method, f"{vm_path(caller)}/metadata/none"))[0] == 403


def test_the_task_names_the_operation() -> None:
    caller = writing_caller()
    response = caller.send("PUT", f"{vm_path(caller)}/metadata/tier", value("MetadataStringValue", "gold"))
    assert etree.fromstring(response.body).get("operationName") == "metadataSet"
