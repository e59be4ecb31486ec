"""Convert metric names and units to Prometheus names and base units.

For example, ``cpu.usage.average`` becomes ``vca_vm_cpu_usage_average_ratio``.
"""

from __future__ import annotations

import re

from vcloudair_core.services.metrics.catalog import known_metrics

BASE = {
    "percent": ("ratio", 0.01),
    "MHz": ("hertz", 1e6),
    "KB": ("bytes", 1024.0),
    "KBps": ("bytes_per_second", 1024.0),
    "ms": ("seconds", 0.001),
    "s": ("seconds", 1.0),
    "W": ("watts", 1.0),
}
"""Prometheus unit for each metric unit, and the factor that converts values."""

PREFIX = "vca_vm"


def base_of(name: str, unit: str | None) -> tuple[str, str, float]:
    """Return the Prometheus name, base unit and conversion factor of a metric.

    The base unit is an empty string for counts and unknown units.
    """
    base_unit, factor = BASE.get(unit or "", ("", 1.0))
    separated = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    plain = re.sub(r"[^a-z0-9]+", "_", separated).strip("_")
    return "_".join(text for text in (PREFIX, plain, base_unit) if text), base_unit, factor


def help_of(name: str) -> str:
    """Return the description of a metric as a sentence for ``# HELP``."""
    known = known_metrics().get(name)
    return f"{known.meaning[:1].upper()}{known.meaning[1:]} ({name})." if known else f"{name} of the server."
