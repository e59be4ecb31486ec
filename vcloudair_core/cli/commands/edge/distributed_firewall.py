"""The command group ``vca distributed-firewall``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.commands.edge.firewall import COLUMNS
from vcloudair_core.cli.commands.edge.section_rows import as_input, with_index
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List distributed firewall rules of a VDC group.", no_args_is_help=True)


@app.callback()
def distributed_firewall() -> None:
    """List distributed firewall rules of a VDC group."""


@app.command("list")
@connected
def list_rules(
    run: Invocation,
    internal: bool = typer.Option(False, "--internal", help="Include the default rule, which the server created."),
) -> None:
    """List the distributed firewall rules of a VDC group, in order of evaluation.

    JSON and YAML print the whole distributed firewall. Without `--internal`, the output is valid input for
    `vcloudair.cloud.vca_distributed_firewall`.

    Example:
        vca distributed-firewall list --vdc-group dc-group
        vca distributed-firewall list --vdc-group dc-group --internal -o yaml
    """
    with run.client() as client:
        client.settings.require("vdc_group")
        group = str(client.settings.vdc_group)
        firewall = client.read("ans.distributed_firewall", {"vdc_group": group})
    own = firewall["internal_rules"] if internal else []
    run.emit(
        firewall if internal else as_input(firewall),
        columns=COLUMNS,
        rows=with_index([*firewall["rules"], *own]),
        empty=f"The distributed firewall of {group} has no user rules.",
    )
    if run.is_table:
        state = "on" if firewall.get("enabled", True) else "OFF: the rules are not applied"
        say(f"Distributed firewall {state}.")
