"""Generate tables of settings, exit codes, errors, and names for plugins."""

from __future__ import annotations

import inspect
import re
from typing import Any

from reference.tables import codes


def settings_table() -> str:
    """Return the table of settings: names, variables, type and default."""
    from vcloudair_core.settings.settings import OPTIONS

    rows = ["| setting | other names | environment | type | default | meaning |", "|---|---|---|---|---|---|"]
    for option in OPTIONS:
        kind = " \\| ".join(f"`{choice}`" for choice in option.choices) or option.type
        default = "" if option.default is None else f"`{str(option.default).lower()}`"
        rows.append(
            f"| `{option.name}` | {codes(option.aliases)} | {codes(option.env_names)} | {kind} | {default} "
            f"| {option.summary} |"
        )
    return "\n".join(rows)


def exit_code_table() -> str:
    """Return the table of exit codes with the error classes of each code."""
    from vcloudair_core.cli.exit_codes import EXIT_CODES

    rows = ["| code | meaning | errors |", "|---|---|---|"]
    for entry in EXIT_CODES:
        rows.append(f"| {entry.code} | {entry.meaning} | {codes(error.__name__ for error in entry.errors)} |")
    return "\n".join(rows)


def error_tree() -> str:
    """Return the list of error classes, nested by inheritance."""
    from vcloudair_core import errors

    lines: list[str] = []

    def walk(error: type, depth: int) -> None:
        summary = (inspect.getdoc(error) or "").splitlines()[0].rstrip(".")
        lines.append(f"{'    ' * depth}- `{error.__name__}`: {(summary[:1].lower() + summary[1:]).replace('``', '`')}")
        children: list[type] = type.__subclasses__(error)
        for child in children:
            if child.__module__ == errors.__name__:
                walk(child, depth + 1)

    walk(errors.VcloudAirError, 0)
    return "\n".join(lines)


def plugin_names() -> str:
    """Return tables of the names in ``vcloudair_core.plugins``, by topic."""
    from vcloudair_core import plugins

    lines: list[str] = []
    for topic, modules in plugins.GROUPS.items():
        lines += [f"## {topic}", "", "| name | summary |", "|---|---|"]
        names = [name for listed in modules.values() for name in listed.split()]
        lines += [f"| `{name}` | {_PLUGIN_VALUES.get(name) or _summary(getattr(plugins, name))} |" for name in names]
        lines.append("")
    return "\n".join(lines).rstrip()


_PLUGIN_VALUES = {
    "API_VERSION": "The version of the plugin API, for `vcloudair_api_version`.",
    "Desired": "`Present`, `Absent` or `Exactly`: the argument of `ResourceKind.plan`.",
    "AuthFlow": "A generator that yields requests, receives responses, and returns `Credentials`.",
    "hookimpl": "Mark a function as the implementation of a hook.",
}
"""Descriptions of public values, which cannot have a docstring."""


def _summary(value: Any) -> str:
    """Return the first line of a docstring, without ``Source:`` and Sphinx roles."""
    line = (inspect.getdoc(value) or "").splitlines()[0].partition(" Source: ")[0]
    return re.sub(r":\w+:(`[^`]+`)", r"\1", line).replace("``", "`").replace("|", "\\|")
