"""Tests of ``vca sim dump``, ``vca sim load`` and ``vca sim serve --state``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.ansible import BIN, ROOT, environment
from tests.support.served import served

RULE = {"name": "web in", "source": ["any"], "destination": ["192.0.2.7"], "action": "accept"}


def vca(env: Mapping[str, str], *arguments: str) -> str:
    """Return the output of ``vca``. Assert that the command succeeds."""
    done = processes.run(
        [str(BIN / "vca"), *arguments], cwd=ROOT, env=dict(env), text=True, capture_output=True, timeout=120
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return str(done.stdout)


def rules(env: Mapping[str, str]) -> list[str]:
    """Return the names of the firewall rules."""
    contents: dict[str, Any] = json.loads(vca(env, "firewall", "list", "-o", "json"))
    return [rule["name"] for rule in contents["rules"]]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    variables = environment({}, tmp_path)
    return {**variables, "VCA_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}


def test_a_dump_undoes_a_change_and_starts_another_simulator(env: dict[str, str], tmp_path: Path) -> None:
    document = tmp_path / "edge.yml"
    document.write_text(yaml.safe_dump({"firewall": {"rules": [RULE]}}), encoding="utf-8")
    before, after = str(tmp_path / "before.json"), str(tmp_path / "after.json")
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with served(folders[0], env, "--api", "vcd", "--vms", "2", "--replications", "1") as exports:
        first = {**env, **exports}
        vca(first, "login")
        assert rules(first) == []
        vca(first, "sim", "dump", before)
        vca(first, "edge", "apply", str(document), "--yes")
        assert rules(first) == ["web in"]
        vca(first, "sim", "dump", after)
        vca(first, "sim", "load", before)
        assert rules(first) == [], "the rule is gone, and the command signs in again"
        vca(first, "sim", "load", after)
        assert rules(first) == ["web in"]
        edge = vca(first, "edge", "list", "-o", "json")
    with served(folders[1], env, "--api", "vcd", "--state", after) as exports:
        second = {**env, **exports}
        assert rules(second) == ["web in"]
        assert vca(second, "edge", "list", "-o", "json").replace(exports["VCA_URL"], first["VCA_URL"]) == edge
        assert len(json.loads(vca(second, "query", "vm", "-o", "json"))) == 2
        assert len(json.loads(vca(second, "dr", "list", "-o", "json"))) == 1
