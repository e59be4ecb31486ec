"""A plan carried out: its machines found, its journal kept, its end told; and a run that died taken up again."""

from __future__ import annotations

import getpass
import json
import logging
import os
import socket
from collections.abc import Sequence
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
from vcloudair_core.recovery.run.rollback import PLAN, back_steps, folder_of_plan, for_cleanup
from vcloudair_core.recovery.run.schedule import Fleet, Schedule
from vcloudair_core.recovery.run.steps import Ask, StepResult, Surroundings, approvals_of, perform
from vcloudair_core.recovery.run.vm_states import OVER, WAITING, VmState, VmStates, roster_of, roster_of_events
from vcloudair_core.services.dr.model import ACTIONS, CLEANUP, UNKNOWN
from vcloudair_core.services.dr.operation_options import LOST_GRACE_S, OperationOptions, Stop
from vcloudair_core.services.dr.operations.tracker import OperationObserver, OperationTracker

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery.journal.events import Event, Observer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOptions:
    """What a run takes beside its plan. Times are in seconds; see :class:`OperationOptions`.

    ``timeout_s``: of the whole run, which is stopped then and may be resumed. ``on_unknown``: in place of what the plan
    says. ``start_again``: names or ids of VMs whose outcome is not known and that are to be started again.
    ``approve``: names of approvals that were given beforehand. ``ask``: whom to ask for the others. ``observers``: see
    every event as it happens, possibly from several threads. ``stop``: a request, from elsewhere, to come to an end.
    """

    verify_s: float = 300.0
    lost_grace_s: float = LOST_GRACE_S
    on_unknown: str = ""
    start_again: tuple[str, ...] = ()
    cancel_late: bool = False
    timeout_s: float | None = None
    approve: tuple[str, ...] = ()
    ask: Ask | None = None
    observers: tuple[Observer, ...] = ()
    stop: Stop | None = None


