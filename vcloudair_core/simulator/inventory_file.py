"""Read inventory files, and report errors with line numbers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from vcloudair_core.util import strict_yaml
from vcloudair_core.util.document_errors import raise_problems
from vcloudair_core.util.strict_yaml import Issue, Reading
from vcloudair_core.util.user_files import read_text

SCHEMA_FILE = "inventory.schema.json"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
_TYPE_NAMES = {
    "object": "a mapping", "array": "a list", "string": "a string", "integer": "a whole number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of inventory files."""
    text = resources.files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    tree: dict[str, Any] = json.loads(text)
    return tree


def read_inventory(file: str) -> dict[str, Any]:
    """Return the contents of an inventory file.

    Raises ConfigurationError if the file cannot be read. Raises SpecError if the contents are invalid. The error lists
    all problems with their line numbers.
    """
    import yaml

    text = read_text(file, "The inventory file")
    reading = strict_yaml.read(text)
    issues = tuple(issue for issue in reading.issues if reading.tree is None or _is_duplicate_key(issue))
    raise_problems(file, Reading(reading.tree, reading.lines, issues))
    # The strict parser rejects control characters, but names in an inventory can contain any characters.
    tree = yaml.safe_load(text) if reading.issues else reading.tree
    raise_problems(file, Reading(tree, reading.lines), _problems(schema(), tree, ()))
    assert isinstance(tree, dict)
    return tree


def _is_duplicate_key(issue: Issue) -> bool:
    return issue.reason.startswith("is a duplicate of line")


def _problems(node: Mapping[str, Any], value: Any, path: strict_yaml.Path) -> Iterator[tuple[strict_yaml.Path, str]]:
    """Yield the path and reason of each schema violation in ``value``."""
    if "$ref" in node:
        node = schema()["$defs"][node["$ref"].rpartition("/")[2]]
    names = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if not any(_is_of_type(value, name) for name in names):
        yield path, f"{' or '.join(_TYPE_NAMES[name] for name in names)} was expected, not {_describe(value)}"
    elif isinstance(value, dict):
        yield from _problems_of_mapping(node, value, path)
    elif isinstance(value, list):
        if len(value) < node.get("minItems", 0):
            yield path, "is empty"
        for position, item in enumerate(value):
            yield from _problems(node["items"], item, (*path, position))
    elif "minimum" in node and value < node["minimum"]:
        yield path, f"must be {node['minimum']} or more, not {value}"


def _problems_of_mapping(
    node: Mapping[str, Any], value: dict[Any, Any], path: strict_yaml.Path
) -> Iterator[tuple[strict_yaml.Path, str]]:
    known: Mapping[str, Any] = node.get("properties", {})
    for key, item in value.items():
        if key in known:
            yield from _problems(known[key], item, (*path, key))
        elif known:
            near = difflib.get_close_matches(str(key), known, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            yield (*path, str(key)), f"unknown key; {guess}"
    for key in node.get("required", ()):
        if key not in value:
            yield path, f"{key!r} is missing"


def _is_of_type(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _describe(value: Any) -> str:
    for name in ("object", "array"):
        if _is_of_type(value, name):
            return _TYPE_NAMES[name]
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
