"""Read and write the cache files of shell completion, which contain JSON.

Read and write errors are ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core.settings.private_cache import read_private, write_private

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def completion_folder(settings: Settings | None) -> Path | None:
    """Return the completion cache folder, or None if the user has no cache folder."""
    from vcloudair_core.util.user_dirs import user_folder

    if settings is not None and settings.cache_dir:
        return Path(settings.cache_dir) / "completion"
    folder = user_folder("cache")
    return folder / "completion" if folder is not None else None


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file, or ``{}`` if the file cannot be used."""
    try:
        content = json.loads(read_private(str(path)))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> bool:
    """Replace a file atomically. Return False if it cannot be written."""
    return write_private(str(path), json.dumps(content).encode())
