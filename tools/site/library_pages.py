"""Generate pages for the library's public names and known metrics."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

PUBLIC_MODULES = {
    "metrics": "Python: metrics",
    "monitoring": "Python: monitoring",
    "simulator": "Python: simulator",
    "testing": "Python: test kit",
}
"""Titles of the pages of public modules except ``vcloudair_core``."""
GROUPS = {
    "Connecting": ("connect", "App", "Client", "Settings", "Secret"),
    "Desired states and outcomes": ("Present", "Absent", "Exactly", "ExactLists", "Plan", "Change", "Outcome"),
    "Staging": ("waiting_stages", "discard_stage"),
    "The classes of vcloudair 0.5": (
        "VCASession", "VCAODSession", "ANSFirewall", "ANSNat", "ANSIPSec", "Metrics", "QueryBase", "VMQuery",
        "VAppQuery", "VAppTemplateQuery", "OrgVdcQuery", "EdgeGatewayQuery", "DisasterRecovery",
    ),
    "For plugins": ("hookimpl",),
}  # fmt: skip

RECOVERY_GROUPS = {
    "Plans": ("load_plan", "parse_plan", "plan_of_vms", "check_order", "waits_for"),
    "Readiness": ("assess", "Readiness", "Check"),
    "Runs": ("preview", "start", "resume", "unfinished_runs", "RunOptions", "Stop", "OperationOptions"),
    "Reports": ("report_of", "read_journal", "run_folder", "save_report", "RunReport"),
    "Drills": ("drill_history", "DrillHistory"),
    "Values": ("RecoveryPlan", "Group", "PlannedVm", "Step", "Preview", "PreviewRow"),
}


def pages() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each page. The name is a path below ``docs``."""
    yield "reference/python-api.md", python_api()
    yield "reference/python-recovery.md", recovery_api()
    for module, title in PUBLIC_MODULES.items():
        yield f"reference/python-{module}.md", module_page(module, title)
    yield "reference/python-plugins.md", plugin_api()
    yield "reference/metrics.md", metric_names()


def python_api() -> str:
    """Return the page of all public names except errors.

    Names without a group are at the end.
    """
    import vcloudair_core

    grouped = {name for names in GROUPS.values() for name in names}
    others = [n for n in vcloudair_core.__all__ if n not in grouped and not n.endswith("Error") and n[0] != "_"]
    head = [
        "# Python API reference",
        "",
        "Import these names from `vcloudair_core`. For examples see [Python library](python.md). For errors see",
        "[Error classes](error-classes.md).",
    ]
    return _api_page(head, "vcloudair_core", {**GROUPS, "Others": tuple(others)})


def recovery_api() -> str:
    """Return the page of ``vcloudair_core.recovery``, with every public name."""
    from vcloudair_core import recovery

    grouped = {name for names in RECOVERY_GROUPS.values() for name in names}
    others = tuple(name for name in recovery.__all__ if name not in grouped)
    head = [
        "# Python: recovery plans",
        "",
        "Import these names from `vcloudair_core.recovery`. For examples see",
        "[Write a recovery plan](../how-to/write-a-recovery-plan.md) and [Recovery report](recovery-report.md).",
    ]
    return _api_page(head, "vcloudair_core.recovery", {**RECOVERY_GROUPS, "Others": others})


def _api_page(head: list[str], namespace: str, groups: Mapping[str, tuple[str, ...]]) -> str:
    """Return a page that documents the names of a public module."""
    module = importlib.import_module(namespace)
    lines = [*head, ""]
    for title, names in groups.items():
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            home = _VALUES[name] if name in _VALUES else getattr(module, name).__module__
            lines += [f"::: {home}.{name}", "    options:", f"      heading: {namespace}.{name}", ""]
    return "\n".join(lines)


def module_page(name: str, title: str) -> str:
    """Return the page of a public module: its docstring, then its sorted names."""
    module = importlib.import_module(f"vcloudair_core.{name}")
    lines = [f"# {title}", "", f"The public names of `{module.__name__}`.", ""]
    lines += [f"::: {module.__name__}", "    options:", "      show_root_heading: false"]
    lines += ["      members: false", ""]
    for public in sorted(module.__all__, key=str.casefold):
        lines += [f"::: {module.__name__}.{public}", "    options:", f"      heading: {module.__name__}.{public}", ""]
    return "\n".join(lines)


def plugin_api() -> str:
    """Return the page of ``vcloudair_core.plugins``, with every public name by topic."""
    from vcloudair_core import plugins

    head = [
        "# Python: plugins",
        "",
        "Import these names from `vcloudair_core.plugins`. For a short list, see [Plugin API](plugin-api.md).",
    ]
    groups = {
        topic: tuple(name for names in modules.values() for name in names.split())
        for topic, modules in plugins.GROUPS.items()
    }
    return _api_page(head, "vcloudair_core.plugins", groups)


_VALUES = {
    "API_VERSION": "vcloudair_core.plugin.records",
    "Desired": "vcloudair_core.engine.desired",
    "AuthFlow": "vcloudair_core.session.auth.base",
    "hookimpl": "vcloudair_core.plugin.hooks",
}
"""Modules of the public objects that have no ``__module__``."""


def metric_names() -> str:
    """Return the page that lists the known metrics and their units."""
    from vcloudair_core.services.metrics.catalog import known_metrics

    lines = [
        "# Metric names",
        "",
        "Metrics that are known by name, with their units. [`vca metrics names`](cli.md#vca-metrics-names) says which",
        "of them a cloud has; a name that is not listed here works too, with the unit that its API gives.",
        "",
    ]
    group = ""
    for metric in known_metrics().values():
        if metric.name.split(".")[0] != group:
            group = metric.name.split(".")[0]
            lines += ["", f"## {group}", "", "| metric | unit | meaning |", "|---|---|---|"]
        lines.append(f"| `{metric.name}` | {metric.unit} | {metric.meaning} |")
    return "\n".join(lines) + "\n"
