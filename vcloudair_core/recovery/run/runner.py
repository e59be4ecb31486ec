"""Start and resume runs of recovery plans."""

from __future__ import annotations

import getpass
import json
import logging
import os
import socket
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcloudair_core._version import __version__
from vcloudair_core.errors import ConfigurationError, NotFoundError, SpecError, VcloudAirError
from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.journal.run_folders import newest_run, read_journal
from vcloudair_core.recovery.journal.run_journal import Journal, JournalError, create_journal, moment, reopen_journal
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.plan.model import Group, RecoveryPlan, Step
from vcloudair_core.recovery.plan.serialization import plan_as_data, plan_of_data
from vcloudair_core.recovery.report.report_files import save_report
from vcloudair_core.recovery.report.report_text import OUTCOMES
from vcloudair_core.recovery.report.run_report import RunReport, report_of
from vcloudair_core.recovery.run.history import applied_changes, cloud_of
from vcloudair_core.recovery.run.network_changes import write_durably
from vcloudair_core.recovery.run.plan_schedule import PlanSchedule
from vcloudair_core.recovery.run.resumed_state import resumed_state
from vcloudair_core.recovery.run.rollback import PLAN, cleanup_plan, folder_of_plan, restore_steps
from vcloudair_core.recovery.run.run_state import RunState, state_of
from vcloudair_core.recovery.run.steps import Ask, StepContext, StepResult, perform, with_approvals
from vcloudair_core.services.dr.model import ACTIONS, CLEANUP
from vcloudair_core.services.dr.operation_options import LOST_GRACE_S, OperationOptions, Stop
from vcloudair_core.services.dr.operations.operation import OVER, Operation, OperationObserver
from vcloudair_core.services.dr.operations.tracker import OperationTracker
from vcloudair_core.services.dr.port import check_capabilities

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery.journal.events import Event, Observer
    from vcloudair_core.services.dr.service import RecoveryService

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOptions:
    """Options of a run that are not part of its plan.

    Times are in seconds; see :class:`OperationOptions`.

    Attributes:
        run_timeout: The time limit of the run. After this time, the run is stopped and can be resumed.
        on_unknown: ``fail`` or ``start``. If set, overrides the option ``on_unknown`` of the plan.
        start_again: Names or IDs of VMs. If such a VM has the verdict ``unknown``, its action may be started again.
        approve: Names of approval steps that you approve in advance.
        ask: Callback for the other approvals. If None, these approvals fail.
        observers: Callbacks that receive every event, possibly from several threads.
        stop: A request from a signal or another thread to stop the run.
        take_over: Whether to resume a run that another host may still continue. The other host then starts nothing
            more.
    """

    verify_timeout: float = 300.0
    lost_grace: float = LOST_GRACE_S
    on_unknown: str = ""
    start_again: tuple[str, ...] = ()
    cancel_on_stop: bool = False
    run_timeout: float | None = None
    approve: tuple[str, ...] = ()
    ask: Ask | None = None
    observers: tuple[Observer, ...] = ()
    stop: Stop | None = None
    take_over: bool = False


def start(client: Client, plan: RecoveryPlan, action: str, options: RunOptions | None = None) -> RunReport:
    """Run a DR action on the VMs of a plan.

    The action of each VM is started at most once.

    Before anything is started, the names of the VMs are resolved to replications, and the dependencies in the plan
    are checked. Failures of VMs and steps are in the report and do not raise errors. The reports are also saved in the
    folder of the run.

    Raises: SpecError, NotFoundError and AmbiguousMatchError before anything is started; ConfigurationError when the
        journal cannot be written.
    """
    if action not in ACTIONS:
        raise SpecError("action", f"{action!r} is not one of {', '.join(ACTIONS)}")
    check_order(plan)
    service = client.dr.using(plan.provider)
    check_plan(plan, action, service, options or RunOptions())
    chosen = cleanup_plan(plan, client.settings, cloud_of(client)) if action == CLEANUP else plan
    # The run can be resumed from another folder.
    chosen = replace(chosen, path=str(Path(chosen.path).resolve()) if chosen.path else "")
    state = state_of(replace(chosen, provider=service.provider.name), action, service)
    journal = create_journal(client.settings, (options or RunOptions()).observers)
    try:
        write_durably(journal.folder / PLAN, plan_as_data(state.plan))
        journal.keep(journal.folder / PLAN)
    except BaseException:
        journal.close()
        raise
    return _Run(client, state, action, options or RunOptions(), journal).execute()


