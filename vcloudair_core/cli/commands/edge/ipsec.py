"""The command group ``vca ipsec``."""

from __future__ import annotations

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input, enabled_cell
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List IPsec tunnels of an edge gateway.", no_args_is_help=True)

_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("status", keep=True, priority=1),
    Column("local_ip", keep=True, priority=2),
    Column("peer_ip", keep=True, priority=1),
    Column("local_subnets", priority=2),
    Column("peer_subnets", priority=2),
    Column("last_error", priority=1),
    Column("enabled", keep=True, priority=3, show=enabled_cell),
    Column("peer_id", keep=True, priority=6),
    Column("encryption", keep=True, priority=4),
    Column("dh_group", keep=True, priority=5),
    Column("ike_version", keep=True, priority=6),
    Column("digest", keep=True, wide=True),
    Column("pfs", keep=True, wide=True),
    Column("authentication", keep=True, wide=True),
    Column("local_id", keep=True, wide=True),
    Column("site_id", keep=True, wide=True),
]


@app.callback()
def ipsec() -> None:
    """List IPsec tunnels of an edge gateway."""


@app.command("list")
@connected
def list_tunnels(
    run: Invocation,
    status: bool = typer.Option(
        True, "--status/--no-status", help="Read the tunnel status, which takes more requests."
    ),
) -> None:
    """List the IPsec tunnels of an edge gateway, with their status and last error.

    JSON and YAML print the whole section, without pre-shared keys. With `--no-status`, the output is valid input for
    `vcloudair.cloud.vca_ipsec`. The output is also a valid value of the key `ipsec` in a document for `vca edge apply`.

    Example:
        vca ipsec list --edge web-edge --no-status
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.edges.ipsec_status(**target) if status else client.read("ans.ipsec", target)
    run.emit(
        section if status else as_input(section),
        columns=_COLUMNS,
        rows=section["tunnels"],
        empty=f"The IPsec VPN of {target['edge']} has no tunnels.",
    )
    if run.is_table:
        say("IPsec on." if section["enabled"] else "IPsec OFF: no tunnel is up.")


@app.command("peer")
@connected
def peer(
    run: Invocation,
    tunnel: str = typer.Argument(..., help="Name, ID or peer address of the tunnel."),
) -> None:
    """Print the settings for the other side of a tunnel, without the pre-shared key.

    Example:
        vca ipsec peer branch --edge web-edge
    """
    with run.client() as client:
        sheet = client.edges.peer_sheet(tunnel, **edge_target(client.settings))
    run.emit(sheet)
    if run.is_table:
        say("Configure the other side with these settings and the same pre-shared key.")
