"""The commands ``vca dr runs``, ``resume`` and ``report``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.dr.action_options import VERIFY
from vcloudair_core.cli.commands.dr.run_control import COLUMNS, run_and_report
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import utc_second, with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.util.user_files import write_bytes

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.recovery import RunOptions, RunReport

_TIMES = frozenset({"started", "ended", "last_sync"})
_RUN = typer.Argument(None, metavar="[RUN]", help="ID of a run, or its first characters (default: the latest run).")


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("runs")(runs)
    app.command("resume")(resume)
    app.command("report")(report)


@connected
def runs(
    run: Invocation, limit: int = typer.Option(20, "--limit", min=1, help="Maximum number of runs, latest first.")
) -> None:
    """List your recovery runs on this host, or in state_url.

    Sends no request to the cloud.

    Example:
        vca dr runs --limit 5
    """
    from itertools import islice

    from vcloudair_core.recovery import report_of
    from vcloudair_core.recovery.run.history import all_runs

    rows: list[dict[str, Any]] = []
    for folder, journal in islice(all_runs(run.settings()), limit):
        if isinstance(journal, str):  # the reason why the journal cannot be read
            rows.append({"id": folder.name, "verdict": "unreadable", "reason": journal})
            continue
        report = report_of(journal)
        rows.append(
            {
                "id": folder.name,
                "action": report.action,
                "plan": report.plan.get("name") or "",
                "verdict": report.verdict,
                "succeeded": sum(vm.has_succeeded for vm in report.vms),
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
        Column("succeeded", right=True, priority=2),
        Column("vms", right=True, priority=2),
        Column("started", keep=True, priority=3),
        Column("user", keep=True, priority=6),
        Column("reason", priority=5),
    ]
    run.emit(rows, columns=columns, empty="No runs found.")


@connected
@changes
def resume(
    run: Invocation,
    run_id: str = _RUN,
    approve: list[str] = typer.Option(
        None, "--approve", help="Name of an approval step to approve in advance. May be repeated."
    ),
    cancel_on_stop: bool = typer.Option(
        False, "--cancel-on-stop", help="Cancel tasks at the server when the run stops or gives up on a VM."
    ),
    start_again: list[str] = typer.Option(
        None,
        "--start-again",
        metavar="VM",
        help="VM with an unknown outcome to start again. May be repeated.",
    ),
    run_timeout: float = typer.Option(None, "--run-timeout", min=1.0, help="Stop the run after this many seconds."),
    lost_grace: float = typer.Option(
        90.0, "--lost-grace", min=0.1, help="Seconds to search for an operation that may have been started."
    ),
    verify_timeout: float = VERIFY,
    take_over: bool = typer.Option(
        False, "--take-over", help="Resume the run although another host may still continue it."
    ),
) -> None:
    """Resume a run that was stopped or that crashed. No operation is started twice.

    If the run stopped while it started an operation, the command checks whether the operation started. If its start
    or its result cannot be determined, the exit code is 11. Then check the VM in the cloud. If the operation did not
    start, resume with --start-again. If it has ended, resume to check its result again. If the run is already
    finished, the command shows its result and returns its exit code.

    If state_url is set, you can resume runs of other hosts. Only one host at a time can continue a run. See
    `docs/how-to/share-runs-between-hosts.md`.

    Example:
        vca dr resume
        vca dr resume 20261129 --start-again web1
    """
    from vcloudair_core.recovery import resume as resume_run

    def work(client: Client, options: RunOptions) -> RunReport:
        return resume_run(
            client,
            run_id or "",
            replace(options, lost_grace=lost_grace, start_again=tuple(start_again or ()), take_over=take_over),
        )

    run_and_report(
        run,
        work,
        approve=tuple(approve or ()),
        cancel_on_stop=cancel_on_stop,
        run_timeout=run_timeout,
        verify_timeout=verify_timeout,
    )


@connected
def report(
    run: Invocation,
    run_id: str = _RUN,
    html: Path = typer.Option(None, "--html", help="File to write the HTML report to."),
    junit: Path = typer.Option(None, "--junit", help="File to write the JUnit XML report to."),
) -> None:
    """Show the report of a run: the result of each VM, RTO and RPO. Sends no request.

    -o json and -o yaml print the full report. The folder of the run contains the reports that the run saved.

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
        reached = "not reached" if objective["met"] is False else "unknown"
        reached += f" ({clock_of(objective['known_s'])} so far)" if objective["known_s"] is not None else ""
    target = f", target {clock_of(objective['target_minutes'] * 60)}" if objective["target_minutes"] is not None else ""
    verdict = {True: ", met", False: ", missed", None: ""}[objective["met"]]
    return f"{name}: {reached}{target}{verdict}"


def _rounded(seconds: float | None) -> float | None:
    return round(seconds, 1) if seconds is not None else None
