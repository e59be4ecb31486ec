"""``vca plugins``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.exit_codes import OK, exit_code_for
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit, say
from vcloudair_core.errors import PluginError, VcloudAirError
from vcloudair_core.plugin.manager import PluginManager


@connected
def plugins(
    run: Invocation,
    strict: bool = typer.Option(False, "--strict", help="Exit with 10 when a plugin does not work."),
) -> None:
    """Show every plugin: where it comes from, which hooks it implements, whether it works, and if not, why."""
    problems: list[VcloudAirError] = [*_ask_all(run.plugins)]
    if run.plugin_error is not None:
        problems.insert(0, run.plugin_error)
    infos = run.plugins.list_plugins()
    emit(
        [info.as_dict() for info in infos],
        output=run.output,
        columns=[
            Column("name", keep=True),
            Column("status", keep=True),
            Column("distribution"),
            Column("version", keep=True),
            Column("offers", heading="HOOKS"),
        ],
        table_rows=[info.as_dict() | {"offers": [hook.removeprefix("vca_") for hook in info.hooks]} for info in infos],
        empty="No plugin is installed.",
    )
    failed = [info for info in infos if info.status == "failed"]
    for info in failed:
        say(f"{info.name}: {info.error}")
    for problem in problems:
        say(f"Error: {problem}")
    broken = problems or failed
    if strict and broken:
        raise typer.Exit(exit_code_for(PluginError("")))
    raise typer.Exit(exit_code_for(problems[0]) if problems else OK)


def _ask_all(manager: PluginManager) -> list[PluginError]:
    """Ask every record hook once: only then is it known whether all plugins work and no two offer one name."""
    problems: list[PluginError] = []
    for ask in (
        manager.services,
        manager.resource_kinds,
        manager.record_types,
        manager.auth_methods,
        manager.cli_commands,
        manager.simulator_areas,
    ):
        try:
            ask()
        except PluginError as exc:
            problems.append(exc)
    return problems
