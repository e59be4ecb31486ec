"""Start a DR action of a command, or preview it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.errors import ConfigurationError, TaskFailedError

if TYPE_CHECKING:
    from vcloudair_core.cli.invocation import Invocation
    from vcloudair_core.recovery import RecoveryPlan

_MOST_NAMED = 10


def plan_options(**values: Any) -> dict[str, tuple[str, Any]]:
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


def run_options_of(
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


def selected_plan(
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


def confirm(plan: RecoveryPlan, action: str, effect: str) -> None:
    """Ask the user to type the plan name, or the action if the plan has no name.

    ``effect`` is a sentence with the placeholder ``{}`` for the VMs. Raises ConfigurationError for other input, or if
    standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError(f"A {action} requires confirmation.", hint="Pass --yes.")
    names = [vm.name for vm in plan.vms]
    what = "all VMs" if plan.all_vms else f"{len(names)} VMs: {', '.join(names[:_MOST_NAMED])}"
    what += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    say(effect.format(what))
    expected = plan.name or action
    if typer.prompt(f"Type {expected} to continue", err=True).strip() != expected:
        raise ConfigurationError(f"The {action} was not confirmed. Nothing was started.")


def start_or_preview(
    run: Invocation, action: str, plan: RecoveryPlan, dry_run: bool, run_options: dict[str, Any]
) -> None:
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
