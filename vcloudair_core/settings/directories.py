"""Where things live on this machine that outlast a process: locks, stages, runs, fingerprints of keys.

Whoever owns the folder that our files are in can put others in their place: a journal to resume, a stage to commit. So
each of these folders has to be this user's own, and is closed to everybody else.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.settings.settings import user_folder

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings


def state_folder(settings: Settings) -> Path:
    """The folder of the setting ``state_dir``; by default the user's own. It need not be there yet."""
    return Path(settings.state_dir) if settings.state_dir else _user_folder("state")


def cache_folder(settings: Settings) -> Path:
    """The folder of the session cache: the setting ``cache_dir``, by default the user's own."""
    return Path(settings.cache_dir) if settings.cache_dir else _user_folder("cache") / "sessions"


def _user_folder(kind: str) -> Path:
    """The user's folder for state or cache; one below the system's temporary folder for users without a usable home.

    Such users are common in containers: an id without an entry in passwd, no HOME, or a home that does not exist.
    """
    folder = user_folder(kind)
    if folder is not None and _can_be_made(folder):
        return folder
    import tempfile

    user = os.geteuid() if hasattr(os, "geteuid") else 0
    above = Path(tempfile.gettempdir()) / f"vcloudair-{user}"
    try:
        private_folder(above)  # in the temporary folder, anybody may have made it first
    except OSError as exc:
        raise ConfigurationError(
            f"This user has no home, and {above} cannot be used: {exc.strerror}.",
            hint="Set state_dir and cache_dir (VCA_STATE_DIR, VCA_CACHE_DIR) to folders of this user.",
        ) from exc
    return above / kind


def _can_be_made(folder: Path) -> bool:
    """True when the folder is there, or the nearest one above it that is there can be written to."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    return there is not None and (there == folder or os.access(there, os.W_OK | os.X_OK))


def current_user() -> str:
    """The name of the user of this process; the number where the system has no name for it."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def private_folder(path: Path) -> Path:
    """The folder, made if need be, which nobody else can enter; neither can they enter what was made above it.

    Raises OSError, whose ``strerror`` says it, when it cannot be made, or is not this user's own.
    """
    for parent in [path, *path.parents][::-1]:
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)
    check_folder(path)
    return path


def check_folder(path: Path) -> bool:
    """Whether it is there. One of our own that others can enter is closed.

    A link counts as our own when we made it and it leads to a folder of ours. Raises OSError as :func:`private_folder`
    does.
    """
    try:
        itself, status = os.lstat(path), os.stat(path)  # noqa: PTH116 - the one beside the other
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(path))
    if not (is_own(itself) and is_own(status)):
        raise PermissionError(errno.EACCES, "it belongs to another user", str(path))
    if status.st_mode & 0o077:
        path.chmod(0o700)
    return True


def is_own(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's. Systems without such a thing are not asked."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
