"""Fixture for the README and demo tests, which run once for each Python version.

By default, only the current Python is tested. Set ``TEST_EVERY_PAIR`` to test all versions.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.fresh_clone import new_user
from tools.environments import PYTHONS, find_python

_THIS = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture(params=PYTHONS if os.environ.get("TEST_EVERY_PAIR") else [_THIS])
def user(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a new user: an empty home, Python, git and make."""
    python = find_python(request.param)
    if python is None:
        pytest.skip(f"Python {request.param} is not installed")
    return new_user(tmp_path / "user", python)
