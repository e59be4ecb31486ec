"""Tell from the tasks of an org whether an action that may have been started was started.

A task is evidence of an intent when it belongs to the same replication and action and started no earlier than the
intent, by the clock of the server. Source for what tasks show: protocol/tasks.md §2, §3.3, protocol/dr.md §3.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vcloudair_core.services.dr.model import CLEANUP, FAILOVER, TEST, Reference
from vcloudair_core.services.dr.store import path_of, seconds_since_1970
from vcloudair_core.session.tasks import Task

SKEW_KNOWN_S = 10.0
"""Allowance when the intent was noted by the Date of the server: its cells may differ by seconds."""

SKEW_UNKNOWN_S = 300.0
"""Allowance when it was noted by the clock of this host."""

JOIN_CODES = frozenset({"ongoingfailover", "alreadyrecovered", "alreadytestrecovered", "busy_entity"})
"""Codes of a refusal that says: the action is in progress or complete. Source: protocol/dr.md §3.4."""


@dataclass(frozen=True)
class Intent:
    """The decision to start an action, as it was noted before the request was sent.

    ``at``: seconds since 1970, by the clock of the server when ``is_server_time``. ``excluded``: paths of tasks that
    are known to belong to something else.
    """

    action: str
    at: float
    is_server_time: bool = False
    excluded: frozenset[str] = field(default_factory=frozenset)

    @property
    def since(self) -> float:
        """The earliest time at which its task may have started."""
        return self.at - (SKEW_KNOWN_S if self.is_server_time else SKEW_UNKNOWN_S)


def action_of(task: Task) -> str:
    """Return the action that a task carries out, or nothing when its words do not tell.

    The names of the operations are not documented, so only the words in them count.
    """
    for text in (task.operation_name, task.operation.partition("(")[0].partition(" of ")[0]):
        words = "".join(sign for sign in text.casefold() if sign.isalpha())
        if "cleanup" in words or "cleaningup" in words or "undotest" in words:
            return CLEANUP
        if "test" in words:
            return TEST
        if "failover" in words or "recover" in words:
            return FAILOVER
    return ""


def belongs_to(task: Task, reference: Reference) -> bool:
    """Return True when a task is about a replication: by its owner, else by the id in its description.

    A task that is queued may have no owner yet.
    """
    if task.owner_href:
        return path_of(task.owner_href) == path_of(reference.href)
    return reference.id.casefold() in task.operation.casefold()


def find_task(tasks: Iterable[Task], reference: Reference, intent: Intent) -> Task | None:
    """Return the task that an intent led to, or None. What still runs comes first, then what started last."""
    candidates = [
        task
        for task in tasks
        if task.href
        and path_of(task.href) not in intent.excluded
        and belongs_to(task, reference)
        and action_of(task) == intent.action
        and (not task.is_finished or _started_since(task, intent.since))
    ]
    return max(candidates, key=_rank, default=None)


def find_running(tasks: Iterable[Task], reference: Reference, action: str) -> Task | None:
    """Return a task that is in progress on a replication, of ``action`` before any other, or None."""
    running = [task for task in tasks if not task.is_finished and belongs_to(task, reference)]
    return next((task for task in running if action_of(task) == action), next(iter(running), None))


def is_refused_as_done(error_code: str, vendor_code: str) -> bool:
    """Return True when codes say that the same or another action is in progress or complete."""
    return bool({error_code.casefold(), vendor_code.casefold()} & JOIN_CODES)


def _started_since(task: Task, since: float) -> bool:
    at = seconds_since_1970(task.start) or seconds_since_1970(task.end)
    return at is not None and at >= since


def _rank(task: Task) -> tuple[int, float]:
    """A refused request leaves a failed task behind: it never hides the one that was carried out."""
    if not task.is_finished:
        kind = 3
    elif task.is_successful:
        kind = 2
    else:
        kind = 0 if is_refused_as_done(task.error_code, task.vendor_code) else 1
    return kind, seconds_since_1970(task.start) or 0.0


def has_sign(tasks: Iterable[Task], reference: Reference, intent: Intent) -> bool:
    """Return True when any task on a replication may have come of an intent, although its words do not tell."""
    return any(
        path_of(task.href) not in intent.excluded
        and belongs_to(task, reference)
        and action_of(task) in ("", intent.action)
        and (not task.is_finished or _started_since(task, intent.since))
        for task in tasks
    )
