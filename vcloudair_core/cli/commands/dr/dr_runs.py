"""``vca dr runs``, ``resume`` and ``report``: runs that were, and one that goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.dr.run_control import COLUMNS, conduct
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import utc_second, with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.util.user_files import write_bytes

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery import RunOptions, RunReport

_TIMES = frozenset({"started", "ended", "last_sync"})
_RUN = typer.Argument(None, metavar="[RUN]", help="The id of a run, or the beginning of it; by default the newest.")


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("runs")(runs)
    app.command("resume")(resume)
    app.command("report")(report)


@connected
def runs(
    run: Invocation, limit: int = typer.Option(20, "--limit", min=1, help="Number of runs, the newest first.")
) -> None:
    """List the runs of this user on this host. Sends nothing.

    Example:
        vca dr runs --limit 5
    """
    from itertools import islice

    from vcloudair_core.recovery import report_of
    from vcloudair_core.recovery.run.history import all_runs as known

    rows: list[dict[str, Any]] = []
    for folder, happened in islice(known(run.settings()), limit):
        if isinstance(happened, str):
            rows.append({"id": folder.name, "verdict": "unreadable", "reason": happened})
            continue
        report = report_of(happened)
        rows.append(
            {
                "id": folder.name,
                "action": report.action,
                "plan": report.plan.get("name") or "",
                "verdict": report.verdict,
                "there": sum(vm.has_succeeded for vm in report.vms),
                "vms": len(report.vms),
                "started": utc_second(report.started) if report.started else "",
                "user": report.user,
                "reason": report.reason,
            }
        )
    columns = [
        Column("id", keep=True, priority=0),
        Column("action", keep=True, priority=1),
        Column("plan", keep=True, priority=4),
        Column("verdict", keep=True, priority=1),
        Column("there", right=True, priority=2),
        Column("vms", right=True, priority=2),
        Column("started", keep=True, priority=3),
        Column("user", keep=True, priority=6),
        Column("reason", priority=5),
    ]
    run.emit(rows, columns=columns, empty="There is no run yet.")


@connected
@changes
def resume(
    run: Invocation,
    run_id: str = _RUN,
    approve: list[str] = typer.Option(None, "--approve", help="An approval given beforehand, by its name."),
    cancel_on_stop: bool = typer.Option(False, "--cancel-on-stop", help="Cancel tasks when stopped, or given up."),
    start_again: list[str] = typer.Option(
        None,
        "--start-again",
        metavar="VM",
        help="Start a VM again whose outcome is unknown; may be repeated.",
    ),
    run_timeout: float = typer.Option(
        None, "--run-timeout", min=1.0, help="Seconds that the run may take; then it is stopped."
    ),
    lost_grace: float = typer.Option(
        90.0, "--lost-grace", min=0.1, help="Seconds to look for a sign of an action that may have been started."
    ),
) -> None:
    """Go on with a run that was stopped or died. Nothing is begun a second time.

    A VM that was about to be started is looked for. When nothing shows whether it was, the outcome is unknown and
    the exit code is 11: look at the cloud, then decide with --start-again. A run that is over is shown, and the exit
    code is the one that it ended with.

    Example:
        vca dr resume
        vca dr resume 20261129 --start-again web1
    """
    from vcloudair_core.recovery import resume as go_on

    def work(client: Client, options: RunOptions) -> RunReport:
        return go_on(
            client, run_id or "", replace(options, lost_grace=lost_grace, start_again=tuple(start_again or ()))
        )

    conduct(run, work, approve=tuple(approve or ()), cancel_on_stop=cancel_on_stop, run_timeout=run_timeout)


@connected
def report(
    run: Invocation,
    run_id: str = _RUN,
    html: Path = typer.Option(None, "--html", help="Write the page for the auditor to this file."),
    junit: Path = typer.Option(None, "--junit", help="Write JUnit XML to this file."),
) -> None:
    """Report on a run: what came of each VM, and the objectives reached. Sends nothing.

    With -o json or yaml the whole report. The files that a run leaves itself are in its folder.

    Example:
        vca dr report --html report.html --junit report.xml
    """
    from vcloudair_core.recovery import read_journal, report_of, run_folder
    from vcloudair_core.recovery.report.report_files import rendered

    settings = run.settings()
    folder = run_folder(settings, run_id or "")
    run_report = report_of(read_journal(folder))
    for path, name in ((html, "html"), (junit, "junit")):
        if path is not None:
            write_bytes(path, rendered(run_report, name), "The report")
    whole = with_utc_seconds(run_report.as_dict(), _TIMES)
    rows = [vm for group in whole["groups"] for vm in group["vms"]]
    if not run.is_table:
        run.emit(whole, columns=COLUMNS, rows=rows)
        return
    say(whole["sentence"])
    for name in ("rto", "rpo"):
        say(_objective(name.upper(), whole[name]))
    failed_first = sorted(rows, key=lambda row: row["verdict"] in ("succeeded", "unchanged"))
    run.emit([{**row, "seconds": _rounded(row["seconds"])} for row in failed_first], columns=COLUMNS)
    say(f"Folder: {folder}")


def _objective(name: str, objective: dict[str, Any]) -> str:
    from vcloudair_core.cli.commands.dr.run_view import clock_of

    if objective["reached_s"] is not None:
        reached = clock_of(objective["reached_s"])
    else:
        reached = "not reached" if objective["met"] is False else "not known"
        reached += f" ({clock_of(objective['known_s'])} so far)" if objective["known_s"] is not None else ""
    target = f", target {clock_of(objective['target_minutes'] * 60)}" if objective["target_minutes"] is not None else ""
    verdict = {True: ", met", False: ", missed", None: ""}[objective["met"]]
    return f"{name}: {reached}{target}{verdict}"


def _rounded(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None
