"""The command ``vca dr history``, which shows the history of drills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.util.user_files import write_bytes

if TYPE_CHECKING:
    from vcloudair_core.recovery.drills.drill_history import DrillHistory
    from vcloudair_core.recovery.drills.drill_record import DrillRecord


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command("history")(history)


@connected
def history(
    run: Invocation,
    vms: list[str] = typer.Argument(None, metavar="[VM]...", help="VM names or replication UUIDs."),
    every: bool = typer.Option(
        False, "--all", help="Also list replicated VMs that no run contains. Reads the replications from the cloud."
    ),
    plan: str = typer.Option(None, "--plan", metavar="FILE", help="Recovery plan to limit the history to."),
    max_age: float = typer.Option(
        90.0, "--max-age", min=0.0, metavar="DAYS", help="Days after which a successful test is too old."
    ),
    html: Path = typer.Option(None, "--html", help="File to write the history to, as an HTML page."),
) -> None:
    """Show the last tests of plans and VMs, and which drills are due.

    The command reads the runs of this host or of state_url. If a plan sets test_max_age_days, that value applies
    instead of --max-age. See `docs/how-to/drill-program.md`.

    Example:
        vca dr history
        vca dr history --all --max-age 30 --html drills.html
    """
    from vcloudair_core.recovery import load_plan
    from vcloudair_core.recovery.drills.drill_history import drill_history
    from vcloudair_core.recovery.drills.drill_page import page_of, sentence_of

    selected = load_plan(plan) if plan else None
    replicated: list[tuple[str, str]] = []
    if every:
        with run.client() as client:
            replicated = [(replication.id, replication.name) for replication in client.dr.replications()]
    drills = drill_history(run.settings(), plan=selected, vms=vms or None, replicated=replicated, max_age_days=max_age)
    if html is not None:
        write_bytes(html, page_of(drills).encode("utf-8", "replace"), "The page")
    run.emit(drills.as_dict(), columns=_COLUMNS, rows=_rows(drills), empty="No drills found.")
    say(sentence_of(drills))


_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("what", keep=True, priority=1),
    Column("state", keep=True, priority=0),
    Column("last_test", keep=True, priority=1),
    Column("verdict", keep=True, priority=4),
    Column("last_success", keep=True, priority=4),
    Column("rto", right=True, priority=1),
    Column("rto_trend", keep=True, priority=2),
    Column("rpo", right=True, priority=3),
    Column("rpo_trend", keep=True, priority=4),
    Column("plans", priority=6),
]


def _rows(drills: DrillHistory) -> list[dict[str, Any]]:
    plans = [{**_row(plan), "what": "plan"} for plan in drills.plans]
    return plans + [{**_row(vm), "what": "vm", "plans": ", ".join(vm.plans)} for vm in drills.vms]


def _row(record: DrillRecord) -> dict[str, Any]:
    last, success = record.last, record.last_success
    return {
        "name": record.name,
        "state": record.state,
        "last_test": f"{last.at:%Y-%m-%d}" if last else "",
        "verdict": last.verdict if last else "",
        "last_success": f"{success.at:%Y-%m-%d}" if success else "",
        "rto": _clock(success.rto_s if success else None),
        "rto_trend": record.rto_trend,
        "rpo": _clock(success.rpo_s if success else None),
        "rpo_trend": record.rpo_trend,
        "plans": "",
    }


def _clock(seconds: float | None) -> str:
    from vcloudair_core.cli.commands.dr.run_view import clock_of

    return clock_of(seconds) if seconds is not None else ""
