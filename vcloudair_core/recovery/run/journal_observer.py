"""Record the operations of a run as events in its journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vcloudair_core.recovery.journal import events
from vcloudair_core.services.dr.model import TEST
from vcloudair_core.services.dr.operations.operation import Operation
from vcloudair_core.services.dr.operations.scheduler import ScheduleObserver

if TYPE_CHECKING:
    from vcloudair_core.session.tasks import Task


class JournalObserver(ScheduleObserver):
    """Record each change of an operation as an event.

    Args:
        emit: Writes an event to the journal. The event is on disk when the call returns.
        notify: Passes an event to observers without writing it.
    """

    def __init__(self, emit: Callable[..., object], notify: Callable[[dict[str, Any]], None]) -> None:
        self._emit, self._notify = emit, notify

    def starting(self, operation: Operation) -> None:
        """Record that the action is about to start, before the request is sent.

        From then on, the action may be in progress.
        """
        replication = operation.replication
        self._emit(
            events.VM_STARTING,
            id=operation.reference.id,
            name=replication.name or operation.reference.name,
            group=operation.group_name,
            attempt=operation.attempts,
            last_sync=replication.last_sync.isoformat() if replication.last_sync else None,
            vms_before=sorted(operation.before) if operation.before is not None else None,
            intent_at=operation.intent_at,
            is_server_time=operation.is_server_time,
            state=replication.described(),
            operation_id=operation.operation_id,
            **({"together": list(operation.together)} if operation.together else {}),
        )

    def not_started(self, operation: Operation, reason: str, *, is_repeated: bool) -> None:
        """Record that a request was not sent, or that the server refused it."""
        self._emit(events.VM_NOT_STARTED, id=operation.reference.id, reason=reason, is_repeated=is_repeated)

    def started(self, operation: Operation, task: Task | None) -> None:
        """Record the link of the task."""
        self._emit(events.VM_STARTED, id=operation.reference.id, task=task.href if task else "")

    def progressed(self, operation: Operation, task: Task) -> None:
        """Pass a change of the task to the observers."""
        self._notify(
            {
                "event": events.VM_PROGRESSED,
                "id": operation.reference.id,
                "status": task.status,
                "progress": task.progress,
            }
        )

    def finished(self, operation: Operation, *, is_final: bool) -> None:
        """Record the verdict of an attempt."""
        result = operation.result
        shown = {name: value for name, value in result.as_dict().items() if name not in ("action", "changed")}
        self._emit(
            events.VM_FINISHED,
            **{**shown, "last_sync": result.last_sync or None},
            group=operation.group_name,
            attempt=max(operation.attempts, 1),
            is_final=is_final,
            needs_cleanup=not is_final and operation.action == TEST,
        )
