"""``vca edge``."""

from __future__ import annotations

import dataclasses
from typing import Any

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
    rows = [_as_row(found) for found in edges]
    emit(
        rows,
        output=run.output,
        columns=[Column("name", keep=True), Column("id", keep=True), Column("vdc"), Column("status")],
        empty="No edge gateway is visible to this user. `vca doctor` tells whether a right is missing.",
    )


def _as_row(found: Any) -> dict[str, Any]:
    return dataclasses.asdict(found) if dataclasses.is_dataclass(found) else dict(found)  # type: ignore[arg-type]
