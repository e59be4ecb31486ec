"""The commands ``vca edge stages`` and ``discard``, for staged changes."""

from __future__ import annotations

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.errors import NotFoundError


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("stages")(stages)
    app.command("discard")(discard)


@connected
def stages(run: Invocation) -> None:
    """List uncommitted staged changes on this host. Sends no request.

    Example:
        vca edge stages
    """
    from vcloudair_core.staging.stage_file import waiting_stages

    stages = waiting_stages(run.settings())
    rows = [
        {"id": stage["stage_id"], "created": stage["created"], **section}
        for stage in stages
        for section in stage["sections"]
    ]
    columns = [
        Column("id", keep=True, priority=0),
        Column("created", keep=True, priority=3),
        Column("target", keep=True, priority=1),
        Column("section", keep=True, priority=1),
        Column("waiting", right=True, priority=2),
    ]
    run.emit(rows, columns=columns, empty="No staged changes found.")


@connected
@changes
def discard(
    run: Invocation,
    names: list[str] = typer.Argument(None, metavar="STAGE...", help="IDs of stages.", show_default=False),
    every: bool = typer.Option(False, "--all", help="Discard all your stages on this host."),
) -> None:
    """Discard staged changes without writing them. Sends no request.

    Example:
        vca edge discard --all
    """
    from vcloudair_core.staging.stage_file import StageFile, stage_folder

    if bool(names) == every:
        raise typer.BadParameter("Pass the IDs of stages, or --all.")
    folder = stage_folder(run.settings())
    files = [StageFile(folder, name) for name in dict.fromkeys(names or sorted(p.stem for p in folder.glob("*.stage")))]
    missing = [file.stage_id for file in files if not file.path.exists()]
    if missing:
        listed = ", ".join(repr(name) for name in missing)
        raise NotFoundError(
            f"Stage not found: {listed}. Nothing was discarded.", hint="Run `vca edge stages` to list your stages."
        )
    for file in files:
        is_discarded = file.discard()
        say(f"Discarded {file.stage_id}." if is_discarded else f"Not discarded: {file.stage_id} is already committed.")
    if not files:
        say("No staged changes found.")
