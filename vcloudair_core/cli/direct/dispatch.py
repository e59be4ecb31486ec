"""Parse simple command lines of frequent commands without typer.

A command line is simple if it has only shared options with complete names. All other command lines, such as those with
mistakes, are left to typer. A test compares the options with those that typer parses.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.cli.shared_options import SHARED

_PACKAGE = "vcloudair_core.cli.direct"
COMMANDS = {
    ("edge", "list"): "edges:list_edges",
    ("network", "list"): "networks:list_networks",
    ("vdc", "list"): "networks:list_vdcs",
}


@dataclass(frozen=True)
class DirectCommand:
    """A simple command line.

    ``before`` and ``after`` are the options before and after the names of the command.
    """

    names: tuple[str, str]
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def load(self) -> Callable[..., None]:
        """Import and return the function of the command."""
        module, _, name = COMMANDS[self.names].partition(":")
        function: Callable[..., None] = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name)
        return function


def direct_command(arguments: Sequence[str]) -> DirectCommand | None:
    """Parse a command line. Return None if typer must parse it."""
    tokens = iter(arguments)
    before, group = _options(tokens)
    command = next(tokens, None)
    after, rest = _options(tokens)
    names = (group or "", command or "")
    if names not in COMMANDS or before is None or after is None or rest is not None:
        return None
    return DirectCommand(names, before, after)


def _options(tokens: Iterator[str]) -> tuple[dict[str, Any] | None, str | None]:
    """Parse options up to the first word that is not an option.

    Returns ``(options, word)``, or ``(None, None)`` if typer must parse the command line. ``word`` is None at the end.
    """
    options: dict[str, Any] = {}
    for word in tokens:
        if not word.startswith("-"):
            return options, word
        name, equals, value = word.partition("=")
        option = _BY_NAME.get(name)
        if option is None or (equals and not name.startswith("--")):
            return None, None
        key, flag = option
        if flag is not None:
            if equals:
                return None, None
            options[key] = flag
            continue
        value = value if equals else next(tokens, "")
        if not value or value.startswith("-") or not value.isprintable():
            return None, None
        options[key] = value
    return options, None


def _names() -> Iterator[tuple[str, tuple[str, bool | None]]]:
    """Yield ``(name, (key, value))`` for each name of a shared option.

    ``value`` is the value that a flag sets, or None for an option with an argument.
    """
    for option in SHARED:
        for declaration in option.declarations:
            on, _, off = declaration.partition("/")
            is_flag = option.annotation == bool | None
            yield on, (option.name, True if is_flag else None)
            if off:
                yield off, (option.name, False)


_BY_NAME = dict(_names())
