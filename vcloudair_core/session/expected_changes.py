"""Changes that earlier check-mode tasks of a run would have made.

Later check-mode tasks take these changes into account, so check mode reports the same changes as a real run. Each run
has one file. Each line of the file describes one change: the target, and the specs without secrets. The changes are
never sent to a server, and real runs ignore the file. Files older than a day are removed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.settings.directories import check_folder, is_own, private_folder, state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from vcloudair_core.settings.settings import Settings

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_KEPT_S = 24 * 3600
UNKNOWN_KEY = "not a key: nothing is written in check mode"
"""Placeholder that is recorded instead of a pre-shared key."""


@dataclass(frozen=True)
class ExpectedChange:
    """The arguments of one call of :meth:`vcloudair_core.client.Client.ensure`."""

    kind: str
    state: str
    specs: tuple[Mapping[str, Any], ...]


class CheckRun:
    """A store for the changes that check-mode tasks of one run would have made.

    If the file cannot be read or written, check-mode reports are less precise, but no task fails.
    """

    def __init__(self, settings: Settings, run_id: str) -> None:
        self._folder = _folder(settings)
        self._path = self._folder / f"{run_id}.jsonl" if self._folder is not None and _ID.match(run_id) else None

    def changes(self, target_key: str) -> tuple[ExpectedChange, ...]:
        """Return the recorded changes of a target, oldest first."""
        changes: list[ExpectedChange] = []
        for entry in self._entries():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                if entry["target_key"] == target_key:
                    changes.append(ExpectedChange(str(entry["kind"]), str(entry["state"]), tuple(entry["specs"])))
        return tuple(changes)

    def record(
        self, target_key: str, kind: str, state: str, specs: Sequence[Mapping[str, Any]], secrets: frozenset[str]
    ) -> None:
        """Record a planned change. ``secrets`` are the names of secret fields."""
        if self._path is None:
            return
        entry = {
            "target_key": target_key,
            "kind": kind,
            "state": state,
            "specs": [without_secrets(spec, secrets) for spec in specs],
        }
        line = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
        try:
            private_folder(self._path.parent)
            self._remove_old()
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(line)
        except OSError as exc:
            _log.debug("Writing the expected changes failed: %s", exc)

    def forget(self) -> None:
        """Delete all recorded changes of the run."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Mapping[str, Any]]:
        if self._path is None:
            return
        try:
            check_folder(self._path.parent)
            with self._path.open(encoding="utf-8") as file:
                lines = file.readlines() if is_own(os.fstat(file.fileno())) else []
        except (OSError, ValueError, VcloudAirError):
            return
        for line in lines:
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, Mapping):
                    yield entry

    def _remove_old(self) -> None:
        oldest = time.time() - _KEPT_S
        for path in self._path.parent.glob("*.jsonl") if self._path is not None else ():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def _folder(settings: Settings) -> Path | None:
    try:
        return state_folder(settings) / "check-runs"
    except (VcloudAirError, OSError):
        return None


def without_secrets(value: Any, secrets: frozenset[str]) -> Any:
    """Return a copy of a spec without its secrets.

    Pre-shared keys are replaced with :data:`UNKNOWN_KEY`, and ``update_psk`` with ``on_create``, so that existing keys
    are left unchanged.
    """
    if isinstance(value, Mapping):
        left_out = {key for key in value if key in secrets or str(key).removesuffix("_file") in secrets}
        kept = {str(key): without_secrets(item, secrets) for key, item in value.items() if key not in left_out}
        provided = {str(key).removesuffix("_file") for key in left_out if value[key] is not None}
        return {**kept, **dict.fromkeys(provided, UNKNOWN_KEY), **({"update_psk": "on_create"} if provided else {})}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item, secrets) for item in value]
    return value
