"""TOML configuration file, with a table ``[context.NAME]`` for each cloud."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.user_files import read_text, refuse_readable_secrets

CURRENT = "current_context"
CONTEXTS = "context"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")


@dataclass(frozen=True)
class ConfigFile:
    """A parsed configuration file.

    ``top`` contains the settings outside of the context tables. ``current`` is the value of ``current_context``, or
    None if the file does not set ``current_context``.
    """

    path: Path
    top: Mapping[str, Any] = field(default_factory=dict)
    contexts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    current: str | None = None
    text: str = ""

    def place(self, key: str, table: Mapping[str, Any]) -> str:
        """Return the location of a key, such as ``/path/config.toml:3``.

        If the line is unknown, return the path alone.
        """
        name = next((name for name, context in self.contexts.items() if context is table), None)
        line = _line_of(self.text, key, name)
        return f"{self.path}:{line}" if line else str(self.path)

    def context(self, name: str) -> Mapping[str, Any]:
        """Return the settings of a context.

        Raises ConfigurationError if the context does not exist.
        """
        if name not in self.contexts:
            names = ", ".join(self.contexts)
            raise ConfigurationError(
                f"Context {name!r} does not exist in {self.path}.",
                hint=f"Use one of: {names}." if names else f"Run: vca context add {name} --url URL --org ORG",
            )
        return self.contexts[name]


def read_config_file(path: Path) -> ConfigFile:
    """Read a configuration file.

    Raises ConfigurationError if the file is unreadable or invalid.
    """
    text = read_text(path, "The configuration file")
    tree = _parsed_toml(path, text)
    contexts = tree.pop(CONTEXTS, {})
    if not isinstance(contexts, dict) or not all(isinstance(table, dict) for table in contexts.values()):
        raise ConfigurationError(
            f"The configuration file {path} cannot be read: 'context' must contain only tables ([context.NAME]).",
            hint="Add the line [context.NAME] above the settings of a context.",
        )
    current = tree.pop(CURRENT, None)
    if current is not None and not isinstance(current, str):
        raise ConfigurationError(
            f"The configuration file {path} cannot be read: {CURRENT} is not a string.",
            hint=f"Set {CURRENT} to the name of a context, in quotes.",
        )
    return ConfigFile(path, tree, contexts, current or None, text)


def check_context_name(name: str) -> str:
    """Return ``name`` unchanged if it is a valid name of a context.

    Raises ConfigurationError for an invalid name.
    """
    if not _NAME.match(name):
        raise ConfigurationError(
            f"Invalid context name: {name!r}.",
            hint="Use up to 64 letters, digits, dots, dashes and underscores; begin with a letter or digit.",
        )
    return name


def refuse_readers(file: ConfigFile, is_secret: Callable[[str], bool]) -> None:
    """Raise ConfigurationError if other users can read secrets in the file.

    Secrets by reference are allowed, because the file does not contain their values.
    """
    names = {name for table in (file.top, *file.contexts.values()) for name in table if is_secret(name)}
    if names:
        refuse_readable_secrets(file.path, file.path.stat(), _join_names(names))


def _join_names(names: set[str]) -> str:
    return " and ".join(", ".join(sorted(names)).rsplit(", ", 1))


def _parsed_toml(path: Path, text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tree: dict[str, Any] = tomllib.loads(text)
        return tree
    except RecursionError as exc:
        raise ConfigurationError(f"The configuration file {path} cannot be read: it is nested too deeply.") from exc
    except ValueError as exc:  # invalid TOML, or a number of 5,000 digits
        position = _POSITION.search(str(exc))
        line = position[1] if position else text.count("\n") + 1
        column = f" (column {position[2]})" if position else ""
        reason = _POSITION.sub("", str(exc)).replace("(at end of document)", "at the end of the file").strip()
        raise ConfigurationError(
            f"The configuration file cannot be read: {path}:{line}: {reason}{column}.", hint="Correct the line."
        ) from exc


_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")


def _line_of(text: str, key: str, context: str | None) -> int:
    """Return the number of the line that sets a key, or 0 if no line sets the key.

    If ``context`` is None, only the lines above the first table are searched.
    """
    is_within = context is None
    table = None if context is None else [CONTEXTS, context]
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            is_within = [name.strip(" \"'") for name in header[1].split(".", 1)] == table
        elif is_within and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
            return number
    return 0
