"""The command group ``vca l2vpn``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input, enabled_cell
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column, as_cell
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.errors import NotFoundError

app = typer.Typer(help="List L2 VPN tunnels of an edge gateway, and save peer codes.", no_args_is_help=True)


@app.callback()
def l2vpn() -> None:
    """List L2 VPN tunnels of an edge gateway, and save peer codes."""


@app.command("list")
@connected
def list_tunnels(
    run: Invocation,
    status: bool = typer.Option(
        True, "--status/--no-status", help="Read the tunnel status, which takes more requests."
    ),
) -> None:
    """List the L2 VPN tunnels of an edge gateway, with status and last error.

    JSON and YAML print the whole section, without keys, passwords and peer codes. With `--no-status`, the output is
    valid input for `vcloudair.cloud.vca_l2vpn`. For an NSX-T edge gateway, the output is also a valid value of the key
    `l2vpn` in a document for `vca edge apply`.

    On NSX-V, the tunnels are the peer sites of the L2 VPN server, and an L2 VPN client is shown as a tunnel `client`.

    Example:
        vca l2vpn list --edge nsxt-edge1 --no-status
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.edges.l2vpn_status(**target) if status else client.read("ans.l2vpn", target)
    run.emit(
        section if status else as_input(section),
        columns=_COLUMNS,
        rows=section["tunnels"],
        empty=f"The edge gateway {target['edge']} has no L2 VPN tunnels.",
    )


@app.command("show")
@connected
def show_tunnel(run: Invocation, tunnel: str = typer.Argument(..., help="Name or ID of the tunnel.")) -> None:
    """Show an L2 VPN tunnel with its status and statistics, without its key.

    Example:
        vca l2vpn show stretch --edge nsxt-edge1
    """
    with run.client() as client:
        target = edge_target(client.settings)
        tunnels = client.edges.l2vpn_status(**target)["tunnels"]
    matches = [row for row in tunnels if tunnel in (row["name"], row.get("rule_id"))]
    if not matches:
        raise NotFoundError(
            f"L2 VPN tunnel not found: {tunnel!r} on edge gateway {target['edge']}.",
            hint="Run `vca l2vpn list` to see the tunnels.",
        )
    run.emit(matches[0])


@app.command("peer-code")
@connected
def peer_code(
    run: Invocation,
    tunnel: str = typer.Argument(..., help="Name or ID of the server tunnel."),
    file: str = typer.Option("", "--file", help="Write the peer code to this file, with mode 0600."),
    stdout: bool = typer.Option(False, "--stdout", help="Print the peer code. It contains the pre-shared key."),
) -> None:
    """Save the peer code of a server tunnel.

    The client tunnel at the other site needs the peer code. The peer code contains the pre-shared key. Delete the file
    when the client tunnel exists.

    Example:
        vca l2vpn peer-code stretch --edge nsxt-edge1 --file stretch.code
    """
    if bool(file) == stdout:
        raise typer.BadParameter("Set either --file or --stdout. With --stdout, the peer code can remain in logs.")
    with run.client() as client:
        target = edge_target(client.settings)
        if file:
            client.edges.save_l2vpn_peer_code(tunnel, file, **target)
            say(f"Wrote the peer code to {file}. It contains the pre-shared key.")
            return
        code = client.edges.l2vpn_peer_code(tunnel, **target)
    typer.echo(code.reveal())


def _networks(tunnel: Mapping[str, Any]) -> str:
    """Format the stretched networks of a tunnel, such as ``app-net (1)``."""
    return as_cell([f"{network['network']} ({network.get('tunnel_id', '-')})" for network in tunnel["networks"]])


_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("session_mode", keep=True, priority=1),
    Column("status", keep=True, priority=1),
    Column("local_ip", keep=True, priority=2),
    Column("peer_ip", keep=True, priority=1),
    Column("networks", priority=2, show=_networks),
    Column("last_error", priority=1),
    Column("enabled", keep=True, priority=3, show=enabled_cell),
    Column("user_id", priority=4),
    Column("initiation_mode", keep=True, priority=5),
    Column("tunnel_interface", keep=True, priority=5),
    Column("received_bytes", keep=True, wide=True),
    Column("sent_bytes", keep=True, wide=True),
    Column("rule_id", keep=True, wide=True),
]
