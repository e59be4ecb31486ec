"""What a run would do, in which order, and about when: the same schedule, on a clock that takes no time.

Machines are looked at as they are, and nothing is started. How long one takes is the median of earlier runs on this
machine; without any, a guess that is marked as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.plan.group_order import check_order
from vcloudair_core.recovery.run.history import cloud_of, usual_seconds
from vcloudair_core.recovery.run.rollback import for_cleanup
from vcloudair_core.recovery.run.runner import RunOptions, engine_options
from vcloudair_core.recovery.run.schedule import Schedule
from vcloudair_core.recovery.run.steps import StepResult
from vcloudair_core.recovery.run.vm_states import VmStates, roster_of
from vcloudair_core.services.dr.model import CLEANUP, Result
from vcloudair_core.services.dr.operation_options import Stop
from vcloudair_core.services.dr.operations.tracker import OperationObserver, OperationRequest, OperationTracker
from vcloudair_core.util.clock import FakeClock

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.recovery.plan.model import RecoveryPlan, Step

GUESSED_S = {"test": 60.0, "cleanup": 30.0, "failover": 90.0}
"""Where there is no earlier run. No source tells how long it takes; these are no more than an order of magnitude."""


@dataclass(frozen=True)
class PreviewRow:
    """Something that would happen. ``from_s`` and ``until_s``: seconds after the start, as far as can be told.

    ``what``: machine or the kind of a step. ``verdict``: would, already, failed or skipped. ``is_guess``: nothing is
    known of how long it takes.
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
        """Plain data."""
        return {**vars(self), "from_s": round(self.from_s, 1), "until_s": round(self.until_s, 1)}


@dataclass(frozen=True)
class Preview:
    """Everything that would happen, in order of time, and the seconds that it would take."""

    action: str
    rows: tuple[PreviewRow, ...]
    total_s: float
    results: tuple[Result, ...] = field(default=())
    """Of the machines, in the order of the plan."""

    @property
    def changed(self) -> bool:
        return any(row.verdict == "would" for row in self.rows)


def preview(client: Client, plan: RecoveryPlan, action: str) -> Preview:
    """What a run would do now. Starts nothing and writes nothing.

    Raises: as starting the run does.
    """
    check_order(plan)
    chosen = for_cleanup(plan, client.settings, cloud_of(client)) if action == CLEANUP else plan
    return _Rehearsal(client, roster_of(chosen, client.service("dr")), action).play()


class _Rehearsal:
    def __init__(self, client: Client, roster: VmStates, action: str) -> None:
        self._client, self._roster, self._action = client, roster, action
        self._clock = FakeClock(now=0.0)
        self._usual = usual_seconds(client.settings, action)
        self._began: dict[str, float] = {}
        self._rows: list[PreviewRow] = []

    def play(self) -> Preview:
        with ExitStack() as stack:

            def launch(watcher: OperationObserver, action: str) -> _Expected:
                options = engine_options(self._roster.plan, RunOptions())
                seen = _Seen()
                real = stack.enter_context(OperationTracker(self._client.session, action, options, seen, is_check=True))
                return _Expected(real, seen, watcher, self._clock, self._seconds)

            schedule = Schedule(
                self._roster,
                self._action,
                launch=launch,
                do=_as_if_done,
                emit=self._note,
                tell=lambda event: None,
                clock=self._clock,
                stop=Stop(),
                spawn=_at_once,
            )
            schedule.execute()
        rows = sorted(self._rows, key=lambda row: (row.from_s, row.until_s))
        results = tuple(one.result for one in self._roster.entries.values() if one.result is not None)
        return Preview(self._action, tuple(rows), max((row.until_s for row in rows), default=0.0), results)

    def _seconds(self, machine_id: str) -> float:
        return self._usual.get(machine_id, GUESSED_S[self._action])

    def _note(self, event: str, **words: Any) -> None:
        now = self._clock.now()
        if event == events.STEP_STARTED:
            self._began[words["key"]] = now
        elif event == events.STEP_FINISHED:
            began = self._began.get(words["key"], now)
            verdict = "would" if words["verdict"] == "done" else words["verdict"]
            is_guess = words["kind"] != "delay"
            self._rows.append(
                PreviewRow(words["kind"], words["step"], words["group"], verdict, began, now, is_guess=is_guess)
            )
        elif event == events.MACHINE_FINISHED:
            machine = words["id"]
            began = now - (self._seconds(machine) if words["verdict"] == "would" else 0.0)
            is_guess = words["verdict"] == "would" and machine not in self._usual
            about = (
                words["name"],
                words["group"],
                words["verdict"],
                began,
                now,
                words["reason"],
                words["hint"],
                machine,
            )
            self._rows.append(PreviewRow("machine", *about, is_guess=is_guess))


class _Seen(OperationObserver):
    def __init__(self) -> None:
        self.results: dict[str, Result] = {}

    def ended(self, job: OperationRequest, result: Result) -> None:
        self.results[job.key] = result


class _Expected:
    """A fleet that looks at machines as they are, and lets those that would be started take their usual time."""

    def __init__(
        self,
        real: OperationTracker,
        seen: _Seen,
        watcher: OperationObserver,
        clock: FakeClock,
        seconds: Callable[[str], float],
    ) -> None:
        self._real, self._seen, self._watcher = real, seen, watcher
        self._clock, self._seconds = clock, seconds
        self._under_way: dict[str, tuple[OperationRequest, float]] = {}

    @property
    def refusal(self) -> VcloudAirError | None:
        return self._real.refusal

    @property
    def jobs(self) -> list[OperationRequest]:
        return [job for job, _ in self._under_way.values()]

    def __len__(self) -> int:
        return len(self._under_way)

    def begin(self, jobs: Sequence[OperationRequest]) -> None:
        self._real.begin(jobs)
        for job in jobs:
            result = self._seen.results[job.key]
            if result.verdict == "would":
                self._under_way[job.key] = (job, self._clock.now() + self._seconds(job.reference.id))
            else:
                self._watcher.ended(job, result)

    def look(self) -> None:
        for key, (job, until) in list(self._under_way.items()):
            if self._clock.now() >= until - 1e-6:
                del self._under_way[key]
                self._watcher.ended(job, self._seen.results[key])

    def interval(self) -> float:
        return max(0.0, min((until for _, until in self._under_way.values()), default=0.0) - self._clock.now())

    def abandon(self, keys: Sequence[str], reason: str) -> None:
        for key in keys:
            if key in self._under_way:
                job, _ = self._under_way.pop(key)
                result = self._seen.results[key]
                result.verdict, result.reason = "failed", reason
                self._watcher.ended(job, result)

    def cancel_tasks(self) -> None:
        """There are none."""


def _as_if_done(step: Step, *, group: str, key: str) -> StepResult:
    return StepResult("done")


def _at_once(work: Callable[[], StepResult]) -> Future[StepResult]:
    future: Future[StepResult] = Future()
    future.set_result(work())
    return future
