# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Tells whether the Python that a task asks for is the one that Ansible runs in. Private to this collection."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

_NONE_ASKED_FOR = ("", "auto", "auto_silent", "auto_legacy", "auto_legacy_silent")


def is_ours(asked: Any) -> bool:
    """True for the Python of this process, by any of its names, and where Ansible may choose one."""
    if asked is None or asked in _NONE_ASKED_FOR:
        return True
    # Path.expanduser raises where there is no such user.
    found = shutil.which(os.path.expanduser(str(asked).strip()))  # noqa: PTH111
    return found is not None and _place(found) == _place(sys.executable)


def _place(path: str) -> tuple[str, str]:
    """Folder and file without links: a virtual environment's Python is a link to that of the system, elsewhere."""
    return os.path.realpath(Path(path).parent), os.path.realpath(path)
