"""Generate tables of edge document keys from the field declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path

from reference.tables import cell
from vcloudair_core.engine.fields import FieldInfo, SpecKey, keys_of
from vcloudair_core.services.ans.document.keys import document_keys
from vcloudair_core.services.ans.sections import SECTIONS, load_section
from vcloudair_core.util.redaction import Secret

_TYPES = {str: "string", Secret: "string", Path: "path of a file", bool: "`true` \\| `false`", int: "whole number"}


def key_tables() -> str:
    """Return tables for the document, its sections, rules and nested mappings."""
    lines = list(_table("The document", document_keys()))
    for section in map(load_section, SECTIONS):
        lines += _table(section.title, keys_of(section.spec_type))
        for key in keys_of(section.spec_type):
            if key.info.keys:
                title = f"{section.title}: {key.name}"
                lines += _table(title, (_inner_key(name, info) for name, info in key.info.keys.items()))
        for one_list in section.lists:
            noun = f"{one_list.noun[0].upper()}{one_list.noun[1:]}"
            lines += _table(noun, keys_of(one_list.rule_type))
            for key in keys_of(one_list.rule_type):
                if is_dataclass(key.kind):
                    lines += _table(f"{noun}: {key.name}", keys_of(key.kind))
    return "\n".join(lines).rstrip()


def _inner_key(name: str, info: FieldInfo) -> SpecKey:
    return SpecKey(name, info, info.kind or str, info.is_list)


def _table(title: str, keys: Iterable[SpecKey]) -> Iterator[str]:
    yield from (f"## {title}", "", "| key | type | meaning |", "|---|---|---|")
    for key in keys:
        meaning = " ".join((key.info.summary, *key.info.details)).replace("``", "`")
        yield f"| `{key.name}` | {_type_of(key)} | {cell(meaning)} |"
    yield ""


def _type_of(key: SpecKey) -> str:
    words = [*key.info.choices, *key.info.synonyms]
    kind = " \\| ".join(f"`{word}`" for word in words) or _TYPES.get(key.kind, "mapping")
    return f"list of: {kind}" if key.is_list else kind
