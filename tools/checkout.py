"""List and copy the files of this checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def sources() -> list[str]:
    """Return tracked files, and untracked files that Git does not ignore.

    Symbolic links are left out.
    """
    # Git refuses a checkout of another user, as in containers, without this setting.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def copy_checkout(folder: Path) -> Path:
    """Copy the files of the checkout that Git does not ignore. Return ``folder``.

    ``ansible-galaxy collection build`` lists every file of its source folder, and fails if one disappears meanwhile.
    In the checkout, other programs may create and delete ignored files at any time.
    """
    for name in sources():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)
    return folder
