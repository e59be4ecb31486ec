"""Find the paths of the user's standard directories.

The directories are neither created nor checked.
"""

from __future__ import annotations

import os
from pathlib import Path


def user_folder(kind: str) -> Path | None:
    """Return the user's ``config``, ``cache`` or ``state`` folder.

    Return None if the user has no home directory.
    """
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, f"user_{kind}_dir")("vcloudair"))
    except RuntimeError:  # newer versions; older ones leave "~" in the path
        return None
    return folder if folder.is_absolute() else None


def expand_user(path: str | Path) -> Path:
    """Expand ``~`` in a path.

    Return the path unchanged if the user has no home directory.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError without a home
