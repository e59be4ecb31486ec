"""Recovery runs from the command line: signals, approvals, results and exit codes."""

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


def run_and_report(run: Invocation, work: Work, *, cancel_on_stop: bool = False, **run_options: Any) -> None:
    """Execute a run, and show its result.

    ``run_options`` are further fields of RunOptions, by name.

    Raises: TaskFailedError when the run failed; OutcomeUnknownError when the start or the result of an operation is
    unknown; Exit with code 130 when the run was stopped.
    """
    from vcloudair_core.recovery import RunOptions, Stop

    stop = Stop()
    with run.client(shows_tasks=False) as client, live_run() as view, signals_to(stop, cancel_on_stop=cancel_on_stop):
        ask = _asker(stop, view) if sys.stdin.isatty() else None
        options = RunOptions(
            **run_options, cancel_on_stop=cancel_on_stop, ask=ask, observers=observers_of(view), stop=stop
        )
        report = work(client, options)
    show(run, report)
    from vcloudair_core.recovery import run_folder

    say(f"Report: {run_folder(run.settings(), report.run_id) / 'report.html'}")
    end(report)


def show(run: Invocation, report: RunReport) -> None:
    """Print a table of the VMs, failed VMs first, then the failed steps."""
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
    """Print the final message, or raise TaskFailedError, OutcomeUnknownError or Exit."""
    from vcloudair_core.recovery.report.report_text import ACTIONS

    noun = ACTIONS.get(report.action, "run")
    if report.verdict == "interrupted":
        period = report.periods[-1]
        active = ", ".join(period.in_flight)
        if active:
            say(f"Still in progress at the server: {active}.")
        say(f"To resume, run: vca dr resume {report.run_id}")
        raise typer.Exit(INTERRUPTED)
    if report.verdict == "unknown":
        unknown = next(failure for failure in report.failures if failure.verdict == "unknown")
        raise OutcomeUnknownError(
            f"The {noun} is not complete: {report.reason}. The first unknown outcome is {unknown.name}: "
            f"{unknown.reason.rstrip('.')}. You can resume the run {report.run_id}.",
            hint=unknown.hint,
        )
    if report.verdict != "succeeded":
        failure = next(iter(report.failures), None)
        first = f" The first failure is {failure.name}: {failure.reason.rstrip('.')}." if failure is not None else ""
        reason = report.reason.rstrip(".") or "its result is unknown"
        raise TaskFailedError(
            f"The {noun} failed: {reason}.{'' if failure and failure.reason in reason else first}",
            hint=failure.hint if failure is not None else "",
        )
    say(closing_sentence(report))


_DONE = {
    "test": "recovered", "cleanup": "cleaned up", "failover": "failed over", "migrate": "migrated",
    "reverse": "reversed", "failback": "failed back", "pause": "paused", "resume": "resumed", "sync": "synchronized",
}  # fmt: skip
_MOST_NAMED = 5


def closing_sentence(report: RunReport) -> str:
    """Return the final message.

    Example: ``3 of 3 VMs recovered, RTO met. To clean up, run: ...``.
    """
    succeeded = sum(vm.has_succeeded for vm in report.vms)
    text = f"{succeeded} of {len(report.vms)} VMs {_DONE.get(report.action, 'succeeded')}"
    for name, objective in (("RTO", report.rto), ("RPO", report.rpo)):
        if objective.is_met is not None:
            text += f", {name} {'met' if objective.is_met else 'missed'}"
    if report.action != "test" or not succeeded:
        return f"{text}."
    return f"{text}. To clean up, run: vca dr cleanup {_selection(report)}"


def _selection(report: RunReport) -> str:
    """Return the command-line arguments that select the VMs of a run."""
    path = str(report.plan.get("path") or "")
    names = [vm.name for vm in report.vms]
    if path:
        return f"--plan {shlex.quote(path)}"
    is_short = all(names) and len(names) <= _MOST_NAMED
    return " ".join(map(shlex.quote, names)) if is_short else "--all"


@contextmanager
def signals_to(stop: Stop, *, cancel_on_stop: bool) -> Iterator[None]:
    """Stop the run if the process receives Ctrl-C or SIGTERM in the ``with`` block.

    A second Ctrl-C ends the program immediately.
    """

    def handle(number: int, frame: object) -> None:
        if stop.is_requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.request("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name, cancel_tasks=cancel_on_stop)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _asker(stop: Stop, view: LiveRun | None) -> Ask:
    def ask(question: ApprovalRequest) -> str:
        if view is None:
            return _prompt_approval(question, stop)
        with view.paused():
            return _prompt_approval(question, stop)

    return ask


def _prompt_approval(question: ApprovalRequest, stop: Stop) -> str:
    """Prompt for an approval. Stop waiting if the run is stopped.

    Returns the name of the user who approved, or an empty string if the run is not approved.
    """
    scope = f"{question.plan}, group {question.group}" if question.group else question.plan
    say(f"\nApproval required ({scope}): {question.text}")
    sys.stderr.write("Type yes to continue: ")
    sys.stderr.flush()
    while not stop.is_requested:
        if select.select([sys.stdin], [], [], 0.2)[0]:
            is_yes = sys.stdin.readline().strip().lower() == "yes"
            return current_user() if is_yes else ""
    return ""


def _rounded(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None


def preview_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of a dry run with formatted times.

    ``~`` marks an estimate that is not based on an earlier run.
    """
    until = ("~" if row["is_guess"] else "") + clock_of(row["until_s"])
    return {**row, "from": clock_of(row["from_s"]), "until": until}
