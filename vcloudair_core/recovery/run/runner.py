"""A plan carried out: its VMs found, its journal kept, its end told; and a run that died taken up again."""

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
from vcloudair_core.recovery.journal.run_journal import (
    Journal,
    JournalError,
    create_journal,
    moment,
    newest_run,
    reopen_journal,
)
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.plan.model import Group, RecoveryPlan, Step
from vcloudair_core.recovery.plan.serialization import plan_as_data, plan_of_data
from vcloudair_core.recovery.report.report_files import save_report
from vcloudair_core.recovery.report.run_report import RunReport, report_of
from vcloudair_core.recovery.run.history import cloud_of, switched
from vcloudair_core.recovery.run.network_changes import write_durably
from vcloudair_core.recovery.run.plan_schedule import PlanSchedule
from vcloudair_core.recovery.run.resumed_state import resumed_state
from vcloudair_core.recovery.run.rollback import PLAN, back_steps, folder_of_plan, for_cleanup
from vcloudair_core.recovery.run.run_state import RunState, state_of
from vcloudair_core.recovery.run.steps import Ask, StepResult, Surroundings, approvals_of, perform
from vcloudair_core.services.dr.model import ACTIONS, CLEANUP
from vcloudair_core.services.dr.operation_options import LOST_GRACE_S, OperationOptions, Stop
from vcloudair_core.services.dr.operations.operation import OVER, Operation, OperationObserver
from vcloudair_core.services.dr.operations.tracker import OperationTracker

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery.journal.events import Event, Observer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOptions:
    """Options of a run beside its plan. Times are in seconds; see :class:`OperationOptions`.

    ``run_timeout``: of the run, which is stopped then and may be resumed. ``on_unknown``: in place of what the plan
    says. ``start_again``: names or ids of VMs whose outcome is not known and that are to be started again.
    ``approve``: names of approvals that were given beforehand. ``ask``: whom to ask for the others. ``observers``: see
    every event as it happens, possibly from several threads. ``stop``: a request, from elsewhere, to come to an end.
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


def start(client: Client, plan: RecoveryPlan, action: str, options: RunOptions | None = None) -> RunReport:
    """Carry a plan out: test, clean up or fail over its VMs. Each of them is begun once, whatever happens.

    VMs are found, and the order is checked, before anything is started. What fails is in the report and does not
    raise. The reports are in the run's folder, too.

    Raises: SpecError, NotFoundError and AmbiguousMatchError before anything is started; ConfigurationError when the run
    cannot be written down.
    """
    if action not in ACTIONS:
        raise SpecError("action", f"{action!r} is not one of {', '.join(ACTIONS)}")
    check_order(plan)
    engine_options(plan, options or RunOptions()).validate()
    chosen = for_cleanup(plan, client.settings, cloud_of(client)) if action == CLEANUP else plan
    # Whoever resumes it may be in another folder.
    chosen = replace(chosen, path=str(Path(chosen.path).resolve()) if chosen.path else "")
    state = state_of(chosen, action, client.dr)
    journal = create_journal(client.settings, (options or RunOptions()).observers)
    write_durably(journal.folder / PLAN, plan_as_data(state.plan))
    return _Running(client, state, action, options or RunOptions(), journal).execute()


def resume(client: Client, run_id: str = "", options: RunOptions | None = None) -> RunReport:
    """Go on with a run that was stopped or died; the newest one, unless it is named. Nothing is begun a second time.

    One that is over is not gone on with: its report is returned. ``start_again`` of the options is the decision that
    those VMs may be started again when nothing shows what became of them.

    Raises: NotFoundError, also for a VM of ``start_again`` that is not in the run; LockTimeoutError when it is still
    going on; ConfigurationError when it was in another cloud.
    """
    chosen = options or RunOptions()
    journal, happened = reopen_journal(client.settings, run_id or newest_run(client.settings), chosen.observers)
    try:
        head, last = happened[0], happened[-1]
        if last["event"] == events.RUN_FINISHED:
            journal.close()
            return report_of(happened)
        _check_cloud(client, head["cloud"])
        plan = plan_of_data(json.loads((journal.folder / PLAN).read_text(encoding="utf-8")))
        state = resumed_state(plan, happened)
        _decide(state, chosen.start_again)
        for event in happened:
            journal.tell({**event, "is_past": True})
        journal.append(events.RUN_RESUMED, host=socket.gethostname(), user=_user(), pid=os.getpid())
    except BaseException:
        journal.close()
        raise
    return _Running(client, state, head["action"], chosen, journal, happened).execute()


class _Running:
    """One run in this process, with its journal open."""

    def __init__(
        self,
        client: Client,
        state: RunState,
        action: str,
        options: RunOptions,
        journal: Journal,
        happened: Sequence[Event] = (),
    ) -> None:
        self._client, self._state, self._action = client, state, action
        self._options, self._journal, self._happened = options, journal, happened
        self._stop = options.stop or Stop()
        self._began = client.session.clock.now()
        plan = state.plan
        self._around = Surroundings(
            client,
            journal.run_id,
            action,
            plan.name,
            folder_of_plan(plan),
            journal.folder,
            approvals_of(options.approve, options.ask),
            self._stop,
        )

    def execute(self) -> RunReport:
        """The report, whatever became of the run."""
        try:
            with ExitStack() as stack:
                self._stack = stack
                happened = self._carry_out_or_stop()
            report = report_of(happened)
            try:
                save_report(report, self._journal.folder)
            except (VcloudAirError, OSError) as exc:
                # What was done is done, and is in the journal, of which the report can be made again.
                _log.warning("The report of the run %s could not be written: %s", self._journal.run_id, exc)
            return report
        finally:
            self._journal.close()

    def _carry_out_or_stop(self) -> list[Event]:
        """The events of the run, with its interruption where that could not be written down."""
        try:
            if not self._happened:
                self._journal.append(events.RUN_STARTED, **self._head())
            self._carry_out()
        except JournalError as exc:
            in_flight = _named(operation for operation in self._state.operations if operation.is_asked)
            _log.error("%s %s", exc.message, exc.hint)
            interrupted = {"at": moment(), "event": events.RUN_INTERRUPTED, "reason": exc.message.rstrip(".")}
            return [*self._events(), {**interrupted, "in_flight": in_flight}]
        return self._events()

    def _events(self) -> list[Event]:
        from vcloudair_core.recovery.journal.run_journal import read_journal

        return read_journal(self._journal.folder)

    def _head(self) -> dict[str, Any]:
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

    def _carry_out(self) -> None:
        schedule = self._schedule(self._state, self._action, self._journal.append)
        wants_roll_back = any(event["event"] == events.ROLLBACK_STARTED for event in self._happened)
        if not wants_roll_back:
            if not schedule.execute():
                return
            wants_roll_back = schedule.wants_roll_back
        operations = self._state.operations
        unknown = _named(operation for operation in operations if operation.is_unknown)
        if unknown:
            reason = f"the outcome of {_listed([vm['name'] for vm in unknown])} is not known"
            self._journal.append(events.RUN_INTERRUPTED, reason=reason, in_flight=unknown, is_unknown=True)
            return
        if wants_roll_back and not self._roll_back(schedule.halted):
            return
        verdicts = [operation.verdict for operation in operations]
        summary = {name: verdicts.count(name) for name in ("succeeded", "unchanged", "failed", "skipped")}
        reason = _why(self._action, schedule, self._state)
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
            tell=self._journal.tell,
            clock=self._client.session.clock,
            stop=self._stop,
            until=self._began + self._options.run_timeout if self._options.run_timeout else None,
        )

    def _launch(self, observer: OperationObserver, action: str) -> OperationTracker:
        options = engine_options(self._state.plan, self._options)
        run = self._journal.run_id
        return self._stack.enter_context(OperationTracker(self._client.session, action, options, observer, run=run))

    def _perform(self, step: Step, *, group: str, key: str) -> StepResult:
        return perform(step, self._around, group=group, key=key)

    # -- back ----------------------------------------------------------------------------------------------------

    def _roll_back(self, reason: str) -> bool:
        """Networks, then VMs. False when it was stopped on the way; resuming does it again, to the same end."""
        touched = [op for op in self._state.operations if op.verdict == "succeeded" or (op.verdict and op.attempts)]
        self._journal.append(events.ROLLBACK_STARTED, reason=reason, vms=_named(touched))
        folder = self._journal.folder
        back = tuple(back_steps(switched(folder, self._events())))
        plan = replace(self._state.plan, groups=(Group("", ()),), before=(), after=(), on_error="continue")
        cleanups = tuple(_cleanup_of(operation) for operation in touched)
        wrong: list[str] = []
        schedule = self._schedule(
            RunState(replace(plan, before=back), cleanups), CLEANUP, _RollBack(self._journal, wrong)
        )
        if not schedule.execute():
            return False
        verdict = "failed" if wrong else "succeeded"
        self._journal.append(events.ROLLBACK_FINISHED, verdict=verdict, reason="; ".join(wrong[:5]))
        return True


def _cleanup_of(operation: Operation) -> Operation:
    """Return the cleanup of a VM that a run has touched."""
    return Operation(
        operation.reference,
        CLEANUP,
        vm_timeout=operation.vm_timeout,
        name=operation.name,
        retries=operation.retries,
        retry_delay=operation.retry_delay,
    )


class _RollBack:
    """The journal for a roll-back: its VMs and steps are told apart from those of the run."""

    def __init__(self, journal: Journal, wrong: list[str]) -> None:
        self._journal, self._wrong = journal, wrong

    def __call__(self, event: str, **fields: Any) -> None:
        """Record the event of a rollback in the run journal."""
        if fields.get("verdict") not in (None, "succeeded", "unchanged"):
            self._wrong.append(
                f"{fields.get('name') or fields.get('step') or fields.get('group')}: {fields.get('reason')}"
            )
        if event == events.VM_FINISHED:
            kept = ("id", "name", "verdict", "reason", "hint", "seconds")
            self._journal.append(events.VM_ROLLED_BACK, **{name: fields.get(name) for name in kept})
        elif event in (events.STEP_STARTED, events.STEP_FINISHED):
            self._journal.append(event, **{**fields, "phase": "rollback", "key": f"rollback/{fields['key']}"})
        elif event == events.RUN_INTERRUPTED:
            self._journal.append(event, **fields)


def engine_options(plan: RecoveryPlan, options: RunOptions, *, wait: bool = True) -> OperationOptions:
    """Return the options of a plan for the engine."""
    return OperationOptions(
        power_on=plan.power_on,
        synchronize=plan.synchronize,
        max_concurrent=plan.max_concurrent,
        stuck_after=plan.stuck_after,
        vm_timeout=plan.vm_timeout,
        verify_timeout=options.verify_timeout,
        lost_grace=options.lost_grace,
        cancel_on_stop=options.cancel_on_stop,
        on_unknown=options.on_unknown or plan.on_unknown,
        wait=wait,
    )


def _decide(state: RunState, names: Sequence[str]) -> None:
    """Note which VMs are to be started again. Raises NotFoundError when one is not in the run."""
    for name in names:
        chosen = [op for op in state.operations if op.reference.answers_to(name) or op.name == name]
        if not chosen:
            known = _listed([operation.reference.name for operation in state.operations])
            raise NotFoundError(f"There is no VM {name!r} in this run.", hint=f"Name one of: {known}.")
        for operation in chosen:
            operation.start_again = True


def _named(operations: Iterable[Operation]) -> list[dict[str, str]]:
    """Return ids and names of VMs, for events."""
    return [{"id": operation.reference.id, "name": operation.reference.name} for operation in operations]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _check_cloud(client: Client, then: dict[str, Any]) -> None:
    now = cloud_of(client)
    for name in ("url", "org"):
        if then.get(name) != now.get(name):
            raise ConfigurationError(
                f"The run was in {then.get('url')}, org {then.get('org')}; this is {now['url']}, org {now['org']}.",
                hint="Resume it with the settings that it was started with.",
            )


def _why(action: str, schedule: PlanSchedule, state: RunState) -> str:
    """Return why a run has failed, in a sentence, or nothing."""
    missing = [operation for operation in state.operations if operation.state != OVER or not operation.is_there]
    where = "are not cleaned up" if action == CLEANUP else "are not there"
    reasons = []
    if missing:
        reasons.append(f"{len(missing)} of {len(state.operations)} VMs {where}: {_what_happened(missing)}")
    failed_steps = {*schedule.failed_steps, *state.steps_failed} - state.steps_done
    if failed_steps:
        reasons.append(f"{len(failed_steps)} steps failed" if len(failed_steps) > 1 else "a step failed")
    return " and ".join(reasons)


def _what_happened(missing: Sequence[Operation]) -> str:
    """Describe the VMs that are missing, grouped by reason."""
    names: dict[str, list[str]] = {}
    for operation in missing:
        result = operation.result
        reason = f"{result.verdict}: {result.reason}" if result.verdict else "not started"
        names.setdefault(reason.rstrip("."), []).append(operation.reference.name)
    reasons = [f"{_listed(together)} ({reason})" for reason, together in list(names.items())[:10]]
    return "; ".join([*reasons, *(["…"] if len(names) > 10 else [])])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
