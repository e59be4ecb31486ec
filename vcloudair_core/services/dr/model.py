"""Data classes of disaster recovery: replications and results of actions."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from vcloudair_core.session.task_codec import Task

TEST, CLEANUP, FAILOVER = "test", "cleanup", "failover"
MIGRATE, REVERSE, FAILBACK = "migrate", "reverse", "failback"
PAUSE, RESUME, SYNC = "pause", "resume", "sync"
ACTIONS = (TEST, CLEANUP, FAILOVER, MIGRATE, REVERSE, FAILBACK, PAUSE, RESUME, SYNC)
RECOVERIES = (TEST, FAILOVER, MIGRATE, FAILBACK)
"""Actions that create a VM."""
UNKNOWN = "unknown"

_VCDA_ID = re.compile(r"[A-Z][A-Z0-9]*-[0-9A-Fa-f-]{36}\Z")


@dataclass(frozen=True)
class Reference:
    """An entry in a list of replications or VDCs.

    The path of ``href`` is not interpreted, except for the ID at its end. ``vapp_href`` is the link of the replication
    of the vApp, if the API has one. Its tasks apply to all VMs of the vApp. Source: protocol/dr.md §2, protocol/vcda.md
    §3.
    """

    href: str
    name: str = ""
    vapp_href: str = ""

    @property
    def id(self) -> str:
        """Return the UUID at the end of the link, which vcloudair 0.5 uses as the key.

        An ID of VCDA also has a prefix, such as ``C4-``. Source: protocol/vcda.md §3.
        """
        last = self.href.rstrip("/").rpartition("/")[2]
        return last if _VCDA_ID.match(last) else self.href.rstrip("/")[-36:]

    def matches(self, name: str) -> bool:
        """Return True if ``name`` is the VM name, or the UUID or link of the replication."""
        return name in (self.name, self.href) or self.id.casefold() == name.casefold()


@dataclass(frozen=True)
class RecoveryDetails:
    """The actions for which a VDC is enabled. None means unknown.

    Source: protocol/dr.md §2.5.
    """

    allows_test: bool | None
    allows_failover: bool | None

    def allows(self, action: str) -> bool | None:
        """Return True if the VDC allows the action, or None if this is unknown.

        A cleanup is always allowed.
        """
        return {TEST: self.allows_test, FAILOVER: self.allows_failover}.get(action, True)


@dataclass(frozen=True)
class PointInTime:
    """A completed data transfer. Values that the server does not return are None."""

    id: str
    started: datetime | None
    seconds: int | None
    size_bytes: int | None
    is_pinned: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the point in time as JSON types, with its time in ISO 8601."""
        return {**vars(self), "started": self.started.isoformat() if self.started else None}


@dataclass(frozen=True)
class Replication(ABC):
    """A replication of a VM into the cloud.

    Each DR API has a subclass that interprets its states.

    States are the strings that the server returns, or an empty string if the server returns none.

    Attributes:
        offered: The operations that the links of the response offer now, such as ``testFailover`` or ``failover``. It
            is empty if the response has no links.
        tasks: The tasks in progress, if the server returns them.
        server_time: The server time of the response, in seconds since 1970.
        vm_id: The UUID of the recovered VM, if the server returns it.
        vapp_name: The name of the vApp at the source, if the server returns it.

    Source: protocol/dr.md §2.3.
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
    vm_id: str = ""
    vapp_name: str = ""

    names_vm: ClassVar[bool] = False
    """True if ``vm_id`` identifies the recovered VM.

    Otherwise, its name and vApp identify it.
    """

    @property
    def last_sync(self) -> datetime | None:
        """Return the start time of the newest transfer, or None."""
        return max((point.started for point in self.points if point.started is not None), default=None)

    @property
    @abstractmethod
    def is_recovered(self) -> bool:
        """True if the VM was failed over."""

    @property
    @abstractmethod
    def needs_cleanup(self) -> bool:
        """True if a test has ended and was not cleaned up."""

    @property
    def target_vdc_id(self) -> str:
        """UUID of the target VDC in lower case.

        It is empty if the server does not return it.
        """
        return ""

    @property
    def omits_vm_id(self) -> bool:
        """True if the API identifies VMs by ID, but the server omits the ID."""
        return False

    @property
    def is_busy(self) -> bool:
        """True if an action is in progress, but the state does not show which one."""
        return False

    @abstractmethod
    def has_reached(self, action: str, before: str = "") -> bool:
        """Return True when the replication is in the target state of the action.

        ``before`` is the result of :meth:`described` before the action, or an empty string if it is unknown.
        """

    @abstractmethod
    def is_in_progress(self, action: str) -> bool:
        """Return True when the action is in progress."""

    @abstractmethod
    def has_error(self, action: str) -> bool:
        """Return True when the replication shows that the action failed."""

    @abstractmethod
    def blocking_reason(self, action: str) -> str:
        """Return the reason why the server refuses the action, or an empty string."""

    @abstractmethod
    def why_not_idle(self, action: str) -> str:
        """Return the reason why the action cannot start now, or an empty string.

        An unknown state does not count as idle, because it may mean that an action is in progress.
        """

    def why_not_known(self, action: str) -> str:
        """Return the reason why the replication cannot show the result of the action.

        Return an empty string if it shows the result. A value that the server omits is unknown.
        """
        return ""

    @abstractmethod
    def described(self) -> str:
        """Return the state for messages, such as ``test none, recovery notStarted``."""

    def as_dict(self) -> dict[str, Any]:
        """Return the replication as JSON types, with times in ISO 8601."""
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
    """The result of an action on one VM.

    Attributes:
        verdict: ``succeeded``, ``unchanged`` (the VM was already in the target state), ``failed``, ``planned`` (dry
            run), ``started`` (without waiting for the end), ``skipped`` (the run stopped before the action), or
            ``unknown`` (the action may or may not have started, and is not started again until the user decides; or
            it has ended, and the server omits the values that show its result).
        reason: The reason for the verdict.
        hint: What to do next.
        seconds: The time from the request to the verdict.
        task: The server task of the action, with status and error.
        last_sync: The time of the newest transferred data, in ISO 8601.
        request_id: The ID of the failed request, which the provider needs for support.
        vm: The recovered VM (``id``, ``href``, ``name``, ``status``, ``vapp``, ``vapp_href``, ``vdc``, ``vdc_href``,
            ``addresses``). It is empty if no VM was found.
        is_repeatable: True if no part of this attempt is still in progress, so that another attempt is safe.
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
        """Return the result as JSON types."""
        seconds = round(self.seconds, 1) if self.seconds is not None else None
        shown = {name: value for name, value in vars(self).items() if name != "is_repeatable"}
        return {**shown, "seconds": seconds, "changed": self.changed}
