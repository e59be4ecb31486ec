"""``vca edge stages`` and ``discard``: what waits for a commit, and dropping it."""

from __future__ import annotations

import typer

from vcloudair_core.cli.invocation import Invocation, changes, connected
from vcloudair_core.cli.output import Column, emit, say
from vcloudair_core.errors import NotFoundError


def register(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("stages")(stages)
    app.command("discard")(discard)


@connected
def stages(run: Invocation) -> None:
    """List the stages on this host that wait for a commit. Nothing is sent."""
    from vcloudair_core.stage import waiting_stages

    found = waiting_stages(run.settings())
    rows = [{**content, **section} for content in found for section in content["sections"]]
    columns = [Column("stage_id", heading="STAGE", keep=True), Column("created", keep=True), Column("target")]
    columns += [Column("section"), Column("waiting", right=True)]
    emit(found, output=run.output, columns=columns, table_rows=rows, empty="No stage waits for a commit.")


@connected
@changes
def discard(run: Invocation, stage: str = typer.Argument(help="Name of the stage.")) -> None:
    """Drop a stage. What was on it is not written. Nothing is sent."""
    from vcloudair_core.folders import state_folder
    from vcloudair_core.stage import StageFile

    if not StageFile(state_folder(run.settings()) / "stages", stage).discard():
        raise NotFoundError(f"There is no stage {stage!r}.", hint="`vca edge stages` lists them.")
    say(f"Stage {stage} is dropped.")
