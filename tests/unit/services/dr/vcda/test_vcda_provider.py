"""Tests of DR actions with VMware Cloud Director Availability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.operation_options import OperationOptions

QUICK = OperationOptions(verify_timeout=30, lost_grace=10)


def verdicts(cloud: VcdaCloud, action: str, *names: str, **options: Any) -> list[tuple[str, str]]:
    """Run an action, and return the verdict and the reason of each VM."""
    chosen = OperationOptions(**{"verify_timeout": 30, "lost_grace": 10, **options})
    return [(result.verdict, result.reason) for result in cloud.service.act(action, names or None, options=chosen)]


def queries(cloud: VcdaCloud) -> list[str]:
    """Return the path and query of each request."""
    return [f"{item.path}?{item.query}" for item in cloud.simulator.request_log.entries()]


def test_test_and_cleanup(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 3) as cloud:
        results = cloud.service.act("test", options=QUICK)
        assert [(result.verdict, result.reason) for result in results] == [("succeeded", "")] * 3
        assert [result.vm["name"] for result in results] == [vcda_name(1), vcda_name(2), vcda_name(3)]
        assert {result.vm["status"] for result in results} == {"POWERED_ON"}
        assert [verdict for verdict, _ in verdicts(cloud, "test")] == ["unchanged"] * 3
        assert verdicts(cloud, "cleanup") == [("succeeded", "")] * 3
        assert cloud.starts() == [
            f"{method} {kind}failover-test" for method in ("POST", "DELETE") for kind in ("vapp ", "")
        ]


def test_failover_reverse_and_failback(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        assert verdicts(cloud, "failover") == [("succeeded", "")] * 2
        assert verdicts(cloud, "reverse") == [("succeeded", "")] * 2
        at_peer = ("succeeded", "the VM is at site site1, so it was not checked")
        assert verdicts(cloud, "failback") == [at_peer] * 2
        assert [entry[0] for entry in verdicts(cloud, "failback")] == ["unchanged"] * 2
        assert cloud.starts() == [f"POST vapp {name}" for name in ("failover", "reverse", "migrate")]


def test_migrate(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        assert verdicts(cloud, "migrate") == [("succeeded", "")] * 2
        assert verdicts(cloud, "migrate")[0][0] == "unchanged"


def test_pause_resume_and_sync(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        assert verdicts(cloud, "sync") == [("succeeded", "")]
        assert verdicts(cloud, "pause") == [("succeeded", "")]
        assert verdicts(cloud, "sync")[0] == ("failed", "the replication is paused")
        assert verdicts(cloud, "resume") == [("succeeded", "")]
        assert verdicts(cloud, "resume")[0][0] == "unchanged"
        assert cloud.starts() == ["POST sync", "POST pause", "POST resume"]


@pytest.mark.parametrize("search", ["exact", "ignored", "empty"])
@pytest.mark.parametrize("action", ["test", "failover", "migrate", "sync"])
def test_a_lost_response_starts_nothing_twice(tmp_path: Path, action: str, search: str) -> None:
    with vcda_cloud(tmp_path, 1, vcda_operation_id_search=search, vcda_task_s=5.0) as cloud:
        cloud.simulator.faults.add("reset_after", method="POST", path="/vm-replications/")
        assert verdicts(cloud, action)[0][0] == "succeeded"
        assert len(cloud.starts()) == 1


@pytest.mark.parametrize(("on_unknown", "verdict", "count"), [("fail", "unknown", 1), ("start", "succeeded", 2)])
def test_a_request_that_never_arrived_is_unknown_until_the_user_decides(
    tmp_path: Path, on_unknown: str, verdict: str, count: int
) -> None:
    with vcda_cloud(tmp_path, 1, vcda_task_s=5.0) as cloud:
        cloud.simulator.faults.add("reset", method="POST", path="/vm-replications/")
        assert verdicts(cloud, "failover", on_unknown=on_unknown)[0][0] == verdict
        assert len(cloud.starts()) == count
        assert any("operationID=" in request for request in queries(cloud))


def test_each_request_has_its_own_operation_id(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 3) as cloud:
        verdicts(cloud, "test")
        ids = [task.operation_id for task in cloud.simulator.world.vcda_tasks.values()]
        assert len(set(ids)) == 2
        assert all(len(identifier) == 36 for identifier in ids)


def test_the_task_in_progress_shows_the_action(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_task_s=30.0) as cloud:
        started = OperationOptions(wait=False)
        assert cloud.service.act("test", options=started)[0].verdict == "started"
        verdict, reason = verdicts(cloud, "failover")[0]
        assert (verdict, reason.partition(" (")[0]) == ("failed", "another action is in progress")
        assert "task test" in reason
        assert verdicts(cloud, "test")[0][0] == "succeeded"
        assert cloud.starts() == ["POST failover-test"]


def test_a_tested_vm_must_be_cleaned_up_before_a_failover(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        verdicts(cloud, "test")
        (result,) = cloud.service.act("failover")
        assert (result.verdict, result.hint) == ("failed", "Clean up the test first.")


def test_a_name_of_a_vapp_selects_its_vms(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 3) as cloud:
        vapp = next(iter(cloud.simulator.world.vapp_replications.values()))
        for name in ("protected-vapp1", vapp.replication_id):
            assert [item.name for item in cloud.service.choose([name])] == [vcda_name(1), vcda_name(2)]


def test_replications_are_read_from_all_pages(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 205) as cloud:
        assert len(cloud.service.references()) == 205


def test_null_texts_are_no_values(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_null_as_text=True, vcda_vm_id="urn") as cloud:
        assert verdicts(cloud, "test", on_unknown="fail")[0] == ("succeeded", "")
        assert verdicts(cloud, "cleanup")[0] == ("succeeded", "")


@pytest.mark.parametrize("trouble", ["lie", "no-vm", "off"])
def test_a_successful_task_alone_is_no_success(tmp_path: Path, trouble: str) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.replication().trouble = trouble
        verdict, reason = verdicts(cloud, "failover")[0]
        assert verdict == "failed"
        assert reason.startswith("the task succeeded, but the check after 30 s shows: ")


def test_a_failed_task_has_its_message_and_no_stack_trace(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        cloud.replication().trouble = "error"
        (result,) = cloud.service.act("failover", options=QUICK)
        assert result.verdict == "failed"
        assert "the task failed: " in result.reason
        assert "com.vmware" not in str(result.as_dict())


def test_a_failover_works_while_the_other_site_is_down(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_site_down="site1") as cloud:
        assert verdicts(cloud, "failover") == [("succeeded", "")]


@pytest.mark.parametrize("code", ["GeneralServerFailure", "RemoteAuthenticationFailure"])
def test_a_migration_fails_while_the_other_site_is_down(tmp_path: Path, code: str) -> None:
    with vcda_cloud(tmp_path, 1, vcda_site_down="site1", vcda_peer_error=code) as cloud:
        assert verdicts(cloud, "migrate")[0][0] == "failed"
        assert cloud.starts() == []


def test_a_synchronized_test_with_a_point_in_time(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        points = cloud.service.points(vcda_name(1))
        assert verdicts(cloud, "failover", point=points[2].id) == [("succeeded", "")]
        assert cloud.replication().recovered_instance == points[2].id


def test_a_time_selects_the_newest_point_that_is_not_later(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        points = cloud.service.points(vcda_name(1))
        assert points[1].started is not None
        assert verdicts(cloud, "test", point=points[1].started.isoformat()) == [("succeeded", "")]
        assert cloud.replication().recovered_instance == points[1].id
        assert verdicts(cloud, "cleanup")[0][0] == "succeeded"
        verdict, reason = verdicts(cloud, "test", point="2001-01-01")[0]
        assert verdict == "failed"
        assert "The VM has no point in time at or before 2001-01-01T00:00:00+00:00." in reason


def test_a_migration_has_no_point_in_time(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud, pytest.raises(SpecError, match="always uses the newest data"):
        cloud.service.act("migrate", options=OperationOptions(point="2024-01-01"))


def test_the_api_cannot_cancel_tasks(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        with pytest.raises(SpecError, match="cannot cancel tasks"):
            cloud.service.act("failover", options=OperationOptions(cancel_on_stop=True))
        assert cloud.requests() == []
