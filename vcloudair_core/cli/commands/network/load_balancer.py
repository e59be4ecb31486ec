"""The command group ``vca lb``, for load balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column, as_cell
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List virtual servers and pools of a load balancer.", no_args_is_help=True)


@app.callback()
def load_balancer() -> None:
    """List virtual servers and pools of a load balancer."""


@app.command("list")
@connected
def list_objects(run: Invocation) -> None:
    """List the virtual servers of an edge gateway, with their pools.

    JSON and YAML print the whole load balancer, with monitors and application profiles. The output is valid input for
    `vcloudair.cloud.vca_load_balancer`. It is also a valid value of the key `load_balancer` in a document for `vca edge
    apply`.

    Example:
        vca lb list --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.load_balancer", target)
    run.emit(
        as_input(section),
        columns=_SERVER_COLUMNS,
        rows=_server_rows(section),
        empty=f"The edge gateway {target['edge']} has no virtual servers and no pools.",
    )
    if run.is_table:
        say("Load balancer on." if section["enabled"] else "Load balancer OFF: virtual servers accept no traffic.")


@app.command("status")
@connected
def show_status(run: Invocation) -> None:
    """Show the status of pools and their members.

    JSON and YAML print the whole load balancer, with the status of each virtual server, pool and member.

    Example:
        vca lb status --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.edges.load_balancer_status(target["edge"], target.get("vdc"))
    run.emit(
        section,
        columns=_MEMBER_COLUMNS,
        rows=[{**member, "pool": pool["name"]} for pool in section["pools"] for member in pool["members"]],
        empty=f"The pools of the edge gateway {target['edge']} have no members.",
    )


def _server_rows(section: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return a row for each virtual server, and for each unused pool."""
    pools = {pool["name"]: pool for pool in section["pools"]}
    servers = section["virtual_servers"]
    rows = [{**server, "members": _members(pools.get(server.get("pool")))} for server in servers]
    used = {server.get("pool") for server in servers}
    rows += [{"pool": name, "members": _members(pool)} for name, pool in pools.items() if name not in used]
    return rows


def _members(pool: Mapping[str, Any] | None) -> list[str]:
    """Return the addresses of the members of a pool, or its member group."""
    if pool and pool.get("member_group"):
        return [f"{pool['member_group']}:{pool.get('default_port') or 80}"]
    members = pool["members"] if pool else ()
    return [_endpoint(member) for member in members]


def _endpoint(row: Mapping[str, Any]) -> str:
    """Format the address of a virtual server or member, such as ``203.0.113.10:443``."""
    address = str(row.get("ip_address") or row.get("grouping_object") or "")
    shown = f"[{address}]" if ":" in address else address
    return f"{shown}:{row['port']}" if address and row.get("port") else address


_SERVER_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("address", keep=True, priority=0, show=_endpoint),
    Column("protocol", priority=1),
    Column("pool", keep=True, priority=1),
    Column("members", priority=2, show=lambda row: as_cell(row["members"])),
    Column("application_profile", priority=3),
    Column("application_rules", priority=4, show=lambda row: as_cell(row.get("application_rules") or [])),
    Column("enabled", priority=3),
    Column("description", priority=5),
]
_MEMBER_COLUMNS = [
    Column("pool", keep=True, priority=0),
    Column("name", keep=True, priority=0),
    Column("address", keep=True, priority=1, show=_endpoint),
    Column("status", keep=True, priority=0),
    Column("condition", priority=3),
]
