"""The command group ``vca dr``."""

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

app = typer.Typer(help="Test and run disaster recovery.", no_args_is_help=True)

_VMS = typer.Argument(None, metavar="[VM]...", help="VM names or replication UUIDs.")
_ALL = typer.Option(False, "--all", help="Select all replicated VMs.")
_PLAN = typer.Option(None, "--plan", metavar="FILE", help="Recovery plan to use instead of VM names.")
_DRY_RUN = typer.Option(False, "--dry-run", help="Show which VMs would start, in which order, and when. Start nothing.")
_POWER_ON = typer.Option(None, "--power-on/--power-off", help="Power on the VMs, or leave them off.")
_MOST = typer.Option(None, "--max-concurrent", min=1, help="Maximum number of VMs at the same time (default: 20).")
_VM_TIMEOUT = typer.Option(None, "--vm-timeout", min=0.0, help="Time limit per VM in seconds. 0 means no limit.")
_STUCK = typer.Option(
    None, "--stuck-after", min=1.0, help="Give up on a VM after this many seconds without progress (default: 600)."
)
_ON_ERROR = typer.Option(
    None,
    "--on-error",
    metavar="stop|continue|roll_back",
    help="Action after a failure (default: stop with --plan, otherwise continue).",
)
_RUN_TIMEOUT = typer.Option(None, "--run-timeout", min=1.0, help="Stop the run after this many seconds.")
_APPROVE = typer.Option(None, "--approve", help="Name of an approval step to approve in advance. May be repeated.")
_MOST_NAMED = 10
_VERIFY = typer.Option(
    300.0, "--verify-timeout", min=1.0, help="Seconds to wait until a VM shows the result of its task."
)
_ON_UNKNOWN = typer.Option(
    None,
    "--on-unknown",
    metavar="fail|start",
    help="Action if it is unknown whether an operation was started: fail, or start it once more (default: fail).",
)
_GRACE = typer.Option(
    90.0, "--lost-grace", min=0.1, help="Seconds to search for an operation that may have been started."
)
_CANCEL = typer.Option(
    False, "--cancel-on-stop", help="Cancel tasks at the server when the run stops or gives up on a VM."
)


@app.callback()
def dr() -> None:
    """Test and run disaster recovery."""


