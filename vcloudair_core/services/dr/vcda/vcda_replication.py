"""States of replications of VCDA. Source: protocol/vcda.md §3, §4.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from vcloudair_core.services.dr.model import (
    CLEANUP,
    FAILBACK,
    FAILOVER,
    MIGRATE,
    PAUSE,
    RECOVERIES,
    RESUME,
    REVERSE,
    SYNC,
    TEST,
    Reference,
    Replication,
)

NOT_STARTED, IN_PROGRESS, TESTED, COMPLETE = "NOT_STARTED", "IN_PROGRESS", "TEST", "COMPLETE"

_STATES: Mapping[str, tuple[str, ...]] = {
    TEST: (NOT_STARTED,),
    CLEANUP: (TESTED,),
    FAILOVER: (NOT_STARTED,),
    MIGRATE: (NOT_STARTED,),
    FAILBACK: (NOT_STARTED,),
    REVERSE: (COMPLETE,),
    PAUSE: (NOT_STARTED, TESTED),
    RESUME: (NOT_STARTED, TESTED),
    SYNC: (NOT_STARTED, TESTED),
}
"""Values of ``recoveryState`` from which each action can start."""

_SHOWN_BY: Mapping[str, str] = {SYNC: "latestInstance", PAUSE: "isPaused", RESUME: "isPaused"}
"""Fields that show the results of actions.

For all other actions, the field is ``recoveryState``."""

WORKFLOWS: Mapping[str, str] = {
    "failovertest": TEST,
    "failovertestcleanup": CLEANUP,
    "failover": FAILOVER,
    "migrate": MIGRATE,
    "reverse": REVERSE,
    "pause": PAUSE,
    "resume": RESUME,
    "sync": SYNC,
}
"""Actions by workflow type in lower case.

