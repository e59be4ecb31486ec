"""The command group ``vca edge``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.commands.edge import edge_conversion, edge_document, edge_stages
from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List, export, plan, change and convert edge gateways.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """List, export, plan, change and convert edge gateways."""


@app.command("list")
@connected
def list_edges(run: Invocation) -> None:
    """List edge gateways.

    To limit the list to a VDC or an edge gateway, use --vdc or --edge.

    Example:
        vca edge list --vdc gold
    """
    with run.client() as client:
        service, vdc = client.edges, client.settings.vdc
        edges = service.list_edges(vdc=vdc)
        if not vdc:
            remember_names(client.settings, "edge", [edge.name for edge in edges])
            remember_names(client.settings, "vdc", [edge.vdc_name for edge in edges])
        # Only the option filters the list: VCA_EDGE selects the target of other commands.
        if run.options.get("edge"):
            chosen = service.find_edge(str(run.options["edge"]), vdc)
            edges = [edge for edge in edges if edge.edge_id == chosen.edge_id]
    run.emit(
        [edge.as_row() for edge in edges],
        columns=[
            Column("name", keep=True, priority=0),
            Column("id", keep=True, priority=1),
            Column("vdc", keep=True, priority=2),
            Column("status", keep=True, priority=1, show=_state),
            Column("ha_status", keep=True, wide=True),
            Column("vdc_id", keep=True, wide=True),
            Column("backend", keep=True, priority=1),
            Column("owner_name", keep=True, wide=True),
            Column("owner_id", keep=True, wide=True),
            Column("deployment_mode", keep=True, wide=True),
        ],
        empty="No edge gateways found. Run `vca doctor` to check your rights.",
    )


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


def _state(row: Mapping[str, Any]) -> list[str]:
    has_no_services = row["is_advanced"] is False and row["backend"] != "nsxt"
    notes = ["busy" if row["is_busy"] else "", "no advanced services" if has_no_services else ""]
    return [word for word in (row["status"], *notes) if word]
