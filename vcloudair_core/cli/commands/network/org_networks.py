"""The command group ``vca network``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.direct.networks import list_networks
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List networks, and show the used addresses of a network.", no_args_is_help=True)


@app.callback()
def network() -> None:
    """List networks, and show the used addresses of a network."""


@app.command("show")
@connected
def show_network(
    run: Invocation, name: str = typer.Argument(help="Name or UUID of the network.", show_default=False)
) -> None:
    """Show the used addresses of a network, with the VMs that use them.

    JSON and YAML also contain the subnet, the static pools and the DHCP pools.

    Example:
        vca network show web
    """
    with run.client() as client:
        row = client.edges.network(name, client.settings.vdc)
    run.emit(
        row,
        columns=_ADDRESS_COLUMNS,
        rows=row["allocated_addresses"],
        empty=f"No address of the network {row['name']} is used.",
    )
    if run.is_table:
        say(_summary(row))


app.command("list")(connected(list_networks))


def _summary(row: Mapping[str, Any]) -> str:
    edge = f"routed by {row['edge']}" if row["edge"] else row["type"]
    used = "unknown" if row["used_count"] is None else row["used_count"]
    text = (
        f"{row['subnet']}, {edge}. Static pools: {_listed(row['static_pools'])}, {used} of {row['total_count']} used."
    )
    dhcp = "unknown" if row["dhcp_pools"] is None else _listed(row["dhcp_pools"])
    return f"{text} DHCP pools: {dhcp}."


def _listed(pools: list[str]) -> str:
    return ", ".join(pools) or "none"


_ADDRESS_COLUMNS = [
    Column("address", keep=True, priority=0),
    Column("used_by", keep=True, priority=1),
    Column("vm", keep=True, priority=0),
    Column("vapp", priority=3),
    Column("is_deployed", priority=4),
]
