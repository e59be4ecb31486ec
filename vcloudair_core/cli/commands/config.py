"""``vca config``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit


@connected
def config(
    run: Invocation, all_: bool = typer.Option(True, "--all/--set", help="All settings, or only those that are set.")
) -> None:
    """Show every setting, its value and where that came from. Secrets are shown as ***."""
    rows = [
        {"name": name, **entry}
        for name, entry in run.settings().as_dict().items()
        if all_ or entry["origin"] != "default"
    ]
    emit(
        rows,
        output=run.output,
        columns=[Column("name", keep=True), Column("value"), Column("origin")],
        empty="No setting is set. Start with VCA_URL, or `vca --url`.",
    )
