"""Built-in record types of the query service. Source: protocol/query.md §6-7."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from vcloudair_core.plugin.records import RecordType

_KINDS = {"": "str", "b": "bool", "i": "int", "l": "int", "float": "float", "t": "datetime", "u": "uri"}


@cache
def built_in_types() -> Mapping[str, RecordType]:
    """Return the built-in record types by name.

    Servers may return more attributes than a type lists.
    """
    from vcloudair_core.services.query.record_table import TABLE

    lines = TABLE.strip().replace("\n    ", " ").splitlines()
    heads = [line.partition(":")[0].split() if ": " in line else line.split() for line in lines]
    names = {head[0].casefold() for head in heads}
    types: dict[str, RecordType] = {}
    for line, (name, record, references) in zip(lines, heads, strict=True):
        attributes = [_parse_attribute(text) for text in line.partition(": ")[2].split()]
        has_admin = not name.startswith("admin") and f"admin{name}".casefold() in names
        types[name] = RecordType(
            name,
            record,
            "" if references == "-" else references,
            {attribute: kind for attribute, kind, _ in attributes},
            admin_name=f"admin{name[:1].upper()}{name[1:]}" if has_admin else "",
            since={attribute: version for attribute, _, version in attributes if version is not None},
        )
    return types


def _parse_attribute(text: str) -> tuple[str, str, str | None]:
    """Return the name, kind and first API version of an attribute.

    An example of ``text`` is ``autoDeleteDate:t@29.0``. The version is an empty string for attributes that only some
    servers have, and None for attributes that all versions have.
    """
    name_and_kind, _, version = text.partition("@")
    name, _, kind = name_and_kind.rstrip("~").partition(":")
    return name, _KINDS[kind], "" if name_and_kind.endswith("~") else version or None
