"""Generate the reference page of the command line."""

from __future__ import annotations

from typing import Any

from reference.tables import cell

_OF_TYPER = ("help",)
"""Options that every command has."""


def cli_reference() -> str:
    """Return usage, description and options of each command.

    Options that all commands share are listed once.
    """
    from vcloudair_core.cli import plugin
    from vcloudair_core.cli.command_tree import as_command, build_tree
    from vcloudair_core.plugin.manager import PluginManager

    records = {record.name: record for record in plugin.vca_cli_commands()}
    root = build_tree(records, PluginManager(environ={}))
    parts = ["## Shared options", "", "Write these options before or after the command.", "", *_shared_options(root)]
    for record in records.values():
        parts += _command(as_command(record.load(), record), f"vca {record.name}")
    return "\n".join(parts)


def _command(command: Any, path: str) -> list[str]:
    from vcloudair_core.cli.help_text import argument_name, text_and_examples

    children: dict[str, Any] = getattr(command, "commands", {})
    below = [line for name, child in children.items() for line in _command(child, f"{path} {name}")]
    if children and not command.invoke_without_command:
        return below
    arguments = "".join(f" {argument_name(param)}" for param in command.params if param.param_type_name == "argument")
    own = _own_options(command)
    text, examples = text_and_examples(command.help)
    shown = ["", "```text", *examples, "```"] if examples else []
    return [
        "",
        f"## {path}",
        "",
        f"`{path}{arguments} [OPTIONS]`",
        "",
        text,
        *shown,
        *(["", *own] if own else []),
        *below,
    ]


def _shared_options(root: Any) -> list[str]:
    """Return a table of the shared options for each topic."""
    from vcloudair_core.cli.help_text import options_by_panel
    from vcloudair_core.cli.shared_options import SHARED

    names = {option.name for option in SHARED}
    shared = [param for param in root.params if param.name in names]
    lines: list[str] = []
    for panel, options in options_by_panel(shared):
        rows = [_option_row(param) for param in options]
        lines += [f"### {panel}", "", "| option | meaning |", "|---|---|", *rows, ""]
    return lines[:-1]


def _own_options(command: Any) -> list[str]:
    from vcloudair_core.cli.help_text import argument_name
    from vcloudair_core.cli.shared_options import SHARED

    names = {option.name for option in SHARED}
    rows = []
    for param in command.params:
        if param.param_type_name == "argument":
            rows.append(f"| `{argument_name(param)}` | {cell(param.help)} |")
        elif not (param.name in names or param.hidden or param.name in _OF_TYPER):
            rows.append(_option_row(param))
    return ["| option | meaning |", "|---|---|", *rows] if rows else []


def _option_row(param: Any) -> str:
    from vcloudair_core.cli.help_text import option_name, option_text

    return f"| `{cell(option_name(param))}` | {cell(option_text(param))} |"
