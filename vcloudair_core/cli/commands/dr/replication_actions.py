"""Commands of ``vca dr`` that need VCDA, and ``vca dr points``."""

from __future__ import annotations

from dataclasses import replace

import typer

from vcloudair_core.cli.commands.dr.action_options import (
    ALL,
    APPROVE,
    DRY_RUN,
    GRACE,
    MOST,
    ON_ERROR,
    ON_UNKNOWN,
    PLAN,
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
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.display.timestamps import with_utc_seconds
from vcloudair_core.cli.invocation import Invocation, changes, connected


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command()(points)
    for command in (migrate, reprotect, failback, pause, unpause, sync):
        app.command()(command)


@connected
def points(run: Invocation, name: str = typer.Argument(..., metavar="VM", help="VM name or replication ID.")) -> None:
    """List the points in time to which a VM can be recovered, newest first.

    Pass the ID or a time to `--point` of `vca dr test` or `vca dr failover`.

    Example:
        vca dr points db1
    """
    with run.client() as client:
        rows = [point.as_dict() for point in client.dr.points(name)]
    rows = with_utc_seconds(rows, frozenset({"started"}))
    columns = [
        Column("started", keep=True, priority=0),
        Column("id", keep=True, priority=0),
        Column("size_bytes", right=True, priority=2),
        Column("seconds", right=True, priority=3),
        Column("is_pinned", priority=3),
    ]
    run.emit(rows, columns=columns, empty="The VM has no point in time yet.")


@connected
@changes
def migrate(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    power_on: bool = POWER_ON,
    max_concurrent: int = MOST,
    vm_timeout: float = VM_TIMEOUT,
    stuck_after: float = STUCK,
    run_timeout: float = RUN_TIMEOUT,
    verify_timeout: float = VERIFY,
    on_error: str = ON_ERROR,
    approve: list[str] = APPROVE,
    on_unknown: str = ON_UNKNOWN,
    lost_grace: float = GRACE,
    yes: bool = YES,
    dry_run: bool = DRY_RUN,
) -> None:
    """Migrate VMs without data loss.

    The source VMs are powered off and synchronized first.

    Both sites must be available. Requires VMware Cloud Director Availability.

    Example:
        vca dr migrate --plan payroll.yml
    """
    options = plan_options(
        power_on=power_on, max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after,
        on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    selected = selected_plan(vms, every, plan, options)
    if not dry_run and not yes:
        confirm(selected, "migrate", "This migrates {}. The source VMs are powered off.")
    start_or_preview(
        run, "migrate", selected, dry_run, run_options_of(approve, False, verify_timeout, lost_grace, run_timeout)
    )


@connected
@changes
def failback(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    power_on: bool = POWER_ON,
    max_concurrent: int = MOST,
    vm_timeout: float = VM_TIMEOUT,
    stuck_after: float = STUCK,
    run_timeout: float = RUN_TIMEOUT,
    verify_timeout: float = VERIFY,
    on_error: str = ON_ERROR,
    approve: list[str] = APPROVE,
    on_unknown: str = ON_UNKNOWN,
    lost_grace: float = GRACE,
    yes: bool = YES,
    dry_run: bool = DRY_RUN,
) -> None:
    """Migrate VMs back to their original site, after `vca dr reprotect`.

    Both sites must be available. Requires VMware Cloud Director Availability.

    Example:
        vca dr failback --plan payroll.yml
    """
    options = plan_options(
        power_on=power_on, max_concurrent=max_concurrent, vm_timeout=vm_timeout, stuck_after=stuck_after,
        on_error=on_error, on_unknown=on_unknown,
    )  # fmt: skip
    selected = selected_plan(vms, every, plan, options)
    if not dry_run and not yes:
        confirm(selected, "failback", "This migrates {} back to the original site. The VMs here are powered off.")
    start_or_preview(
        run, "failback", selected, dry_run, run_options_of(approve, False, verify_timeout, lost_grace, run_timeout)
    )


def _simple(
    run: Invocation,
    action: str,
    vms: list[str] | None,
    every: bool,
    plan: str | None,
    max_concurrent: int | None,
    dry_run: bool,
) -> None:
    """Run an action that changes replications but no VMs.

    The order of groups and VMs in the plan is ignored.
    """
    selected = selected_plan(vms, every, plan, plan_options(max_concurrent=max_concurrent))
    groups = tuple(
        replace(group, priority=1, depends_on=(), vms=tuple(replace(vm, depends_on=()) for vm in group.vms))
        for group in selected.groups
    )
    unordered = replace(selected, groups=groups, on_error="continue")
    start_or_preview(run, action, unordered, dry_run, run_options_of(None, False, 300.0, 90.0, None))


@connected
@changes
def reprotect(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    max_concurrent: int = MOST,
    dry_run: bool = DRY_RUN,
) -> None:
    """Reverse the replication of VMs after a failover or migration.

    The VMs are then replicated back to their original site. Requires VMware Cloud Director Availability.

    Example:
        vca dr reprotect --plan payroll.yml
    """
    _simple(run, "reverse", vms, every, plan, max_concurrent, dry_run)


@connected
@changes
def pause(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    max_concurrent: int = MOST,
    dry_run: bool = DRY_RUN,
) -> None:
    """Pause the replication of VMs. Requires VMware Cloud Director Availability.

    Example:
        vca dr pause db1
    """
    _simple(run, "pause", vms, every, plan, max_concurrent, dry_run)


@connected
@changes
def unpause(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    max_concurrent: int = MOST,
    dry_run: bool = DRY_RUN,
) -> None:
    """Resume the paused replication of VMs.

    Requires VMware Cloud Director Availability.

    To resume an interrupted run, use `vca dr resume`.

    Example:
        vca dr unpause db1
    """
    _simple(run, "resume", vms, every, plan, max_concurrent, dry_run)


@connected
@changes
def sync(
    run: Invocation,
    vms: list[str] = VMS,
    every: bool = ALL,
    plan: str = PLAN,
    max_concurrent: int = MOST,
    dry_run: bool = DRY_RUN,
) -> None:
    """Transfer the newest data of VMs now.

    Requires VMware Cloud Director Availability.

    Example:
        vca dr sync --all
    """
    _simple(run, "sync", vms, every, plan, max_concurrent, dry_run)
