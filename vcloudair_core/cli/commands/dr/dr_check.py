"""``vca dr check``: whether a recovery is going to work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.errors import ConfigurationError, PlanRejectedError

if TYPE_CHECKING:
    from vcloudair_core.recovery import Check, Readiness, RecoveryPlan

ACTIONS = ("test", "failover")


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command("check")(check)


@connected
def check(
    run: Invocation,
    vms: list[str] = typer.Argument(None, metavar="[VM]...", help="Names of VMs, or UUIDs of replications."),
    every: bool = typer.Option(False, "--all", help="All replicated VMs."),
    plan: str = typer.Option(None, "--plan", metavar="FILE", help="A recovery plan, in place of VMs."),
    action: str = typer.Option("failover", "--action", help="What it is to be ready for: test or failover."),
) -> None:
    """Look whether a recovery is going to work, and start nothing. Exit code 9 when it is not ready.

    The score is the share of what is well, in percent, by weight; see `docs/how-to/readiness-checks.md`.

    Example:
        vca dr check --plan payroll.yml --action test
        vca dr check db1 web1
    """
    from vcloudair_core.recovery import assess

    if action not in ACTIONS:
        raise ConfigurationError(f"There is no action {action!r} to be ready for.", hint="Use test or failover.")
    chosen = _chosen(vms, every, plan)
    with run.client() as client:
        readiness = assess(client, chosen, action)
    rows = _rows(readiness.checks) if run.output == "table" else [check.as_dict() for check in readiness.checks]
    run.emit(readiness.as_dict(), columns=_COLUMNS, rows=rows)
    counts = ", ".join(f"{count} {status}" for status, count in readiness.counts.items() if count)
    say(f"Score: {readiness.score} of 100 ({counts}).")
    if not readiness.is_ready:
        raise _not_ready(readiness, chosen.name or "What was named", action)


_COLUMNS = [
    Column("status", keep=True, priority=0),
    Column("name", keep=True, priority=0),
    Column("subject", keep=True, priority=1),
    Column("message", priority=2),
    Column("hint", priority=3),
]


def _chosen(vms: list[str] | None, every: bool, path: str | None) -> RecoveryPlan:
    """Raises: ConfigurationError; SpecError with all that is wrong with the plan."""
    from vcloudair_core.recovery import load_plan, plan_of_vms

    if sum(map(bool, (vms, every, path))) != 1:
        raise ConfigurationError("No VMs selected.", hint="Name VMs, or pass --all, or --plan FILE.")
    return load_plan(path) if path else plan_of_vms(None if every else vms)


def _rows(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return a row per check; checks that passed share a row per kind, because there may be thousands."""
    rows = [check.as_dict() for check in checks if check.status != "ok"]
    well: dict[str, list[Check]] = {}
    for check in checks:
        if check.status == "ok":
            well.setdefault(check.name, []).append(check)
    for name, alike in well.items():
        first = alike[0].as_dict()
        many = {"status": "ok", "name": name, "subject": f"{len(alike)} of them", "message": ""}
        rows.append(first if len(alike) == 1 else many)
    return rows


def _not_ready(readiness: Readiness, what: str, action: str) -> PlanRejectedError:
    in_the_way = [check for check in readiness.checks if check.status == "fail"] or [
        check for check in readiness.checks if check.status == "unknown" and check.is_essential
    ]
    first, others = in_the_way[0], len(in_the_way) - 1
    more = f" (and {others} more)" if others else ""
    return PlanRejectedError(
        f"{what} is not ready for a {action}: {first.subject}: {first.message}{more}.", hint=first.hint
    )
