"""The command ``vca config``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.settings.settings import Settings, default_config_file


@connected
def config(
    run: Invocation,
    all_: bool = typer.Option(True, "--all/--set", help="Show all settings, or only those that are set."),
) -> None:
    """Show all settings, their values and their sources. Secrets are masked.

    Example:
        vca config --set
    """
    settings = run.settings()
    say(_file_in_use(settings))
    rows = [
        {"name": name, **entry} for name, entry in settings.as_dict().items() if all_ or entry["origin"] != "default"
    ]
    run.emit(
        rows,
        columns=[
            Column("name", keep=True, priority=0),
            Column("value", priority=1),
            Column("origin", priority=2),
        ],
        empty="No settings are set. Set VCA_URL, or pass --url.",
    )


def _file_in_use(settings: Settings) -> str:
    """Return a sentence that names the configuration file and the context in use."""
    use = settings.file
    if use.path is None:
        return f"No configuration file: {default_config_file()} does not exist."
    if use.context:
        return f"Configuration file: {use.path}, context {use.context!r}."
    if use.ignored:
        ignored = f"its current context {use.ignored!r} is not used, because the setting url selects another server"
        return f"Configuration file: {use.path}; {ignored}."
    return f"Configuration file: {use.path}, no context."
