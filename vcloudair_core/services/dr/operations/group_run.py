"""Run a DR action on selected VMs, as in a plan with one group and no steps."""

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
    from vcloudair_core.services.dr.port import RecoveryProvider


def run_group(
    provider: RecoveryProvider,
    action: str,
    references: Iterable[Reference],
    options: OperationOptions,
    *,
    dry_run: bool = False,
    progress: Callable[[Result], None] | None = None,
    stop: Stop | None = None,
) -> list[Result]:
    """Run an action on each replication, and return the results in the order of input.

    Repeated references count once. ``progress`` is called with each result. Raises SpecError if ``wait`` is false and
    more than ``max_concurrent`` VMs are selected.
    """
    unique = {reference.href: reference for reference in references}
    operations = [
        Operation(reference, action, options.power_on, options.vm_timeout, options.point, on_error=options.on_error)
        for reference in unique.values()
    ]
    if not options.wait and len(operations) > options.max_concurrent:
        raise SpecError(
            "wait",
            f"must be true for more than {options.max_concurrent} VMs (max_concurrent), and {len(operations)} VMs are "
            "selected",
            hint="Wait for the end of the actions, raise max_concurrent, or select fewer VMs.",
        )
    stop = stop or Stop()
    with ExitStack() as stack:

        def launch(observer: OperationObserver, action: str) -> OperationTracker:
            return stack.enter_context(OperationTracker(provider, action, options, observer, dry_run=dry_run))

        scheduler = OperationScheduler(
            action,
            launch=launch,
            observer=_Progress(progress),
            clock=provider.session.clock,
            stop=stop,
            max_concurrent=options.max_concurrent,
        )
        if not scheduler.execute(scheduler.run_to_end(operations)):
            _end_all(scheduler, operations, stop)
    return [operation.result for operation in operations]


def _end_all(scheduler: OperationScheduler, operations: list[Operation], stop: Stop) -> None:
    """End all operations after a stop or a lost session.

    Operations in progress get a verdict. Operations that have not started are skipped. Without a run journal, they
    cannot be resumed.
    """
    if stop.is_requested:
        reason = stop.reason
        scheduler.halt(f"not started: {reason}")
        if stop.cancel_tasks:
            scheduler.cancel_tasks()
        scheduler.abandon(f"stopped waiting for the action: {reason}")
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
