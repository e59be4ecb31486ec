"""Record DR actions in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vcloudair_core.audit.record import CHANGED, FAILED, UNCHANGED, UNKNOWN
from vcloudair_core.audit.trail import never_failing, trail_of
from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.tasks import Task

_RESULTS = {
    "succeeded": CHANGED, "started": CHANGED, "unchanged": UNCHANGED, "unknown": UNKNOWN,
}  # fmt: skip
"""Results by verdict. Every other verdict is a failure."""


class AuditObserver(OperationObserver):
    """Observer that records each attempt of an operation.

    Every callback is also passed to a second observer. Attempts that send no request, and actions that another user or
    process started, are not recorded.
    """

    def __init__(self, session: Session, action: str, observer: OperationObserver) -> None:
        self._session = session
        self._action = action
        self._observer = observer
        self._records: dict[str, dict[str, Any]] = {}

    def starting(self, operation: Operation) -> None:
        """Record the start of the action, unless the second observer raises an error."""
        self._observer.starting(operation)
        name = operation.replication.name or operation.reference.name or operation.reference.id
        with never_failing(name):
            record = self._records.get(operation.key)
            if record is None:
                kind, summary = f"dr.{self._action}", f"{self._action} of one VM"
                record = trail_of(self._session).start(kind, f"VM {name}", summary=summary)
                self._records[operation.key] = record
            record["writes"] += 1

    def not_started(self, operation: Operation, reason: str, *, is_repeated: bool) -> None:
        """Call the second observer. The audit record stays open until :meth:`ended`."""
        self._observer.not_started(operation, reason, is_repeated=is_repeated)

    def started(self, operation: Operation, task: Task | None) -> None:
        """Add the link of the task to the audit record."""
        if task is not None and operation.key in self._records:
            self._records[operation.key]["task"] = task.href
        self._observer.started(operation, task)

    def progressed(self, operation: Operation, task: Task) -> None:
        """Call the other observer."""
        self._observer.progressed(operation, task)

    def ended(self, operation: Operation) -> None:
        """Record the end of the attempt with its verdict."""
        record = self._records.pop(operation.key, None)
        if record is not None:
            with never_failing(record["target"]):
                trail_of(self._session).end(record, **_end_of(operation))
        self._observer.ended(operation)


def _end_of(operation: Operation) -> dict[str, Any]:
    """Return the fields to add to the audit record at the end of an attempt."""
    outcome = operation.result
    result = _RESULTS.get(outcome.verdict, FAILED)
    if result == CHANGED and operation.refusal:
        result = UNCHANGED  # the server refused our request, because another request had started the action
    is_unresolved = result == UNKNOWN
    written: bool | str = UNKNOWN if is_unresolved else result == CHANGED or (result == FAILED and operation.had_task)
    lost = operation.lost is not None
    return {
        "result": result,
        "written": written,
        "vdc": str(outcome.vm.get("vdc") or ""),
        "lost_response": ("unresolved" if is_unresolved else "resolved") if lost else "",
        "request_ids": list(operation.request_ids),
        "seconds": round(outcome.seconds, 3) if outcome.seconds is not None else None,
        "error": {"error": outcome.verdict, "message": outcome.reason} if result in (FAILED, UNKNOWN) else None,
    }
