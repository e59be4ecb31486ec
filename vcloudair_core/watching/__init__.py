"""Looking at a cloud again and again, and telling what is new: tasks that failed, tunnels that went down, and so on.

``looks`` say what there is, ``tracker`` makes events of what differs from the look before, ``watcher`` puts them
together, ``options`` reads what is to be watched.
"""

from __future__ import annotations

from vcloudair_core.watching.options import WATCHES, Options, read_options
from vcloudair_core.watching.watcher import FATAL, Watcher, watchers

__all__ = ["FATAL", "WATCHES", "Options", "Watcher", "read_options", "watchers"]
