"""Generate the content tables in the collection's README.

The tables list modules, plugins, roles and playbooks.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FQCN = "vcloudair.cloud"
PLUGINS = {
    "Modules": "plugins/modules",
    "Inventory plugins": "plugins/inventory",
    "Lookup plugins": "plugins/lookup",
    "Callback plugins": "plugins/callback",
    "Event sources": "extensions/eda/plugins/event_source",
}
"""Folder of the plugins in each table, by table title."""
NOT_DOCUMENTED = {"action", "doc_fragments", "module_utils", "plugin_utils"}
"""Folders of plugins that users never name.

An action plugin has the name of its module. The other folders have shared code.
"""


def tables() -> str:
    """Return a heading and a table for each kind of content."""
    parts = [_table(title, _plugins(ROOT / folder)) for title, folder in PLUGINS.items()]
    parts.append(_table("Roles", _roles()))
    parts.append(_table("Playbooks", _playbooks()))
    return "\n\n".join(parts)


def _table(title: str, rows: Iterator[tuple[str, str]]) -> str:
    lines = [f"### {title}", "", "| name | purpose |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{FQCN}.{name}` | {text.rstrip('.')} |" for name, text in rows)])


def _plugins(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.py")):
        yield path.stem, documentation(path)["short_description"]


def _roles() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        main = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
        yield path.parent.parent.name, main["short_description"]


def _playbooks() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("playbooks/*.yml")):
        yield path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))[0]["name"]


def documentation(path: Path) -> dict[str, Any]:
    """Return the parsed ``DOCUMENTATION`` of a plugin without importing it.

    Raises: ValueError if the plugin has no ``DOCUMENTATION``.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "DOCUMENTATION" for name in node.targets):
            parsed: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))
            return parsed
    raise ValueError(f"{path.relative_to(ROOT)} has no DOCUMENTATION")
