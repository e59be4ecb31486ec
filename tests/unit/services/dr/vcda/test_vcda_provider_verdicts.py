"""Verdicts on DR actions of VCDA in states that contradict each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.services.dr.model import Result
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.simulator.vcda.operations.operation_states import VCDA_TROUBLES
from vcloudair_core.simulator.vcda.operations.running_operation import RunningOperation

Prepare = Callable[[VcdaCloud], Any]
POST = {"method": "POST", "path": "/vm-replications/"}
NO_TASKS = {"method": "GET", "path": "/tasks", "status": 403, "count": 0}
SHOWN = "the task succeeded, but the check after 30 s shows: "
IN_DOUBT = "neither a task nor the replication shows whether the server started the action"
WORKFLOWS = tuple(f"{name}=internal" for name in ("failover", "failoverTest", "migrate", "sync", "pause"))


class State(NamedTuple):
    """A state of the cloud, and the verdict of an action in this state.

    ``reason`` is a part of the reason. ``starts`` is the number of requests that start the action.
    """

    verdict: str
    reason: str = ""
    prepare: Prepare = lambda cloud: None
    options: dict[str, Any] = {}
    action: str = "failover"
    starts: int = 1


def fields(**values: Any) -> Prepare:
    """Set attributes of the replication."""

    def prepare(cloud: VcdaCloud) -> None:
        for name, value in values.items():
            setattr(cloud.replication(), name, value)

    return prepare


def faults(*orders: dict[str, Any]) -> Prepare:
    """Add faults."""

    def prepare(cloud: VcdaCloud) -> None:
        for order in orders:
            cloud.simulator.faults.add(**order)

    return prepare


def expire_instances(cloud: VcdaCloud) -> None:
    cloud.replication().instances.clear()


def edit(change: Prepare, **order: Any) -> Prepare:
    """Call a function when a request arrives."""

    def prepare(cloud: VcdaCloud) -> None:
        cloud.simulator.faults.add("edit", **order, edit=lambda simulator: change(cloud))

    return prepare


def omits(*names: str) -> dict[str, Any]:
    """Return the options of a server that omits fields."""
    return {"vcda_absent_fields": names}


def omit_the_state(cloud: VcdaCloud) -> None:
    cloud.simulator.configure(**omits("recoveryState"))


LOST, NEVER = {"kind": "reset_after", **POST}, {"kind": "reset", **POST}
DOWN = {"vcda_site_down": "site1"}
REFUSES = {"vcda_peer_error": "RemoteAuthenticationFailure"}
SEARCHES = ("exact", "ignored", "empty")

STATES: dict[str, State] = {
    **{f"trouble {name}": State("succeeded", "", fields(trouble=name))
       for name in ("progress-100", "queued", "warning", "vanish")},
    "trouble error": State("failed", "the task failed: The operation failed. [GeneralServerFailure]",
                           fields(trouble="error")),
    "trouble hang": State("failed", "nothing changed for", fields(trouble="hang")),
    "trouble lie": State("failed", f"{SHOWN}recovery NOT_STARTED", fields(trouble="lie")),
    "trouble no-vm": State("failed", "the query service does not return the recovered VM", fields(trouble="no-vm")),
    "trouble off": State("failed", "POWERED_OFF", fields(trouble="off")),
    "trouble gone": State("failed", "the replication can no longer be read (404)", fields(trouble="gone")),
    "in progress without a task": State("failed", "another action is in progress (recovery IN_PROGRESS",
                                        fields(recovery_state="IN_PROGRESS"), starts=0),
    "task cannot be read again": State("succeeded", options={"vcda_task_gone_after": 1}),
    "state lags": State("succeeded", options={"vcda_state_lags": 3}),
    "state never changes": State("failed", f"{SHOWN}recovery IN_PROGRESS", options={"vcda_state_lags": 10_000}),
    "state not returned": State("failed", "the server does not return the state", starts=0,
                                options={"vcda_absent_fields": ("recoveryState",)}),
    **{f"{action}, {field} omitted": State("unknown", f"the task succeeded, but the server omits {field!r}",
                                           action=action, options=omits(field))
       for action, field in (("failover", "vcdVmId"), ("test", "vcdVmId"), ("migrate", "vcdVmId"),
                             ("sync", "latestInstance"), ("pause", "isPaused"), ("resume", "isPaused"))},
    "state omitted after the start": State("unknown", "the server omits 'recoveryState'",
                                           edit(omit_the_state, **POST)),
    "ID of the VM omitted, state not changed": State("failed", f"{SHOWN}recovery NOT_STARTED", fields(trouble="lie"),
                                                     omits("vcdVmId")),
    "sync without a new instance": State("failed", f"{SHOWN}recovery NOT_STARTED", fields(trouble="lie"),
                                         action="sync"),
    "null as text": State("succeeded", options={"vcda_null_as_text": True, "vcda_vm_id": "urn"}),
    "other names of workflows": State("succeeded", options={"vcda_workflow_types": WORKFLOWS}),
    "paused": State("succeeded", "", fields(is_paused=True)),
    "paused before a sync": State("failed", "the replication is paused", fields(is_paused=True), action="sync",
                                  starts=0),
    "source site down": State("succeeded", options=DOWN),
    "source site down before a sync": State("failed", "The site 'site1' cannot be reached", options=DOWN,
                                            action="sync", starts=0),
    "source site refuses before a sync": State(
        "failed", "Extending the session to site 'site1' failed",
        options={**DOWN, **REFUSES}, action="sync", starts=0,
    ),
    # Both requests are refused: the second one follows a renewed extension of the session.
    "source site refuses the migration": State(
        "failed", "[RemoteAuthenticationFailure]", edit(fields(is_peer_down=True), **POST), REFUSES, "migrate", 2
    ),
    "source site refuses during the migration": State(
        "failed", "the task failed: The source site cannot be reached. [RemoteAuthenticationFailure]",
        edit(fields(is_peer_down=True), method="GET", path="/tasks/"), REFUSES, "migrate",
    ),
    **{f"response lost, operation ID {kind}": State("succeeded", "", faults(LOST), {"vcda_operation_id_search": kind})
       for kind in SEARCHES},
    **{f"request lost, operation ID {kind}": State("unknown", IN_DOUBT, faults(NEVER),
                                                   {"vcda_operation_id_search": kind}) for kind in SEARCHES},
    "response lost, no task list": State("succeeded", "", faults(LOST, {"kind": "status", **NO_TASKS})),
    "response lost, no task list, slow": State("succeeded", "", faults(LOST, {"kind": "status", **NO_TASKS}),
                                               {"vcda_task_s": 40.0}),
    "request lost, no task list": State("unknown", IN_DOUBT, faults(NEVER, {"kind": "status", **NO_TASKS})),
    "response lost, other names of workflows": State("succeeded", "", faults(LOST),
                                                     {"vcda_workflow_types": WORKFLOWS}),
    "response lost, sync": State("succeeded", "", faults(LOST), action="sync"),
    "request lost, sync": State("unknown", IN_DOUBT, faults(NEVER), action="sync"),
}  # fmt: skip


def act(cloud: VcdaCloud, action: str, **options: Any) -> Result:
    """Run an action on the VM of the cloud."""
    chosen = OperationOptions(**{"verify_timeout": 30, "lost_grace": 10, "stuck_after": 60, **options})
    (result,) = cloud.service.act(action, options=chosen)
    return result


def test_states_contain_each_trouble_of_the_simulator() -> None:
    assert {name.removeprefix("trouble ") for name in STATES if name.startswith("trouble")} == set(VCDA_TROUBLES)


@pytest.mark.parametrize("state", STATES.values(), ids=list(STATES))
def test_verdict_is_what_the_evidence_shows(tmp_path: Path, state: State) -> None:
    with vcda_cloud(tmp_path, 1, **{"vcda_task_s": 5.0, **state.options}) as cloud:
        state.prepare(cloud)
        result = act(cloud, state.action)
        assert (result.verdict, len(cloud.starts())) == (state.verdict, state.starts), result.reason
        assert state.reason in result.reason
        assert bool(result.hint) is (state.verdict != "succeeded")
        assert "com.vmware" not in str(result.as_dict())


@pytest.mark.parametrize("lags", [0, 3])
def test_a_failed_task_of_a_recovered_vm_is_shown_with_the_state(
    tmp_path: Path, lags: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the task fail after the VM was recovered."""
    end = RunningOperation._end

    def end_as_failed(self: RunningOperation, task: Any) -> None:
        end(self, task)
        task.state, task.error = "FAILED", {"code": "GeneralServerFailure", "msg": "Powering on failed.", "args": []}

    monkeypatch.setattr(RunningOperation, "_end", end_as_failed)
    with vcda_cloud(tmp_path, 1, vcda_task_s=5.0, vcda_state_lags=lags) as cloud:
        result = act(cloud, "failover")
        assert result.verdict == "failed"
        assert "Powering on failed." in result.reason
        assert ("but the replication shows: recovery COMPLETE" in result.reason) is (lags == 0)
        monkeypatch.undo()
        for _ in range(lags):
            cloud.service.replications()
        assert act(cloud, "failover").verdict == "unchanged"
        assert len(cloud.starts()) == 1


