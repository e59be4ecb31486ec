"""Generate tables of the query service's record types and their attributes."""

from __future__ import annotations

from vcloudair_core.plugin.records import RecordType

TYPES = {"str": "string", "bool": "`true` or `false`", "int": "whole number", "float": "number", "datetime": "time"}
"""Descriptions of the attribute types, as shown on the page."""


def tables() -> str:
    """Return a section for each record type, in alphabetical order.

    Record types of provider administrators are last.
    """
    from vcloudair_core.services.query.record_types import built_in_types

    types = sorted(built_in_types().values(), key=_rank)
    return "\n\n".join(_section(record_type) for record_type in types)


def _rank(record_type: RecordType) -> tuple[bool, str]:
    return record_type.name.startswith("admin"), record_type.name.casefold()


def _section(record_type: RecordType) -> str:
    lines = [f"## {record_type.name}", ""]
    if record_type.admin_name:
        admin = record_type.admin_name
        lines += [f"As a provider administrator, use [`{admin}`](#{admin.lower()}) to query all organizations.", ""]
    if not record_type.attributes:
        return "\n".join([*lines, "The attributes depend on the server. All of them are returned as strings."])
    lines += ["| attribute | type | available |", "|---|---|---|"]
    for name, kind in record_type.attributes.items():
        lines.append(f"| `{name}` | {TYPES[kind]} | {_availability(record_type, name)} |")
    return "\n".join(lines)


def _availability(record_type: RecordType, attribute: str) -> str:
    if attribute not in record_type.since:
        return ""
    version = record_type.since[attribute]
    return f"since API {version}" if version else "some servers"
