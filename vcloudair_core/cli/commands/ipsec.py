"""``vca ipsec``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.edge_target import edge_target
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit, say

app = typer.Typer(help="IPsec tunnels of an edge gateway.", no_args_is_help=True)


@app.callback()
def ipsec() -> None:
    """IPsec tunnels of an edge gateway."""


@app.command("list")
@connected
def list_tunnels(
    run: Invocation,
    status: bool = typer.Option(True, "--status/--no-status", help="Ask for the live status, which is one more call."),
) -> None:
    """List the IPsec tunnels of an edge gateway, whether they are up, and what the edge said last if they are not.

    JSON and YAML show the whole section, without keys; with `--no-status` its `tunnels` can be used as they are in
    `vcloudair.cloud.vca_ipsec`.

    Example:
        vca ipsec list --edge web-edge --no-status
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.service("ans").ipsec_status(**target) if status else client.read("ans.ipsec", target)
    emit(
        section,
        output=run.output,
        columns=[
            Column("name", keep=True),
            *([Column("status")] if status else []),
            Column("local"),
            Column("peer"),
            Column("networks", heading="NETWORKS HERE / THERE"),
            Column("crypto"),
            Column("flags"),
            *([Column("last_error")] if status else []),
        ],
        table_rows=[_as_row(tunnel) for tunnel in section["tunnels"]],
        empty=f"The IPsec VPN of {target['edge']} has no tunnels.",
    )
    if run.output == "table":
        say("IPsec on." if section["enabled"] else "IPsec OFF: no tunnel is up.")


@app.command("peer")
@connected
def peer(
    run: Invocation,
    tunnel: str = typer.Argument(..., help="Name, id or peer of the tunnel."),
) -> None:
    """Print what the other side of a tunnel has to be set to: everything but the key, which is never shown.

    Example:
        vca ipsec peer branch --edge web-edge
    """
    with run.client() as client:
        sheet = client.service("ans").peer_sheet(tunnel, **edge_target(client.settings))
    emit(sheet, output=run.output)
    if run.output == "table":
        say("Set these on the other side, with the same pre-shared key.")


def _as_row(tunnel: Mapping[str, Any]) -> dict[str, Any]:
    flags = [
        "" if tunnel.get("enabled", True) else "disabled",
        "" if tunnel.get("pfs", True) else "without pfs",
        "" if tunnel.get("authentication", "psk") == "psk" else str(tunnel["authentication"]),
    ]
    parts = [tunnel.get(name) for name in ("ike_version", "encryption", "digest", "dh_group")]
    return {
        **tunnel,
        "local": _end(tunnel, "local"),
        "peer": _end(tunnel, "peer"),
        "networks": f"{', '.join(tunnel['local_subnets'])} / {', '.join(tunnel['peer_subnets'])}",
        "crypto": " ".join(str(part) for part in parts if part),
        "flags": [flag for flag in flags if flag],
    }


def _end(tunnel: Mapping[str, Any], side: str) -> str:
    """``203.0.113.10``, or with the id when that is something else: ``198.51.100.7 (branch)``."""
    address, name = str(tunnel.get(f"{side}_ip") or ""), str(tunnel.get(f"{side}_id") or "")
    return address if name in ("", address) else f"{address} ({name})"
