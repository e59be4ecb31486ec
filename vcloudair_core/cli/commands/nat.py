"""``vca nat``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.edge_target import edge_target
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, emit, say

app = typer.Typer(help="NAT rules of an edge gateway.", no_args_is_help=True)


@app.callback()
def nat() -> None:
    """NAT rules of an edge gateway."""


@app.command("list")
@connected
def list_rules(
    run: Invocation,
    internal: bool = typer.Option(False, "--internal", help="Also the rules that the edge made itself."),
) -> None:
    """List the NAT rules of an edge gateway, in the order in which the edge applies them.

    JSON and YAML show the whole section; its `rules` can be used as they are in `vcloudair.cloud.vca_nat`.

    Example:
        vca nat list --edge web-edge
    """
    with run.client() as client:
        target = edge_target(client.settings)
        section = client.read("ans.nat", target)
    # The edge applies what it needs for itself first.
    own = [(rule, str(rule.get("rule_type") or "internal")) for rule in section["internal_rules"]] if internal else []
    emit(
        section,
        output=run.output,
        columns=[
            Column("number", heading="#", right=True),
            Column("action", keep=True),
            Column("vnic"),
            Column("protocol"),
            Column("original"),
            Column("translated"),
            Column("only", heading="ONLY WITH"),
            Column("description"),
            Column("flags"),
        ],
        table_rows=_as_rows([*own, *((rule, "") for rule in section["rules"])]),
        empty=f"The NAT of {target['edge']} has no rules of yours.",
    )
    if run.output == "table":
        say("NAT on." if section["enabled"] else "NAT OFF: nothing is translated.")


def _as_rows(rules: list[tuple[Mapping[str, Any], str]]) -> list[dict[str, Any]]:
    """Rows of the table; ``#`` counts the user's own rules, as the index of a rule does."""
    rows, number = [], 0
    for rule, kind in rules:
        flags = ["" if rule.get("enabled", True) else "disabled", "logged" if rule.get("logging") else "", kind]
        icmp_type = rule.get("icmp_type") or "any"
        rows.append(
            {
                "number": "" if kind else number,
                "action": rule["action"],
                "vnic": rule["vnic"],
                "protocol": rule["protocol"] if icmp_type == "any" else f"{rule['protocol']}/{icmp_type}",
                "original": _place(rule, "original_address", "original_port"),
                "translated": _place(rule, "translated_address", "translated_port"),
                "only": _only(rule),
                "description": rule["description"],
                "flags": [flag for flag in flags if flag],
            }
        )
        number += not kind
    return rows


def _place(rule: Mapping[str, Any], address: str, port: str) -> str:
    """``203.0.113.10``, ``203.0.113.10 port 443``."""
    word = str(rule.get(address) or "any")
    return word if rule.get(port) in (None, "any") else f"{word} port {rule[port]}"


def _only(rule: Mapping[str, Any]) -> str:
    """``from 198.51.100.0/24``, ``to 192.0.2.53 port 53``, or nothing."""
    for word, side in (("from", "dnat_match_source"), ("to", "snat_match_destination")):
        if rule.get(f"{side}_address") or rule.get(f"{side}_port"):
            return f"{word} {_place(rule, f'{side}_address', f'{side}_port')}"
    return ""
