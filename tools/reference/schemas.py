"""Generate JSON Schemas of documents, and tables from these schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reference.tables import cell


def recovery_plan_tables() -> str:
    """Return a table for each mapping of a recovery plan."""
    from vcloudair_core.recovery.plan.plan_schema import schema

    return _schema_tables(schema(), "The plan", level=2)


def _schema_tables(whole: dict[str, Any], name: str, *, level: int) -> str:
    parts = []
    for title, part in [(name, whole), *((part.get("title"), part) for part in whole["$defs"].values())]:
        if title is None:
            continue
        parts += [
            f"{'#' * level} {title}",
            "",
            part["description"],
            "",
            "| key | type | default | meaning |",
            "|---|---|---|---|",
        ]
        for key, inner in part["properties"].items():
            found = {**_definition(whole, inner), **inner}
            default = found.get("default")
            default = default if isinstance(default, str) else json.dumps(default)
            shown = "" if default in ("", "null", "[]", "{}") else f"`{default}`"
            shown = "required" if key in part.get("required", ()) else shown
            parts.append(f"| `{key}` | {_type_of(whole, inner)} | {shown} | {cell(found['description'])} |")
        parts.append("")
    return "\n".join(parts).rstrip()


def _definition(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = whole["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), {})
    return found


def _type_of(whole: dict[str, Any], part: dict[str, Any]) -> str:
    found = {**_definition(whole, part), **part}
    if "enum" in found:
        return " \\| ".join(f"`{choice}`" for choice in found["enum"])
    kinds: list[str] = found["type"] if isinstance(found["type"], list) else [found["type"]]
    named = {"string": "string", "integer": "whole number", "object": "mapping", "boolean": "`true` \\| `false`"}
    if "title" in found:
        title = str(found["title"])
        named["object"] = f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(' ', '-')})"
    if "array" in kinds:
        named["array"] = f"list of: {_type_of(whole, found['items'])}"
    words = [named.get(kind, kind) for kind in kinds]
    bounds = [
        f"{sign} {found[name]}"
        for name, sign in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"))
        if name in found
    ]
    return ", ".join([" or ".join(words), *bounds])


def recovery_plan_schema() -> str:
    """Return the JSON Schema for recovery plans, which is part of the package."""
    from vcloudair_core.recovery.plan import plan_schema

    return Path(plan_schema.__file__).with_name(plan_schema.SCHEMA_FILE).read_text(encoding="utf-8")


def edge_document_schema() -> str:
    """Return the JSON Schema for edge documents, as ``vca schema edge`` prints it."""
    from vcloudair_core.services.ans.document.edge_schema import edge_schema

    return json.dumps(edge_schema(), indent=2, ensure_ascii=False) + "\n"


def inventory_schema() -> str:
    """Return the JSON Schema for inventory files, which is part of the package."""
    from vcloudair_core.simulator import inventory_file

    return Path(inventory_file.__file__).with_name(inventory_file.SCHEMA_FILE).read_text(encoding="utf-8")


def inventory_tables() -> str:
    """Return a table for each mapping of an inventory file."""
    from vcloudair_core.simulator.inventory_file import schema

    return _schema_tables(schema(), "The file", level=2)
