"""Tests of the audit records of DR actions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.audit.history import entries_of
from vcloudair_core.audit.log_file import read_records
from vcloudair_core.services.dr.operation_options import OperationOptions


def act(cloud: RecoveryCloud, action: str = "test", **options: Any) -> list[str]:
    cloud.client.session.settings = cloud.client.settings.replace(audit_log=True)
    results = cloud.service.act(action, options=OperationOptions(**options))
    return [result.verdict for result in results]


def entries(folder: Path) -> list[dict[str, Any]]:
    return entries_of(read_records(folder / "state" / "audit"))


def test_each_vm_of_an_action_is_recorded(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 2, dr_task_s=20) as cloud:
        assert act(cloud) == ["succeeded"] * 2
    recorded = entries(tmp_path)
    assert sorted(entry["target"] for entry in recorded) == [f"VM {name(1)}", f"VM {name(2)}"]
    for entry in recorded:
        assert (entry["kind"], entry["result"], entry["written"], entry["writes"]) == ("dr.test", "changed", True, 1)
        assert len(entry["request_ids"]) == 1
        assert entry["seconds"] > 0
        assert "/api/task/" in entry["task"]


def test_a_dry_run_is_not_recorded(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1) as cloud:
        cloud.client.session.settings = cloud.client.settings.replace(audit_log=True)
        cloud.service.act("test", dry_run=True)
    assert entries(tmp_path) == []


def test_an_action_that_is_not_needed_is_not_recorded(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.service.act("failover")
        assert act(cloud, "failover") == ["unchanged"]
    assert entries(tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "result", "written", "lost"),
    [
        ({"kind": "reset_after"}, "changed", True, "resolved"),
        ({"kind": "status", "status": 400}, "failed", False, ""),
    ],
)
def test_lost_and_refused_requests_are_recorded(
    tmp_path: Path, fault: dict[str, Any], result: str, written: bool, lost: str
) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        cloud.simulator.faults.add(method="POST", path="/action/", count=1, **fault)
        act(cloud)
    (entry,) = entries(tmp_path)
    assert (entry["result"], entry["written"], entry["lost_response"]) == (result, written, lost)
    assert (entry["error"] is None) is (result == "changed")


def test_an_action_without_waiting_is_recorded_as_changed(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=20) as cloud:
        assert act(cloud, wait=False) == ["started"]
    (entry,) = entries(tmp_path)
    assert (entry["event"], entry["result"]) == ("end", "changed")
