"""The command group ``vca edge``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.commands.edge import edge_conversion, edge_document, edge_stages
from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.direct.edges import list_edges
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List, export, plan, change and convert edge gateways.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """List, export, plan, change and convert edge gateways."""


@app.command("addresses")
@connected
def list_addresses(run: Invocation) -> None:
    """List the public addresses of an edge gateway, used and free.

    JSON and YAML also print the numbers of allocated, used and free addresses.

    Example:
        vca edge addresses --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        book = client.edges.addresses(target["edge"], target.get("vdc"))
    run.emit(
        book,
        columns=_ADDRESS_COLUMNS,
        rows=book["addresses"],
        empty=f"No public addresses are allocated to the edge gateway {target['edge']}.",
    )
    if run.is_table:
        say(f"{book['used_count']} of {book['allocated_count']} addresses are used, {book['free_count']} are free.")


app.command("list")(connected(list_edges))
edge_document.register(app)
edge_conversion.register(app)
edge_stages.register(app)

_ADDRESS_COLUMNS = [
    Column("addresses", keep=True, priority=0),
    Column("count", keep=True, right=True, priority=3),
    Column("state", keep=True, priority=0),
    Column("used_by", keep=True, priority=1),
    Column("network", keep=True, priority=2),
]
