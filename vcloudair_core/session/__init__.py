"""Sessions: sign-in, API calls and tasks.

This module also provides ``VCASession`` and ``VCAODSession``, because programs for vcloudair 0.5 import them from the
module ``session``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vcloudair_core.compat.sessions import VCAODSession, VCASession

__all__ = ["VCAODSession", "VCASession"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vcloudair_core.compat import sessions

    return getattr(sessions, name)


def __dir__() -> list[str]:
    return sorted(__all__)
