"""Read catalogs, vApp templates and media of a tenant.

Source: protocol/query.md §2.1, §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.recording.entities import parse_container, parse_entity, parse_media
from vcloudair_core.cli.recording.reader import TenantReader, filled, uuid_at_end

if TYPE_CHECKING:
    from vcloudair_core.services.query.record import Record

Placed = list[tuple[str, dict[str, Any]]]
"""Objects for the file, each with the UUID of its VDC."""


def read_catalogs(reader: TenantReader) -> list[dict[str, Any]]:
    """Return all catalogs of the org, sorted by name."""
    return sorted(
        reader.each(lambda record: _catalog(reader, record), reader.query("catalog")),
        key=lambda tree: str(tree["name"]),
    )


def _catalog(reader: TenantReader, record: Record) -> dict[str, Any]:
    return {
        "name": record.name,
        **filled(
            description=_text(record.get("description")),
            created=record.raw.get("creationDate"),
            metadata=reader.metadata(record.href),
        ),
    }


def read_templates(reader: TenantReader) -> Placed:
    """Return the vApp templates with their catalog items and VMs."""
    items = _items(reader)
    vms = {record.id: record for record in reader.query("vm") if record.get("isVAppTemplate") is True}
    records = reader.query("vAppTemplate")
    return list(zip(_vdc_ids(records), reader.each(lambda r: _template(reader, r, items, vms), records), strict=True))


def _template(
    reader: TenantReader, record: Record, items: Mapping[str, Record], vms: Mapping[str, Record]
) -> dict[str, Any]:
    """Return a vApp template for the inventory file.

    Only one VM of the template is included, because inventory files describe one VM per template.
    """
    fields, children = reader.document(record.href, parse_container) or ({}, {})
    if len(children) > 1:
        reader.warn(f"Template {record.name!r} has {len(children)} VMs. Only the first one is recorded.")
    vm = _template_vm(reader, next(iter(children.items())), vms) if children else {}
    return {
        "name": record.name,
        **filled(catalog=record.get("catalogName"), metadata=reader.metadata(record.href), vm=vm),
        **filled(item=_item(reader, items.get(record.id), fields)),
        "created": record.raw.get("creationDate"),
        **fields,
    }


def _template_vm(reader: TenantReader, child: tuple[str, dict[str, Any]], vms: Mapping[str, Record]) -> dict[str, Any]:
    identifier, fields = child
    record = vms.get(identifier)
    if record is None:
        return fields
    return {
        "name": record.name,
        "status": record.get("status"),
        **filled(
            guest_os=record.get("guestOs"),
            cpus=record.get("numberOfCpus"),
            memory_mb=record.get("memoryMB"),
            storage_profile=record.get("storageProfileName"),
            metadata=reader.metadata(record.href),
        ),
        **fields,
    }


def read_media(reader: TenantReader) -> Placed:
    """Return the media with their catalog items."""
    items, records = _items(reader), reader.query("media")
    return list(zip(_vdc_ids(records), reader.each(lambda r: _media(reader, r, items), records), strict=True))


def _media(reader: TenantReader, record: Record, items: Mapping[str, Record]) -> dict[str, Any]:
    """Return one media object for the inventory file.

    The creation time is taken from the query record, because the media document lacks it.
    """
    fields = reader.document(record.href, parse_media) or {}
    fields = {**filled(created=record.raw.get("creationDate")), **fields}
    profile = record.get("storageProfileName")
    return {
        "name": record.name,
        "size_bytes": record.get("storageB") or 0,
        **filled(catalog=record.get("catalogName"), metadata=reader.metadata(record.href)),
        **filled(storage_profile=profile if profile != "*" else None),
        **filled(item=_item(reader, items.get(record.id), fields)),
        **fields,
    }


def _items(reader: TenantReader) -> dict[str, Record]:
    """Return the catalog items as ``{UUID of the template or media: record}``."""
    return {uuid_at_end(record.get("entity")): record for record in reader.query("catalogItem")}


def _item(reader: TenantReader, record: Record | None, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties in which a catalog item differs from its entity."""
    if record is None:
        return {}
    fields = reader.document(record.href, parse_entity) or {}
    different = {name: value for name, value in fields.items() if value != entity.get(name)}
    return {**different, **filled(metadata=reader.metadata(record.href))}


def _vdc_ids(records: Sequence[Record]) -> list[str]:
    return [uuid_at_end(record.get("vdc")) for record in records]


def _text(value: Any) -> str:
    """Return an attribute as text. A single space means an empty value."""
    return str(value or "").strip()
