"""The command line ``vca``: thin commands over the client.

A plugin's command uses the same three things as the built-in ones::

    from vcloudair_core.cli import Invocation, connected, emit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.cli.invocation import Invocation, connected
    from vcloudair_core.cli.output import emit

__all__ = ["Invocation", "connected", "emit"]


def __getattr__(name: str) -> Any:
    if name in ("Invocation", "connected"):
        from vcloudair_core.cli import invocation

        return getattr(invocation, name)
    if name == "emit":
        from vcloudair_core.cli.output import emit

        return emit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
