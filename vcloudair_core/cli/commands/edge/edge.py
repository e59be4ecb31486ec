"""``vca edge``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from vcloudair_core.cli.commands.edge import edge_document, edge_stages
from vcloudair_core.cli.completion.known_names import remember_names
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

if TYPE_CHECKING:
    from vcloudair_core.services.ans.edge.model import Edge

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
        service, vdc = client.edges, client.settings.vdc
        edges = service.list_edges(vdc=vdc)
        if not vdc:
            remember_names(client.settings, "edge", [edge.name for edge in edges])
            remember_names(client.settings, "vdc", [edge.vdc_name for edge in edges])
        # Only the option: VCA_EDGE is what other commands act on.
        if run.options.get("edge"):
            chosen = service.find_edge(str(run.options["edge"]), vdc)
            edges = [edge for edge in edges if edge.edge_id == chosen.edge_id]
    run.emit(
        [_as_row(edge) for edge in edges],
        columns=[
            Column("name", keep=True, priority=0),
            Column("id", keep=True, priority=1),
            Column("vdc", keep=True, priority=2),
            Column("status", keep=True, priority=1, show=_state),
            Column("ha_status", keep=True, wide=True),
            Column("vdc_id", keep=True, wide=True),
            Column("backend", keep=True, wide=True),
            Column("owner_id", keep=True, wide=True),
            Column("deployment_mode", keep=True, wide=True),
        ],
        empty="No edge gateway is visible to this user. `vca doctor` tells whether a right is missing.",
    )


edge_document.register(app)
edge_stages.register(app)


def _as_row(edge: Edge) -> dict[str, Any]:
    """Return an edge with the keys that listings share: ``id``, ``name``, ``vdc``."""
    about = edge.as_dict()
    return {"name": about.pop("name"), "id": about.pop("edge_id"), "vdc": about.pop("vdc_name"), **about}


def _state(row: Mapping[str, Any]) -> list[str]:
    notes = ["busy" if row["is_busy"] else "", "no advanced services" if row["is_advanced"] is False else ""]
    return [word for word in (row["status"], *notes) if word]
