"""States of replications of DR 2.x. Source: protocol/dr.md §2.4, §6."""

from __future__ import annotations

from dataclasses import dataclass

from vcloudair_core.services.dr.model import CLEANUP, FAILOVER, TEST, Replication

RECOVERED_STATES = frozenset({"complete", "ok", "recovered"})
"""Values of RecoveryState after a failover.

No source documents which value a server returns. Source: protocol/dr.md §2.4.
"""

_NONE = frozenset({"", "none"})
_NOT_RECOVERED = frozenset({"", "none", "notstarted"})
_IDLE_STATES = {
    TEST: (_NONE, _NOT_RECOVERED),
    CLEANUP: (frozenset({"complete", "testerror", "cleanuperror"}), _NOT_RECOVERED),
    FAILOVER: (_NONE, _NOT_RECOVERED | {"error"}),
}
"""Values of TestRecoveryState and RecoveryState from which each action can start.

Source: protocol/dr.md §2.4, §6.
"""

_BUSY_STATES = frozenset({"recovering", "recovered"})
"""Values of ReplicationState that mean that an action is in progress or complete.

With one of these values, no action can start, even if TestRecoveryState and RecoveryState are idle.
"""

_ENDED_TESTS = ("complete", "testerror", "cleanuperror")
"""Values of TestRecoveryState that a cleanup resets."""

OPERATIONS = {TEST: "testfailover", CLEANUP: "testcleanup", FAILOVER: "failover"}
"""Names that the server's links use for the actions, in lower case."""


@dataclass(frozen=True)
class VrReplication(Replication):
    """A replication of DR 2.x."""

    @property
    def is_recovered(self) -> bool:
        return bool(self.recovered_at) or _normalized(self.recovery_state) in RECOVERED_STATES

    @property
    def needs_cleanup(self) -> bool:
        return self.test_state.lower() in _ENDED_TESTS

    def has_reached(self, action: str, before: str = "") -> bool:
        """Return True when the replication is in the target state of the action."""
        test = _normalized(self.test_state)
        if action == TEST:
            return test == "complete" and not self.is_recovered
        if action == CLEANUP:
            return test in ("", "none") and not self.is_recovered
        return self.is_recovered

    def is_in_progress(self, action: str) -> bool:
        """Return True when the action is in progress."""
        states = {TEST: self.test_state, CLEANUP: self.test_state, FAILOVER: self.recovery_state}
        expected = {TEST: "testinprogress", CLEANUP: "cleanupinprogress", FAILOVER: "inprogress"}
        return _normalized(states[action]) == expected[action]

    def has_error(self, action: str) -> bool:
        state = self.recovery_state if action == FAILOVER else self.test_state
        return "error" in state.lower()

    def blocking_reason(self, action: str) -> str:
        """Return the reason why the server refuses the action, or an empty string.

        Source: protocol/dr.md §6.
        """
        test, recovery = _normalized(self.test_state), _normalized(self.recovery_state)
        if "inprogress" in test or recovery == "inprogress":
            return f"another action is in progress (test: {self.test_state}, recovery: {self.recovery_state})"
        if self.is_recovered and action != FAILOVER:
            return "the VM was already failed over"
        if action == FAILOVER and test in _ENDED_TESTS:
            return f"an earlier test was not cleaned up (test: {self.test_state})"
        if action == TEST and test in _ENDED_TESTS[1:]:
            return f"an earlier test or cleanup failed and must be cleaned up first (test: {self.test_state})"
        return ""

    def why_not_idle(self, action: str) -> str:
        """Return the reason why the action cannot start now, or an empty string.

        An unknown state does not count as idle, because it may mean that an action is in progress. If the response has
        links that offer actions, one of them must offer this action. Source: protocol/dr.md §2.3, §2.4.
        """
        test, recovery = _normalized(self.test_state), _normalized(self.recovery_state)
        tests, recoveries = _IDLE_STATES[action]
        offered = {_normalized(operation) for operation in self.offered}
        if self.is_recovered or test not in tests or recovery not in recoveries:
            return f"a {action} cannot start in the current state of the replication ({self.described()})"
        if _normalized(self.state) in _BUSY_STATES:
            return f"the state of the replication is {self.state!r} ({self.described()})"
        if offered and OPERATIONS[action] not in offered:
            return f"the server does not offer a {action} now, only {', '.join(sorted(self.offered))}"
        if not (test or recovery or offered):
            return "the server does not return the state of the replication"
        return ""

    def described(self) -> str:
        """Return the state for messages, such as ``test none, recovery notStarted``."""
        test, recovery = self.test_state or "not returned", self.recovery_state or "not returned"
        return f"test {test}, recovery {recovery}"


def _normalized(value: str) -> str:
    """Return a value in lower case, without spaces, hyphens and underscores."""
    return "".join(character for character in value.casefold() if character.isalnum())
