"""How an action is carried out, and how it is stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from vcloudair_core.errors import SpecError
from vcloudair_core.util.clock import Clock

STOP, CONTINUE, ROLL_BACK = "stop", "continue", "roll_back"
ON_ERROR = (STOP, CONTINUE, ROLL_BACK)
"""What to do after a failure. ``stop``: start nothing more; what is in progress is seen to its end. ``continue``: start
everything that does not depend on what failed. ``roll_back``: as ``stop``, then clean up a test and restore networks; a
failover cannot be rolled back, so that there it is the same as ``stop``."""
FAIL, START = "fail", "start"
ON_UNKNOWN = (FAIL, START)
LOST_GRACE_S = 90.0
"""A gateway gives up after 60 s as a rule, and the server behind it may be carrying the request out all the same."""


@dataclass(frozen=True)
class OperationOptions:
    """Options of an action. Times are in seconds.

    ``stuck_after``: a task without any change for this long is given up. ``verify_timeout``: how long the replication
    and the VM may take to show the result of the task. ``vm_timeout``: the most that one VM may take in all.
    ``on_error``: ``stop`` starts nothing more after a failure; what is in progress is seen to its end.
    ``lost_grace``: how long to look for a sign of an action that may or may not have been started.
    ``on_unknown``: what to do when there is none by then: ``fail`` (the verdict is ``unknown``) or ``start`` it again.
    ``cancel_on_stop``: ask the server to cancel the task of a VM that is given up. ``wait``: see what is started to its
    end; else its verdict is ``started`` as soon as the server has begun.
    """

    power_on: bool = True
    synchronize: bool = False
    max_concurrent: int = 20
    stuck_after: float = 600.0
    verify_timeout: float = 300.0
    vm_timeout: float | None = None
    on_error: str = CONTINUE
    lost_grace: float = LOST_GRACE_S
    on_unknown: str = FAIL
    cancel_on_stop: bool = False
    wait: bool = True

    def validate(self) -> None:
        """Raises SpecError."""
        if self.on_unknown not in ON_UNKNOWN:
            raise SpecError("on_unknown", f"{self.on_unknown!r} is not one of {', '.join(ON_UNKNOWN)}")
        for name in ("max_concurrent", "stuck_after", "verify_timeout", "vm_timeout", "lost_grace"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SpecError(name, f"{value} is not more than nothing")


class Stop:
    """A request, from a signal or another thread, to come to an end: nothing more is started or waited for.

    With ``cancel_tasks`` the server is asked to cancel what is under way; otherwise it goes on there.
    """

    _SLICE_S = 0.2

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason = ""
        self.cancel_tasks = False

    @property
    def is_requested(self) -> bool:
        return self._event.is_set()

    def request(self, reason: str, *, cancel_tasks: bool = False) -> None:
        """Ask. The first reason stays."""
        self.reason = self.reason or reason
        self.cancel_tasks = self.cancel_tasks or cancel_tasks
        self._event.set()

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep, but not on when a stop is asked for: a signal does not cut a sleep short by itself."""
        until = clock.now() + seconds
        while not self.is_requested and (left := until - clock.now()) > 0:
            clock.sleep(min(left, self._SLICE_S))
