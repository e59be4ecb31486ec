"""Read descriptions, times and snapshots from the documents of a tenant.

Source: protocol/recorded-responses.md §4, §5, protocol/vm-writes.md §2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcloudair_core.util import xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_MB = 1024 * 1024


def parse_entity(body: bytes) -> dict[str, Any]:
    """Return the description and creation time of an object. Raises DecodeError."""
    return _entity(xml.parse(body, what="an object"))


def parse_container(body: bytes) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the fields of a vApp or template, and ``{VM UUID: fields}`` for its VMs.

    Raises DecodeError.
    """
    root = xml.parse(body, what="a vApp")
    vms = {}
    for children in _named(root, "Children"):
        for vm in _named(children, "Vm"):
            vms[(vm.get("href") or "")[-36:].lower()] = {**_entity(vm), **_snapshot(vm)}
    return _entity(root), vms


def parse_media(body: bytes) -> dict[str, Any]:
    """Return the description and image type of media. Raises DecodeError."""
    root = xml.parse(body, what="media")
    return {**_entity(root), "image_type": root.get("imageType") or "iso"}


def _entity(root: _Element) -> dict[str, Any]:
    fields = {}
    for name, field in (("Description", "description"), ("DateCreated", "created")):
        for element in _named(root, name):
            text = (element.text or "").strip()
            fields.update({field: text} if text else {})
    return fields


def _snapshot(vm: _Element) -> dict[str, Any]:
    for section in _named(vm, "SnapshotSection"):
        for snapshot in _named(section, "Snapshot"):
            return {
                "snapshot": {
                    "created": snapshot.get("created"),
                    "is_powered_on": snapshot.get("poweredOn") == "true",
                    "size_mb": round(int(snapshot.get("size") or 0) / _MB),
                }
            }
    return {}


def _named(root: _Element, name: str) -> list[_Element]:
    return [child for child in root if xml.local(child) == name]
