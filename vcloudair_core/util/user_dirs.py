"""Folders of the user as the system names them. Nothing is made or checked here."""

from __future__ import annotations

import os
from pathlib import Path


def user_folder(kind: str) -> Path | None:
    """Return the user's folder of a kind (``config``, ``cache``, ``state``), or None for a user without a home."""
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, f"user_{kind}_dir")("vcloudair"))
    except RuntimeError:  # newer versions; older ones leave "~" in the path
        return None
    return folder if folder.is_absolute() else None


def expand_user(path: str | Path) -> Path:
    """Return the path with ``~`` replaced, or as it is where the user has no home."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError without a home
