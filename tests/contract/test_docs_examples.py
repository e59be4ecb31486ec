"""Execute the documentation examples marked ``run`` against the simulator."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import documents, processes
from tests.support.documents import NEEDS_ROOM, ROOT, execute, is_executable, pages, working_copy
from vcloudair_core.simulator import SimulatorServer

REPRESENTATIVE = ("README.md", "docs/tutorial/")
"""Path prefixes of pages that every test run executes.

The examples of other pages run only in exhaustive test runs.
"""

TUTORIAL = ROOT / "docs" / "tutorial" / "first-firewall.md"
EXECUTABLE = [page for page in pages() if is_executable(page) and str(page.relative_to(ROOT)) not in NEEDS_ROOM]


def _parameter(page: Path) -> Any:
    name = str(page.relative_to(ROOT))
    marks = [pytest.mark.slow] + ([] if name.startswith(REPRESENTATIVE) else [pytest.mark.exhaustive])
    return pytest.param(page, id=name, marks=marks)


@pytest.mark.parametrize("page", [_parameter(page) for page in EXECUTABLE])
def test_page_examples_run(page: Path, tmp_path: Path, vca_simulator_server: SimulatorServer) -> None:
    folder = tmp_path / "checkout"
    folder.mkdir()
    execute(page, working_copy(folder), environment(tmp_path, vca_simulator_server))


def environment(tmp_path: Path, server: SimulatorServer) -> dict[str, str]:
    """Return the environment variables for the examples of a page."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VCA_", "ANSIBLE_"))},
        **server.env(),
        "HOME": str(tmp_path),
        "VCA_CACHE_DIR": str(tmp_path / "cache"),
        "COLUMNS": "100",
        "LC_ALL": "C.UTF-8",
    }
    programs = Path(sys.executable).parent
    (tmp_path / "programs").mkdir()
    forked = processes.stand_ins(tmp_path / "programs", programs, env)
    env["PATH"] = os.pathsep.join([str(forked), str(programs), env["PATH"]])
    return env


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("release", ["10.4", "10.6"])
def test_tutorial_runs_on_nsxt_edge_gateways(
    release: str, tmp_path: Path, vca_simulator_server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the tutorial on an NSX-T edge gateway, as a note in the tutorial describes."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    copy = working_copy(folder)
    text = TUTORIAL.read_text(encoding="utf-8")
    for before, after in (
        ("vca sim serve --api vcd", f"vca sim serve --api vcd --release {release}"),
        ("$ . ./sim.env\n", "$ . ./sim.env\n$ unset VCA_VDC\n$ export VCA_EDGE=nsxt-edge1\n"),
        (text.partition("$ vca edge list\n")[2].partition("$ ")[0], "...nsxt-edge1...nsxt...\n"),
    ):
        assert before in text
        text = text.replace(before, after)
    page = tmp_path / "tutorial.md"
    page.write_text(text, encoding="utf-8")
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    execute(page, copy, environment(tmp_path, vca_simulator_server))


def test_main_pages_have_executed_examples() -> None:
    names = {str(page.relative_to(ROOT)) for page in EXECUTABLE}
    assert {"docs/tutorial/first-firewall.md", "docs/how-to/write-a-plugin.md"} <= names
    hooks = {str(page.relative_to(ROOT)) for page in (ROOT / "docs" / "reference" / "hooks").glob("vca_*.md")}
    assert hooks <= names
    assert len(hooks) >= 11
