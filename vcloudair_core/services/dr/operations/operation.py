"""An action on one machine in progress: its state, who is told of it, and the words for how it can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.errors import ApiError, BusyError, DecodeError, TransportError, VcloudAirError, sentences
from vcloudair_core.services.dr.model import Reference, Replication, Result
from vcloudair_core.services.dr.operations.intents import IntentRecord
from vcloudair_core.services.dr.operations.start_evidence import Intent
from vcloudair_core.session.tasks import Task


@dataclass(frozen=True)
class OperationRequest:
    """A machine to bring over. What is None is as the options say.

    ``was_begun``: an earlier process of the same run meant to start the action, and may have: it is looked for, and
    never started again without a decision. ``task_href``: its task, if that is known. ``machines_before``: ids of the
    machines of that name before the action, None when nobody looked. ``intent_at``: seconds since 1970 when the
    intent was noted, by the clock of the server when ``is_server_time``. ``known_tasks``: tasks of earlier attempts.
    ``state_before``: words of the replication before it. ``start_again``: somebody decided that it may be started
    again when there is no sign of it.
    """

    reference: Reference
    power_on: bool | None = None
    timeout_s: float | None = None
    was_begun: bool = False
    task_href: str = ""
    machines_before: frozenset[str] | None = None
    intent_at: float = 0.0
    is_server_time: bool = False
    known_tasks: frozenset[str] = frozenset()
    state_before: str | None = None
    start_again: bool = False

    @property
    def key(self) -> str:
        return self.reference.href


class OperationObserver:
    """Told of what happens, possibly from several threads at a time. Does nothing; override what you need."""

    def starting(self, job: OperationRequest, group: Replication) -> None:
        """Right before the server is asked to begin. What this raises ends everything: nothing is sent then."""

    def started(self, job: OperationRequest, task: Task | None) -> None:
        """The server was asked. ``task`` is None when the answer was lost; it may be found, and told of, later."""

    def not_started(self, job: OperationRequest, reason: str, *, is_repeated: bool) -> None:
        """The server refused the request, or was not reached: nothing of it was carried out.

        ``is_repeated``: it is sent again, as part of the same attempt.
        """

    def progressed(self, job: OperationRequest, task: Task) -> None:
        """The task has changed."""

    def ended(self, job: OperationRequest, result: Result) -> None:
        """The verdict is known."""


@dataclass
class Operation:
    """A machine that something is under way for. ``task`` is None when only the replication can tell.

    ``is_pending``: it is to be begun at the next look. ``wants_start``: only the tasks of the org may speak against it.
    ``waits_for_idle``: its state is not one to start from.
    ``refusal``: why the server refused it as in progress or complete; then the action of somebody else is watched.
    ``intent``: set as soon as the action may have been started. ``had_task``: its task was known once.
    ``has_run``: its replication was seen in progress. ``error_before``: it may have shown an error before the action.
    ``is_inherited``: another run or process may have started it. ``cleared_at``: the intent that is started again.
    ``earlier``: the intent of a request that was refused ``refused`` times because the session was over.
    """

    job: OperationRequest
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
    record: IntentRecord = field(default_factory=IntentRecord)
    lock: Any = None
    intent: Intent | None = None
    is_pending: bool = False
    wants_start: bool = False
    waits_for_idle: bool = False
    refusal: str = ""
    had_task: bool = False
    has_run: bool = False
    error_before: bool = False
    is_inherited: bool = False
    cleared_at: float | None = None
    refused: int = 0
    earlier: Intent | None = None

    def release(self) -> None:
        """Let go of the lock of its replication."""
        lock, self.lock = self.lock, None
        if lock is not None:
            lock.release()

    @property
    def wants_evidence(self) -> bool:
        """Whether tasks are looked for that tell of it."""
        is_in_doubt = self.intent is not None or self.waits_for_idle or bool(self.refusal)
        return is_in_doubt and self.task is None and not self.is_verifying and not self.is_pending


LOOK = "Look at the machine and its replication (`vca dr list`) before trying again."
MAYBE = "It may still be running at the server. Running the same action again waits for it and starts nothing twice."
DECIDE = (
    "Check the VM in the cloud. If its action was not started, run `vca dr resume --start-again {name}`; to look for "
    "it once more, run `vca dr resume`."
)
SIGN_IN = "Sign in again, then run this again."
NOT_IDLE = "Check what is in progress for it (`vca dr list`), and run this again when that is over."
GONE = "The replication says that it is there. If it was moved or renamed since, leave it out; else look for it."
HINTS: Mapping[str, str] = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Another action is under way. Wait for it, then run this again.",
    "AlreadyTestRecovered": "Clean the test up first, or leave it as it is.",
    "AlreadyRecovered": "It was failed over already.",
    "NotTestRecovered": "There is no test to clean up.",
}


def group_of(flight: Operation) -> Replication:
    """What was read of it last."""
    assert flight.group is not None
    return flight.group


def state_of(flight: Operation) -> str:
    """How it was when it was looked at last, in words."""
    return f"its task is {flight.task.status}" if flight.task is not None else flight.last


def may_have_begun(error: VcloudAirError) -> bool:
    """Return False only when a request that ended so was provably not carried out.

    That is when it was not sent, or when the API itself refused it. An answer of something in front of the API may
    come after the request was forwarded. Source: protocol/dr.md §3.4.
    """
    if isinstance(error, TransportError):
        return error.may_have_executed
    if isinstance(error, ApiError):
        is_refusal = error.status == 0 or (400 <= error.status < 500 and error.status not in (408, 499))
        return not is_refusal or error.is_from_gateway
    return isinstance(error, DecodeError)


def words_of(error: VcloudAirError) -> str:
    """Return what an error says, for the middle of a sentence and without its hint."""
    return sentences(error.message, error.context).rstrip(".")


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
