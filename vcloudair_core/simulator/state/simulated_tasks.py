"""Simulated tasks, which end after polls or after time on the virtual clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

T = "application/vnd.vmware.vcloud."
OVER = ("success", "error", "canceled", "aborted")
LIFE = dt.timedelta(days=90)
"""Time for which a task can be read. Source: protocol/tasks.md §2.2."""


@dataclass(frozen=True)
class Owner:
    """The entity that a task changes.

    The path has the format ``/api/vApp/vapp-<uuid>``.
    """

    path: str
    name: str
    media_type: str


@dataclass
class SimulatedTask:
    """A task, which ends after ``polls`` polls and ``seconds`` seconds.

    The task is ``queued`` for the first ``delay_s`` of these seconds.
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
    """Time of the cancellation in seconds since 1970, or None."""
    poll_count: int = field(default=0)
    namespace: str = "com.vmware.vcloud"
    end_status: str = "success"
    error: dict[str, Any] = field(default_factory=dict)
    """Attributes of the Error of a failed task."""
    progress: int | None = None
    """Progress in percent while the task runs. None applies ``progress_mode``."""
    gone_after_polls: int | None = None
    """Number of polls after which the task cannot be read. None means no limit."""
    on_end: Callable[[str], None] | None = None
    """Function that is called once with the final status, after the task has ended."""
    delay_s: float = 0.0
    on_start: Callable[[SimulatedTask], None] | None = None
    """Function that is called once after the delay, unless the task is canceled."""
    hidden_s: float = 0.0
    """Seconds for which lists do not contain the task."""
    is_link_hidden: bool = False
    """True if the link of the task fails while lists do not contain the task."""

    def status(self, now: float) -> str:
        """Return the status at the time ``now``.

        Source of the values: protocol/tasks.md §3.
        """
        if self.canceled is not None:
            return "canceled"
        if self.poll_count >= self.polls and now >= self.started + self.seconds:
            return self.end_status
        is_waiting = not self.poll_count if not self.delay_s else now < self.started + self.delay_s
        return "queued" if is_waiting else "running"

    def ended(self) -> float:
        """Return the end time of a task that has ended, in seconds since 1970."""
        return self.started + self.seconds if self.canceled is None else self.canceled

    def share(self, now: float) -> float:
        """Return the elapsed fraction of the duration (0 to 1).

        If the duration is unknown, return 0.5.
        """
        if not 0 < self.seconds < float("inf"):
            return 0.5
        begun, duration = self.started + self.delay_s, self.seconds - self.delay_s
        return min(1.0, max(0.0, (now - begun) / duration)) if duration > 0 else 0.5

    def is_hidden(self, now: float) -> bool:
        """Return True if the task is accepted but not visible yet."""
        return now < self.started + self.hidden_s
