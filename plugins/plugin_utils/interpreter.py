# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Compare the Python interpreter of a task with the interpreter of the controller.

Private to this collection.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

_DISCOVERY = ("", "auto", "auto_silent", "auto_legacy", "auto_legacy_silent")


def is_current(interpreter: Any) -> bool:
    """Return True if ``interpreter`` is the interpreter of this process or is not set."""
    if interpreter is None or interpreter in _DISCOVERY:
        return True
    # Path.expanduser raises an error for an unknown user.
    path = shutil.which(os.path.expanduser(str(interpreter).strip()))  # noqa: PTH111
    return path is not None and _resolved(path) == _resolved(sys.executable)


def _resolved(path: str) -> tuple[str, str]:
    """Return the folder of ``path`` and ``path`` itself, both with links resolved.

    In a virtual environment, Python is a link to the system's Python. Only the folder identifies the environment.
    """
    return os.path.realpath(Path(path).parent), os.path.realpath(path)
