"""The command group ``vca firewall``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from vcloudair_core.cli.commands.edge.edge_target import edge_target
from vcloudair_core.cli.commands.edge.section_rows import as_input, enabled_cell, with_index
from vcloudair_core.cli.display.output import say
from vcloudair_core.cli.display.table import Column, as_cell
from vcloudair_core.cli.invocation import Invocation, connected
from vcloudair_core.engine.fields import from_plain
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec, ServiceSpec

_ALL = "all"

app = typer.Typer(help="List firewall rules of an edge gateway.", no_args_is_help=True)


@app.callback()
def firewall() -> None:
    """List firewall rules of an edge gateway."""


@app.command("list")
@connected
def list_rules(
    run: Invocation,
    internal: bool = typer.Option(False, "--internal", help="Include the rules that the edge gateway created itself."),
    hits: bool = typer.Option(False, "--hits", help="Show how often each user rule matched. Only on NSX-V."),
    unused: bool = typer.Option(False, "--unused", help="Show only user rules that never matched. Only on NSX-V."),
) -> None:
    """List the firewall rules of an edge gateway, in order of evaluation.

    JSON and YAML print the whole policy. Without `--internal`, the output is valid input for
    `vcloudair.cloud.vca_firewall`. The output is also a valid value of the key `firewall` in a document for `vca edge
    apply`.

    With `--hits` or `--unused`, the output is a list of rules with counters, one request for each rule. Counters start
    when a rule is created, and can restart when the edge gateway restarts.

    Example:
        vca firewall list --edge web-edge
        vca firewall list --edge web-edge --internal -o yaml
        vca firewall list --edge web-edge --unused
    """
    if (hits or unused) and internal:
        raise typer.BadParameter("The edge gateway counts only user rules. Omit --internal.", param_hint="--internal")
    with run.client() as client:
        target = edge_target(client.settings)
        if hits or unused:
            _emit_hits(run, client.edges.firewall_hits(target["edge"], target.get("vdc")), target["edge"], unused)
            return
        policy = client.read("ans.firewall", target)
    own = policy.get("internal_rules", []) if internal else []
    # The edge evaluates its internal rules first, then user rules, then its default rule.
    first = [rule for rule in own if not str(rule.get("rule_type")).startswith("default")]
    rules = [*first, *policy["rules"], *(rule for rule in own if rule not in first)]
    run.emit(
        policy if internal else as_input(policy),
        columns=COLUMNS,
        rows=with_index(rules),
        empty=f"The firewall of {target['edge']} has no user rules.",
    )
    if run.is_table:
        say(_summary(policy))


def _emit_hits(run: Invocation, rows: list[dict[str, Any]], edge: str, unused: bool) -> None:
    indexed = with_index(rows)
    shown = [row for row in indexed if row["is_unused"]] if unused else indexed
    none = (
        "Every user rule of the firewall of {} has matched."
        if unused and rows
        else "The firewall of {} has no user rules."
    )
    run.emit(
        [row for row in rows if row["is_unused"]] if unused else rows,
        columns=_HIT_COLUMNS,
        rows=shown,
        empty=none.format(edge),
    )
    if run.is_table and rows and not unused:
        never = sum(row["is_unused"] is True for row in rows)
        say(f"{never} of {len(rows)} user rules never matched.")


def _side(rule: Mapping[str, Any], side: str) -> str:
    cell = as_cell(rule.get(side) or "any")
    return f"not {cell}" if rule.get(f"{side}_exclude") else cell


COLUMNS = [
    Column("index", right=True, priority=4),
    Column("name", keep=True, priority=0),
    Column("action", keep=True, priority=1),
    Column("source", priority=2, show=lambda rule: _side(rule, "source")),
    Column("destination", priority=2, show=lambda rule: _side(rule, "destination")),
    Column("services", priority=2, show=lambda rule: _services(rule)),
    Column("enabled", keep=True, priority=3, show=enabled_cell),
    Column("logging", keep=True, priority=6),
    Column("rule_type", keep=True, priority=5),
    Column("rule_id", right=True, wide=True),
    Column("description", wide=True),
]
"""Columns of tables of firewall rules."""

_HIT_COLUMNS = [
    Column("index", right=True, priority=4),
    Column("name", keep=True, priority=0),
    Column("connections", keep=True, right=True, priority=0),
    Column("packets", keep=True, right=True, priority=1),
    Column("bytes", keep=True, right=True, priority=2),
    Column("enabled", keep=True, priority=3, show=enabled_cell),
    Column("rule_id", right=True, wide=True),
]


def _services(rule: Mapping[str, Any]) -> str:
    spec = from_plain(FirewallRuleSpec, rule)
    return ", ".join([*map(_service, spec.services or ()), *(spec.applications or ())]) or _ALL


def _service(spec: ServiceSpec) -> str:
    """Format a service, such as ``tcp/443`` or ``udp/53 from 1024-65535``.

    A service that matches all traffic is shown as ``all``, because ``any`` means an unrestricted source or destination.
    """
    port, source = as_cell(spec.port or "any"), as_cell(spec.source_port or "any")
    icmp_type = spec.icmp_type or "any"
    detail = port if port != "any" else icmp_type if icmp_type != "any" else ""
    protocol = spec.protocol if spec.protocol != "any" or detail or source != "any" else _ALL
    text = f"{protocol}/{detail.replace(', ', '+')}" if detail else protocol
    return text if source == "any" else f"{text} from {source.replace(', ', '+')}"


def _summary(policy: Mapping[str, Any]) -> str:
    state = "on" if policy.get("enabled", True) else "OFF: all traffic passes"
    text = f"Firewall {state}. Default action: {policy.get('default_action', 'deny')}"
    return text + (", logged." if policy.get("default_logging") else ".")
