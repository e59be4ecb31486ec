"""``vca edge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vcloudair_core.cli.commands import edge_document, edge_stages
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edges import Edge

app = typer.Typer(help="Edge gateways.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """Edge gateways."""


@app.command("list")
@connected
def list_edges(run: Invocation) -> None:
    """List the edge gateways that the user can see; with --vdc only those of one VDC, with --edge only that one.

    Example:
        vca edge list --vdc gold
    """
    with run.client() as client:
        service, vdc = client.service("ans"), client.settings.vdc
        edges = service.list_edges(vdc=vdc)
        # Only the option: VCA_EDGE is what other commands act on.
        if run.given.get("edge"):
            chosen = service.find_edge(str(run.given["edge"]), vdc)
            edges = [edge for edge in edges if edge.edge_id == chosen.edge_id]
    emit(
        [found.as_dict() for found in edges],
        output=run.output,
        columns=[
            Column("name", keep=True),
            Column("edge_id", heading="ID", keep=True),
            Column("vdc_name", heading="VDC"),
            Column("state", heading="STATUS"),
        ],
        table_rows=[found.as_dict() | {"state": _state(found)} for found in edges],
        empty="No edge gateway is visible to this user. `vca doctor` tells whether a right is missing.",
    )


edge_document.register(app)
edge_stages.register(app)


def _state(edge: Edge) -> list[str]:
    said = [edge.status, "busy" if edge.is_busy else "", "no advanced services" if edge.is_advanced is False else ""]
    return [word for word in said if word]
