"""Tests of the support matrix and API versions in docs/reference/compatibility.md."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from tests.support.documents import ROOT
from vcloudair_core import App
from vcloudair_core.simulator import Simulator, SimulatorConfig

sys.path.insert(0, str(ROOT / "tools"))
compatibility: Any = importlib.import_module("compatibility")
sys.path.remove(str(ROOT / "tools"))


@pytest.mark.parametrize("version", compatibility.simulated_versions())
def test_simulated_versions_sign_in_and_query(version: str) -> None:
    service = {"5.7": "vca", "5.6": "vchs"}.get(version, "vcd")
    simulator = Simulator(SimulatorConfig(profile=service, vms=2, api_versions=(version,)))
    settings: dict[str, Any] = {name[len("VCA_") :].lower(): value for name, value in simulator.env().items()}
    settings |= {"session_cache": False, "ca_path": ""}
    with App().client(transport=simulator.transport(), **settings) as client:
        assert len(list(client.query.query("vm"))) == 2
        assert len(client.edges.list_edges()) == 1
        assert client.session.identity.api_version == version


def test_matrix_is_the_same_on_every_page() -> None:
    matrix = compatibility.support_matrix()
    for page in (*compatibility.READMES, "docs/reference/compatibility.md"):
        assert matrix in (ROOT / page).read_text(encoding="utf-8"), f"{page}: run tools/generate_docs.py"


def test_unknown_status_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"cloud": "Cloud", "edge": "perhaps", "query": "works", "recovery": "no"}
    monkeypatch.setattr(compatibility, "_source", lambda: {"clouds": [row]})
    with pytest.raises(ValueError, match="Cloud: edge must be one of works, planned, no"):
        compatibility.support_matrix()


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no line"):
        compatibility.with_matrix(f"# Page\n{compatibility.BEGIN}\n")
