"""Tests of actions that start all VMs of a vApp with one request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.recovery import Group, PlannedVm, RecoveryPlan, preview, start
from vcloudair_core.services.dr.network_mapping import NicMapping
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.simulator.vcda.entities import FAILED

VAPP = "protected-vapp1"
"""The vApp of the first two VMs."""
BOTH = (vcda_name(1), vcda_name(2))
LOST = {"kind": "reset_after", "method": "POST", "path": "-replications/"}


def act(cloud: VcdaCloud, action: str, *names: str, **options: Any) -> list[tuple[str, str]]:
    """Run an action, and return the verdict and the reason of each VM."""
    chosen = OperationOptions(**{"verify_timeout": 30, "lost_grace": 10, **options})
    return [(result.verdict, result.reason) for result in cloud.service.act(action, names or (VAPP,), options=chosen)]


def record_bodies(cloud: VcdaCloud, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return a list that receives the body of each request for a vApp."""
    bodies: list[dict[str, Any]] = []
    session = cloud.service.provider.vcda  # type: ignore[attr-defined]
    call = session.call

    def recording(method: str, path: str, **options: Any) -> Any:
        if method == "POST" and path.startswith("/vapp-replications/"):
            bodies.append(options["body"])
        return call(method, path, **options)

    monkeypatch.setattr(session, "call", recording)
    return bodies


def plan_of(*vms: PlannedVm, **options: Any) -> RecoveryPlan:
    return RecoveryPlan("payroll", (Group("g", vms),), **options)


@pytest.mark.parametrize("names", [(VAPP,), BOTH, ()])
def test_one_request_starts_all_vms_of_a_vapp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        bodies = record_bodies(cloud, monkeypatch)
        results = cloud.service.act("failover", names or None)
        assert [(result.name, result.verdict) for result in results] == [(name, "succeeded") for name in BOTH]
        assert [result.vm["name"] for result in results] == list(BOTH)
        assert cloud.starts() == ["POST vapp failover"]
        assert bodies == [{
            "type": "vcloud", "powerOn": True, "snapshotOptions": "DO_NOTHING", "instanceMap": None,
            "vmNetworkSettings": None, "vAppNetworkSettings": None,
        }]  # fmt: skip
        assert {result.task["owner_href"].rsplit("/", 2)[1] for result in results} == {"vapp-replications"}
        assert [verdict for verdict, _ in act(cloud, "failover")] == ["unchanged"] * 2


