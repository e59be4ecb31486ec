"""Options of DR actions, and the request to stop a run."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from vcloudair_core.errors import SpecError
from vcloudair_core.util.clock import Clock

STOP, CONTINUE, ROLL_BACK = "stop", "continue", "roll_back"
ON_ERROR = (STOP, CONTINUE, ROLL_BACK)
"""Policies after a failed operation.

``stop`` starts no more operations, and waits for the operations in progress. ``continue`` starts every operation that
does not depend on a failed operation. For a test, ``roll_back`` works like ``stop``, and then cleans up the test and
restores the networks. For a failover, ``roll_back`` works like ``stop``.
"""
LATEST = "latest"
FAIL, START = "fail", "start"
ON_UNKNOWN = (FAIL, START)
LOST_GRACE_S = 90.0
"""Default of ``lost_grace``, in seconds.

Gateways usually time out after 60 s, while the server still executes the request.
"""


@dataclass(frozen=True)
class OperationOptions:
    """Options of an action. Times are in seconds.

    Attributes:
        power_on: Power on the recovered VMs.
        synchronize: Transfer the newest data from the source first.
        point: The point in time to recover to: ``latest``, an ID, or a time in ISO 8601. A time selects the newest
            point in time that is not later.
        max_concurrent: The maximum number of VMs in progress at the same time.
        stuck_after: The operation fails if the task does not change for this time.
        verify_timeout: After the task has ended, the replication and the VM must show the result within this time.
        vm_timeout: The time limit for each attempt on a VM, or None for no limit.
        on_error: ``stop``, ``continue`` or ``roll_back``; see ON_ERROR.
        lost_grace: The time to search for a task or state that shows whether the action was started.
        on_unknown: The policy if that search finds nothing. ``fail`` sets the verdict ``unknown``, and ``start`` starts
            the action again.
        cancel_on_stop: Ask the server to cancel a task when the run stops waiting for the task.
        wait: Wait for the end of the actions. If false, the verdict is ``started`` when the server has started the
            action.
    """

    power_on: bool = True
    synchronize: bool = False
    point: str = LATEST
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
        """Raise SpecError if an option is invalid."""
        if self.on_unknown not in ON_UNKNOWN:
            raise SpecError("on_unknown", f"{self.on_unknown!r} is not one of {', '.join(ON_UNKNOWN)}")
        for name in ("max_concurrent", "stuck_after", "verify_timeout", "vm_timeout", "lost_grace"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SpecError(name, f"{value} must be greater than 0")


class Stop:
    """A request to stop a run of operations. Signal handlers and threads can set it.

    If ``cancel_tasks`` is true, the server is asked to cancel the tasks in progress. Otherwise, the tasks continue.
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
        """Request the stop. If the stop was already requested, keep the earlier reason."""
        self.reason = self.reason or reason
        self.cancel_tasks = self.cancel_tasks or cancel_tasks
        self._event.set()

    def sleep(self, clock: Clock, seconds: float) -> None:
        """Sleep for ``seconds``, or until a stop is requested.

        A signal interrupts the sleep only if its handler requests the stop.
        """
        until = clock.now() + seconds
        while not self.is_requested and (left := until - clock.now()) > 0:
            clock.sleep(min(left, self._SLICE_S))
