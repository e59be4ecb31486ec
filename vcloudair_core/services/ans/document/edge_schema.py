"""The JSON Schema of edge documents, generated from the fields of the specs.

Editors use the schema to check keys, types, values and bounds. Addresses and combinations of fields are checked only by
the parser.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vcloudair_core.engine.fields import FieldInfo, SpecKey, keys_of
from vcloudair_core.services.ans.document.keys import document_keys
from vcloudair_core.services.ans.section.descriptor import Section
from vcloudair_core.services.ans.sections import SECTIONS, load_section
from vcloudair_core.util.redaction import Secret

_LISTED = "A list of strings, one string, or strings separated by commas."
_PORT = {"minimum": 1, "maximum": 65535}
_BOOLEANS = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")


def edge_schema() -> dict[str, Any]:
    """Return the schema of edge documents (JSON Schema, draft 2020-12)."""
    definitions: dict[str, Any] = {}
    for section in map(load_section, SECTIONS):
        definitions[section.name] = _section(section)
        for one_list in section.lists:
            noun = one_list.noun
            definitions[one_list.rule_name] = _mapping(one_list.rule_type, _with_article(noun), "object")
            for spec in _specs_in(one_list.rule_type):
                definitions[_name_of(spec)] = _mapping(spec, f"A {_name_of(spec)} of a {noun}", ["object", "null"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Edge document",
        "description": "An edge gateway as `vca edge export` writes it, and `vca edge plan` and `apply` read it.",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": [name]} for name in SECTIONS],
        "properties": {key.name: _value(key) for key in document_keys()},
        "$defs": definitions,
    }


def _section(section: Section[Any, Any]) -> dict[str, Any]:
    schema = _mapping(section.spec_type, section.title, ["object", "null"])
    for one_list in section.lists:
        schema["properties"][one_list.rules_field]["items"] = {"$ref": f"#/$defs/{one_list.rule_name}"}
    schema["properties"] |= {name: {"description": "Set by the server; ignored."} for name in section.output_keys}
    return schema


def _mapping(spec: type, title: str, schema_type: Any) -> dict[str, Any]:
    return {
        "title": title,
        "type": schema_type,
        "additionalProperties": False,
        "properties": {key.name: _value(key) for key in keys_of(spec)},
    }


def _with_article(noun: str) -> str:
    return f"{'An' if noun[0].casefold() in 'aeiou' else 'A'} {noun}"


def _specs_in(spec: type) -> list[type]:
    """Return the spec types that are nested in a rule spec."""
    return [key.kind for key in keys_of(spec) if dataclasses.is_dataclass(key.kind)]


def _name_of(spec: type) -> str:
    """Return the name of a spec type in snake case: ``service`` for ``ServiceSpec``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", spec.__name__.removesuffix("Spec")).casefold()


def _value(key: SpecKey) -> dict[str, Any]:
    """Return the schema for the value of a key."""
    info, summary = key.info, key.info.summary.replace("``", "`")
    if info.keys:
        return _settings(summary, info.keys)
    if key.is_list:
        if dataclasses.is_dataclass(key.kind):
            items = {"$ref": f"#/$defs/{_name_of(key.kind)}"}
            return {"description": summary, "type": ["array", "null"], "items": items}
        return _texts(summary, numbers=info.ports)
    if dataclasses.is_dataclass(key.kind):
        return {"$ref": f"#/$defs/{key.name}"}
    if info.choices or info.suggestions:
        return _choice(summary, info.choices or info.suggestions, info)
    if key.kind is bool:
        return _boolean(summary)
    if key.kind is int:
        return _number(summary, *(info.bounds or (0, None)))
    assert key.kind in (str, Secret, Path), key
    if info.pattern:
        return _id(summary, info)
    return {**_text(summary), **(_PORT if info.ports else {})}


# -- schemas of values ---------------------------------------------------------------------------------------------


def _text(summary: str) -> dict[str, Any]:
    return {"description": summary, "type": ["string", "integer", "null"]}


def _texts(summary: str, *, numbers: bool = False) -> dict[str, Any]:
    item = ["string", "integer", "null"] if numbers else ["string", "null"]
    bounds = _PORT if numbers else {}
    items = {"type": item, **bounds}
    return {"description": f"{summary} {_LISTED}", "type": [*item, "array"], **bounds, "items": items}


def _boolean(summary: str) -> dict[str, Any]:
    spellings = {"type": "string", "pattern": _any_case(_BOOLEANS)}
    return {"description": summary, "anyOf": [{"type": ["boolean", "null"]}, {"enum": [0, 1]}, spellings]}


def _number(summary: str, low: int, high: int | None) -> dict[str, Any]:
    bounds = {"minimum": low} if high is None else {"minimum": low, "maximum": high}
    digits = {"type": "string", "pattern": r"^\s*[0-9]{0,19}\s*$"}
    return {"description": summary, "anyOf": [{"type": "integer", **bounds}, {"type": "null"}, digits]}


def _id(summary: str, info: FieldInfo) -> dict[str, Any]:
    """Return the schema of an ID, which can be a string or a number."""
    low, _ = info.bounds or (0, None)
    text = {"type": "string", "pattern": rf"^\s*(?:{info.pattern})?\s*$"}
    return {"description": summary, "anyOf": [text, {"type": "integer", "minimum": low}, {"type": "null"}]}


def _choice(summary: str, choices: Iterable[str], info: FieldInfo) -> dict[str, Any]:
    known = list(choices)
    text = {"type": "string", "pattern": _any_case([*known, *info.synonyms], info.pattern)}
    return {"description": summary, "anyOf": [{"enum": known}, text, {"type": "null"}]}


def _any_case(choices: Iterable[str], also: str = "") -> str:
    """Return a case-insensitive regular expression for the choices and blank strings.

    A blank string counts as missing.
    """
    spelled = ["".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in word) for word in choices]
    return rf"^\s*(?:{'|'.join([*spelled, *([also] if also else [])])})?\s*$"


def _settings(summary: str, keys: Mapping[str, FieldInfo]) -> dict[str, Any]:
    """Return the schema of a mapping with fixed keys."""
    properties = {name: _value(SpecKey(name, info, info.kind or str, info.is_list)) for name, info in keys.items()}
    return {
        "description": summary,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
