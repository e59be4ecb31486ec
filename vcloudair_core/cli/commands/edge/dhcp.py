"""The command group ``vca dhcp``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List DHCP pools, static bindings and leases of an edge gateway.", no_args_is_help=True)


@app.callback()
def dhcp() -> None:
    """List DHCP pools, static bindings and leases of an edge gateway."""


@app.command("list")
@connected
def list_entries(run: Invocation) -> None:
    """List the DHCP pools and static bindings of an edge gateway.

    JSON and YAML print the whole section. This output is valid input for `vcloudair.cloud.vca_dhcp`. It is also a valid
    value of the key `dhcp` in a document for `vca edge apply`.

    Example:
        vca dhcp list --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.dhcp", target)
    rows = [{"type": "pool", "address": pool["ip_range"], **pool} for pool in section["pools"]]
    rows += [{"type": "binding", "address": binding.get("ip_address"), **binding} for binding in section["bindings"]]
    run.emit(
        as_input(section),
        columns=_COLUMNS,
        rows=rows,
        empty=f"The DHCP section of {target['edge']} has no pools and no static bindings.",
    )
    if run.is_table:
        say("DHCP on." if section.get("enabled") else _off(rows))


@app.command("leases")
@connected
def list_leases(run: Invocation) -> None:
    """List the current DHCP leases of an edge gateway.

    The API of NSX-T edge gateways has no leases.

    Example:
        vca dhcp leases --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        leases = client.edges.dhcp_leases(target["edge"], target.get("vdc"))
    run.emit(leases, columns=_LEASE_COLUMNS, empty=f"The edge gateway {target['edge']} reports no DHCP leases.")


def _off(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the message for DHCP that is not enabled.

    Only on NSX-T, entries have a network.
    """
    if any(row.get("network") for row in rows):
        return "DHCP OFF in at least one network: it assigns no addresses there."
    return "DHCP OFF: the edge gateway assigns no addresses."


def _dns(entry: Mapping[str, Any]) -> str:
    return "automatic" if entry["auto_configure_dns"] else " ".join(entry["dns_servers"])


_COLUMNS = [
    Column("type", keep=True, priority=0),
    Column("network", priority=0),
    Column("address", keep=True, priority=0),
    Column("mac_address", keep=True, priority=1),
    Column("host_name", keep=True, priority=2),
    Column("default_gateway", keep=True, priority=4),
    Column("subnet_mask", keep=True, priority=5),
    Column("domain_name", keep=True, priority=4),
    Column("dns_servers", keep=True, priority=3, show=_dns),
    Column("lease_time", keep=True, right=True, priority=3),
]
_LEASE_COLUMNS = [
    Column("ip_address", keep=True, priority=0),
    Column("mac_address", keep=True, priority=0),
    Column("host_name", keep=True, priority=1),
    Column("state", keep=True, priority=2),
    Column("starts", priority=4),
    Column("ends", keep=True, priority=3),
]
