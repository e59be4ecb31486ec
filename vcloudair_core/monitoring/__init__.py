"""Event polling (failed tasks, tunnels that are down) and a metrics exporter.

``checks`` reads the current state. ``event_tracker`` turns differences from the previous check into events. ``monitor``
runs both, and ``monitor_options`` parses the options. ``collector`` and ``exporter`` serve metrics. These two modules
are imported at first use, because they need the extra ``metrics``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vcloudair_core.monitoring.monitor import FATAL, Monitor, create_monitors
from vcloudair_core.monitoring.monitor_options import CHECK_NAMES, MonitorOptions, read_options

if TYPE_CHECKING:
    from vcloudair_core.monitoring.collector import Collector, registry_of
    from vcloudair_core.monitoring.exporter import ExporterServer

__all__ = [
    "CHECK_NAMES",
    "FATAL",
    "Collector",
    "ExporterServer",
    "Monitor",
    "MonitorOptions",
    "create_monitors",
    "read_options",
    "registry_of",
]
_LAZY = {"Collector": "collector", "registry_of": "collector", "ExporterServer": "exporter"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
