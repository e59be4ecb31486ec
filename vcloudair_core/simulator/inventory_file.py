"""Read an inventory file and check it against ``inventory.schema.json``, with the line of every problem."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from vcloudair_core.util import strict_yaml
from vcloudair_core.util.document_errors import raise_problems
from vcloudair_core.util.strict_yaml import Flaw, Reading
from vcloudair_core.util.user_files import read_text

SCHEMA_FILE = "inventory.schema.json"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
_WORDS = {
    "object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip


@cache
def schema() -> dict[str, Any]:
    """The schema of inventory files, as it is shipped and published."""
    text = resources.files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    tree: dict[str, Any] = json.loads(text)
    return tree


def read_inventory(file: str) -> dict[str, Any]:
    """Return the contents of an inventory file.

    Raises: ConfigurationError when it cannot be read; SpecError with every problem, its file and its line.
    """
    import yaml

    text = read_text(file, "The inventory file")
    reading = strict_yaml.read(text)
    flaws = tuple(flaw for flaw in reading.flaws if reading.tree is None or _is_double(flaw))
    raise_problems(file, Reading(reading.tree, reading.lines, flaws))
    # Names of a simulated cloud may be anything, such as control characters, which a document of ours must not have.
    tree = yaml.safe_load(text) if reading.flaws else reading.tree
    raise_problems(file, Reading(tree, reading.lines), _problems(schema(), tree, ()))
    assert isinstance(tree, dict)
    return tree


def _is_double(flaw: Flaw) -> bool:
    return flaw.reason.startswith("was already given")


def _problems(node: Mapping[str, Any], value: Any, path: strict_yaml.Path) -> Iterator[tuple[strict_yaml.Path, str]]:
    """All that a part of the schema says against a value."""
    if "$ref" in node:
        node = schema()["$defs"][node["$ref"].rpartition("/")[2]]
    names = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if not any(_is_of(value, name) for name in names):
        yield path, f"{' or '.join(_WORDS[name] for name in names)} was expected, not {_shown(value)}"
    elif isinstance(value, dict):
        yield from _problems_of_mapping(node, value, path)
    elif isinstance(value, list):
        if len(value) < node.get("minItems", 0):
            yield path, "is empty"
        for position, item in enumerate(value):
            yield from _problems(node["items"], item, (*path, position))
    elif "minimum" in node and value < node["minimum"]:
        yield path, f"{value} is out of range, {node['minimum']} or more is allowed"


def _problems_of_mapping(
    node: Mapping[str, Any], value: dict[Any, Any], path: strict_yaml.Path
) -> Iterator[tuple[strict_yaml.Path, str]]:
    known: Mapping[str, Any] = node.get("properties", {})
    for key, item in value.items():
        if key in known:
            yield from _problems(known[key], item, (*path, key))
        elif known:
            near = difflib.get_close_matches(str(key), known, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            yield (*path, str(key)), f"unknown key; {guess}"
    for key in node.get("required", ()):
        if key not in value:
            yield path, f"{key!r} is missing"


def _is_of(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _shown(value: Any) -> str:
    for name in ("object", "array"):
        if _is_of(value, name):
            return _WORDS[name]
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
