"""The command groups ``vca static-route`` and ``vca dns``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column, as_cell
from vcloudair_core.cli.invocation import Invocation, connected

static_route_app = typer.Typer(help="List static routes of an edge gateway.", no_args_is_help=True)
dns_app = typer.Typer(help="Show the DNS forwarding of an edge gateway.", no_args_is_help=True)


@static_route_app.callback()
def static_route() -> None:
    """List static routes of an edge gateway."""


@static_route_app.command("list")
@connected
def list_routes(run: Invocation) -> None:
    """List the static routes of an edge gateway.

    JSON and YAML print the whole section, with the default route of an NSX-V edge gateway. The output is valid input
    for `vcloudair.cloud.vca_static_routes`. It is also a valid value of the key `static_routes` in a document for
    `vca edge apply`.

    Example:
        vca static-route list --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.static_routes", target)
    run.emit(
        as_input(section),
        columns=_ROUTE_COLUMNS,
        rows=section["routes"],
        empty=f"The edge gateway {target['edge']} has no static routes.",
    )
    if run.is_table and section.get("default_gateway"):
        say(f"Default route: {section['default_gateway']}.")


@dns_app.callback()
def dns() -> None:
    """Show the DNS forwarding of an edge gateway."""


@dns_app.command("show")
@connected
def show_dns(run: Invocation) -> None:
    """Show the DNS servers of an edge gateway, by domain.

    JSON and YAML print the whole section. The output is valid input for `vcloudair.cloud.vca_dns`. It is also a valid
    value of the key `dns` in a document for `vca edge apply`.

    Example:
        vca dns show --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.dns", target)
    default = [{"domains": ["any"], "servers": section["servers"]}] if section["servers"] else []
    run.emit(
        as_input(section),
        columns=_DNS_COLUMNS,
        rows=[*default, *section["zones"]],
        empty=f"The edge gateway {target['edge']} has no DNS servers.",
    )
    if run.is_table:
        listener = f", at {section['listener_ip']}" if section.get("listener_ip") else ""
        say(f"DNS forwarding on{listener}." if section["enabled"] else "DNS forwarding OFF: queries are not answered.")


def _next_hops(route: Mapping[str, Any]) -> str:
    """Format the next hops of a route, such as ``10.0.0.1 via backbone``."""
    return as_cell(
        [
            f"{hop['address']} via {hop['network']}" if hop.get("network") else hop["address"]
            for hop in route.get("next_hops") or ()
        ]
    )


def _distances(route: Mapping[str, Any]) -> str:
    return as_cell([str(hop.get("distance", 1)) for hop in route.get("next_hops") or ()])


_ROUTE_COLUMNS = [
    Column("network", keep=True, priority=0),
    Column("next_hops", keep=True, priority=0, show=_next_hops),
    Column("distance", priority=2, show=_distances),
    Column("vnic", keep=True, priority=3),
    Column("mtu", keep=True, priority=4),
    Column("name", keep=True, priority=2),
    Column("description", priority=5),
    Column("rule_id", wide=True),
]
_DNS_COLUMNS = [
    Column("domains", keep=True, priority=0),
    Column("servers", keep=True, priority=0),
    Column("name", keep=True, priority=1),
]