def start(client: Client, plan: RecoveryPlan, action: str, options: RunOptions | None = None) -> RunReport:
    """Carry a plan out: test, clean up or fail over its machines. Each of them is begun once, whatever happens.

    Machines are found, and the order is checked, before anything is started. What fails is in the report and does not
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
    roster = roster_of(chosen, client.service("dr"))
    journal = create_journal(client.settings, (options or RunOptions()).observers)
    write_durably(journal.folder / PLAN, plan_as_data(roster.plan))
    return _Running(client, roster, action, options or RunOptions(), journal).execute()


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
        roster = roster_of_events(plan, happened)
        _decide(roster, chosen.start_again)
        for event in happened:
            journal.tell({**event, "is_past": True})
        journal.append(events.RUN_RESUMED, host=socket.gethostname(), user=_user(), pid=os.getpid())
    except BaseException:
        journal.close()
        raise
    return _Running(client, roster, head["action"], chosen, journal, happened).execute()


class _Running:
    """One run in this process, with its journal open."""

    def __init__(
        self,
        client: Client,
        roster: VmStates,
        action: str,
        options: RunOptions,
        journal: Journal,
        happened: Sequence[Event] = (),
    ) -> None:
        self._client, self._roster, self._action = client, roster, action
        self._options, self._journal, self._happened = options, journal, happened
        self._stop = options.stop or Stop()
        self._began = client.session.clock.now()
        plan = roster.plan
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
            entries = [one for one in self._roster.entries.values() if one.is_asked]
            in_flight = [{"id": one.reference.id, "name": one.reference.name} for one in entries]
            _log.error("%s %s", exc.message, exc.hint)
            interrupted = {"at": moment(), "event": events.RUN_INTERRUPTED, "reason": exc.message.rstrip(".")}
            return [*self._events(), {**interrupted, "in_flight": in_flight}]
        return self._events()

    def _events(self) -> list[Event]:
        from vcloudair_core.recovery.journal.run_journal import read_journal

        return read_journal(self._journal.folder)

    def _head(self) -> dict[str, Any]:
        plan = self._roster.plan
        names = ("name", "path", "digest", "description", "rto_minutes", "rpo_minutes", "on_failure", "max_concurrent")
        return {
            "run_id": self._journal.run_id,
            "action": self._action,
            "plan": {name: getattr(plan, name) for name in names},
            "cloud": cloud_of(self._client),
            "host": socket.gethostname(),
            "user": _user(),
            "pid": os.getpid(),
            "version": __version__,
            "groups": self._roster.described(),
        }

    def _carry_out(self) -> None:
        schedule = self._schedule(self._roster, self._action, self._journal.append)
        wants_roll_back = any(one["event"] == events.ROLLBACK_STARTED for one in self._happened)
        if not wants_roll_back:
            if not schedule.execute():
                return
            wants_roll_back = schedule.wants_roll_back
        unknown = [one for one in self._roster.entries.values() if one.result and one.result.verdict == UNKNOWN]
        if unknown:
            names = [{"id": one.reference.id, "name": one.reference.name} for one in unknown]
            reason = f"the outcome of {_listed([one['name'] for one in names])} is not known"
            self._journal.append(events.RUN_INTERRUPTED, reason=reason, in_flight=names, is_unknown=True)
            return
        if wants_roll_back and not self._roll_back(schedule.halted):
            return
        entries = list(self._roster.entries.values())
        verdicts = [one.result.verdict if one.result else "" for one in entries]
        summary = {name: verdicts.count(name) for name in ("done", "already", "failed", "skipped")}
        reason = _why(self._action, entries, schedule, self._roster)
        self._journal.append(
            events.RUN_FINISHED, verdict="failed" if reason else "done", reason=reason, summary=summary
        )

    def _schedule(self, roster: VmStates, action: str, emit: Any) -> Schedule:
        return Schedule(
            roster,
            action,
            launch=self._launch,
            do=self._perform,
            emit=emit,
            tell=self._journal.tell,
            clock=self._client.session.clock,
            stop=self._stop,
            until=self._began + self._options.timeout_s if self._options.timeout_s else None,
        )

    def _launch(self, watcher: OperationObserver, action: str) -> Fleet:
        options = engine_options(self._roster.plan, self._options)
        run = self._journal.run_id
        return self._stack.enter_context(OperationTracker(self._client.session, action, options, watcher, run=run))

    def _perform(self, step: Step, *, group: str, key: str) -> StepResult:
        return perform(step, self._around, group=group, key=key)

    # -- back ----------------------------------------------------------------------------------------------------

    def _roll_back(self, reason: str) -> bool:
        """Networks, then machines. False when it was stopped on the way; resuming does it again, to the same end."""
        touched = [
            one for one in self._roster.entries.values()
            if one.result is not None and (one.result.verdict == "done" or one.attempts)
        ]  # fmt: skip
        machines = [{"id": one.reference.id, "name": one.reference.name} for one in touched]
        self._journal.append(events.ROLLBACK_STARTED, reason=reason, machines=machines)
        folder = self._journal.folder
        back = tuple(back_steps(switched(folder, self._events())))
        plan = replace(self._roster.plan, groups=(Group("", ()),), before=(), after=(), on_failure="continue")
        entries = {one.reference.href: VmState(one.machine, "", one.reference, WAITING) for one in touched}
        roster = VmStates(replace(plan, before=back), entries)
        wrong: list[str] = []
        schedule = self._schedule(roster, CLEANUP, _RollBack(self._journal, wrong))
        if not schedule.execute():
            return False
        verdict = "failed" if wrong else "done"
        self._journal.append(events.ROLLBACK_FINISHED, verdict=verdict, reason="; ".join(wrong[:5]))
        return True


class _RollBack:
    """The journal for a roll-back: its machines and steps are told apart from those of the run."""

    def __init__(self, journal: Journal, wrong: list[str]) -> None:
        self._journal, self._wrong = journal, wrong

    def __call__(self, event: str, **words: Any) -> None:
        """Write what matters of it down."""
        if words.get("verdict") not in (None, "done", "already"):
            self._wrong.append(f"{words.get('name') or words.get('step') or words.get('group')}: {words.get('reason')}")
        if event == events.MACHINE_FINISHED:
            kept = ("id", "name", "verdict", "reason", "hint", "seconds")
            self._journal.append(events.MACHINE_ROLLED_BACK, **{name: words.get(name) for name in kept})
        elif event in (events.STEP_STARTED, events.STEP_FINISHED):
            self._journal.append(event, **{**words, "phase": "back", "key": f"back/{words['key']}"})
        elif event == events.RUN_INTERRUPTED:
            self._journal.append(event, **words)


def engine_options(plan: RecoveryPlan, options: RunOptions, *, wait: bool = True) -> OperationOptions:
    """What the engine is told of a plan."""
    return OperationOptions(
        power_on=plan.power_on,
        synchronize=plan.synchronize,
        max_concurrent=plan.max_concurrent,
        stuck_after_s=plan.stuck_after_s,
        timeout_s=plan.machine_timeout_s,
        verify_s=options.verify_s,
        lost_grace_s=options.lost_grace_s,
        cancel_late=options.cancel_late,
        on_unknown=options.on_unknown or plan.on_unknown,
        wait=wait,
    )


def _decide(roster: VmStates, names: Sequence[str]) -> None:
    """Note which VMs are to be started again. Raises NotFoundError when one is not in the run."""
    for name in names:
        chosen = [one for one in roster.entries.values() if one.reference.answers_to(name) or one.machine.name == name]
        if not chosen:
            known = _listed([one.reference.name for one in roster.entries.values()])
            raise NotFoundError(f"There is no VM {name!r} in this run.", hint=f"Name one of: {known}.")
        for entry in chosen:
            entry.start_again = True


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


def _why(action: str, entries: Sequence[VmState], schedule: Schedule, roster: VmStates) -> str:
    """Why a run has failed, in a sentence, or nothing."""
    bad = [one for one in entries if one.state != OVER or not one.is_fine]
    where = "are not cleaned up" if action == CLEANUP else "are not there"
    parts = [f"{len(bad)} of {len(entries)} machines {where}: {_what_happened(bad)}"] if bad else []
    wrong = sorted({*schedule.failed_steps, *roster.steps_failed} - roster.steps_done)
    parts += [f"{len(wrong)} steps failed" if len(wrong) > 1 else "a step failed"] if wrong else []
    return " and ".join(parts)


def _what_happened(bad: Sequence[VmState]) -> str:
    """Describe the VMs that are missing, grouped by reason."""
    names: dict[str, list[str]] = {}
    for entry in bad:
        result = entry.result
        reason = f"{result.verdict}: {result.reason}" if result is not None else "not started"
        names.setdefault(reason.rstrip("."), []).append(entry.reference.name)
    parts = [f"{_listed(together)} ({reason})" for reason, together in list(names.items())[:10]]
    return "; ".join([*parts, *(["…"] if len(names) > 10 else [])])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
