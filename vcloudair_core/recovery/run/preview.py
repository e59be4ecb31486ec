"""Dry run of a recovery plan with estimated times.

A dry run uses the schedule of a real run with a simulated clock.

The state of VMs is read, but nothing is started. The estimated time of a VM is the median of its earlier runs. If a VM
has no earlier runs, a default is used and marked as a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.run.history import cloud_of, typical_seconds
from vcloudair_core.recovery.run.plan_schedule import PlanSchedule
from vcloudair_core.recovery.run.rollback import cleanup_plan
from vcloudair_core.recovery.run.run_state import RunState, state_of
from vcloudair_core.recovery.run.runner import RunOptions, check_plan, engine_options
from vcloudair_core.recovery.run.steps import StepResult
from vcloudair_core.services.dr.model import CLEANUP, Result
from vcloudair_core.services.dr.operation_options import Stop
from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver
from vcloudair_core.services.dr.operations.tracker import OperationTracker
from vcloudair_core.util.clock import FakeClock

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.recovery.plan.model import RecoveryPlan, Step

GUESSED_S = {
    "test": 60.0, "cleanup": 30.0, "failover": 90.0, "migrate": 180.0, "failback": 180.0, "reverse": 30.0,
    "pause": 5.0, "resume": 5.0, "sync": 60.0,
}  # fmt: skip
"""Estimated seconds for each action on a VM that has no earlier run.

No source documents durations; these are rough guesses.
"""


@dataclass(frozen=True)
class PreviewRow:
    """A VM or step of a dry run.

    Attributes:
        what: ``vm``, or the kind of the step.
        verdict: ``planned``, ``unchanged``, ``failed`` or ``skipped``.
        from_s, until_s: The estimated start and end, in seconds after the start of the run.
        is_guess: The duration is a default, because no earlier run of this VM exists.
    """

    what: str
    name: str
    group: str
    verdict: str
    from_s: float
    until_s: float
    reason: str = ""
    hint: str = ""
    id: str = ""
    is_guess: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the row as JSON types."""
        return {**vars(self), "from_s": round(self.from_s, 1), "until_s": round(self.until_s, 1)}


@dataclass(frozen=True)
class Preview:
    """The result of a dry run.

    ``rows`` contains the VMs and steps in chronological order. ``total_s`` is the estimated duration of the run in
    seconds.
    """

    action: str
    rows: tuple[PreviewRow, ...]
    total_s: float
    results: tuple[Result, ...] = field(default=())
    """Results of the VMs, in the order of the plan."""

    @property
    def changed(self) -> bool:
        return any(row.verdict == "planned" for row in self.rows)


def preview(client: Client, plan: RecoveryPlan, action: str) -> Preview:
    """Return the result of a dry run. Nothing is started or written.

    Raises: the errors of :func:`start`.
    """
    check_order(plan)
    service = client.dr.using(plan.provider)
    check_plan(plan, action, service, RunOptions())
    chosen = cleanup_plan(plan, client.settings, cloud_of(client)) if action == CLEANUP else plan
    chosen = replace(chosen, provider=service.provider.name)
    return _DryRun(client, state_of(chosen, action, service), action).execute()


class _DryRun:
    def __init__(self, client: Client, state: RunState, action: str) -> None:
        self._client, self._state, self._action = client, state, action
        self._clock = FakeClock(now=0.0)
        self._provider = client.dr.using(state.plan.provider).provider
        self._typical = typical_seconds(client.settings, action)
        self._began: dict[str, float] = {}
        self._rows: list[PreviewRow] = []

    def execute(self) -> Preview:
        with ExitStack() as stack:

            def launch(observer: OperationObserver, action: str) -> _ExpectedTimes:
                options = engine_options(self._state.plan, RunOptions())
                tracker = OperationTracker(self._provider, action, options, OperationObserver(), dry_run=True)
                return _ExpectedTimes(stack.enter_context(tracker), observer, self._clock, self._seconds)

            schedule = PlanSchedule(
                self._state,
                self._action,
                launch=launch,
                work=_pretend_success,
                emit=self._note,
                notify=lambda event: None,
                clock=self._clock,
                stop=Stop(),
                spawn=_run_inline,
            )
            schedule.execute()
        rows = sorted(self._rows, key=lambda row: (row.from_s, row.until_s))
        results = tuple(operation.result for operation in self._state.operations if operation.verdict)
        return Preview(self._action, tuple(rows), max((row.until_s for row in rows), default=0.0), results)

    def _seconds(self, vm_id: str) -> float:
        return self._typical.get(vm_id, GUESSED_S[self._action])

    def _note(self, event: str, **fields: Any) -> None:
        now = self._clock.now()
        if event == events.STEP_STARTED:
            self._began[fields["key"]] = now
        elif event == events.STEP_FINISHED:
            began = self._began.get(fields["key"], now)
            verdict = "planned" if fields["verdict"] == "succeeded" else fields["verdict"]
            is_guess = fields["kind"] != "delay"
            self._rows.append(
                PreviewRow(fields["kind"], fields["step"], fields["group"], verdict, began, now, is_guess=is_guess)
            )
        elif event == events.VM_FINISHED:
            vm = fields["id"]
            began = now - (self._seconds(vm) if fields["verdict"] == "planned" else 0.0)
            is_guess = fields["verdict"] == "planned" and vm not in self._typical
            about = (
                fields["name"],
                fields["group"],
                fields["verdict"],
                began,
                now,
                fields["reason"],
                fields["hint"],
                vm,
            )
            self._rows.append(PreviewRow("vm", *about, is_guess=is_guess))


class _ExpectedTimes:
    """An operation tracker that reads VMs and only simulates the duration of actions."""

    def __init__(
        self,
        tracker: OperationTracker,
        observer: OperationObserver,
        clock: FakeClock,
        seconds: Callable[[str], float],
    ) -> None:
        self._tracker, self._observer = tracker, observer
        self._clock, self._seconds = clock, seconds
        self._in_progress: dict[str, tuple[Operation, float]] = {}

    @property
    def refusal(self) -> VcloudAirError | None:
        return self._tracker.refusal

    def __len__(self) -> int:
        return len(self._in_progress)

    def begin(self, operations: Sequence[Operation]) -> None:
        self._tracker.begin(operations)
        for operation in operations:
            if operation.verdict == "planned":
                until = self._clock.now() + self._seconds(operation.reference.id)
                self._in_progress[operation.key] = (operation, until)
            else:
                self._observer.ended(operation)

    def poll(self) -> None:
        for key, (operation, until) in list(self._in_progress.items()):
            if self._clock.now() >= until - 1e-6:
                del self._in_progress[key]
                self._observer.ended(operation)

    def interval(self) -> float:
        return max(0.0, min((until for _, until in self._in_progress.values()), default=0.0) - self._clock.now())

    def abandon(self, keys: Iterable[str], reason: str) -> None:
        for key in keys:
            if key in self._in_progress:
                operation, _ = self._in_progress.pop(key)
                operation.result.verdict, operation.result.reason = "failed", reason
                self._observer.ended(operation)

    def end_unknown(self, reason: str) -> None:
        """Do nothing: a dry run is not resumed."""

    def cancel_tasks(self) -> None:
        """Do nothing: there are no tasks."""


def _pretend_success(step: Step, *, group: str, key: str) -> StepResult:
    return StepResult("succeeded")


def _run_inline(work: Callable[[], StepResult]) -> Future[StepResult]:
    future: Future[StepResult] = Future()
    future.set_result(work())
    return future
