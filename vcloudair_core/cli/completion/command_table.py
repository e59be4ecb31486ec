"""Build and cache the command tree for shell completion.

Building the table imports all commands. Reading the table imports no command.

A node is a mapping with these keys:

* ``help``: The help text.
* ``options``: The kind and help text of each option, by name.
* ``arguments``: The kinds of the arguments.
* ``repeats``: True if the last argument can be repeated.
* ``commands``: The nodes of the subcommands, by name.
* ``files``: The stamps of files that must not have changed. Only the root node contains them.

Kinds are ``flag``, ``text``, ``file``, ``choice a b``, and the kinds in :mod:`~vcloudair_core.cli.completion.values`.
Only the root node contains the shared options.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Any

from vcloudair_core.cli.completion.cache_files import completion_folder, read_json, write_json
from vcloudair_core.cli.start.installation import installation_stamp, is_settled, unchanged, watched_files

FORMAT = 2
_CHOICES = re.compile(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+\Z", re.IGNORECASE)
_BY_OPTION = {
    "edge": "edge", "vdc": "vdc", "context": "context", "fields": "fields", "sort": "sort", "where": "where",
    "columns": "columns",
}  # fmt: skip
_BY_METAVAR = {
    "PATH": "file", "FILE": "file", "DOCUMENT": "file", "VM": "vm", "RUN": "run", "STAGE": "stage", "TYPE": "type",
    "EDGE": "edge",
}  # fmt: skip
_BY_ARGUMENT = {("context", "name"): "context", ("edge", "document"): "file"}


def command_table(folder: Path | None = None) -> dict[str, Any]:
    """Return the cached command tree of this installation.

    The tree is rebuilt after the version, the plugins or the commands change.
    """
    folder = folder or completion_folder(None)
    stamp = f"{FORMAT}\n{installation_stamp()}"
    path = folder / f"commands-{hashlib.sha256(sys.prefix.encode()).hexdigest()[:16]}.json" if folder else None
    if path is not None:
        cached = read_json(path)
        cached_table = cached.get("table")
        if cached.get("stamp") == stamp and isinstance(cached_table, dict) and unchanged(cached_table.get("files")):
            return cached_table
    table = make_table()
    if path is not None and is_settled():
        write_json(path, {"stamp": stamp, "table": table})
    return table


def make_table() -> dict[str, Any]:
    """Import the commands of all plugins and build the table.

    If a command cannot be loaded, its entry has only a name.
    """
    from vcloudair_core.cli.command_tree import as_command, build_tree
    from vcloudair_core.cli.loading import load_commands
    from vcloudair_core.cli.shared_options import SHARED

    plugins, records, _ = load_commands()
    shared = {option.name for option in SHARED}
    root = _node(build_tree(records, plugins), (), frozenset())
    for record in records.values():
        try:
            node = _node(as_command(record.load(), record), (record.name,), frozenset(shared))
        except Exception:  # noqa: BLE001 - the command reports its error when it runs
            node = {"help": ""}
        root["commands"][record.name] = node | {"help": record.summary}
    root["types"] = {name: sorted(kind.attributes) for name, kind in sorted(plugins.record_types().items())}
    root["files"] = watched_files(plugins)
    return root


def _node(command: Any, path: tuple[str, ...], left_out: frozenset[str]) -> dict[str, Any]:
    options: dict[str, list[str]] = {}
    arguments: list[str] = []
    repeats = False
    for param in command.params:
        if param.param_type_name == "argument":
            arguments.append(_argument_kind(param, path))
            repeats = param.nargs == -1
        elif param.name not in left_out and not param.hidden:
            for name in (*param.opts, *param.secondary_opts):
                options[name] = [_option_kind(param), _short(param.help)]
    children = {} if hasattr(command, "records") else getattr(command, "commands", {})
    return {
        "help": _short(command.help),
        "options": options,
        "arguments": arguments,
        "repeats": repeats,
        "commands": {name: _node(child, (*path, name), left_out) for name, child in children.items()},
    }


def _option_kind(param: Any) -> str:
    if param.is_flag or param.count:
        return "flag"
    metavar = str(param.metavar or "")
    if _CHOICES.match(metavar):
        return f"choice {metavar.replace('|', ' ')}"
    return _BY_OPTION.get(param.name) or _BY_METAVAR.get(metavar) or "text"


def _argument_kind(param: Any, path: tuple[str, ...]) -> str:
    metavar = re.sub(r"[^A-Z]", "", str(param.metavar or param.name).upper())
    if metavar == "VM" and path[:1] == ("dr",):
        return "replication"
    return _BY_ARGUMENT.get((path[0] if path else "", param.name)) or _BY_METAVAR.get(metavar) or "text"


def _short(text: str | None) -> str:
    """Return the first sentence of a text on one line, truncated to 80 characters."""
    line = " ".join((text or "").partition("\n\n")[0].split())
    return line.partition(". ")[0].rstrip(".")[:80]