def resume(client: Client, run_id: str = "", options: RunOptions | None = None) -> RunReport:
    """Resume a run that was stopped or died. No action is started twice.

    Args:
        client: The client of the cloud in which the run was started.
        run_id: The ID of the run, or the beginning of the ID. The default is the newest run.
        options: Options of the run. ``start_again`` names VMs whose action may be started again if neither a task nor
            the replication shows the outcome of the action.

    Returns the report. A finished run is not changed.

    Raises: NotFoundError for an unknown run or an unknown VM in ``start_again``; LockTimeoutError when the run is still
        in progress; ConfigurationError when the run was in another cloud.
    """
    chosen = options or RunOptions()
    run_id = run_id or newest_run(client.settings)
    journal, run_events = reopen_journal(client.settings, run_id, chosen.observers, take_over=chosen.take_over)
    try:
        head, last = run_events[0], run_events[-1]
        if last["event"] == events.RUN_FINISHED:
            journal.close()
            return report_of(run_events)
        _check_cloud(client, head["cloud"])
        plan = plan_of_data(json.loads((journal.folder / PLAN).read_text(encoding="utf-8")))
        state = resumed_state(plan, run_events)
        _mark_start_again(state, chosen.start_again)
        for event in run_events:
            journal.notify({**event, "is_past": True})
        journal.append(events.RUN_RESUMED, host=socket.gethostname(), user=_user(), pid=os.getpid())
    except BaseException:
        journal.close()
        raise
    return _Run(client, state, head["action"], chosen, journal, run_events).execute()


