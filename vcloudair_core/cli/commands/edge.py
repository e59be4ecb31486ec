"""``vca edge``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit

app = typer.Typer(help="Edge gateways.", no_args_is_help=True)


@app.callback()
def edge() -> None:
    """Edge gateways."""


@app.command("list")
@connected
def list_edges(run: Invocation) -> None:
    """List the edge gateways that the user can see; with --vdc only those of one VDC."""
    with run.client() as client:
        edges = client.service("ans").list_edges(vdc=client.settings.vdc)
    emit(
        [found.as_dict() for found in edges],
        output=run.output,
        columns=[
            Column("name", keep=True),
            Column("edge_id", heading="ID", keep=True),
            Column("vdc_name", heading="VDC"),
            Column("status"),
            Column("is_advanced", heading="ADVANCED"),
        ],
        empty="No edge gateway is visible to this user. `vca doctor` tells whether a right is missing.",
    )
