"""``vca firewall``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.edge_target import edge_target
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.cli.output import Column, as_cell, emit, say

app = typer.Typer(help="Firewall rules of an edge gateway.", no_args_is_help=True)


@app.callback()
def firewall() -> None:
    """Firewall rules of an edge gateway."""


@app.command("list")
@connected
def list_rules(
    run: Invocation,
    internal: bool = typer.Option(False, "--internal", help="Also the rules that the edge made itself."),
) -> None:
    """List the rules of an edge gateway, in the order in which the edge applies them.

    JSON and YAML show the whole policy; its `rules` can be used as they are in `vcloudair.cloud.vca_firewall`.

    Example:
        vca firewall list --edge web-edge
        vca firewall list --edge web-edge --internal -o yaml
    """
    with run.client() as client:
        target = edge_target(client.settings)
        policy = client.read("ans.firewall", target)
    rules = [(rule, "") for rule in policy["rules"]]
    if internal:
        own = [(rule, str(rule.get("rule_type") or "internal")) for rule in policy.get("internal_rules", [])]
        # The edge applies what it needs for itself first, then your rules, then its default rule.
        is_last = [kind.startswith("default") for _, kind in own]
        first = [entry for entry, last in zip(own, is_last, strict=True) if not last]
        rules = first + rules + [entry for entry, last in zip(own, is_last, strict=True) if last]
    emit(
        policy,
        output=run.output,
        columns=[
            Column("number", heading="#", right=True),
            Column("name"),
            Column("action", keep=True),
            Column("source"),
            Column("destination"),
            Column("services"),
            Column("flags"),
        ],
        table_rows=_as_rows(rules),
        empty=f"The firewall of {target['edge']} has no rules of yours.",
    )
    if run.output == "table":
        say(_summary(policy))


def _as_rows(rules: list[tuple[Mapping[str, Any], str]]) -> list[dict[str, Any]]:
    """Rows of the table; ``#`` counts the user's own rules, as the index of a rule does."""
    rows, number = [], 0
    for rule, kind in rules:
        flags = ["" if rule.get("enabled", True) else "disabled", "logged" if rule.get("logging") else "", kind]
        rows.append(
            {
                "number": "" if kind else number,
                "name": rule["name"],
                "action": rule["action"],
                "source": _side(rule, "source"),
                "destination": _side(rule, "destination"),
                "services": _services(rule),
                "flags": [flag for flag in flags if flag],
            }
        )
        number += not kind
    return rows


def _side(rule: Mapping[str, Any], side: str) -> str:
    words = as_cell(rule.get(side) or "any")
    return f"not {words}" if rule.get(f"{side}_exclude") else words


def _services(rule: Mapping[str, Any]) -> str:
    shown = [_service(service) for service in rule.get("services") or ()]
    shown += [str(application) for application in rule.get("applications") or ()]
    return ", ".join(shown) or "any"


def _service(service: Mapping[str, Any]) -> str:
    """``tcp/443``, ``udp/53 from 1024-65535``, ``icmp/echo-request``, ``any``."""
    protocol = str(service.get("protocol") or "any")
    port = as_cell(service.get("port") or "any")
    source = as_cell(service.get("source_port") or "any")
    icmp = service.get("icmp_type")
    what = port if port != "any" else str(icmp) if icmp and icmp != "any" else ""
    text = f"{protocol}/{what.replace(', ', '+')}" if what else protocol
    return text if source == "any" else f"{text} from {source.replace(', ', '+')}"


def _summary(policy: Mapping[str, Any]) -> str:
    state = "on" if policy.get("enabled", True) else "OFF: every packet passes"
    text = f"Firewall {state}; what no rule matches: {policy.get('default_action', 'deny')}"
    return text + (", logged." if policy.get("default_logging") else ".")
