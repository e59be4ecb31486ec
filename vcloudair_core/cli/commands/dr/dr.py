"""``vca dr``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.dr import dr_check, dr_runs
from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import ConfigurationError, TaskFailedError

if TYPE_CHECKING:
    from vcloudair_core.recovery import RecoveryPlan

app = typer.Typer(help="Disaster recovery: replications, tests, failovers.", no_args_is_help=True)

_VMS = typer.Argument(None, metavar="[VM]...", help="Names of VMs, or UUIDs of replications.")
_ALL = typer.Option(False, "--all", help="All replicated VMs.")
_PLAN = typer.Option(None, "--plan", metavar="FILE", help="A recovery plan, in place of VMs.")
_DRY_RUN = typer.Option(False, "--dry-run", help="Say what would be started, in which order and when; start nothing.")
_POWER_ON = typer.Option(None, "--power-on/--power-off", help="Power the VMs on, or leave them off.")
_MOST = typer.Option(None, "--max-concurrent", min=1, help="Number of VMs at the same time (20).")
_VM_TIMEOUT = typer.Option(None, "--vm-timeout", min=0.0, help="Seconds that one VM may take; 0: no limit.")
_STUCK = typer.Option(None, "--stuck-after", min=1.0, help="Seconds without any change after which to give up (600).")
_ON_ERROR = typer.Option(
    None,
    "--on-error",
    metavar="stop|continue|roll_back",
    help="What to do after a failure (stop for a plan, continue for named VMs).",
)
_RUN_TIMEOUT = typer.Option(None, "--run-timeout", min=1.0, help="Seconds that the run may take; then it is stopped.")
_APPROVE = typer.Option(None, "--approve", help="An approval of the plan given beforehand, by its name.")
_MOST_NAMED = 10
_VERIFY = typer.Option(
    300.0, "--verify-timeout", min=1.0, help="Seconds that a VM may take to show the result of its task."
)
_ON_UNKNOWN = typer.Option(
    None,
    "--on-unknown",
    metavar="fail|start",
    help="What to do when it is not known whether a VM was started: fail, or start it again (fail).",
)
_GRACE = typer.Option(
    90.0, "--lost-grace", min=0.1, help="Seconds to look for a sign of an action that may have been started."
)
_CANCEL = typer.Option(False, "--cancel-on-stop", help="Cancel tasks at the server when stopped, or given up.")


@app.callback()
def dr() -> None:
    """Disaster recovery: replications, tests, failovers."""


@app.command("list")
@connected
def list_(run: Invocation, vms: list[str] = _VMS) -> None:
    """List replications with their state.

    Example:
        vca dr list db1 web1
    """
    with run.client() as client:
        rows = [replication.as_dict() for replication in client.dr.replications(vms or None)]
        if not vms:
            remember_names(client.settings, "replication", [row["name"] for row in rows])
    rows = with_utc_seconds(rows, frozenset({"last_sync"}))
    columns = [
        Column("name", keep=True, priority=0),
        Column("id", keep=True, priority=4),
        Column("state", keep=True, priority=1),
        Column("test_state", keep=True, priority=2),
        Column("recovery_state", keep=True, priority=2),
        Column("last_sync", keep=True, priority=3),
        Column("rpo_minutes", right=True, priority=5),
        Column("rpo_violation_minutes", right=True, priority=4),
    ]
    run.emit(rows, columns=columns, empty="Nothing is replicated into this organization.")


dr_check.register(app)


@app.command()
@connected
@changes
def test(
    run: Invocation,
    vms: list[str] = _VMS,
    every: bool = _ALL,
    plan: str = _PLAN,
    power_on: bool = _POWER_ON,
    synchronize: bool = typer.Option(None, "--synchronize", help="Bring the newest data over first."),
    max_concurrent: int = _MOST,
    vm_timeout: float = _VM_TIMEOUT,
    stuck_after: float = _STUCK,
    run_timeout: float = _RUN_TIMEOUT,
    verify_timeout: float = _VERIFY,
    on_error: str = _ON_ERROR,
    approve: list[str] = _APPROVE,
    on_unknown: str = _ON_UNKNOWN,
    lost_grace: float = _GRACE,
    cancel_on_stop: bool = _CANCEL,
    dry_run: bool = _DRY_RUN,
) -> None:
    """Test failovers: VMs run in the cloud beside their sources, which go on.

    Example:
        vca dr test db1 web1
        vca dr test --plan payroll.yml --dry-run
    """
    options = _options(
        power_on=power_on, synchronize=synchronize, max_concurrent=max_concurrent, vm_timeout=vm_timeout,
        stuck_after=stuck_after, on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    how = _how(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    _act(run, "test", _chosen(vms, every, plan, options), dry_run, how)


@app.command()
@connected
@changes
def cleanup(
    run: Invocation,
    vms: list[str] = _VMS,
    every: bool = _ALL,
    plan: str = _PLAN,
    max_concurrent: int = _MOST,
    vm_timeout: float = _VM_TIMEOUT,
    stuck_after: float = _STUCK,
    run_timeout: float = _RUN_TIMEOUT,
    verify_timeout: float = _VERIFY,
    on_unknown: str = _ON_UNKNOWN,
    lost_grace: float = _GRACE,
    cancel_on_stop: bool = _CANCEL,
    dry_run: bool = _DRY_RUN,
) -> None:
    """Remove what tests have made. With a plan, networks that its last test switched are switched back first.

    Example:
        vca dr cleanup --plan payroll.yml
    """
    from dataclasses import replace

    options = _options(
        max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after, on_unknown=on_unknown
    )
    chosen = replace(_chosen(vms, every, plan, options), on_error="continue")
    _act(run, "cleanup", chosen, dry_run, _how(None, cancel_on_stop, verify_timeout, lost_grace, run_timeout))


@app.command()
@connected
@changes
def failover(
    run: Invocation,
    vms: list[str] = _VMS,
    every: bool = _ALL,
    plan: str = _PLAN,
    power_on: bool = _POWER_ON,
    max_concurrent: int = _MOST,
    vm_timeout: float = _VM_TIMEOUT,
    stuck_after: float = _STUCK,
    run_timeout: float = _RUN_TIMEOUT,
    verify_timeout: float = _VERIFY,
    on_error: str = _ON_ERROR,
    approve: list[str] = _APPROVE,
    on_unknown: str = _ON_UNKNOWN,
    lost_grace: float = _GRACE,
    cancel_on_stop: bool = _CANCEL,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    dry_run: bool = _DRY_RUN,
) -> None:
    """Fail VMs over: they run in the cloud, and replication from the source ends.

    Example:
        vca dr failover --plan payroll.yml
        vca dr failover db1 web1 --yes --max-concurrent 5
    """
    options = _options(
        power_on=power_on, max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after,
        on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    chosen = _chosen(vms, every, plan, options)
    if not dry_run and not yes:
        _ask(chosen)
    _act(run, "failover", chosen, dry_run, _how(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout))


dr_runs.register(app)


def _options(**values: Any) -> dict[str, tuple[str, Any]]:
    """Return options that a plan may have, too: by name their spelling and value. Raises SpecError for a bad value."""
    from vcloudair_core.engine.validation import one_of
    from vcloudair_core.errors import SpecError
    from vcloudair_core.services.dr.operation_options import ON_ERROR, ON_UNKNOWN

    for name, choices in (("on_unknown", ON_UNKNOWN), ("on_error", ON_ERROR)):
        if values.get(name) not in (None, *choices):
            raise SpecError(_spelled(name, None), one_of(values[name], choices))
    return {name: (_spelled(name, value), value) for name, value in values.items()}


def _spelled(name: str, value: Any) -> str:
    return "--power-off" if (name, value) == ("power_on", False) else f"--{name.replace('_', '-')}"


def _how(
    approve: list[str] | None,
    cancel_on_stop: bool,
    verify_timeout: float,
    lost_grace: float,
    run_timeout: float | None,
) -> dict[str, Any]:
    return {
        "approve": tuple(approve or ()),
        "cancel_on_stop": cancel_on_stop,
        "verify_timeout": verify_timeout,
        "lost_grace": lost_grace,
        "run_timeout": run_timeout,
    }


def _chosen(vms: list[str] | None, every: bool, path: str | None, options: dict[str, tuple[str, Any]]) -> RecoveryPlan:
    """The plan of a command. Raises ConfigurationError, SpecError with all that is wrong with a file."""
    from vcloudair_core.recovery import plan_of_vms
    from vcloudair_core.recovery.plan.plan_options import fields_of_options, load_plan_with

    if bool(vms) + every + bool(path) != 1:
        raise ConfigurationError("No VMs selected.", hint="Name VMs, or pass --all, or --plan FILE.")
    if path:
        return load_plan_with(path, options)
    return plan_of_vms(None if every else vms, **fields_of_options(options))


def _ask(plan: RecoveryPlan) -> None:
    """Raises ConfigurationError unless a person at a terminal types the word: the plan's name, if it has one."""
    if not sys.stdin.isatty():
        raise ConfigurationError("A failover is not started without a yes.", hint="Give --yes.")
    names = [vm.name for vm in plan.vms]
    what = "all VMs" if plan.all_vms else f"{len(names)} VMs: {', '.join(names[:_MOST_NAMED])}"
    what += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    say(f"This fails over {what}. Replication from the source ends.")
    word = plan.name or "failover"
    if typer.prompt(f"Type {word} to go on", err=True).strip() != word:
        raise ConfigurationError("Nothing was started.")


