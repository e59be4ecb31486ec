"""Execute the documentation examples marked ``run`` against the simulator."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.documents import NEEDS_ROOM, ROOT, execute, is_executable, pages, working_copy
from vcloudair_core.simulator import SimulatorServer

REPRESENTATIVE = ("README.md", "docs/tutorial/")
"""Path prefixes of pages that every test run executes.

The examples of other pages run only in exhaustive test runs.
"""

EXECUTABLE = [page for page in pages() if is_executable(page) and str(page.relative_to(ROOT)) not in NEEDS_ROOM]


def _parameter(page: Path) -> Any:
    name = str(page.relative_to(ROOT))
    marks = [pytest.mark.slow] + ([] if name.startswith(REPRESENTATIVE) else [pytest.mark.exhaustive])
    return pytest.param(page, id=name, marks=marks)


@pytest.mark.parametrize("page", [_parameter(page) for page in EXECUTABLE])
def test_page_examples_run(page: Path, tmp_path: Path, vca_simulator_server: SimulatorServer) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))},
        **vca_simulator_server.env(),
        "HOME": str(tmp_path),
        "VCA_CACHE_DIR": str(tmp_path / "cache"),
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
    programs = Path(sys.executable).parent
    (tmp_path / "programs").mkdir()
    forked = processes.stand_ins(tmp_path / "programs", programs, env)
    env["PATH"] = os.pathsep.join([str(forked), str(programs), env["PATH"]])
    execute(page, working_copy(folder), env)


def test_main_pages_have_executed_examples() -> None:
    names = {str(page.relative_to(ROOT)) for page in EXECUTABLE}
    assert {"docs/tutorial/first-firewall.md", "docs/how-to/write-a-plugin.md"} <= names
    assert len([name for name in names if name.startswith("docs/reference/hooks/vca_")]) == 10
