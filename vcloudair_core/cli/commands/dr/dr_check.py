"""The command ``vca dr check``, which checks the readiness of a recovery."""

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

ACTIONS = ("test", "failover", "migrate")


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command("check")(check)


@connected
def check(
    run: Invocation,
    vms: list[str] = typer.Argument(None, metavar="[VM]...", help="VM names or replication UUIDs."),
    every: bool = typer.Option(False, "--all", help="Select all replicated VMs."),
    plan: str = typer.Option(None, "--plan", metavar="FILE", help="Recovery plan to use instead of VM names."),
    action: str = typer.Option(
        "failover", "--action", help="Action to check the readiness for: test, failover or migrate."
    ),
) -> None:
    """Check that a recovery is ready to run, without starting it.

    The exit code is 9 if the recovery is not ready. The score is the weighted percentage of passed checks. See
    `docs/how-to/readiness-checks.md`.

    Example:
        vca dr check --plan payroll.yml --action test
        vca dr check db1 web1
    """
    from vcloudair_core.recovery import assess

    if action not in ACTIONS:
        raise ConfigurationError(f"Unknown action: {action!r}.", hint="Use test, failover or migrate.")
    selected = _selected_plan(vms, every, plan)
    with run.client() as client:
        readiness = assess(client, selected, action)
    rows = _rows(readiness.checks) if run.output == "table" else [check.as_dict() for check in readiness.checks]
    run.emit(readiness.as_dict(), columns=_COLUMNS, rows=rows)
    counts = ", ".join(f"{count} {status}" for status, count in readiness.counts.items() if count)
    say(f"Score: {readiness.score} of 100 ({counts}).")
    if not readiness.is_ready:
        raise _not_ready(readiness, selected.name or "The selection", action)


_COLUMNS = [
    Column("status", keep=True, priority=0),
    Column("name", keep=True, priority=0),
    Column("subject", keep=True, priority=1),
    Column("message", priority=2),
    Column("hint", priority=3),
]


def _selected_plan(vms: list[str] | None, every: bool, path: str | None) -> RecoveryPlan:
    """Return the plan from the plan file, or a new plan for the selected VMs.

    Raises: ConfigurationError if not exactly one of VM names, ``--all`` and ``--plan`` is set; SpecError with all
    problems of a plan file.
    """
    from vcloudair_core.recovery import load_plan, plan_of_vms

    if sum(map(bool, (vms, every, path))) != 1:
        raise ConfigurationError(
            "Exactly one of VM names, --all and --plan is required.", hint="Pass VM names, --all, or --plan FILE."
        )
    return load_plan(path) if path else plan_of_vms(None if every else vms)


def _rows(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return the table rows.

    Passed checks of one type share a row, because there can be thousands of checks.
    """
    rows = [check.as_dict() for check in checks if check.status != "ok"]
    passed: dict[str, list[Check]] = {}
    for check in checks:
        if check.status == "ok":
            passed.setdefault(check.name, []).append(check)
    for name, group in passed.items():
        summary = {"status": "ok", "name": name, "subject": f"{len(group)} passed", "message": ""}
        rows.append(group[0].as_dict() if len(group) == 1 else summary)
    return rows


def _not_ready(readiness: Readiness, subject: str, action: str) -> PlanRejectedError:
    blocking = [check for check in readiness.checks if check.status == "fail"] or [
        check for check in readiness.checks if check.status == "unknown" and check.is_essential
    ]
    first, others = blocking[0], len(blocking) - 1
    more = f" (and {others} more)" if others else ""
    return PlanRejectedError(
        f"{subject} is not ready for a {action}. {first.subject}: {first.message}{more}.", hint=first.hint
    )
