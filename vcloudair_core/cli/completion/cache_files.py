"""Read and write the cache files of shell completion (JSON, mode 0600).

Read and write errors are ignored.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings

MAX_BYTES = 8 * 1024 * 1024


def completion_folder(settings: Settings | None) -> Path | None:
    """Return the completion cache folder, or None if the user has no cache folder."""
    from vcloudair_core.util.user_dirs import user_folder

    if settings is not None and settings.cache_dir:
        return Path(settings.cache_dir) / "completion"
    folder = user_folder("cache")
    return folder / "completion" if folder is not None else None


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file, or ``{}`` if the file cannot be used.

    A file that other users own, can read or can write is not used.
    """
    from vcloudair_core.settings.directories import is_own

    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not is_own(status) or status.st_mode & 0o077:
                return {}
            content = json.loads(file.read(MAX_BYTES))
        return content if isinstance(content, dict) else {}
    return {}


def write_json(path: Path, content: dict[str, Any]) -> bool:
    """Replace a file atomically. Returns False if it cannot be written."""
    from vcloudair_core.settings.directories import private_folder

    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        private_folder(path.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        temporary.replace(path)
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            temporary.unlink()
        return False
    return True
