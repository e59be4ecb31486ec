"""Tests of module_defaults that conflict with the target of a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.recorded import record
from tests.support.tiers import sampled

IP_SETS = "vcloudair.cloud.vca_ip_set_info"
GROUP = "group/vcloudair.cloud.vca_edge"
EDGE = "org1-vdc1-edge1"
EXCLUSIVE = "mutually exclusive"

CASES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({GROUP: {"edge": EDGE}}, {"vdc_group": "nowhere"}, "VDC group"),
    ({IP_SETS: {"vdc_group": "nowhere"}}, {"edge": EDGE}, ""),
    ({GROUP: {"gateway": "{{ 'org1-vdc1-' ~ 'edge1' }}"}}, {"vdc_group": "nowhere"}, "VDC group"),
    ({GROUP: {"edge": EDGE}}, {"edge": "other", "vdc_group": "nowhere"}, EXCLUSIVE),
    ({GROUP: {"edge": EDGE}, IP_SETS: {"vdc_group": "nowhere"}}, {}, EXCLUSIVE),
    ({}, {"edge": EDGE, "vdc_group": "nowhere"}, EXCLUSIVE),
]
"""(module_defaults, options of the task, part of the error message)."""


@pytest.mark.parametrize("in_controller", sampled([True, False], 1))
def test_the_target_of_the_task_replaces_the_default(in_controller: bool, env: dict[str, str], tmp_path: Path) -> None:
    """All cases run in one playbook, because starting Ansible takes the most time."""
    blocks = [
        {"module_defaults": defaults, "block": [{IP_SETS: options, "ignore_errors": True}]}
        for defaults, options, _ in CASES
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": blocks, "vars": {"vca_in_controller": in_controller}}
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    results = [line["result"] for line in record(path, env, tmp_path).results()]
    assert len(results) == len(CASES)
    for (_, options, message), result in zip(CASES, results, strict=True):
        if message:
            assert message in result["msg"], options
            assert (message == EXCLUSIVE) == (EXCLUSIVE in result["msg"]), options
        else:
            assert not result.get("failed"), result