class _Run:
    """Execute a run in this process, and write its journal."""

    def __init__(
        self,
        client: Client,
        state: RunState,
        action: str,
        options: RunOptions,
        journal: Journal,
        run_events: Sequence[Event] = (),
    ) -> None:
        self._client, self._state, self._action = client, state, action
        self._options, self._journal, self._past_events = options, journal, run_events
        self._stop = options.stop or Stop()
        self._provider = client.dr.using(state.plan.provider).provider
        self._began = client.session.clock.now()
        plan = state.plan
        self._step_context = StepContext(
            client,
            journal.run_id,
            action,
            plan.name,
            folder_of_plan(plan),
            journal.folder,
            with_approvals(options.approve, options.ask),
            self._stop,
            journal.keep,
        )

    def execute(self) -> RunReport:
        """Execute the run, save its reports, and return the report."""
        try:
            with ExitStack() as stack:
                self._stack = stack
                run_events = self._execute_or_interrupt()
            report = report_of(run_events)
            try:
                if not self._journal.is_lost:
                    for path in save_report(report, self._journal.folder).values():
                        self._journal.keep(path)
            except (VcloudAirError, OSError) as exc:
                # The run itself is complete, and the report can be created again from the journal.
                _log.warning("Saving the report of run %s failed. %s", self._journal.run_id, exc)
            return report
        finally:
            self._journal.close()

    def _execute_or_interrupt(self) -> list[Event]:
        """Execute the run and return its events.

        If the journal cannot be written, a ``run_interrupted`` event is added to the returned events.

        Raises JournalError when no event could be written.
        """
        try:
            if not self._past_events:
                self._journal.append(events.RUN_STARTED, **self._run_started_fields())
            self._execute_plan()
        except JournalError as exc:
            if self._journal.is_empty:
                raise  # nothing was started
            in_flight = _ids_and_names(
                operation for operation in self._state.operations if operation.may_be_in_progress
            )
            _log.error("%s %s", exc.message, exc.hint)
            interrupted = {"at": moment(), "event": events.RUN_INTERRUPTED, "reason": exc.message.rstrip(".")}
            return [*self._events(), {**interrupted, "in_flight": in_flight}]
        return self._events()

    def _events(self) -> list[Event]:
        return read_journal(self._journal.folder)

    def _run_started_fields(self) -> dict[str, Any]:
        plan = self._state.plan
        names = ("name", "path", "digest", "description", "rto_minutes", "rpo_minutes", "on_error", "max_concurrent")
        return {
            "run_id": self._journal.run_id,
            "action": self._action,
            "plan": {name: getattr(plan, name) for name in names},
            "cloud": cloud_of(self._client),
            "host": socket.gethostname(),
            "user": _user(),
            "pid": os.getpid(),
            "version": __version__,
            "groups": self._state.described(),
        }

    def _execute_plan(self) -> None:
        schedule = self._schedule(self._state, self._action, self._journal.append)
        needs_rollback = any(event["event"] == events.ROLLBACK_STARTED for event in self._past_events)
        if not needs_rollback:
            if not schedule.execute():
                return
            needs_rollback = schedule.needs_rollback
        operations = self._state.operations
        unknown = _ids_and_names(operation for operation in operations if operation.is_unknown)
        if unknown:
            reason = f"the outcome of {_listed([vm['name'] for vm in unknown])} is unknown"
            self._journal.append(events.RUN_INTERRUPTED, reason=reason, in_flight=unknown, is_unknown=True)
            return
        if needs_rollback and not self._roll_back(schedule.halted):
            return
        verdicts = [operation.verdict for operation in operations]
        summary = {name: verdicts.count(name) for name in ("succeeded", "unchanged", "failed", "skipped")}
        reason = _failure_reason(self._action, schedule, self._state)
        self._journal.append(
            events.RUN_FINISHED, verdict="failed" if reason else "succeeded", reason=reason, summary=summary
        )

    def _schedule(self, state: RunState, action: str, emit: Any) -> PlanSchedule:
        return PlanSchedule(
            state,
            action,
            launch=self._launch,
            work=self._perform,
            emit=emit,
            notify=self._journal.notify,
            clock=self._client.session.clock,
            stop=self._stop,
            until=self._began + self._options.run_timeout if self._options.run_timeout else None,
        )

    def _launch(self, observer: OperationObserver, action: str) -> OperationTracker:
        options = engine_options(self._state.plan, self._options)
        run = self._journal.run_id
        return self._stack.enter_context(OperationTracker(self._provider, action, options, observer, run=run))

    def _perform(self, step: Step, *, group: str, key: str) -> StepResult:
        return perform(step, self._step_context, group=group, key=key)

    # -- rollback ------------------------------------------------------------------------------------------------

    def _roll_back(self, reason: str) -> bool:
        """Restore networks, then clean up VMs.

        Return False if the run was stopped. A resumed run repeats the rollback.
        """
        started = [op for op in self._state.operations if op.verdict == "succeeded" or (op.verdict and op.attempts)]
        self._journal.append(events.ROLLBACK_STARTED, reason=reason, vms=_ids_and_names(started))
        folder = self._journal.folder
        restores = tuple(restore_steps(applied_changes(folder, self._events())))
        plan = replace(self._state.plan, groups=(Group("", ()),), before=(), after=(), on_error="continue")
        cleanups = tuple(_cleanup_of(operation) for operation in started)
        problems: list[str] = []
        schedule = self._schedule(
            RunState(replace(plan, before=restores), cleanups), CLEANUP, _RollbackJournal(self._journal, problems)
        )
        if not schedule.execute():
            return False
        verdict = "failed" if problems else "succeeded"
        self._journal.append(events.ROLLBACK_FINISHED, verdict=verdict, reason="; ".join(problems[:5]))
        return True


def _cleanup_of(operation: Operation) -> Operation:
    """Return the cleanup operation for the VM of ``operation``."""
    return Operation(
        operation.reference,
        CLEANUP,
        vm_timeout=operation.vm_timeout,
        name=operation.name,
        retries=operation.retries,
        retry_delay=operation.retry_delay,
    )


class _RollbackJournal:
    """A journal adapter that marks events of VMs and steps as part of a rollback."""

    def __init__(self, journal: Journal, problems: list[str]) -> None:
        self._journal, self._problems = journal, problems

    def __call__(self, event: str, **fields: Any) -> None:
        """Record the event of a rollback in the run journal."""
        if fields.get("verdict") not in (None, "succeeded", "unchanged"):
            self._problems.append(
                f"{fields.get('name') or fields.get('step') or fields.get('group')}: {fields.get('reason')}"
            )
        if event == events.VM_FINISHED:
            kept = ("id", "name", "verdict", "reason", "hint", "seconds")
            self._journal.append(events.VM_ROLLED_BACK, **{name: fields.get(name) for name in kept})
        elif event in (events.STEP_STARTED, events.STEP_FINISHED):
            self._journal.append(event, **{**fields, "phase": "rollback", "key": f"rollback/{fields['key']}"})
        elif event == events.RUN_INTERRUPTED:
            self._journal.append(event, **fields)


