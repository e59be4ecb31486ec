"""The command group ``vca plugins``."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.exit_codes import OK, exit_code_for
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import PluginError, VcloudAirError
from vcloudair_core.plugin.manager import PluginManager

app = typer.Typer()


@app.callback(invoke_without_command=True)
@connected
def plugins(
    run: Invocation,
    strict: bool = typer.Option(False, "--strict", help="Exit with code 10 if a plugin failed."),
) -> None:
    """List plugins with their status, distribution and hooks.

    The errors of failed plugins are printed below the list.

    Example:
        vca plugins --strict
    """
    if run.subcommand:
        return
    problems: list[VcloudAirError] = [*run.plugins.collect_all()]
    if run.plugin_error is not None:
        problems.insert(0, run.plugin_error)
    infos = run.plugins.list_plugins()
    run.emit(
        [info.as_dict() for info in infos],
        columns=[
            Column("name", keep=True, priority=0),
            Column("status", keep=True, priority=1),
            Column("distribution", keep=True, priority=3),
            Column("version", keep=True, priority=2),
            Column("api_version", keep=True, priority=4),
            Column("hooks", priority=3, show=lambda row: [hook.removeprefix("vca_") for hook in row["hooks"]]),
            Column("module", keep=True, wide=True),
            Column("error", wide=True),
        ],
        empty="No plugins are installed.",
    )
    failed = [info for info in infos if info.status == "failed"]
    for info in failed:
        say(f"{info.name}: {info.error}")
    for problem in problems:
        say(f"Error: {problem}")
    if strict and (problems or failed):
        raise typer.Exit(exit_code_for(PluginError("")))
    raise typer.Exit(exit_code_for(problems[0]) if problems else OK)


@app.command("new")
@connected
@changes
def new(
    run: Invocation,
    name: str = typer.Argument(..., help="Name of the plugin: lowercase letters, digits, dashes."),
    folder: Path = typer.Option(None, "--dir", metavar="PATH", help="Directory to create (default: vcloudair-NAME)."),
) -> None:
    """Create a plugin from a template: a working distribution with tests.

    The template has a service, a resource kind, a record type, a command, a plan policy and simulator routes.

    Example:
        vca plugins new load-balancer --dir vcloudair-load-balancer
    """
    from vcloudair_core.cli.skeleton import names_for, write_plugin

    target = folder or Path(names_for(name)["distribution"])
    written = write_plugin(name, target, _taken(run.plugins))
    run.emit([{"file": str(path)} for path in written], columns=[Column("file", keep=True)])
    say(f"Next, run: cd {shlex.quote(str(target))} && pip install -e '.[test]' && pytest")


def _taken(manager: PluginManager) -> set[str]:
    """Return the names that are in use and that a new plugin cannot have.

    The template uses the plugin name for its service, command and simulator routes.
    """
    manager.collect_all()
    offers = (manager.services, manager.cli_commands, manager.simulator_routes)
    names = {info.name for info in manager.list_plugins()}
    for offer in offers:
        with contextlib.suppress(PluginError):
            names |= set(offer())
    return names
