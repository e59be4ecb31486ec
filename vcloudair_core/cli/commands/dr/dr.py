"""The command group ``vca dr``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.commands.dr import dr_check, dr_history, dr_runs, replication_actions
from vcloudair_core.cli.commands.dr.action_options import (
    ALL,
    APPROVE,
    CANCEL,
    DRY_RUN,
    GRACE,
    MOST,
    ON_ERROR,
    ON_UNKNOWN,
    PLAN,
    POINT,
    POWER_ON,
    RUN_TIMEOUT,
    STUCK,
    VERIFY,
    VM_TIMEOUT,
    VMS,
    YES,
)  # fmt: skip
from vcloudair_core.cli.commands.dr.action_start import (
    confirm,
    plan_options,
    run_options_of,
    selected_plan,
    start_or_preview,
)
from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, changes, connected

app = typer.Typer(help="Test and run disaster recovery.", no_args_is_help=True)


@app.callback()
def dr() -> None:
    """Test and run disaster recovery."""


@app.command("list")
@connected
def list_(run: Invocation, vms: list[str] = VMS) -> None:
    """List replications and their states.

    Example:
        vca dr list db1 web1
    """
    from vcloudair_core.services.dr.providers import VCDA

    with run.client() as client:
        rows = [replication.as_dict() for replication in client.dr.replications(vms or None)]
        is_vcda = client.dr.provider.name == VCDA
        if not vms:
            remember_names(client.settings, "replication", [row["name"] for row in rows])
    rows = with_utc_seconds(rows, frozenset({"last_sync"}))
    columns = [
        Column("name", keep=True, priority=0),
        *([Column("vapp", priority=5), Column("source_site", priority=4)] if is_vcda else []),
        *([Column("destination_site", priority=4)] if is_vcda else []),
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
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    power_on: bool = POWER_ON,
    point: str = POINT,
    synchronize: bool = typer.Option(None, "--synchronize", help="Transfer the latest data first."),
    max_concurrent: int = MOST,
    vm_timeout: float = VM_TIMEOUT,
    stuck_after: float = STUCK,
    run_timeout: float = RUN_TIMEOUT,
    verify_timeout: float = VERIFY,
    on_error: str = ON_ERROR,
    approve: list[str] = APPROVE,
    on_unknown: str = ON_UNKNOWN,
    lost_grace: float = GRACE,
    cancel_on_stop: bool = CANCEL,
    dry_run: bool = DRY_RUN,
) -> None:
    """Run test failovers. The VMs start in the cloud while their sources keep running.

    Example:
        vca dr test db1 web1
        vca dr test --plan payroll.yml --dry-run
    """
    options = plan_options(
        power_on=power_on, point=point, synchronize=synchronize, max_concurrent=max_concurrent, vm_timeout=vm_timeout,
        stuck_after=stuck_after, on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    run_options = run_options_of(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    start_or_preview(run, "test", selected_plan(vms, every, plan, options), dry_run, run_options)


@app.command()
@connected
@changes
def cleanup(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    max_concurrent: int = MOST,
    vm_timeout: float = VM_TIMEOUT,
    stuck_after: float = STUCK,
    run_timeout: float = RUN_TIMEOUT,
    verify_timeout: float = VERIFY,
    on_unknown: str = ON_UNKNOWN,
    lost_grace: float = GRACE,
    cancel_on_stop: bool = CANCEL,
    dry_run: bool = DRY_RUN,
) -> None:
    """Clean up after test failovers.

    With --plan, the command first restores the networks that the last test of the plan changed.

    Example:
        vca dr cleanup --plan payroll.yml
    """
    from dataclasses import replace

    options = plan_options(
        max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after, on_unknown=on_unknown
    )
    selected = replace(selected_plan(vms, every, plan, options), on_error="continue")
    run_options = run_options_of(None, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    start_or_preview(run, "cleanup", selected, dry_run, run_options)


@app.command()
@connected
@changes
def failover(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    power_on: bool = POWER_ON,
    point: str = POINT,
    max_concurrent: int = MOST,
    vm_timeout: float = VM_TIMEOUT,
    stuck_after: float = STUCK,
    run_timeout: float = RUN_TIMEOUT,
    verify_timeout: float = VERIFY,
    on_error: str = ON_ERROR,
    approve: list[str] = APPROVE,
    on_unknown: str = ON_UNKNOWN,
    lost_grace: float = GRACE,
    cancel_on_stop: bool = CANCEL,
    yes: bool = YES,
    dry_run: bool = DRY_RUN,
) -> None:
    """Fail over VMs. The VMs start in the cloud, and replication from the source ends.

    Example:
        vca dr failover --plan payroll.yml
        vca dr failover db1 web1 --yes --max-concurrent 5
    """
    options = plan_options(
        power_on=power_on, point=point, max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after,
        on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    selected = selected_plan(vms, every, plan, options)
    if not dry_run and not yes:
        confirm(selected, "failover", "This fails over {}. Replication from the source ends.")
    run_options = run_options_of(approve, cancel_on_stop, verify_timeout, lost_grace, run_timeout)
    start_or_preview(run, "failover", selected, dry_run, run_options)


replication_actions.register(app)
dr_history.register(app)
dr_runs.register(app)
