"""Pages made of the library: its public names, and the metrics that it knows."""

from __future__ import annotations

from collections.abc import Iterator

GROUPS = {
    "Connecting": ("connect", "App", "Client", "Settings", "Secret"),
    "What is to be, and what came of it": (
        "Present", "Absent", "Exactly", "Plan", "Change", "Outcome", "waiting_stages",
    ),
    "The classes of vcloudair 0.5": (
        "VCASession", "VCAODSession", "ANSFirewall", "ANSNat", "ANSIPSec", "Metrics", "QueryBase", "VMQuery",
        "VAppQuery", "VAppTemplateQuery", "OrgVdcQuery", "EdgeGatewayQuery", "DisasterRecovery",
    ),
    "For plugins": ("hookimpl",),
}  # fmt: skip


def pages() -> Iterator[tuple[str, str]]:
    """Names below ``docs`` and texts."""
    yield "reference/python-api.md", python_api()
    yield "reference/metrics.md", metric_names()


def python_api() -> str:
    """Every public name but the errors, which have a page. What no group names comes last."""
    import vcloudair_core

    grouped = {name for names in GROUPS.values() for name in names}
    others = [n for n in vcloudair_core.__all__ if n not in grouped and not n.endswith("Error") and n[0] != "_"]
    lines = [
        "# Python, name by name",
        "",
        "What can be imported from `vcloudair_core`. [Python](python.md) shows how it is used; errors are in",
        "[Error classes](error-classes.md).",
        "",
    ]
    for title, names in {**GROUPS, "Others": tuple(others)}.items():
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            home = getattr(vcloudair_core, name).__module__ if name not in _VALUES else _VALUES[name]
            lines += [f"::: {home}.{name}", "    options:", f"      heading: vcloudair_core.{name}", ""]
    return "\n".join(lines)


_VALUES = {"hookimpl": "vcloudair_core.plugin.hooks"}
"""Names of objects that do not say where they come from."""


def metric_names() -> str:
    """The table of the catalogue."""
    from vcloudair_core.services.metrics.catalog import catalogue

    lines = [
        "# Metric names",
        "",
        "Metrics that are known by name, with their units. [`vca metrics names`](cli.md#vca-metrics-names) says which",
        "of them a cloud has; a name that is not listed here works too, with the unit that its API gives.",
        "",
    ]
    group = ""
    for metric in catalogue().values():
        if metric.name.split(".")[0] != group:
            group = metric.name.split(".")[0]
            lines += ["", f"## {group}", "", "| metric | unit | meaning |", "|---|---|---|"]
        lines.append(f"| `{metric.name}` | {metric.unit} | {metric.meaning} |")
    return "\n".join(lines) + "\n"
