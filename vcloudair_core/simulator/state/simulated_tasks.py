"""Simulated tasks.

A task ends after a number of polls and a time on the simulated clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

T = "application/vnd.vmware.vcloud."
OVER = ("success", "error", "canceled", "aborted")
LIFE = dt.timedelta(days=90)
"""Time after its start during which a task can be read.

Source: protocol/tasks.md §2.2.
"""


@dataclass(frozen=True)
class Owner:
    """The object that a task changes.

    ``path`` has the format ``/api/vApp/vapp-<uuid>``. It is empty for an object under ``/cloudapi``, which has only a
    ``urn``. Source: protocol/nsxt.md §1.2.
    """

    path: str
    name: str
    media_type: str
    urn: str = ""


@dataclass
class SimulatedTask:
    """A task that ends after at least ``polls`` polls and ``seconds`` seconds.

    The task is ``queued`` for the first ``delay_s`` seconds. If ``delay_s`` is 0, the task is ``queued`` until the
    first poll.
    """

    task_id: str
    org: str
    user: str
    owner: Owner
    operation: str
    operation_name: str
    started: float
    polls: int = 0
    seconds: float = 0.0
    canceled: float | None = None
    """Time at which the task was canceled, in seconds since 1970, or None."""
    poll_count: int = field(default=0)
    namespace: str = "com.vmware.vcloud"
    end_status: str = "success"
    error: dict[str, Any] = field(default_factory=dict)
    """Attributes of the Error element if the task fails."""
    progress: int | None = None
    """Progress in percent while the task runs. If None, ``progress_mode`` applies."""
    gone_after_polls: int | None = None
    """Number of polls after which the task cannot be read. None means no limit."""
    on_end: Callable[[str], None] | None = None
    """Function that is called once with the final status when the task has ended."""
    delay_s: float = 0.0
    on_start: Callable[[SimulatedTask], None] | None = None
    """Function that is called once after ``delay_s``, unless the task is canceled."""
    hidden_s: float = 0.0
    """Seconds after the start during which lists do not contain the task."""
    is_link_hidden: bool = False
    """True if the task cannot be read while lists do not contain the task."""
    details: str = ""
    """Text of the Details element.

    For a new static route of an NSX-T edge, the text is the ID of the route.
    """
    lock: str = ""
    """URN of the edge or VDC group that is busy while the task runs."""

    def status(self, now: float) -> str:
        """Return the status at a time in seconds since 1970.

        Source of the values: protocol/tasks.md §3.
        """
        if self.canceled is not None:
            return "canceled"
        if self.poll_count >= self.polls and now >= self.started + self.seconds:
            return self.end_status
        is_waiting = not self.poll_count if not self.delay_s else now < self.started + self.delay_s
        return "queued" if is_waiting else "running"

    def ended(self) -> float:
        """Return the actual or expected end of the task, in seconds since 1970."""
        return self.started + self.seconds if self.canceled is None else self.canceled

    def share(self, now: float) -> float:
        """Return the fraction of the duration that has elapsed, from 0 to 1.

        The fraction is 0.5 if the duration is unknown.
        """
        if not 0 < self.seconds < float("inf"):
            return 0.5
        begun, duration = self.started + self.delay_s, self.seconds - self.delay_s
        return min(1.0, max(0.0, (now - begun) / duration)) if duration > 0 else 0.5

    def is_hidden(self, now: float) -> bool:
        """Return True if lists do not contain the task yet."""
        return now < self.started + self.hidden_s
