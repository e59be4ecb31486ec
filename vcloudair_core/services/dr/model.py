"""What is known of a replication, what one may do with it, and what came of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcloudair_core.session.task_codec import Task

TEST, CLEANUP, FAILOVER = "test", "cleanup", "failover"
ACTIONS = (TEST, CLEANUP, FAILOVER)
UNKNOWN = "unknown"

DONE_WORDS = frozenset({"complete", "ok", "recovered"})
"""RecoveryState after a failover. Which word it is, no source tells. Source: protocol/dr.md §2.4."""

_NONE = frozenset({"", "none"})
_NOT_RECOVERED = frozenset({"", "none", "notstarted"})
_IDLE_WORDS = {
    TEST: (_NONE, _NOT_RECOVERED),
    CLEANUP: (frozenset({"complete", "testerror", "cleanuperror"}), _NOT_RECOVERED),
    FAILOVER: (_NONE, _NOT_RECOVERED | {"error"}),
}
"""TestRecoveryState and RecoveryState from which an action may be started. Source: protocol/dr.md §2.4, §6."""

_BUSY_STATES = frozenset({"recovering", "recovered"})
"""Words of ReplicationState that contradict an idle TestRecoveryState and RecoveryState."""

OPERATIONS = {TEST: "testfailover", CLEANUP: "testcleanup", FAILOVER: "failover"}
"""How the links of the server name each action, in lower case."""


@dataclass(frozen=True)
class Reference:
    """An entry of the list. ``href`` is opaque: nothing is made of its parts but the id. Source: protocol/dr.md §2."""

    href: str
    name: str = ""

    @property
    def id(self) -> str:
        """The last 36 characters, a UUID: what the original SDK has as its key."""
        return self.href.rstrip("/")[-36:]

    def answers_to(self, name: str) -> bool:
        """Whether somebody may mean it by that: the name of its VM, its id (UUID) or its link."""
        return name in (self.name, self.href) or self.id == name.casefold()


@dataclass(frozen=True)
class RecoveryDetails:
    """What a VDC is enabled for; None where the server does not say. Source: protocol/dr.md §2.5."""

    allows_test: bool | None
    allows_failover: bool | None

    def allows(self, action: str) -> bool | None:
        """Whether the VDC takes the action. A clean-up needs no leave."""
        return {TEST: self.allows_test, FAILOVER: self.allows_failover}.get(action, True)


@dataclass(frozen=True)
class PointInTime:
    """A finished transfer. ``seconds`` and ``size_bytes`` are None where the server does not say."""

    id: str
    started: datetime | None
    seconds: int | None
    size_bytes: int | None


@dataclass(frozen=True)
class Replication:
    """A VM that is replicated into the cloud. Words are the server's; an absent one is empty.

    ``offered``: the operations that the server offers now, as its links name them (``testFailover``, ``failover``);
    empty where it shows none. ``tasks``: what runs on it, where the server shows that in it. ``server_time``: when it
    was read, in seconds since 1970 by the clock of the server. Source: protocol/dr.md §2.3.
    """

    id: str
    name: str
    href: str
    rpo_minutes: int | None
    state: str
    is_paused: bool
    violation_minutes: int
    test_state: str
    recovery_state: str
    recovered_at: str
    placeholder_vapp_id: str
    points: tuple[PointInTime, ...] = ()
    offered: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    server_time: float | None = None

    @property
    def last_sync(self) -> datetime | None:
        """When the newest transfer began."""
        return max((one.started for one in self.points if one.started is not None), default=None)

    @property
    def is_recovered(self) -> bool:
        return bool(self.recovered_at) or _plain(self.recovery_state) in DONE_WORDS

    def has_come_to(self, action: str) -> bool:
        """Whether the replication is where the action leads."""
        test = _plain(self.test_state)
        if action == TEST:
            return test == "complete" and not self.is_recovered
        if action == CLEANUP:
            return test in ("", "none") and not self.is_recovered
        return self.is_recovered

    def is_under_way_to(self, action: str) -> bool:
        """Whether somebody has started the action already, and it is not over."""
        words = {TEST: self.test_state, CLEANUP: self.test_state, FAILOVER: self.recovery_state}
        wanted = {TEST: "testinprogress", CLEANUP: "cleanupinprogress", FAILOVER: "inprogress"}
        return _plain(words[action]) == wanted[action]

    def obstacle(self, action: str) -> str:
        """Why the action would be refused, or nothing. Source: protocol/dr.md §6."""
        test, recovery = _plain(self.test_state), _plain(self.recovery_state)
        if "inprogress" in test or recovery == "inprogress":
            return f"another action is under way (test: {self.test_state}, recovery: {self.recovery_state})"
        if self.is_recovered and action != FAILOVER:
            return "it was failed over already"
        known_tests = ("complete", "testerror", "cleanuperror")
        if action == FAILOVER and test in known_tests:
            return f"a test of it was not cleaned up (test: {self.test_state})"
        if action == TEST and test in known_tests[1:]:
            return f"an earlier test or clean-up went wrong and has to be cleaned up first (test: {self.test_state})"
        return ""

    def why_not_idle(self, action: str) -> str:
        """Return why this is not a known idle state for the action, or nothing when the action may be started.

        Only known words count: any other one may mean that something is in progress. Where the server shows links, the
        one of the action has to be among them. Source: protocol/dr.md §2.3, §2.4.
        """
        test, recovery = _plain(self.test_state), _plain(self.recovery_state)
        tests, recoveries = _IDLE_WORDS[action]
        offered = {_plain(one) for one in self.offered}
        if self.is_recovered or test not in tests or recovery not in recoveries:
            return f"its state is not one that a {action} can start from ({self.described()})"
        if _plain(self.state) in _BUSY_STATES:
            return f"its replication is {self.state!r} ({self.described()})"
        if offered and OPERATIONS[action] not in offered:
            return f"the server does not offer a {action} for it now, only {', '.join(sorted(self.offered))}"
        if not (test or recovery or offered):
            return "the server does not show its state"
        return ""

    def described(self) -> str:
        """The state in words, for messages."""
        test, recovery = self.test_state or "not told", self.recovery_state or "not told"
        return f"test {test}, recovery {recovery}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, times in ISO 8601."""
        synced = self.last_sync
        return {
            "id": self.id,
            "name": self.name,
            "href": self.href,
            "state": self.state,
            "test_state": self.test_state,
            "recovery_state": self.recovery_state,
            "recovered_at": self.recovered_at,
            "is_recovered": self.is_recovered,
            "is_paused": self.is_paused,
            "rpo_minutes": self.rpo_minutes,
            "rpo_violation_minutes": self.violation_minutes,
            "last_sync": synced.isoformat() if synced else None,
            "points_in_time": len(self.points),
        }


