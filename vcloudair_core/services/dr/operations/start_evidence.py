"""Find tasks of an org that prove that an action was started.

Before a request is sent, an :class:`Intent` records the action and the time. A task is evidence of the intent if it has
the same action, belongs to the replication, and did not start before that time. Source: protocol/tasks.md §2, §3.3,
protocol/dr.md §3.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vcloudair_core.services.dr.model import (
    CLEANUP,
    FAILBACK,
    FAILOVER,
    MIGRATE,
    PAUSE,
    RESUME,
    REVERSE,
    SYNC,
    TEST,
    Reference,
)
from vcloudair_core.services.dr.wire_values import path_of, seconds_since_1970
from vcloudair_core.session.tasks import Task

SKEW_KNOWN_S = 10.0
"""Tolerance for server times, because the clocks of cells may differ by seconds."""

SKEW_UNKNOWN_S = 300.0
"""Tolerance if the time of the intent is from the clock of this host."""

JOIN_CODES = frozenset({"ongoingfailover", "alreadyrecovered", "alreadytestrecovered", "busy_entity"})
"""Error codes for an action that is already in progress or complete.

Source: protocol/dr.md §3.4.
"""


_WORDS = frozenset({MIGRATE, REVERSE, PAUSE, RESUME, SYNC})
"""Actions that VCDA names in its tasks. Source: protocol/vcda.md §5."""


@dataclass(frozen=True)
class Intent:
    """The intent to start an action. It is recorded before the request is sent.

    ``at`` is in seconds since 1970. If ``is_server_time`` is true, the time is from the server's clock, otherwise from
    the clock of this host. ``excluded`` has the paths of the tasks of other attempts. ``operation_id`` is the ID of the
    request, or an empty string if the API has no such IDs.
    """

    action: str
    at: float
    is_server_time: bool = False
    excluded: frozenset[str] = field(default_factory=frozenset)
    operation_id: str = ""

    @property
    def since(self) -> float:
        """Return the earliest possible start time of the task that belongs to this intent."""
        return self.at - (SKEW_KNOWN_S if self.is_server_time else SKEW_UNKNOWN_S)


def action_of(task: Task) -> str:
    """Return the action of a task, or an empty string if the action is unknown.

    The names of operations are not documented, so the action is recognized by keywords.
    """
    for text in (task.operation_name, task.operation.partition("(")[0].partition(" of ")[0]):
        letters = "".join(character for character in text.casefold() if character.isalpha())
        if "cleanup" in letters or "cleaningup" in letters or "undotest" in letters:
            return CLEANUP
        if "test" in letters:
            return TEST
        if "failover" in letters or "recover" in letters:
            return FAILOVER
        if letters in _WORDS:
            return letters
    return ""


def action_in_tasks(action: str) -> str:
    """Return the action that the tasks of an action show.

    The tasks of a failback show a migration.
    """
    return MIGRATE if action == FAILBACK else action


def belongs_to(task: Task, reference: Reference) -> bool:
    """Return True when a task belongs to a replication.

    The owner of the task is compared with the replication. A task on a vApp belongs to the replications of its VMs. If
    a queued task has no owner yet, the ID in its description is compared.
    """
    if task.owner_href:
        return path_of(task.owner_href) in {path_of(href) for href in (reference.href, reference.vapp_href) if href}
    return reference.id.casefold() in task.operation.casefold()


def find_task(tasks: Iterable[Task], reference: Reference, intent: Intent) -> Task | None:
    """Return the task of an intent, or None if no task matches.

    If several tasks match, a running task is preferred, and then the newest task.
    """
    candidates = [
        task
        for task in tasks
        if task.href
        and path_of(task.href) not in intent.excluded
        and belongs_to(task, reference)
        and action_of(task) == action_in_tasks(intent.action)
        and (not task.is_finished or _started_since(task, intent.since))
    ]
    return max(candidates, key=_rank, default=None)


def find_running(tasks: Iterable[Task], reference: Reference, action: str) -> Task | None:
    """Return a task in progress on a replication, or None if no task is in progress.

    Tasks whose action is ``action`` are preferred.
    """
    running = [task for task in tasks if not task.is_finished and belongs_to(task, reference)]
    return next((task for task in running if action_of(task) == action_in_tasks(action)), next(iter(running), None))


def is_refused_as_done(error_code: str, vendor_code: str) -> bool:
    """Return True if the error means that the action is in progress or complete."""
    return bool({error_code.casefold(), vendor_code.casefold()} & JOIN_CODES)


def _started_since(task: Task, since: float) -> bool:
    at = seconds_since_1970(task.start) or seconds_since_1970(task.end)
    return at is not None and at >= since


def _rank(task: Task) -> tuple[int, float]:
    """Return the rank of a task among the tasks of an intent.

    A task that failed because another request had started the action has the lowest rank.
    """
    if not task.is_finished:
        kind = 3
    elif task.is_successful:
        kind = 2
    else:
        kind = 0 if is_refused_as_done(task.error_code, task.vendor_code) else 1
    return kind, seconds_since_1970(task.start) or 0.0


def has_sign(tasks: Iterable[Task], reference: Reference, intent: Intent) -> bool:
    """Return True when any task on a replication may belong to an intent.

    A task whose action is unknown counts, too.
    """
    return any(
        path_of(task.href) not in intent.excluded
        and belongs_to(task, reference)
        and action_of(task) in ("", action_in_tasks(intent.action))
        and (not task.is_finished or _started_since(task, intent.since))
        for task in tasks
    )