@app.command("list")
@connected
def list_(run: Invocation, vms: list[str] = _VMS) -> None:
    """List replications and their states.

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
    run.emit(rows, columns=columns, empty="No replications found in this organization.")


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
    synchronize: bool = typer.Option(None, "--synchronize", help="Transfer the latest data first."),
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
    """Run test failovers. The VMs start in the cloud while their sources keep running.

    Example:
        vca dr test db1 web1
        vca dr test --plan payroll.yml --dry-run
    """
    options = _options(
        power_on=power_on, synchronize=synchronize, max_concurrent=max_concurrent, vm_timeout=vm_timeout,
        stuck_after=stuck_after, on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    run_options = _run_options(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    _start(run, "test", _selected_plan(vms, every, plan, options), dry_run, run_options)


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
    """Clean up after test failovers.

    With --plan, the command first restores the networks that the last test of the plan changed.

    Example:
        vca dr cleanup --plan payroll.yml
    """
    from dataclasses import replace

    options = _options(
        max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after, on_unknown=on_unknown
    )
    selected = replace(_selected_plan(vms, every, plan, options), on_error="continue")
    run_options = _run_options(None, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    _start(run, "cleanup", selected, dry_run, run_options)


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
    yes: bool = typer.Option(False, "--yes", help="Do not ask for confirmation."),
    dry_run: bool = _DRY_RUN,
) -> None:
    """Fail over VMs. The VMs start in the cloud, and replication from the source ends.

    Example:
        vca dr failover --plan payroll.yml
        vca dr failover db1 web1 --yes --max-concurrent 5
    """
    options = _options(
        power_on=power_on, max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after,
        on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    selected = _selected_plan(vms, every, plan, options)
    if not dry_run and not yes:
        _confirm(selected)
    run_options = _run_options(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    _start(run, "failover", selected, dry_run, run_options)


dr_runs.register(app)


def _options(**values: Any) -> dict[str, tuple[str, Any]]:
    """Return command-line options in the format of ``load_plan_with``.

    A recovery plan can set the same options. The keys are option names, such as ``vm_timeout``. Each value is a pair of
    the spelling on the command line, such as ``--vm-timeout``, and the option value.

    Raises: SpecError for an invalid value.
    """
    from vcloudair_core.engine.validation import one_of
    from vcloudair_core.errors import SpecError
    from vcloudair_core.services.dr.operation_options import ON_ERROR, ON_UNKNOWN

    for name, choices in (("on_unknown", ON_UNKNOWN), ("on_error", ON_ERROR)):
        if values.get(name) not in (None, *choices):
            raise SpecError(_spelled(name, None), one_of(values[name], choices))
    return {name: (_spelled(name, value), value) for name, value in values.items()}


def _spelled(name: str, value: Any) -> str:
    return "--power-off" if (name, value) == ("power_on", False) else f"--{name.replace('_', '-')}"


def _run_options(
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


def _selected_plan(
    vms: list[str] | None, every: bool, path: str | None, options: dict[str, tuple[str, Any]]
) -> RecoveryPlan:
    """Return the plan from the plan file, or a new plan for the selected VMs.

    Raises: ConfigurationError if not exactly one of VM names, ``--all`` and ``--plan`` is set; SpecError with all
    problems of a plan file.
    """
    from vcloudair_core.recovery import plan_of_vms
    from vcloudair_core.recovery.plan.plan_options import fields_of_options, load_plan_with

    if bool(vms) + every + bool(path) != 1:
        raise ConfigurationError(
            "Exactly one of VM names, --all and --plan is required.", hint="Pass VM names, --all, or --plan FILE."
        )
    if path:
        return load_plan_with(path, options)
    return plan_of_vms(None if every else vms, **fields_of_options(options))


def _confirm(plan: RecoveryPlan) -> None:
    """Ask the user to type the plan name, or "failover" if the plan has no name.

    Raises ConfigurationError for other input, or if standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError("A failover requires confirmation.", hint="Pass --yes.")
    names = [vm.name for vm in plan.vms]
    what = "all VMs" if plan.all_vms else f"{len(names)} VMs: {', '.join(names[:_MOST_NAMED])}"
    what += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    say(f"This fails over {what}. Replication from the source ends.")
    expected = plan.name or "failover"
    if typer.prompt(f"Type {expected} to continue", err=True).strip() != expected:
        raise ConfigurationError("The failover was not confirmed. Nothing was started.")


def _start(run: Invocation, action: str, plan: RecoveryPlan, dry_run: bool, run_options: dict[str, Any]) -> None:
    """Start an action, or preview it.

    ``run_options`` are arguments of ``run_and_report``.
    """
    if dry_run:
        _preview(run, action, plan)
        return
    from vcloudair_core.cli.commands.dr.run_control import run_and_report
    from vcloudair_core.recovery import start

    run_and_report(run, lambda client, options: start(client, plan, action, options), **run_options)


def _preview(run: Invocation, action: str, plan: RecoveryPlan) -> None:
    from vcloudair_core.cli.commands.dr.run_control import PREVIEW_COLUMNS, preview_row
    from vcloudair_core.cli.commands.dr.run_view import clock_of
    from vcloudair_core.recovery import preview

    with run.client() as client:
        planned = preview(client, plan, action)
    rows = [preview_row(row.as_dict()) for row in planned.rows]
    run.emit(rows, columns=PREVIEW_COLUMNS, empty="The plan has no VMs or steps.")
    would = sum(row["verdict"] == "planned" for row in rows if row["what"] == "vm")
    say(f"{would} of {len(planned.results)} VMs would start. Estimated duration: {clock_of(planned.total_s)}.")
    failed = [result for result in planned.results if result.is_failed]
    if failed:
        raise TaskFailedError(
            f"The {action} would fail for {len(failed)} of {len(planned.results)} VMs. The first is {failed[0].name}: "
            f"{failed[0].reason.rstrip('.')}.",
            hint=failed[0].hint,
        )