def test_each_action_has_a_request_for_a_vapp(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        actions = ("test", "cleanup", "pause", "resume", "sync", "migrate", "reverse", "failback")
        for action in actions:
            assert [verdict for verdict, _ in act(cloud, action)] == ["succeeded"] * 2, action
        paths = ("failover-test", "failover-test", "pause", "resume", "sync", "migrate", "reverse", "migrate")
        methods = ["DELETE" if action == "cleanup" else "POST" for action in actions]
        assert cloud.starts() == [f"{method} vapp {path}" for method, path in zip(methods, paths, strict=True)]


def test_vms_that_the_user_did_not_select_are_not_started(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 3) as cloud:
        results = act(cloud, "failover", vcda_name(1), vcda_name(3))
        assert results == [("succeeded", "")] * 2
        assert cloud.starts() == ["POST failover"] * 2
        assert cloud.replication(2).recovery_state == "NOT_STARTED"


def test_the_rest_of_a_vapp_starts_vm_by_vm(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        act(cloud, "failover", vcda_name(2))
        assert [verdict for verdict, _ in act(cloud, "failover")] == ["succeeded", "unchanged"]
        assert cloud.starts() == ["POST failover"] * 2


def test_points_in_time_are_in_the_map_of_the_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        bodies = record_bodies(cloud, monkeypatch)
        point = cloud.service.points(vcda_name(1))[-1].id
        vms = (PlannedVm(vcda_name(1), point=point), PlannedVm(vcda_name(2)))
        report = start(cloud.client, plan_of(*vms), "failover")
        assert [vm.verdict for vm in report.vms] == ["succeeded"] * 2
        assert bodies[0]["instanceMap"] == {cloud.replication(1).replication_id: point}
        assert cloud.replication(1).recovered_instance == point


@pytest.mark.parametrize(
    "second",
    [
        PlannedVm(vcda_name(2), power_on=False),
        PlannedVm(vcda_name(2), networks=(NicMapping(0, address="192.168.10.77"),)),
    ],
)
def test_vms_with_options_of_their_own_start_vm_by_vm(tmp_path: Path, second: PlannedVm) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        report = start(cloud.client, plan_of(PlannedVm(vcda_name(1)), second), "failover")
        assert [vm.verdict for vm in report.vms] == ["succeeded"] * 2, report.reason
        assert cloud.starts() == ["POST failover"] * 2


def test_groups_and_dependencies_of_a_plan_take_precedence(tmp_path: Path) -> None:
    groups = (Group("a", (PlannedVm(vcda_name(1)),)), Group("b", (PlannedVm(vcda_name(2)),), depends_on=("a",)))
    with vcda_cloud(tmp_path, 2) as cloud:
        report = start(cloud.client, RecoveryPlan("payroll", groups), "failover")
        assert report.verdict == "succeeded"
        assert cloud.starts() == ["POST failover"] * 2


@pytest.mark.parametrize(
    ("limit", "starts"),
    [
        (1, ["POST failover"] * 4),
        (2, ["POST vapp failover"] * 2),
        (3, ["POST vapp failover"] * 2),
        (4, ["POST vapp failover"] * 2),
    ],
)
def test_a_vapp_waits_for_room_for_all_its_vms(tmp_path: Path, limit: int, starts: list[str]) -> None:
    with vcda_cloud(tmp_path, 4) as cloud:
        names = [vcda_name(number) for number in range(1, 5)]
        assert act(cloud, "failover", *names, max_concurrent=limit) == [("succeeded", "")] * 4
        assert cloud.starts() == starts


def test_a_vapp_that_cannot_be_read_starts_vm_by_vm(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        cloud.simulator.faults.add("status", status=403, method="GET", path="/vapp-replications/", count=0)
        assert act(cloud, "failover") == [("succeeded", "")] * 2
        assert cloud.starts() == ["POST failover"] * 2


@pytest.mark.parametrize("search", ["exact", "ignored", "empty"])
def test_a_lost_response_starts_nothing_twice(tmp_path: Path, search: str) -> None:
    with vcda_cloud(tmp_path, 2, vcda_task_s=5.0, vcda_operation_id_search=search) as cloud:
        cloud.simulator.faults.add(**LOST)
        assert act(cloud, "failover") == [("succeeded", "")] * 2
        assert cloud.starts() == ["POST vapp failover"]


def test_a_request_that_never_arrived_is_unknown_for_all_vms(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2, vcda_task_s=5.0) as cloud:
        cloud.simulator.faults.add(**{**LOST, "kind": "reset"})
        assert [verdict for verdict, _ in act(cloud, "failover")] == ["unknown"] * 2
        assert cloud.replication(1).recovery_state == "NOT_STARTED"
        assert act(cloud, "failover", on_unknown="start") == [("succeeded", "")] * 2
        assert cloud.starts() == ["POST vapp failover"] * 2


def test_a_failed_task_fails_every_vm_and_a_retry_starts_the_vapp_again(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        cloud.replication(1).trouble = "error"
        assert [verdict for verdict, _ in act(cloud, "failover")] == ["failed"] * 2
        cloud.replication(1).trouble = "error"
        vms = [PlannedVm(name, retries=1, retry_delay_s=1) for name in BOTH]
        report = start(cloud.client, plan_of(*vms), "failover")
        assert [(vm.verdict, len(vm.attempts)) for vm in report.vms] == [("succeeded", 2)] * 2
        assert cloud.starts() == ["POST vapp failover"] * 3


def test_a_retry_of_a_test_cleans_up_and_starts_the_vapp_again(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        cloud.replication(1).trouble = "off"
        vms = [PlannedVm(name, retries=1, retry_delay_s=1) for name in BOTH]
        report = start(cloud.client, plan_of(*vms), "test")
        assert [vm.verdict for vm in report.vms] == ["failed"] * 2, "a test whose task succeeded is not repeated"
        assert cloud.starts() == ["POST vapp failover-test"]


def test_each_vm_has_a_verdict_of_its_own(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2, vcda_task_s=5.0) as cloud:

        def power_off(simulator: Any) -> None:
            if vm := cloud.vm(2):
                vm.status = "POWERED_OFF"

        cloud.simulator.faults.add("edit", path="/api/query", count=0, edit=power_off)
        first, second = act(cloud, "failover")
        assert first == ("succeeded", "")
        assert second[0] == "failed"
        assert "POWERED_OFF" in second[1]


def test_an_action_of_another_user_on_the_vapp_is_tracked(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2, vcda_task_s=30.0) as cloud:
        assert [verdict for verdict, _ in act(cloud, "failover", wait=False)] == ["started"] * 2
        for path in (tmp_path / "state" / "dr" / "replications").glob("*.json"):
            path.unlink()
        assert {verdict for verdict, _ in act(cloud, "failover", vcda_name(1))} == {"succeeded"}
        assert cloud.starts() == ["POST vapp failover"]


def test_a_dry_run_shows_the_action_on_the_vapp_and_starts_nothing(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 3) as cloud:
        rows = preview(cloud.client, plan_of(PlannedVm(VAPP), PlannedVm(vcda_name(3))), "failover").rows
        assert [row.verdict for row in rows] == ["planned"] * 3
        notes = ["one action starts the 2 VMs of the vApp 'protected-vapp1'" in row.reason for row in rows]
        assert notes == [True, True, False]
        assert cloud.starts() == []


def test_an_action_that_ends_between_two_reads_is_not_taken_for_another_one(tmp_path: Path) -> None:
    """The replication is read before its task ends, and the tasks are read after it."""
    with vcda_cloud(tmp_path, 1, vcda_task_s=30.0) as cloud:
        name = vcda_name(1)
        act(cloud, "failover", name, wait=False)
        for path in (tmp_path / "state" / "dr" / "replications").glob("*.json"):
            path.unlink()
        cloud.simulator.faults.add("edit", path="/tasks", edit=lambda simulator: cloud.clock.sleep(60))
        assert [verdict for verdict, _ in act(cloud, "failover", name)] == ["unchanged"]
        assert cloud.starts() == ["POST failover"]


def test_a_request_that_loses_against_another_one_is_not_a_failure(tmp_path: Path) -> None:
    """The server accepts both requests, and the task of the second one fails."""
    with vcda_cloud(tmp_path, 1, vcda_task_s=5.0, vcda_start_delay_s=1.0) as cloud:

        def start_first(simulator: Any) -> None:
            name = cloud.replication().replication_id
            cloud.simulator.faults.clear()
            provider = cloud.service.provider
            response = provider.vcda.call(  # type: ignore[attr-defined]
                "POST", f"/vm-replications/{name}/failover", body={"type": "vcloud", "powerOn": True}
            )
            assert response.status == 202

        cloud.simulator.faults.add("edit", method="POST", path="/failover", edit=start_first)
        ((verdict, reason),) = act(cloud, "failover", vcda_name(1))
        assert (verdict, reason) == ("succeeded", "another request has already started the action")
        states = [task.state for task in cloud.simulator.world.vcda_tasks.values()]
        assert sorted(states) == [FAILED, "SUCCEEDED"]
