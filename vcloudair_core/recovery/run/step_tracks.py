"""Run the steps of a plan: in order, with retries, each in its own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.plan.model import Delay, Group, Step
from vcloudair_core.recovery.run.run_state import RunState, policy_of, step_key, steps_for
from vcloudair_core.recovery.run.steps import StepResult
from vcloudair_core.services.dr.operation_options import CONTINUE, ROLL_BACK
from vcloudair_core.services.dr.operations.scheduler import TICK_S, OperationScheduler, Track

if TYPE_CHECKING:
    from vcloudair_core.util.clock import Clock


class StepWork(Protocol):
    """A callable that runs one attempt of a step, in its own thread."""

    def __call__(self, step: Step, *, group: str, key: str) -> StepResult: ...


Spawn = Callable[[Callable[[], StepResult]], Future[StepResult]]


class StepTracks:
    """Run the steps of a plan as tracks, the generators that the scheduler resumes.

    ``emit`` writes an event to the journal, and returns when the event is on disk.
    """

    def __init__(
        self,
        state: RunState,
        action: str,
        scheduler: OperationScheduler,
        *,
        work: StepWork,
        emit: Callable[..., object],
        clock: Clock,
        spawn: Spawn,
    ) -> None:
        self._state, self._plan, self._action = state, state.plan, action
        self._scheduler, self._work, self._emit = scheduler, work, emit
        self._clock, self._spawn = clock, spawn
        self._running: list[Future[StepResult]] = []
        self.failed: list[str] = []
        """Keys of the failed steps."""

    def wait(self) -> None:
        """Wait for the steps in progress.

        If the run is stopped, the programs of these steps are ended too.
        """
        for future in self._running:
            future.exception()

    def _note(self, event: str, **fields: Any) -> None:
        self._scheduler.note_event()
        self._emit(event, **fields)

    def run(self, group: Group | None, phase: str, steps: Sequence[Step]) -> Track[bool]:
        """Run steps in order, as a track of the scheduler.

        Returns False if the steps that follow must not start: the run was halted, or a step failed and its policy is
        not ``continue``.
        """
        for position, step in steps_for(steps, self._action):
            if self._scheduler.halted:
                return False
            is_done = yield from self._step(group, phase, position, step)
            policy = policy_of(self._plan, group, step)
            if not is_done and policy != CONTINUE:
                reason = f"not started because the step {step.name!r} failed"
                self._scheduler.halt(reason, roll_back=policy == ROLL_BACK)
                return False
        return True

    def _step(self, group: Group | None, phase: str, position: int, step: Step) -> Track[bool]:
        name = group.name if group else ""
        key = step_key(name, phase, position)
        if key in self._state.steps_done:
            return True
        fields = {"group": name, "phase": phase, "step": step.name, "kind": step.kind, "key": key}
        if key in self._state.steps_open and step.on_resume == "fail":
            reason = "the run died during the step, and the step must not run twice"
            hint = "Check the result of the step, then start a new run. Recovered VMs are not changed again."
            self._end_step(StepResult("failed", reason, hint), 0.0, {**fields, "attempt": 1})
            return False
        for attempt in range(1, step.retries + 2):
            began = self._clock.now()
            self._note(events.STEP_STARTED, **fields, attempt=attempt)
            result = yield from self._try(step, name, key)
            while result.verdict == "stopped":
                yield None  # the run stops here; in the journal, this step stays in progress
            self._end_step(result, self._clock.now() - began, {**fields, "attempt": attempt})
            if result.verdict == "succeeded":
                return True
            if attempt <= step.retries:
                until = self._clock.now() + step.retry_delay_s
                while self._clock.now() < until:
                    yield until
        self.failed.append(key)
        return False

    def _try(self, step: Step, group: str, key: str) -> Track[StepResult]:
        if isinstance(step.work, Delay):
            until = self._clock.now() + step.work.seconds
            while self._clock.now() < until:
                yield until
            return StepResult("succeeded")
        future = self._spawn(lambda: self._work(step, group=group, key=key))
        self._running.append(future)
        while not future.done():
            yield self._clock.now() + TICK_S
        self._running.remove(future)
        self._scheduler.note_event()
        return future.result()

    def _end_step(self, result: StepResult, seconds: float, fields: dict[str, Any]) -> None:
        shown = {name: value for name, value in vars(result).items() if value or name in ("verdict", "reason")}
        self._note(events.STEP_FINISHED, **fields, **shown, seconds=round(seconds, 3))


def in_thread(work: Callable[[], StepResult]) -> Future[StepResult]:
    """Run ``work`` in a daemon thread.

    A daemon thread lets the program exit while an approval is still pending.
    """
    future: Future[StepResult] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - raised to the caller of `result`
            future.set_exception(exc)

    threading.Thread(target=run, name="vca-dr-step", daemon=True).start()
    return future
