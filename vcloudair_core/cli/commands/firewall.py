"""``vca firewall``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

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
    edge: str = typer.Argument(None, help="Name or UUID of the edge gateway (default: the setting 'edge')."),
    internal: bool = typer.Option(False, "--internal", help="Also the rules that the edge made itself."),
) -> None:
    """List the rules of an edge gateway, in the order in which the edge applies them.

    JSON and YAML show the whole policy; its `rules` can be used as they are in `vcloudair.cloud.vca_firewall`.
    """
    with run.client() as client:
        if not edge:
            client.settings.require("edge")
        chosen = edge or client.settings.edge
        policy = client.read("ans.firewall", {"edge": chosen, "vdc": client.settings.vdc})
    rules = [(rule, "user") for rule in policy["rules"]]
    if internal:
        rules = [(rule, "internal") for rule in policy.get("internal_rules", [])] + rules
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
        table_rows=[_as_row(number, rule, kind) for number, (rule, kind) in enumerate(rules)],
        empty=f"The firewall of {chosen} has no rules of yours.",
    )
    if run.output == "table":
        say(_summary(policy))


def _as_row(number: int, rule: Mapping[str, Any], kind: str) -> dict[str, Any]:
    flags = [
        "" if rule.get("enabled", True) else "disabled",
        "logged" if rule.get("logging") else "",
        "" if kind == "user" else kind,
    ]
    return {
        "number": number if kind == "user" else "",
        "name": rule["name"],
        "action": rule["action"],
        "source": _side(rule, "source"),
        "destination": _side(rule, "destination"),
        "services": _services(rule),
        "flags": [flag for flag in flags if flag],
    }


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
