"""A task of a simulated cloud: it ends after some polls, some seconds of the virtual clock, or at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

T = "application/vnd.vmware.vcloud."
OVER = ("success", "error", "canceled", "aborted")
LIFE = dt.timedelta(days=90)
"""Time that a task can be looked at. Source: protocol/tasks.md §2.2."""


@dataclass(frozen=True)
class Owner:
    """Object that a task works on. ``path`` is below the API's root: ``/api/vApp/vapp-<uuid>``."""

    path: str
    name: str
    media_type: str


@dataclass
class SimulatedTask:
    """One task. It is over when it was looked at ``polls`` times and ``seconds`` have passed.

    It stays ``queued`` for the first ``delay_s`` of these seconds.
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
    cancelled: float | None = None
    """When somebody cancelled it."""
    looks: int = field(default=0)
    namespace: str = "com.vmware.vcloud"
    end_status: str = "success"
    error: dict[str, Any] = field(default_factory=dict)
    """Attributes of the Error of a task that fails."""
    progress: int | None = None
    """Percent while it runs; by default what ``progress_mode`` says."""
    gone_after_looks: int | None = None
    """It cannot be seen any more once it was looked at so often."""
    on_end: Callable[[str], None] | None = None
    """Called once, with the last status, when the task is over."""
    delay_s: float = 0.0
    on_start: Callable[[SimulatedTask], None] | None = None
    """Called once, when the delay is over, unless the task was canceled before."""
    hidden_s: float = 0.0
    """Seconds for which no list shows it."""
    is_link_hidden: bool = False
    """The task cannot be read by its link either while no list shows it."""

    def status(self, now: float) -> str:
        """One of the words of protocol/tasks.md §3."""
        if self.cancelled is not None:
            return "canceled"
        if self.looks >= self.polls and now >= self.started + self.seconds:
            return self.end_status
        is_waiting = not self.looks if not self.delay_s else now < self.started + self.delay_s
        return "queued" if is_waiting else "running"

    def ended(self) -> float:
        """When it was over, of one that is."""
        return self.started + self.seconds if self.cancelled is None else self.cancelled

    def share(self, now: float) -> float:
        """Return the share of its time that is over, from 0 to 1; half where nobody knows how long it takes."""
        if not 0 < self.seconds < float("inf"):
            return 0.5
        begun, duration = self.started + self.delay_s, self.seconds - self.delay_s
        return min(1.0, max(0.0, (now - begun) / duration)) if duration > 0 else 0.5

    def is_hidden(self, now: float) -> bool:
        """Return whether the task was accepted and is not yet visible."""
        return now < self.started + self.hidden_s
