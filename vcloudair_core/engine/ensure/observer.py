"""Observer of the writes of one call of ``ensure``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.engine.kind import Store
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.errors import VcloudAirError


class WriteObserver:
    """Callbacks before and after each write. The default callbacks do nothing.

    The callbacks must not raise errors. Without a write, no callback is called.
    """

    def writing(self, store: Store, plan: Plan) -> None:
        """Callback right before a write, with the plan to write."""

    def wrote(self, written: bool | str, failure: VcloudAirError | None) -> None:
        """Callback after a write.

        ``written`` is True, False, or ``unknown`` if the response was lost. It covers all writes of the call so far.
        ``failure`` is the error of this write, or None.
        """
