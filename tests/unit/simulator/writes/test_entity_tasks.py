"""Tests of writes with JSON bodies. Source: protocol/vcd-modern.md §1.2, §1.7."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import Caller
from tests.support.vm_writes import VCLOUD, error_of, finish_task, vapp_path, vm_path, writing_caller
from vcloudair_core.transport.messages import Response

ANY = "application/*+json"
MEDIA = "application/vnd.vmware.vcloud."


def send(caller: Caller, method: str, path: str, value: Any, media_type: str = ANY) -> Response:
    """Send a JSON body. The response is in XML, because the caller accepts XML only."""
    return caller.send(method, path, json.dumps(value), Content_Type=media_type)


@pytest.mark.parametrize("media_type", [ANY, f"{MEDIA}vm+json", f"{MEDIA}VM+JSON;charset=UTF-8"])
def test_a_vm_is_renamed_with_json(media_type: str) -> None:
    caller = writing_caller("37.2")
    value = {"name": "web1", "description": "Front end"}
    assert finish_task(caller, send(caller, "PUT", vm_path(caller), value, media_type)) == "success"
    root = caller.xml(vm_path(caller))
    assert (root.get("name"), root.findtext(f"{VCLOUD}Description")) == ("web1", "Front end")


def test_the_document_of_a_vapp_can_be_sent_back() -> None:
    caller = writing_caller("37.2")
    document = json.loads(caller.get(vapp_path(caller), Accept=f"{ANY};version=37.2").body)
    document["name"] = "shop"
    assert finish_task(caller, send(caller, "PUT", vapp_path(caller), document)) == "success"
    assert caller.xml(vapp_path(caller)).get("name") == "shop"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("MetadataStringValue", "a & b"),
        ("MetadataNumberValue", 5),
        ("MetadataBooleanValue", True),
        ("MetadataDateTimeValue", "2026-01-05T09:18:45.000+0000"),
    ],
)
def test_metadata_of_each_type_is_set_with_json(kind: str, value: Any) -> None:
    caller = writing_caller("37.2")
    typed = {"_type": kind, "value": value}
    path = f"{vm_path(caller)}/metadata"
    body = {"metadataEntry": [{"key": "k", "typedValue": typed}]}
    assert finish_task(caller, send(caller, "POST", path, body)) == "success"
    (entry,) = json.loads(caller.get(path, Accept=f"{ANY};version=37.2").body)["metadataEntry"]
    assert (entry["key"], entry["typedValue"]["_type"]) == ("k", kind)
    assert type(entry["typedValue"]["value"]) is type(value)
    assert finish_task(caller, send(caller, "PUT", f"{path}/other", {"typedValue": typed})) == "success"


def test_a_snapshot_is_created_with_json() -> None:
    caller = writing_caller("37.2")
    path = f"{vm_path(caller)}/action/createSnapshot"
    value = {"memory": False, "quiesce": False, "name": "before"}
    assert finish_task(caller, send(caller, "POST", path, value, f"{MEDIA}createSnapshotParams+json")) == "success"


@pytest.mark.parametrize("version", ["5.6", "20.0"])
def test_versions_without_json_accept_no_json(version: str) -> None:
    caller = writing_caller(version)
    assert error_of(send(caller, "PUT", vm_path(caller), {"name": "web1"}))[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("media_type", ["application/json", f"{MEDIA}vApp+json", "text/json"])
def test_other_media_types_are_rejected(media_type: str) -> None:
    caller = writing_caller("37.2")
    answer = error_of(send(caller, "PUT", vm_path(caller), {"name": "web1"}, media_type))
    assert answer == (415, "UNSUPPORTED_MEDIA_TYPE", f"Unsupported media type: {media_type.lower()}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Bad request: Expecting property name"),
        (b"[]", "Bad request: the body: expected an object"),
        (b'{"section": {}}', "Bad request: section: expected an array"),
        (b'{"name": {}}', "Bad request: name: expected a value, not an object"),
    ],
)
def test_invalid_json_is_a_bad_request(body: bytes, message: str) -> None:
    caller = writing_caller("37.2")
    status, code, text = error_of(caller.send("PUT", vm_path(caller), body, Content_Type=ANY))
    assert (status, code) == (400, "BAD_REQUEST")
    assert text.startswith(message)
