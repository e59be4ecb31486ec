"""Recovery operations: lists, actions, plans, resumption, readiness and tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from tests.faults.operations import Ending, Operation, Parts
from tests.faults.operations_edges import info_of
from tests.faults.world import World
from vcloudair_core import DisasterRecovery
from vcloudair_core.client import Client
from vcloudair_core.recovery.journal.run_folders import read_run, run_ids
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.readiness.assessment import assess
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.runner import RunOptions, resume, start
from vcloudair_core.services.dr.model import Result
from vcloudair_core.services.dr.operation_options import OperationOptions, Stop
from vcloudair_core.session.tasks import Task, wait_for_task
from vcloudair_core.simulator.state.simulated_tasks import Owner

ONE, TWO = "replicated-0001", "replicated-0002"
PATIENCE_S = 60.0
"""Seconds without a change of a task after which the client gives up."""
PLAN = RecoveryPlan(
    "payroll",
    (Group("database", (PlannedVm(ONE),)), Group("web", (PlannedVm(TWO),), depends_on=("database",))),
    stuck_after=PATIENCE_S,
)
OPTIONS = OperationOptions(max_concurrent=1, stuck_after=PATIENCE_S, verify_timeout=PATIENCE_S)


def state(world: World) -> Parts:
    """Return the test state, recovery state and VM statuses of each replication."""
    found: dict[str, Any] = {}
    for one in world.simulator.world.replications.values():
        vms = [vm.status for vm in world.simulator.world.vms.values() if vm.name == one.name]
        found[one.name] = (one.test_state, one.recovery_state, vms)
    return found


def _recovery(
    act: Callable[[Client, World], Ending],
    prepare: Callable[[World], None] | None = None,
    again: Callable[[Client, World], Ending] | None = None,
    **config: Any,
) -> Operation:
    def doing(how: Callable[[Client, World], Ending]) -> Callable[[World], Ending]:
        def run(world: World) -> Ending:
            with world.client() as client:
                world.signed_in(client)
                return how(client, world)

        return run

    words = {"replications": 1, "dr_task_s": 0.3, **config}
    return Operation(doing(act), state, doing(again) if again else None, prepare, config=words)


def _ended(results: Sequence[Result]) -> Ending:
    """Return the verdicts and problems of DR actions as an Ending.

    The verdicts ``succeeded`` and ``unchanged`` count as equal.
    """
    value = [(one.name, "there" if one.verdict in ("succeeded", "unchanged") else one.verdict) for one in results]
    return Ending(value, [(f"{one.reason} {one.request_id}", one.hint) for one in results if one.is_failed])


def _act(action: str) -> Callable[[Client, World], Ending]:
    def act(client: Client, world: World) -> Ending:
        options = replace(OPTIONS, on_unknown="start") if world.is_decided else OPTIONS
        return _ended(client.dr.act(action, options=options))

    return act


def _tested(world: World) -> None:
    with world.client() as client:
        client.dr.act("test")


def _list(client: Client, world: World) -> Ending:
    return Ending([(one.name, one.rpo_minutes) for one in client.dr.replications()])


def _of_report(report: RunReport) -> Ending:
    value = [(one.name, "there" if one.verdict in ("succeeded", "unchanged") else one.verdict) for one in report.vms]
    # VMs that were not started because of other failures share the reason of those failures.
    vms = [one for one in report.vms if one.verdict in ("failed", "unknown")]
    problems = [(one.reason, one.last.hint if one.last is not None else "") for one in vms]
    if report.verdict != "succeeded" and not problems:
        problems = [(str(report.reason), "You can resume the run")]
    return Ending(value, problems)


def _plan(client: Client, world: World) -> Ending:
    return _of_report(start(client, PLAN, "failover", RunOptions(verify_timeout=PATIENCE_S)))


def _go_on(client: Client, world: World) -> Ending:
    """Resume the last run, or start a new run if the last run has finished."""
    if run_ids(client.settings) and read_run(client.settings)[-1]["event"] != "run_finished":
        start_again = (ONE, TWO) if world.is_decided else ()
        return _of_report(resume(client, options=RunOptions(verify_timeout=PATIENCE_S, start_again=start_again)))
    return _plan(client, world)


def _stopped(world: World) -> None:
    """Create a run that stopped when it sent its first action."""
    stop = Stop()

    def watch(event: Any) -> None:
        if event["event"] == "vm_started":
            stop.request("enough")

    with world.client() as client:
        start(client, PLAN, "failover", RunOptions(observers=(watch,), stop=stop))
    world.simulator.clock.advance(60)
    world.simulator.tasks.settle()


def _readiness(client: Client, world: World) -> Ending:
    now = datetime.fromtimestamp(world.simulator.clock.now(), timezone.utc)
    found = assess(client, PLAN, "failover", now=now)
    unknown = [(one.message, one.hint) for one in found.checks if one.status in ("unknown", "fail")]
    # Texts, unlike results, do not count as actions that may have been started.
    return Ending([f"{one.name}: {one.status}" for one in found.checks], unknown)


def _task(client: Client, world: World) -> Ending:
    vdc = next(iter(world.simulator.world.vdcs.values()))
    owner = Owner(f"/api/vdc/{vdc.vdc_id}", vdc.name, "application/vnd.vmware.vcloud.vdc+xml")
    running = world.simulator.tasks.start(vdc.org, owner, "Updating", "vdcUpdateVdc", polls=2)
    found = wait_for_task(
        client.session, Task(href=f"https://simulator.invalid/api/task/{running.task_id}", status="queued")
    )
    assert found is not None
    return Ending(found.status)


def _seed(client: Client, world: World) -> Ending:
    on_unknown = "start" if world.is_decided else "fail"
    recovery = DisasterRecovery(info_of(client), stuck_after=PATIENCE_S, on_unknown=on_unknown)
    recovery.do_test_failover(total=True)
    return _ended(recovery.results)


OPERATIONS = {
    "recovery: list": _recovery(_list, replications=3),
    "recovery: test": _recovery(_act("test")),
    "recovery: clean-up": _recovery(_act("cleanup"), _tested),
    "recovery: failover": _recovery(_act("failover")),
    "recovery: a plan": _recovery(_plan, again=_go_on, replications=2),
    "recovery: resume": _recovery(_go_on, _stopped, replications=2),
    "recovery: readiness": _recovery(_readiness, replications=2, placeholders="visible"),
    "wait for a task": _recovery(_task),
    "DisasterRecovery": _recovery(_seed),
}
