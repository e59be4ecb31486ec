"""The tutorial of load-balancer pools, to the letter, by somebody who has nothing but Python and a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.documents import NEEDS_ROOM, ROOT, blocks, execute, working_copy

PAGE = ROOT / "docs" / "tutorial" / "load-balancer-pools.md"
TIMEOUT_S = 900
"""Most of it is pip's."""


@pytest.mark.slow
@pytest.mark.network
def test_the_tutorial_works_from_an_empty_environment(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    env = {
        **kept,
        **proxies,
        # The interpreter itself, not the environment that runs this test.
        "PATH": f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(tmp_path),
        "PIP_NO_COMPILE": "1",  # most of what is installed is never imported
        "COLUMNS": "160",
        "LC_ALL": "C.UTF-8",
    }
    execute(PAGE, working_copy(folder), env, timeout_s=TIMEOUT_S)


def test_the_page_is_one_that_needs_a_room_of_its_own() -> None:
    assert str(PAGE.relative_to(ROOT)) in NEEDS_ROOM
    written = {block.file for block in blocks(PAGE) if block.file}
    assert {path for path in written if not path.startswith("lb/")} == set()
