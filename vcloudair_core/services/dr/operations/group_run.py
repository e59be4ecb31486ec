"""Run one DR action on VMs that are named: a plan with one group and no steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.operation_options import OperationOptions, Stop
from vcloudair_core.services.dr.operations.messages import reason_of
from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver
from vcloudair_core.services.dr.operations.scheduler import OperationScheduler, ScheduleObserver
from vcloudair_core.services.dr.operations.tracker import OperationTracker

if TYPE_CHECKING:
    from vcloudair_core.services.dr.model import Reference, Result
    from vcloudair_core.session.session import Session


def run_group(
    session: Session,
    action: str,
    references: Iterable[Reference],
    options: OperationOptions,
    *,
    dry_run: bool = False,
    progress: Callable[[Result], None] | None = None,
    stop: Stop | None = None,
) -> list[Result]:
    """Run an action on replications, each once, and return their results in the same order.

    ``progress`` receives each result as it is known. Raises SpecError when there are too many to be started at once.
    """
    unique = {reference.href: reference for reference in references}
    operations = [
        Operation(reference, action, options.power_on, options.vm_timeout, on_error=options.on_error)
        for reference in unique.values()
    ]
    if not options.wait and len(operations) > options.max_concurrent:
        raise SpecError(
            "wait",
            f"{len(operations)} VMs cannot be started without waiting: {options.max_concurrent} at the same time are "
            "allowed",
            hint="Wait, raise max_concurrent, or name fewer VMs.",
        )
    stop = stop or Stop()
    with ExitStack() as stack:

        def launch(observer: OperationObserver, action: str) -> OperationTracker:
            return stack.enter_context(OperationTracker(session, action, options, observer, dry_run=dry_run))

        scheduler = OperationScheduler(
            action,
            launch=launch,
            observer=_Progress(progress),
            clock=session.clock,
            stop=stop,
            max_concurrent=options.max_concurrent,
        )
        if not scheduler.execute(scheduler.run_to_end(operations)):
            _end_all(scheduler, operations, stop)
    return [operation.result for operation in operations]


def _end_all(scheduler: OperationScheduler, operations: list[Operation], stop: Stop) -> None:
    """Give a verdict to what is in progress, and skip the rest: nobody resumes these operations."""
    if stop.is_requested:
        reason = stop.reason
        scheduler.halt(f"not started: {reason}")
        if stop.cancel_tasks:
            scheduler.cancel_tasks()
        scheduler.abandon(f"not waited for: {reason}")
    else:
        reason = reason_of(scheduler.refusal) if scheduler.refusal is not None else ""
        scheduler.halt(f"not started: {reason}")
        scheduler.end_unknown(f"the session was lost: {reason}")
    scheduler.skip(operations, scheduler.halted)


class _Progress(ScheduleObserver):
    def __init__(self, progress: Callable[[Result], None] | None) -> None:
        self._progress = progress

    def finished(self, operation: Operation, *, is_final: bool) -> None:
        if self._progress is not None and is_final:
            self._progress(operation.result)
