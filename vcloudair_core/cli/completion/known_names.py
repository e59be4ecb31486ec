"""Cache the names of edge gateways, VMs and VDCs for shell completion."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.cli.completion.cache_files import completion_folder, read_json, write_json

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

KINDS = ("edge", "vdc", "vm", "replication")
MAX_AGE_S = 7 * 24 * 3600.0
MAX_NAMES = 5000
COLUMNS_FILE = "columns.json"
_LONGEST = 200


def remember_names(settings: Settings, kind: str, names: Iterable[object]) -> None:
    """Replace the cached names of a kind. Never raises."""
    path = _path(settings)
    usable = sorted({str(name) for name in names if name and str(name).isprintable() and len(str(name)) <= _LONGEST})
    if path is None or kind not in KINDS or not usable:
        return
    content = read_json(path)
    content[kind] = {"at": time.time(), "names": usable[:MAX_NAMES]}
    write_json(path, content)


def known_names(settings: Settings, kind: str) -> list[str]:
    """Return the sorted names that were cached in the last seven days."""
    path = _path(settings)
    entry = read_json(path).get(kind) if path is not None else None
    if not isinstance(entry, dict):
        return []
    at, names = entry.get("at"), entry.get("names")
    if not isinstance(at, (int, float)) or not 0 <= time.time() - at <= MAX_AGE_S or not isinstance(names, list):
        return []
    return [name for name in names if isinstance(name, str) and name.isprintable()]


def remember_columns(command: str, columns: Sequence[str]) -> None:
    """Cache the columns of a command, such as ``vca edge list``. Never raises."""
    folder = completion_folder(None)
    if folder is None or not columns or not command:
        return
    content = read_json(folder / COLUMNS_FILE)
    if content.get(command) != list(columns):
        write_json(folder / COLUMNS_FILE, {**content, command: list(columns)})


def known_columns(command: str) -> list[str]:
    """Return the cached columns of a command."""
    folder = completion_folder(None)
    columns = read_json(folder / COLUMNS_FILE).get(command) if folder is not None else None
    return [name for name in columns if isinstance(name, str)] if isinstance(columns, list) else []


def _path(settings: Settings) -> Path | None:
    from vcloudair_core.settings.settings import server_of

    server = server_of(settings.url, settings.service_type)
    folder = completion_folder(settings)
    if folder is None or not server:
        return None
    scope = "\0".join((server, str(settings.org or "").lower(), str(settings.context or "")))
    return folder / f"names-{hashlib.sha256(scope.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"