def test_an_expired_point_in_time_starts_nothing(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        point = cloud.service.points(vcda_name(1))[-1].id
        replication = cloud.replication()
        replication.instances = [item for item in replication.instances if item.key != point]
        result = act(cloud, "failover", point=point)
        assert (result.verdict, cloud.starts()) == ("failed", [])
        assert point in result.reason


def test_a_point_in_time_that_expires_before_the_request_fails(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        point = cloud.service.points(vcda_name(1))[-1].id
        edit(expire_instances, **POST)(cloud)
        result = act(cloud, "failover", point=point)
        assert (result.verdict, cloud.replication().recovery_state) == ("failed", "NOT_STARTED")


def test_an_unknown_verdict_is_resolved_by_the_next_run(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_visible_after_s=60.0) as cloud:
        faults(LOST)(cloud)
        assert act(cloud, "failover").verdict == "unknown"
        cloud.clock.sleep(60)
        assert act(cloud, "failover").verdict in ("succeeded", "unchanged")
        assert len(cloud.starts()) == 1


def test_ended_sessions_do_not_change_the_verdict(tmp_path: Path) -> None:
    def end_sessions(cloud: VcdaCloud) -> None:
        cloud.simulator.sessions.expire_all()
        for endpoint in cloud.simulator.vcda.values():
            endpoint.sessions.expire_all()

    with vcda_cloud(tmp_path, 2, vcda_task_s=5.0) as cloud:
        edit(end_sessions, method="GET", path="/tasks")(cloud)
        edit(end_sessions, method="POST", path="-replications/")(cloud)
        options = OperationOptions(verify_timeout=30, lost_grace=10)
        assert [result.verdict for result in cloud.service.act("migrate", options=options)] == ["succeeded"] * 2
        accepted = [task for task in cloud.simulator.world.vcda_tasks.values() if task.workflow == "migrate"]
        assert len(accepted) == 1


def test_an_earlier_recovery_is_unknown_if_the_id_of_the_vm_is_omitted(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_task_s=5.0) as cloud:
        assert act(cloud, "failover").verdict == "succeeded"
        cloud.simulator.configure(**omits("vcdVmId"))
        result = act(cloud, "failover")
        assert (result.verdict, result.reason) == ("unknown", "the server omits 'vcdVmId' of the replication")
        assert "Check the VM" in result.hint
        cloud.simulator.configure(vcda_absent_fields=())
        assert act(cloud, "failover").verdict == "unchanged"
        assert len(cloud.starts()) == 1


def test_a_sync_without_a_visible_result_is_started_again_by_the_next_run(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, vcda_task_s=5.0, **omits("latestInstance")) as cloud:
        assert [act(cloud, "sync").verdict for _ in range(2)] == ["unknown"] * 2
        assert len(cloud.starts()) == 2
        cloud.simulator.configure(vcda_absent_fields=())
        assert act(cloud, "sync").verdict == "succeeded"
