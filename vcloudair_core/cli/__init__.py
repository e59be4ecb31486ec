"""The command line ``vca``: thin commands over the client.

A plugin's command uses the same three things as the built-in ones::

    from vcloudair_core.cli import Column, Invocation, connected
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.cli.display.table import Column
    from vcloudair_core.cli.invocation import Invocation, connected

__all__ = ["Column", "Invocation", "connected"]


def __getattr__(name: str) -> Any:
    if name in ("Invocation", "connected"):
        from vcloudair_core.cli import invocation

        return getattr(invocation, name)
    if name == "Column":
        from vcloudair_core.cli.display.table import Column

        return Column
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
