"""Follow the load-balancer pool tutorial with only Python and a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.documents import NEEDS_ROOM, ROOT, blocks, execute, working_copy

PAGE = ROOT / "docs" / "tutorial" / "load-balancer-pools.md"
TIMEOUT_S = 900
"""Time limit of the tutorial in seconds. pip takes most of it."""


@pytest.mark.slow
@pytest.mark.network
def test_tutorial_works_from_an_empty_environment(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    environment = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    env = {
        **environment,
        **proxies,
        # The base interpreter, not the environment that runs this test.
        "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(tmp_path),
        "PIP_NO_COMPILE": "1",  # most installed files are never imported
        "COLUMNS": "160",
        "LC_ALL": "C.UTF-8",
    }
    execute(PAGE, working_copy(folder), env, timeout_s=TIMEOUT_S)


def test_tutorial_page_is_marked_for_a_separate_environment() -> None:
    assert str(PAGE.relative_to(ROOT)) in NEEDS_ROOM
    written = {block.file for block in blocks(PAGE) if block.file}
    assert {path for path in written if not path.startswith("lb/")} == set()
