"""Compute the candidates that a shell completion script shows.

The output is a directive, then one line per candidate: the value, a tab and a description. Directives: ``values``,
``nospace`` (values that can continue), ``files`` (the shell completes paths), ``none``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.cli.completion import VARIABLE

_PLACES = frozenset(("--context", "--config", "--url", "--org", "--service-type", "--cache-dir", "--state-dir"))


@dataclass
class _Line:
    """A command line, parsed up to the word under the cursor."""

    node: Mapping[str, Any]
    command: str = "vca"
    pending: str = ""  # kind of the option whose value comes next
    operands: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    is_bare: bool = False  # after --


def answer(shell: str, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the completion candidates in the format of the shell's completion script."""
    if shell == "bash":
        from vcloudair_core.cli.completion.bash_line import BashLine

        line = BashLine(environ.get("_VCA_LINE", ""), environ.get("_VCA_BREAKS", ""))
        directive, values = candidates([*line.words[1:], line.current])
        return "\n".join([directive, *(line.insertable(value) for value, _ in values)])
    directive, values = candidates(list(arguments) or [""])
    return "\n".join([directive, *(f"{value}\t{about}" if about else value for value, about in values)])


def candidates(typed: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    """Return the directive and the candidates for the last word after ``vca``.

    Candidates are pairs of a value and a description.
    """
    from vcloudair_core.cli.completion.command_table import command_table

    table = command_table()
    line = _read(table, typed[:-1])
    current = typed[-1]
    prefix, kind = "", line.pending
    if not kind and current.startswith("--") and "=" in current and not line.is_bare:
        name, _, current = current.partition("=")
        prefix, kind = f"{name}=", _option(table, line.node, name)
    if kind:
        return _values(table, line, kind, prefix, current)
    if current.startswith("-") and not line.is_bare:
        options = {**line.node.get("options", {}), **table["options"]}
        names = [(name, about) for name, (_, about) in options.items() if name not in line.used]
        return "values", [(name, about) for name, about in names if name.startswith(current)]
    commands = line.node.get("commands", {})
    if commands and not line.operands:
        names = [(name, str(child.get("help", ""))) for name, child in commands.items() if name.startswith(current)]
        if names or not line.node.get("arguments"):
            return "values", names
    kinds = line.node.get("arguments", [])
    position = len(line.operands)
    if position >= len(kinds):
        if not (kinds and line.node.get("repeats")):
            return "none", []
        position = len(kinds) - 1
    return _values(table, line, kinds[position], "", current)


def _read(table: Mapping[str, Any], typed: Sequence[str]) -> _Line:
    line = _Line(table)
    name = ""
    for word in typed:
        if line.pending:
            line.pending = ""
            if name in _PLACES:
                line.options[name[2:].replace("-", "_")] = word
        elif word == "--" and not line.is_bare:
            line.is_bare = True
        elif word.startswith("-") and len(word) > 1 and not line.is_bare:
            name, equals, value = word.partition("=")
            line.used.add(name)
            if not equals:
                kind = _option(table, line.node, name)
                line.pending = "" if kind == "flag" else kind
            elif name in _PLACES:
                line.options[name[2:].replace("-", "_")] = value
        elif not line.operands and word in line.node.get("commands", {}):
            line.node, line.command = line.node["commands"][word], f"{line.command} {word}"
        else:
            line.operands.append(word)
    return line


def _option(table: Mapping[str, Any], node: Mapping[str, Any], name: str) -> str:
    """Return the kind of an option, such as ``text``.

    An unknown option has the kind ``flag``.
    """
    entry = node.get("options", {}).get(name) or table["options"].get(name)
    return str(entry[0]) if entry else "flag"


def _values(
    table: Mapping[str, Any], line: _Line, kind: str, prefix: str, current: str
) -> tuple[str, list[tuple[str, str]]]:
    if kind == "file":
        return "files", []
    from vcloudair_core.cli.completion.values import Values

    known = Values(table, line.options, line.operands, line.command).of(kind, current)
    taken = set(line.operands) if not line.pending and line.node.get("repeats") else set()
    values = [(prefix + value, about) for value, about in known if value.startswith(current) and value not in taken]
    return ("nospace" if kind in ("where", "fields", "columns") else "values") if values else "none", values


def main() -> None:
    """Print the candidates for a completion script, and exit.

    Errors are not printed, because they would disturb the prompt.
    """
    import logging

    logging.disable(logging.CRITICAL)
    try:
        text = answer(os.environ[VARIABLE], sys.argv[1:], os.environ)
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "surrogateescape"))
        sys.stdout.flush()
    except Exception:  # noqa: BLE001
        sys.exit(1)