@dataclass
class Result:
    """What came of an action on one VM.

    ``verdict``: ``succeeded`` (as the server shows), ``unchanged`` (nothing was to do), ``failed``, ``planned``
    (check mode), ``started`` (nobody waits for its end), ``skipped`` (something stopped the run before it), or
    ``unknown`` (the action may or may not have been started: it is not started again before somebody decides).
    ``seconds`` is from the request to the verdict. ``last_sync``: when the newest data that there was had been taken,
    in ISO 8601. ``request_id``: of the answer that it failed with, for the provider. ``vm``: the recovered VM (``id``,
    ``href``, ``name``, ``status``, ``vapp``, ``vapp_href``, ``vdc``, ``vdc_href``, ``addresses``), where one was seen.
    ``is_repeatable``: the server says that nothing of this attempt is under way, so that another one may follow.
    """

    id: str
    name: str
    action: str
    verdict: str = ""
    reason: str = ""
    hint: str = ""
    seconds: float | None = None
    task: dict[str, Any] = field(default_factory=dict)
    last_sync: str = ""
    request_id: str = ""
    vm: dict[str, Any] = field(default_factory=dict)
    is_repeatable: bool = field(default=False, repr=False)

    @property
    def changed(self) -> bool:
        return self.verdict in ("succeeded", "started", "planned")

    @property
    def is_failed(self) -> bool:
        return self.verdict in ("failed", "skipped", UNKNOWN)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        seconds = round(self.seconds, 1) if self.seconds is not None else None
        shown = {name: value for name, value in vars(self).items() if name != "is_repeatable"}
        return {**shown, "seconds": seconds, "changed": self.changed}


def _plain(word: str) -> str:
    """Return a word of the server as it is compared: without case, blanks, hyphens and underscores."""
    return "".join(sign for sign in word.casefold() if sign.isalnum())
