"""Find the paths of the user's standard directories.

The directories are neither created nor checked.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # An import of typing would slow down each command.
if TYPE_CHECKING:
    from pathlib import Path

_ON_LINUX = {
    "config": ("XDG_CONFIG_HOME", "/.config"),
    "cache": ("XDG_CACHE_HOME", "/.cache"),
    "state": ("XDG_STATE_HOME", "/.local/state"),
}


def user_folder(kind: str) -> Path | None:
    """Return the user's ``config``, ``cache`` or ``state`` folder.

    Return None if the user has no home directory.
    """
    from pathlib import Path

    path = user_path(kind)
    return Path(path) if path else None


def user_path(kind: str) -> str:
    """Return the same as :func:`user_folder`, as a string.

    Return an empty string if the user has no home directory.
    """
    path = _usual_path(kind)
    if not path:
        import platformdirs

        try:
            path = str(getattr(platformdirs, f"user_{kind}_dir")("vcloudair"))
        except RuntimeError:  # newer versions; older ones leave "~" in the path
            return ""
    return path if os.path.isabs(path) else ""  # noqa: PTH117 - without an import of pathlib


def _usual_path(kind: str) -> str:
    """Return the path for a usual Linux environment, or an empty string.

    This avoids importing platformdirs, which takes longer than the start of a bare interpreter. A test checks that
    platformdirs returns the same path.
    """
    if sys.platform != "linux" or "ANDROID_DATA" in os.environ:
        return ""
    variable, below_home = _ON_LINUX[kind]
    above = os.environ.get(variable) or os.environ.get("HOME", "").rstrip("/") + below_home
    is_usual = above.startswith("/") and above != below_home and above == above.strip()
    return os.path.join(above, "vcloudair") if is_usual else ""  # noqa: PTH118 - as above


def expand_user(path: str | Path) -> Path:
    """Expand ``~`` in a path.

    Return the path unchanged if the user has no home directory.
    """
    from pathlib import Path

    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError without a home
