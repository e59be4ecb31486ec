"""What a flight is: a machine that something is under way for, who is told of it, and the words for how it can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vcloudair_core.errors import ApiError, BusyError, DecodeError, ServerError, TransportError, VcloudAirError
from vcloudair_core.services.dr.model import Reference, Replication, Result
from vcloudair_core.session.tasks import Task


@dataclass(frozen=True)
class Job:
    """A machine to bring over. What is None is as the options say.

    ``was_begun``: somebody (an earlier process of ours) meant to start the action, and may have: it is looked for first
    and only started when ``lost_grace_s`` has passed without any sign of it. ``task_href``: its task, if that is known.
    ``machines_before``: ids of the machines of that name before the action, None when nobody looked.
    """

    reference: Reference
    power_on: bool | None = None
    timeout_s: float | None = None
    was_begun: bool = False
    task_href: str = ""
    machines_before: frozenset[str] | None = None

    @property
    def key(self) -> str:
        return self.reference.href


class Watcher:
    """Told of what happens, possibly from several threads at a time. Does nothing; override what you need."""

    def starting(self, job: Job, group: Replication) -> None:
        """Right before the server is asked to begin. What this raises keeps the machine from being started."""

    def started(self, job: Job, task: Task | None) -> None:
        """The server was asked. ``task`` is None when the answer was lost."""

    def progressed(self, job: Job, task: Task) -> None:
        """The task has changed."""

    def ended(self, job: Job, result: Result) -> None:
        """The verdict is known."""


@dataclass
class Flight:
    """A machine that something is under way for. ``task`` is None when only the replication can tell."""

    job: Job
    result: Result
    began: float
    changed_at: float
    power_on: bool
    timeout_s: float | None
    group: Replication | None = None
    task: Task | None = None
    is_ours: bool = False
    is_already: bool = False
    is_verifying: bool = False
    verify_from: float = 0.0
    lost: VcloudAirError | None = None
    last: str = ""
    before: frozenset[str] | None = None
    wants_look: bool = field(default=False)
    """The replication is where the action leads: now for the machine."""


LOOK = "Look at the machine and its replication (`vca dr list`) before trying again."
MAYBE = "It may still be running at the server. Running the same action again waits for it and starts nothing twice."
GONE = "The replication says that it is there. If it was moved or renamed since, leave it out; else look for it."
HINTS: Mapping[str, str] = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Another action is under way. Wait for it, then run this again.",
    "AlreadyTestRecovered": "Clean the test up first, or leave it as it is.",
    "AlreadyRecovered": "It was failed over already.",
    "NotTestRecovered": "There is no test to clean up.",
}


def group_of(flight: Flight) -> Replication:
    """What was read of it last."""
    assert flight.group is not None
    return flight.group


def state_of(flight: Flight) -> str:
    """How it was when it was looked at last, in words."""
    return f"its task is {flight.task.status}" if flight.task is not None else flight.last


def may_have_begun(error: VcloudAirError) -> bool:
    """Whether a request that ended so may have been carried out."""
    if isinstance(error, TransportError):
        return error.may_have_executed
    return isinstance(error, (ServerError, DecodeError))


def is_passing(error: VcloudAirError) -> bool:
    """Trouble with one look, which says nothing of the action."""
    if isinstance(error, ApiError):
        return isinstance(error, BusyError) or error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, (TransportError, DecodeError))


def has_gone_wrong(group: Replication, action: str) -> bool:
    """Whether a replication says that an action of it failed."""
    word = group.recovery_state if action == "failover" else group.test_state
    return "error" in word.lower()


def next_step(group: Replication) -> str:
    """What to do about an obstacle."""
    if group.test_state.lower() in ("complete", "testerror", "cleanuperror"):
        return "Clean the test up first."
    return "Look at the replication (`vca dr list`)."