def check_plan(plan: RecoveryPlan, action: str, service: RecoveryService, options: RunOptions) -> None:
    """Raise SpecError if the DR API cannot run the plan with these options.

    No request is sent.
    """
    combined = engine_options(plan, options)
    combined.validate()
    check_capabilities(service.provider, action, combined)
    for vm in plan.vms:
        if vm.point:
            check_capabilities(service.provider, action, replace(combined, point=vm.point))
        if vm.networks and not service.provider.capabilities.can_map_networks:
            raise SpecError(
                f"VM {vm.name}: networks",
                f"{service.provider.title} cannot change the networks of a VM",
                hint="Remove the key `networks`, and set the networks at the source site.",
            )


def engine_options(plan: RecoveryPlan, options: RunOptions, *, wait: bool = True) -> OperationOptions:
    """Combine the options of a plan and a run into the options of its operations."""
    return OperationOptions(
        power_on=plan.power_on,
        synchronize=plan.synchronize,
        max_concurrent=plan.max_concurrent,
        point=plan.point,
        stuck_after=plan.stuck_after,
        vm_timeout=plan.vm_timeout,
        verify_timeout=options.verify_timeout,
        lost_grace=options.lost_grace,
        cancel_on_stop=options.cancel_on_stop,
        on_unknown=options.on_unknown or plan.on_unknown,
        wait=wait,
    )


def _mark_start_again(state: RunState, names: Sequence[str]) -> None:
    """Mark the VMs whose action may be started again.

    Raises NotFoundError for a VM that is not in the run.
    """
    for name in names:
        matching = [op for op in state.operations if op.reference.matches(name) or op.name == name]
        if not matching:
            known = _listed([operation.reference.name for operation in state.operations])
            raise NotFoundError(f"VM {name!r} is not part of this run.", hint=f"Pass one of: {known}.")
        for operation in matching:
            operation.start_again = True


def _ids_and_names(operations: Iterable[Operation]) -> list[dict[str, str]]:
    """Return the IDs and names of VMs, in the format of events."""
    return [{"id": operation.reference.id, "name": operation.reference.name} for operation in operations]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _check_cloud(client: Client, of_run: dict[str, Any]) -> None:
    current = cloud_of(client)
    for name in ("url", "org"):
        if of_run.get(name) != current.get(name):
            raise ConfigurationError(
                f"Resuming the run failed. The run was started in {of_run.get('url')}, org {of_run.get('org')}, "
                f"but the current settings point to {current['url']}, org {current['org']}.",
                hint="Use the settings that the run was started with.",
            )


def _failure_reason(action: str, schedule: PlanSchedule, state: RunState) -> str:
    """Return the reason why a run has failed, or an empty string."""
    missing = [operation for operation in state.operations if operation.state != OVER or not operation.has_succeeded]
    outcome = f"were not {OUTCOMES.get(action, 'recovered')}"
    reasons = []
    if missing:
        reasons.append(f"{len(missing)} of {len(state.operations)} VMs {outcome}: {_missing_by_reason(missing)}")
    failed_steps = {*schedule.failed_steps, *state.steps_failed} - state.steps_done
    if failed_steps:
        reasons.append(f"{len(failed_steps)} steps failed" if len(failed_steps) > 1 else "a step failed")
    return " and ".join(reasons)


def _missing_by_reason(missing: Sequence[Operation]) -> str:
    """Describe the VMs that did not succeed, grouped by reason."""
    names: dict[str, list[str]] = {}
    for operation in missing:
        result = operation.result
        reason = f"{result.verdict}: {result.reason}" if result.verdict else "not started"
        names.setdefault(reason.rstrip("."), []).append(operation.reference.name)
    reasons = [f"{_listed(vms)} ({reason})" for reason, vms in list(names.items())[:10]]
    return "; ".join([*reasons, *(["…"] if len(names) > 10 else [])])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
