"""Clone the repository, and create the environment of a new user.

HOME is empty, few programs are on the PATH, and there are no settings.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.documents import ROOT

_PROGRAMS = (
    "git make sh bash env cat chmod cp cut date dirname basename expr false grep head id install ln locale ls mkdir "
    "mktemp mv od printf pwd readlink realpath rm rmdir sed sleep sort stat tail tee test touch tr true uname wc which"
).split()
"""Git, make, and the programs of every Linux host. Python is added by its path."""
_INDEX = ("PIP_", "UV_", "SSL_CERT_")
_INDEX_NAMES = {f"{kind}_proxy" for kind in ("http", "https", "no")}


def clone(folder: Path) -> Path:
    """Clone the repository into a folder, including uncommitted changes."""
    git = ["git", "-c", "safe.directory=*"]
    subprocess.run([*git, "clone", "--quiet", str(ROOT), str(folder)], check=True)
    listed = [*git, "ls-files", "-z", "--modified", "--others", "--deleted", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, folder / name
        target.unlink(missing_ok=True)
        if source.is_symlink() or source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return folder


def new_user(folder: Path, python: str = sys.executable) -> dict[str, str]:
    """Return the variables of a user with an empty home and a short PATH.

    The PATH has Python, git, make and basic programs. Settings of the package index and caches of pip and uv are kept.
    """
    programs, home = folder / "bin", folder / "home"
    programs.mkdir(parents=True)
    home.mkdir()
    for name in _PROGRAMS:
        path = shutil.which(name)
        if path is not None:
            (programs / name).symlink_to(path)
    # This is not a link because Python finds its library relative to its own path.
    (programs / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(python)} "$@"\n', encoding="utf-8")
    (programs / "python3").chmod(0o755)
    index = {
        name: value for name, value in os.environ.items() if name.startswith(_INDEX) or name.lower() in _INDEX_NAMES
    }
    return {"HOME": str(home), "PATH": str(programs), "LC_ALL": "C.UTF-8", "COLUMNS": "100", **_caches(), **index}


def _caches() -> dict[str, str]:
    """Return the paths of the package caches and the pip settings of the real user."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    places = {"PIP_CACHE_DIR": str(cache / "pip"), "UV_CACHE_DIR": str(cache / "uv")}
    return {**places, "PIP_CONFIG_FILE": str(config)} if config.exists() else places
