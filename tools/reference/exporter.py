"""Generate tables of the metrics of the Prometheus exporter."""

from __future__ import annotations

from collections.abc import Iterable

from reference.tables import codes

Row = tuple[str, Iterable[str], str]
"""Name, labels and description of a metric."""

TITLES = {
    "edges": "Edge gateways",
    "networks": "Networks",
    "vdcs": "VDCs",
    "addresses": "Public addresses",
    "tunnels": "IPsec tunnels",
    "replications": "Replications",
    "drills": "Recovery drills",
}
"""Title of the section of each collector."""


def gauge_tables() -> str:
    """Return one table of metrics per collector, and tables for VMs and certificates."""
    from vcloudair_core.monitoring.capacity_gauges import INTERVALS_S
    from vcloudair_core.monitoring.gauges import COLLECTORS, GAUGES

    lines: list[str] = []
    for collector in COLLECTORS:
        about = f"Collector `{collector}`, read every {INTERVALS_S[collector]:g} seconds or less often."
        rows: list[Row] = [(gauge.name, gauge.labels, gauge.about) for gauge in GAUGES if gauge.collector == collector]
        lines += [f"## {TITLES[collector]}", "", about, "", *_table(rows), ""]
    for title, about, rows in (
        ("Collectors", "These metrics exist for each collector that is turned on.", _status_rows()),
        ("VMs", "These metrics exist for each VM.", _vm_rows()),
        ("Certificates", "Certificates are read once an hour, with `--certificates`.", _certificate_rows()),
    ):
        lines += [f"## {title}", "", about, "", *_table(rows), ""]
    return "\n".join(lines).rstrip()


def _table(rows: Iterable[Row]) -> list[str]:
    body = [f"| `{name}` | {codes(labels)} | {about} |" for name, labels, about in rows]
    return ["| metric | labels | meaning |", "|---|---|---|", *body]


def _status_rows() -> list[Row]:
    from vcloudair_core.monitoring.gauge_collector import STATUS

    return [(name, ("collector",), about) for name, about, _ in STATUS]


def _vm_rows() -> list[Row]:
    from vcloudair_core.monitoring.vm_metrics import vm_families

    vm = {"id": "1", "name": "web1", "power": "on", "cpus": 1, "memory_mb": 1}
    return [(family.name, tuple(family.samples[0].labels), family.documentation) for family in vm_families([vm], {"1"})]


def _certificate_rows() -> list[Row]:
    from vcloudair_core.monitoring.certificate_expiry import ABOUT, LABELS, NAME

    return [(NAME, LABELS, ABOUT)]