def _act(run: Invocation, action: str, plan: RecoveryPlan, dry_run: bool, how: dict[str, Any]) -> None:
    """``how``: as in :func:`~vcloudair_core.cli.commands.dr.run_control.conduct`."""
    if dry_run:
        _preview(run, action, plan)
        return
    from vcloudair_core.cli.commands.dr.run_control import conduct
    from vcloudair_core.recovery import start

    conduct(run, lambda client, options: start(client, plan, action, options), **how)


def _preview(run: Invocation, action: str, plan: RecoveryPlan) -> None:
    from vcloudair_core.cli.commands.dr.run_control import PREVIEW_COLUMNS, preview_row
    from vcloudair_core.cli.commands.dr.run_view import clock_of
    from vcloudair_core.recovery import preview

    with run.client() as client:
        planned = preview(client, plan, action)
    rows = [preview_row(row.as_dict()) for row in planned.rows]
    run.emit(rows, columns=PREVIEW_COLUMNS, empty="There is nothing in it.")
    would = sum(row["verdict"] == "planned" for row in rows if row["what"] == "vm")
    say(f"Would start {would} of {len(planned.results)} VMs; about {clock_of(planned.total_s)} in all.")
    failed = [result for result in planned.results if result.is_failed]
    if failed:
        raise TaskFailedError(
            f"{len(failed)} of {len(planned.results)} VMs could not be recovered; {failed[0].name}: "
            f"{failed[0].reason.rstrip('.')}.",
            hint=failed[0].hint,
        )
