"""The types of the query service that are built in. Source: api/query.md §6-7."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from vcloudair_core.plugin.records import RecordType

_KINDS = {"": "str", "b": "bool", "i": "int", "l": "int", "float": "float", "t": "datetime", "u": "uri"}


@cache
def built_in_types() -> Mapping[str, RecordType]:
    """All of them by name. ``attributes`` holds what is known, text too; servers give more."""
    from vcloudair_core.services.query.record_table import TABLE

    lines = TABLE.strip().replace("\n    ", " ").splitlines()
    heads = [line.partition(":")[0].split() if ": " in line else line.split() for line in lines]
    names = {head[0].casefold() for head in heads}
    found: dict[str, RecordType] = {}
    for line, (name, record, references) in zip(lines, heads, strict=True):
        words = line.partition(": ")[2].split()
        attributes = {word.partition(":")[0]: _KINDS[word.partition(":")[2]] for word in words}
        has_admin = not name.startswith("admin") and f"admin{name}".casefold() in names
        found[name] = RecordType(
            name,
            record,
            "" if references == "-" else references,
            attributes,
            admin_name=f"admin{name[:1].upper()}{name[1:]}" if has_admin else "",
        )
    return found
