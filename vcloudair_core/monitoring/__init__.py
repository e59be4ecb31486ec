"""Looking at a cloud again and again, and telling what is new: tasks that failed, tunnels that went down, and so on.

``checks`` say what there is, ``event_tracker`` makes events of what differs from the check before, ``monitor`` puts
them together, ``monitor_options`` reads what is to be watched. ``collector`` and ``exporter`` serve metrics.
"""

from __future__ import annotations

from vcloudair_core.monitoring.monitor import FATAL, Monitor, watchers
from vcloudair_core.monitoring.monitor_options import WATCHES, MonitorOptions, read_options

__all__ = ["FATAL", "WATCHES", "Monitor", "MonitorOptions", "read_options", "watchers"]
