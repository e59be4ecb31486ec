"""A recovery run from the command line: its signals, its questions, its table, its exit status."""

from __future__ import annotations

import select
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.dr.run_view import LiveRun, clock_of, live_run, observers_of
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import with_utc_seconds
from vcloudair_core.cli.exit_codes import INTERRUPTED
from vcloudair_core.errors import OutcomeUnknownError, TaskFailedError, sentences
from vcloudair_core.settings.directories import current_user

if TYPE_CHECKING:
    from vcloudair_core.cli.invocation import Invocation
    from vcloudair_core.client import Client
    from vcloudair_core.recovery import RunOptions, RunReport, Stop
    from vcloudair_core.recovery.report.model import VmReport
    from vcloudair_core.recovery.run.steps import ApprovalRequest, Ask

Work = Callable[["Client", "RunOptions"], "RunReport"]

COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("verdict", keep=True, priority=0),
    Column("seconds", right=True, priority=3),
    Column("vapp", keep=True, priority=4),
    Column("addresses", keep=True, priority=3),
    Column("reason", priority=1),
    Column("hint", priority=2),
]
PREVIEW_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("verdict", keep=True, priority=0),
    Column("from", right=True, priority=1),
    Column("until", right=True, priority=1),
    Column("what", keep=True, priority=3),
    Column("group", keep=True, priority=3),
    Column("reason", priority=2),
    Column("hint", priority=2),
]


def conduct(run: Invocation, work: Work, *, cancel_on_stop: bool = False, **knobs: Any) -> None:
    """Carry a run out, show what came of it, and end as it did. ``knobs``: other fields of RunOptions.

    Raises: TaskFailedError when it failed; OutcomeUnknownError when it is not known whether something was started; Exit
    130 when it was stopped.
    """
    from vcloudair_core.recovery import RunOptions, Stop

    stop = Stop()
    with run.client(shows_tasks=False) as client, live_run() as view, signals_to(stop, cancel_on_stop=cancel_on_stop):
        ask = _asker(stop, view) if sys.stdin.isatty() else None
        options = RunOptions(**knobs, cancel_on_stop=cancel_on_stop, ask=ask, observers=observers_of(view), stop=stop)
        report = work(client, options)
    show(run, report)
    from vcloudair_core.recovery import run_folder

    say(f"Report: {run_folder(run.settings(), report.run_id) / 'report.html'}")
    end(report)


def show(run: Invocation, report: RunReport) -> None:
    """VMs, failures first."""
    vms = sorted(report.vms, key=lambda vm: vm.has_succeeded)
    rows = [{**vm.as_dict(), "seconds": _rounded(vm.seconds), **_place(vm)} for vm in vms]
    rows = with_utc_seconds(rows, frozenset({"started", "ended", "last_sync"}))
    run.emit(rows, columns=COLUMNS, empty="No VMs in the run.")
    for step in (step for step in report.all_steps if step.last.verdict == "failed"):
        say(f"Step failed: {step.group or 'plan'}, {step.name}: {sentences(step.last.reason, step.last.hint)}")


def _place(vm: VmReport) -> dict[str, str]:
    recovered = vm.last.vm if vm.last is not None else {}
    addresses = ", ".join(map(str, recovered.get("addresses") or ()))
    return {"vapp": str(recovered.get("vapp") or ""), "addresses": addresses}


def end(report: RunReport) -> None:
    """Raises: TaskFailedError, Exit; nothing when all is well."""
    if report.verdict == "interrupted":
        period = report.periods[-1]
        flying = ", ".join(period.in_flight)
        if flying:
            say(f"Still under way at the server: {flying}.")
        say(f"Go on with: vca dr resume {report.run_id}")
        raise typer.Exit(INTERRUPTED)
    if report.verdict == "unknown":
        unknown = next(failure for failure in report.failures if failure.verdict == "unknown")
        raise OutcomeUnknownError(
            f"The {report.action} is not complete: {report.reason}. First: {unknown.name}: "
            f"{unknown.reason.rstrip('.')}. The run {report.run_id} may be resumed.",
            hint=unknown.hint,
        )
    if report.verdict != "succeeded":
        failure = next(iter(report.failures), None)
        first = f" First: {failure.name}: {failure.reason.rstrip('.')}." if failure is not None else ""
        reason = report.reason.rstrip(".") or "its end is not known"
        raise TaskFailedError(
            f"The {report.action} has failed: {reason}.{'' if failure and failure.reason in reason else first}",
            hint=failure.hint if failure is not None else "",
        )
    say(closing_sentence(report))


_DONE = {"test": "recovered", "cleanup": "cleaned up", "failover": "failed over"}
_MOST_NAMED = 5


def closing_sentence(report: RunReport) -> str:
    """``3 of 3 VMs recovered, RTO met. Clean up with: vca dr cleanup --plan payroll.yml``."""
    there = sum(vm.has_succeeded for vm in report.vms)
    text = f"{there} of {len(report.vms)} VMs {_DONE.get(report.action, 'succeeded')}"
    for name, objective in (("RTO", report.rto), ("RPO", report.rpo)):
        if objective.is_met is not None:
            text += f", {name} {'met' if objective.is_met else 'missed'}"
    if report.action != "test" or not there:
        return f"{text}."
    return f"{text}. Clean up with: vca dr cleanup {_selection(report)}"


def _selection(report: RunReport) -> str:
    """VMs that a command line selects for a run."""
    path = str(report.plan.get("path") or "")
    names = [vm.name for vm in report.vms]
    if path:
        return f"--plan {shlex.quote(path)}"
    is_short = all(names) and len(names) <= _MOST_NAMED
    return " ".join(map(shlex.quote, names)) if is_short else "--all"


@contextmanager
def signals_to(stop: Stop, *, cancel_on_stop: bool) -> Iterator[None]:
    """Ctrl-C and an end that is asked for stop the run; a second Ctrl-C stops it at once."""

    def ask(number: int, frame: object) -> None:
        if stop.is_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.request("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name, cancel_tasks=cancel_on_stop)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _asker(stop: Stop, view: LiveRun | None) -> Ask:
    def ask(question: ApprovalRequest) -> str:
        if view is None:
            return _answered(question, stop)
        with view.paused():
            return _answered(question, stop)

    return ask


def _answered(question: ApprovalRequest, stop: Stop) -> str:
    """A line that is waited for without being deaf to a stop."""
    where = f"{question.plan}, group {question.group}" if question.group else question.plan
    say(f"\nApproval needed ({where}): {question.text}")
    sys.stderr.write("Type yes to go on: ")
    sys.stderr.flush()
    while not stop.is_requested:
        if select.select([sys.stdin], [], [], 0.2)[0]:
            is_yes = sys.stdin.readline().strip().lower() == "yes"
            return current_user() if is_yes else ""
    return ""


def _rounded(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None


def preview_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a dry run with times as people read them; ``~`` marks one that rests on no earlier run."""
    until = ("~" if row["is_guess"] else "") + clock_of(row["until_s"])
    return {**row, "from": clock_of(row["from_s"]), "until": until}
