"""Find completion values by kind in local files.

Sends no request and reads no secrets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

_OF_SETTINGS = ("context", "config", "url", "org", "service_type", "cache_dir", "state_dir", "insecure")


class Values:
    """Find the completion values for a command line.

    ``options`` are the shared options. ``operands`` are the positional arguments.
    """

    def __init__(
        self, table: Mapping[str, Any], options: Mapping[str, str], operands: list[str], command: str = "vca"
    ) -> None:
        self._command = command
        self._table = table
        self._options = options
        self._operands = operands

    def of(self, kind: str, current: str) -> list[tuple[str, str]]:
        """Return (value, description) pairs. ``current`` is the text typed so far."""
        if kind.startswith("choice "):
            return [(value, "") for value in kind.split()[1:]]
        if kind == "type":
            return [(name, "") for name in self._table.get("types", {})]
        if kind in ("fields", "sort", "where", "columns"):
            return self._fields(kind, current)
        if kind == "context":
            return self._contexts()
        if kind in ("stage", "run"):
            return self._state_files(kind)
        return self._names(kind)

    def settings(self) -> Settings | None:
        """The server and folder settings, or None if they are invalid."""
        from vcloudair_core.errors import VcloudAirError
        from vcloudair_core.settings.settings import Settings

        arguments = {name: value for name, value in self._options.items() if name in _OF_SETTINGS}
        context, file = arguments.pop("context", None), arguments.pop("config", None)
        try:
            return Settings.load(arguments, context=context, config_file=file)
        except VcloudAirError:
            return None

    def _fields(self, kind: str, current: str) -> list[tuple[str, str]]:
        types = self._table.get("types", {})
        names = types.get(self._operands[0] if self._operands else "vm", types.get("vm", []))
        if kind == "columns" and self._command != "vca query":
            from vcloudair_core.cli.completion.known_names import known_columns

            names = known_columns(self._command)
        if kind == "where":
            return [] if any(sign in current for sign in "=<>!~") else [(f"{name}=", "") for name in names]
        if kind == "sort":
            return [(f"{'-' if current.startswith('-') else ''}{name}", "") for name in names]
        before = current.rpartition(",")
        return [(f"{before[0]}{before[1]}{name}", "") for name in names if name not in before[0].split(",")]

    def _names(self, kind: str) -> list[tuple[str, str]]:
        from vcloudair_core.cli.completion.known_names import KINDS, known_names

        settings = self.settings() if kind in KINDS else None
        if settings is None:
            return []
        names = known_names(settings, kind) or (known_names(settings, "vm") if kind == "replication" else [])
        return [(name, "") for name in names]

    def _contexts(self) -> list[tuple[str, str]]:
        from vcloudair_core.settings.config_file import read_config_file
        from vcloudair_core.settings.settings import config_file_path

        path = config_file_path(os.environ, self._options.get("config"))
        if not path.is_file():
            return []
        return [(name, str(table.get("url", ""))) for name, table in read_config_file(path).contexts.items()]

    def _state_files(self, kind: str) -> list[tuple[str, str]]:
        from vcloudair_core.settings.directories import state_folder

        settings = self.settings()
        if settings is None:
            return []
        folder = state_folder(settings)
        if kind == "stage":
            return [(path.stem, "") for path in sorted((folder / "stages").glob("*.stage"))]
        runs = sorted((path.name for path in (folder / "dr" / "runs").glob("[!.]*") if path.is_dir()), reverse=True)
        return [(name, "") for name in runs]