All types except ``sync`` are inferred. Source: protocol/vcda.md §5.
"""


@dataclass(frozen=True)
class VcdaReference(Reference):
    """A reference to a VCDA replication.

    Attributes:
        vapp_id: The ID of the vApp replication.
        vapp_name: The name of the vApp at the source.
        is_incoming: True if the destination is the site of this client.
        is_reversed: True if the replication runs back to the original site of the VM.
    """

    vapp_id: str = ""
    vapp_name: str = ""
    is_incoming: bool = True
    is_reversed: bool = False


@dataclass(frozen=True, kw_only=True)
class VcdaReplication(Replication):
    """A replication of VCDA.

    Attributes:
        source_site, destination_site: The names of the sites.
        source_org, destination_org: The names of the orgs.
        local_site: The name of the site of this client, or an empty string.
        destination_vdc_id, destination_vdc: The UUID and name of the target VDC.
        vapp_id: The ID of the vApp replication.
        is_reversed: True if the replication runs back to the original site of the VM.
        vm_id: The UUID of the recovered VM, or an empty string.
        recovered_vapp_id: The UUID of the recovered vApp, or an empty string.
        engine: The state of the data transfer, such as ``idle``.
        connection: The state of the data connection, such as ``OK``.
        last_error: The code and message of the last error, or an empty string.
        running: The action of the task in progress, or an empty string if it is unknown.
        omitted: The names of the fields with results that the server omits. A field that is null is not omitted.
    """

    source_site: str = ""
    destination_site: str = ""
    source_org: str = ""
    destination_org: str = ""
    local_site: str = ""
    destination_vdc_id: str = ""
    destination_vdc: str = ""
    vapp_id: str = ""
    is_reversed: bool = False
    recovered_vapp_id: str = ""
    engine: str = ""
    connection: str = ""
    last_error: str = ""
    running: str = ""
    omitted: frozenset[str] = frozenset()

    names_vm: ClassVar[bool] = True

    @property
    def is_incoming(self) -> bool:
        """True unless the destination is known to be another site."""
        return not self.local_site or self.destination_site in ("", self.local_site)

    @property
    def is_recovered(self) -> bool:
        return self.recovery_state == COMPLETE

    @property
    def needs_cleanup(self) -> bool:
        return self.recovery_state == TESTED

    @property
    def target_vdc_id(self) -> str:
        return self.destination_vdc_id.casefold()

    @property
    def is_busy(self) -> bool:
        return self.recovery_state == IN_PROGRESS

    @property
    def omits_vm_id(self) -> bool:
        return "vcdVmId" in self.omitted

    @property
    def _is_sent_back(self) -> bool:
        """True if the replication runs from the site of this client to the original site."""
        return self.is_reversed and not self.is_incoming

    def has_reached(self, action: str, before: str = "") -> bool:
        """Return True when the replication is in the target state of the action.

        A synchronization has no target state. It is complete when a new instance exists. After the action ``reverse``,
        a replication is in its initial state. A replication that was never failed over is in the same state, so it has
        also reached the target state of ``reverse``: it protects the VM where it runs.
        """
        state = self.recovery_state
        if action == TEST:
            return state == TESTED
        if action in (CLEANUP, REVERSE):
            return state == NOT_STARTED
        if action in (FAILOVER, MIGRATE):
            return state == COMPLETE and not self._is_sent_back
        if action == FAILBACK:
            return state == COMPLETE and self.is_reversed
        if action in (PAUSE, RESUME):
            return self.is_paused is (action == PAUSE) and "isPaused" not in self.omitted
        return bool(before and self._newest) and self._newest not in before

    def is_in_progress(self, action: str) -> bool:
        """Return True when the task in progress is that of the action."""
        return bool(self.running) and self.running == (MIGRATE if action == FAILBACK else action)

    def has_error(self, action: str) -> bool:
        """Return False. In VCDA, only the task shows that an action failed."""
        return False

    def blocking_reason(self, action: str) -> str:
        """Return the reason why the server refuses the action, or an empty string.

        Source: protocol/vcda.md §4.3.
        """
        state = self.recovery_state
        if state == IN_PROGRESS or self.running:
            return f"another action is in progress ({self.described()})"
        if action in (FAILOVER, MIGRATE) and self._is_sent_back:
            return f"the replication runs back to site {self.destination_site}, which needs the action {FAILBACK!r}"
        if action == FAILBACK and not self.is_reversed:
            return f"the replication does not run back to its original site, so {REVERSE} it first"
        if action in (FAILOVER, MIGRATE, FAILBACK, REVERSE) and state == TESTED:
            return f"an earlier test was not cleaned up (recovery: {state})"
        if state == COMPLETE and action not in (REVERSE, FAILOVER, MIGRATE, FAILBACK):
            return "the VM was already failed over"
        if action == SYNC and self.is_paused:
            return "the replication is paused"
        return ""

    def why_not_idle(self, action: str) -> str:
        """Return the reason why the action cannot start now, or an empty string."""
        if not self.recovery_state:
            return "the server does not return the state of the replication"
        if self.recovery_state not in _STATES[action]:
            return f"a {action} cannot start in the current state of the replication ({self.described()})"
        return ""

    def why_not_known(self, action: str) -> str:
        """Return the reason why the replication cannot show the result of the action.

        Return an empty string if it shows the result. A paired site with an older version can omit fields. Source:
        protocol/vcda.md §1.
        """
        field = _SHOWN_BY.get(action, "recoveryState")
        if action in RECOVERIES and self.has_reached(action):
            field = "vcdVmId"
        return f"the server omits {field!r} of the replication" if field in self.omitted else ""

    def described(self) -> str:
        """Return the state for messages, such as ``recovery NOT_STARTED, paused``."""
        shown = [f"recovery {self.recovery_state or 'not returned'}"]
        shown += ["paused"] if self.is_paused else []
        shown += [f"{self.source_site} to {self.destination_site}"] if self.is_reversed else []
        shown += [f"task {self.running}"] if self.running else []
        shown += [self._newest] if self._newest else []
        shown += [f"error {self.last_error}"] if self.last_error else []
        return ", ".join(shown)

    @property
    def _newest(self) -> str:
        """Return the time or ID of the newest instance, for messages."""
        if not self.points:
            return ""
        point = self.points[0]
        return f"data of {point.started.isoformat()}" if point.started is not None else f"instance {point.id}"

    def as_dict(self) -> dict[str, Any]:
        """Return the replication as JSON types, with times in ISO 8601."""
        return {
            **super().as_dict(),
            "source_site": self.source_site,
            "destination_site": self.destination_site,
            "vapp": self.vapp_name,
            "vapp_id": self.vapp_id,
            "vdc": self.destination_vdc,
            "is_reversed": self.is_reversed,
            "is_incoming": self.is_incoming,
            "last_error": self.last_error,
        }
