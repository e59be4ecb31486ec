"""The command group ``vca audit``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import typer

from vcloudair_core.audit.history import AuditFilter, entries_of, entry_with_id
from vcloudair_core.audit.log_file import audit_folder, read_records
from vcloudair_core.audit.record import RESULTS
from vcloudair_core.cli.display.output import unknown_value
from vcloudair_core.cli.display.plan_view import show_plan
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.engine.plan import Change, Plan
from vcloudair_core.services.metrics.window import Ago, parse_moment

app = typer.Typer(help="Show the audit log of this host.", no_args_is_help=True)

_COLUMNS = (
    Column("started", keep=True, priority=0),
    Column("result", keep=True, priority=0),
    Column("user", keep=True, priority=2),
    Column("program", keep=True, priority=4),
    Column("target", keep=True, priority=1),
    Column("summary", keep=True, priority=3),
    Column("awx_job_id", priority=5),
    Column("host", wide=True),
    Column("kind", wide=True),
    Column("id", wide=True),
)


@app.callback()
def audit() -> None:
    """Show the audit log of this host."""


@app.command("list")
@connected
def list_writes(
    run: Invocation,
    since: str = typer.Option(
        None, "--since", help="Earliest time: a duration before now, such as 90m or 7d, or an ISO 8601 time."
    ),
    until: str = typer.Option(None, "--until", help="Latest time, as in --since."),
    user: str = typer.Option(None, "--user", metavar="USER", help="Only writes of this signed-in user."),
    result: str = typer.Option(None, "--result", help=f"Only writes with this result: {', '.join(RESULTS)}."),
    limit: int = typer.Option(None, "--limit", min=1, help="Maximum number of writes, latest first. (default: all)"),
) -> None:
    """List your writes on this host, latest first. Sends no request.

    `--edge` selects the writes of one edge gateway.

    Example:
        vca audit list --since 24h
        vca audit list --edge web-edge --result failed -o json
    """
    if result and result not in RESULTS:
        raise unknown_value("result", result, RESULTS)
    conditions = AuditFilter(
        _time(since, "--since"), _time(until, "--until"), run.options.get("edge") or "", user or "", result or ""
    )
    entries = [entry for entry in reversed(_entries(run)) if conditions.matches(entry)]
    run.emit(entries[:limit], columns=_COLUMNS, empty="No writes found in the audit log.")


@app.command("show")
@connected
def show(
    run: Invocation, identifier: str = typer.Argument(..., metavar="ID", help="ID of the write, or its beginning.")
) -> None:
    """Show one write with its changes. Sends no request.

    Example:
        vca audit show 4f0c
    """
    entry = entry_with_id(_entries(run), identifier)
    if not run.is_table:
        run.emit(entry)
        return
    hidden = ("changes", "summary", "format", "event")
    run.emit({key: value for key, value in entry.items() if key not in hidden and value not in ("", None, [], 0)})
    if entry.get("changes"):
        show_plan(_plan(entry))


def _entries(run: Invocation) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = with_utc_seconds(
        entries_of(read_records(audit_folder(run.settings()))), frozenset({"started", "time"})
    )
    return entries


def _plan(entry: Mapping[str, Any]) -> Plan:
    changes = [
        Change(
            str(change.get("action")),
            str(change.get("identity")),
            change.get("before"),
            change.get("after"),
            tuple(change.get("fields") or ()),
            _positions(change.get("positions")),
            str(change.get("title") or ""),
        )
        for change in entry["changes"]
        if isinstance(change, Mapping)
    ]
    return Plan(str(entry.get("kind")), tuple(changes), str(entry.get("target")))


def _positions(value: Any) -> tuple[int | None, int | None]:
    return (value.get("before"), value.get("after")) if isinstance(value, Mapping) else (None, None)


def _time(value: str | None, option: str) -> datetime | None:
    """Return the value of an option as a time in UTC, or None if it is not set.

    Raises SpecError for an invalid value.
    """
    if not value:
        return None
    moment = parse_moment(value, option)
    return datetime.now(timezone.utc) - timedelta(seconds=moment.seconds) if isinstance(moment, Ago) else moment
