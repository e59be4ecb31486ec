"""State and cache folders for locks, stages, run journals and key fingerprints.

The owner of a folder can replace the files in it, such as a run journal or a stage. So each folder must belong to this
user, and its mode is set to 0700.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.user_dirs import user_folder

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def state_folder(settings: Settings) -> Path:
    """Return the state folder: the setting ``state_dir``, or the user's default.

    The function does not create the folder.
    """
    return Path(settings.state_dir) if settings.state_dir else _user_folder("state")


def cache_folder(settings: Settings) -> Path:
    """Return the session cache folder: the setting ``cache_dir``, or the default."""
    return Path(settings.cache_dir) if settings.cache_dir else _user_folder("cache") / "sessions"


def _user_folder(kind: str) -> Path:
    """Return the default state or cache folder of the user.

    If the user has no usable home directory, return a temporary folder. This is common in containers: the user has no
    entry in passwd, ``HOME`` is not set, or ``HOME`` names a directory that does not exist.
    """
    folder = user_folder(kind)
    if folder is not None and _can_be_made(folder):
        return folder
    import tempfile

    user = os.geteuid() if hasattr(os, "geteuid") else 0
    above = Path(tempfile.gettempdir()) / f"vcloudair-{user}"
    try:
        private_folder(above)  # another user may have created it in the temporary folder
    except OSError as exc:
        raise ConfigurationError(
            f"This user does not have a home directory, and {above} cannot be used: {exc.strerror}.",
            hint="Set state_dir and cache_dir (VCA_STATE_DIR, VCA_CACHE_DIR) to directories of this user.",
        ) from exc
    return above / kind


def _can_be_made(folder: Path) -> bool:
    """Return True if the folder exists or its nearest existing parent is writable."""
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), None)
    return nearest is not None and (nearest == folder or os.access(nearest, os.W_OK | os.X_OK))


def current_user() -> str:
    """Return the name of the current user, or the user ID if the user has no name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def private_folder(path: Path) -> Path:
    """Create a folder with the mode 0700 if necessary, and return its path.

    Raises: OSError with the reason in ``strerror`` if the folder cannot be created or does not belong to this user.
    """
    for parent in [path, *path.parents][::-1]:
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)
    check_folder(path)
    return path


def check_folder(path: Path) -> bool:
    """Check that a folder is private, and return True if the folder exists.

    If other users have access to the folder, its mode is set to 0700. The folder must belong to this user. If the path
    is a symbolic link, the link and its target must both belong to this user.

    Raises: OSError with the reason in ``strerror`` if the path is not a folder of this user.
    """
    try:
        itself, status = os.lstat(path), os.stat(path)  # noqa: PTH116 - consistent with lstat
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a directory", str(path))
    if not (is_own(itself) and is_own(status)):
        raise PermissionError(errno.EACCES, "the owner is another user", str(path))
    if status.st_mode & 0o077:
        path.chmod(0o700)
    return True


def is_own(status: os.stat_result) -> bool:
    """Return True if a file or folder belongs to this user."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
