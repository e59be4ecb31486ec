"""Poll a cloud for events, such as failed tasks and tunnels that went down, and serve its metrics.

``checks`` read the current state, ``event_tracker`` makes events of the differences from the check before, ``monitor``
puts them together, and ``monitor_options`` reads what to monitor. ``collector`` and ``exporter`` serve metrics; they
are imported at first use, since they need the extra ``metrics``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vcloudair_core.monitoring.monitor import FATAL, Monitor, watchers
from vcloudair_core.monitoring.monitor_options import WATCHES, MonitorOptions, read_options

if TYPE_CHECKING:
    from vcloudair_core.monitoring.collector import Collector, registry_of
    from vcloudair_core.monitoring.exporter import ExporterServer

__all__ = [
    "FATAL",
    "WATCHES",
    "Collector",
    "ExporterServer",
    "Monitor",
    "MonitorOptions",
    "read_options",
    "registry_of",
    "watchers",
]
_LAZY = {"Collector": "collector", "registry_of": "collector", "ExporterServer": "exporter"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
