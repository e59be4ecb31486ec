"""The command group ``vca nat``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input, enabled_cell, with_index
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column
from vcloudair_core.cli.invocation import Invocation, connected

app = typer.Typer(help="List NAT rules of an edge gateway.", no_args_is_help=True)


@app.callback()
def nat() -> None:
    """List NAT rules of an edge gateway."""


@app.command("list")
@connected
def list_rules(
    run: Invocation,
    internal: bool = typer.Option(False, "--internal", help="Include the rules that the edge gateway created itself."),
) -> None:
    """List the NAT rules of an edge gateway, in order of evaluation.

    With `-o json` or `-o yaml`, the command prints the whole section. Without `--internal`, the output is valid input
    for `vcloudair.cloud.vca_nat`. The output is also a valid value of the key `nat` in a document for `vca edge apply`.

    Example:
        vca nat list --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.nat", target)
    # The edge evaluates its internal rules first.
    own = section["internal_rules"] if internal else []
    run.emit(
        section if internal else as_input(section),
        columns=_COLUMNS,
        rows=with_index([*own, *section["rules"]]),
        empty=f"The NAT section of {target['edge']} has no user rules.",
    )
    if run.is_table:
        say("NAT on." if section["enabled"] else "NAT OFF: no addresses are translated.")


def _protocol(rule: Mapping[str, Any]) -> str:
    icmp_type = rule.get("icmp_type") or "any"
    return str(rule["protocol"]) if icmp_type == "any" else f"{rule['protocol']}/{icmp_type}"


_COLUMNS = [
    Column("index", right=True, priority=4),
    Column("action", keep=True, priority=0),
    Column("original_address", keep=True, priority=0),
    Column("original_port", keep=True, priority=1),
    Column("translated_address", keep=True, priority=0),
    Column("translated_port", keep=True, priority=1),
    Column("protocol", keep=True, priority=2, show=_protocol),
    Column("vnic", keep=True, priority=3),
    Column("dnat_match_source_address", keep=True, priority=3),
    Column("dnat_match_source_port", keep=True, priority=3),
    Column("snat_match_destination_address", keep=True, priority=3),
    Column("snat_match_destination_port", keep=True, priority=3),
    Column("enabled", keep=True, priority=4, show=enabled_cell),
    Column("name", keep=True, priority=3),
    Column("description", priority=5),
    *(Column(name, keep=True, priority=6) for name in ("priority", "firewall_match", "application", "applied_to")),
    Column("vpn_mode", keep=True, priority=6),
    Column("logging", keep=True, priority=6),
    Column("rule_type", keep=True, priority=5),
    Column("rule_id", right=True, wide=True),
]
