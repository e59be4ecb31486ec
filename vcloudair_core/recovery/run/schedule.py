"""The order of a run as it happens: every group is a track that waits for what it depends on, and goes on by itself.

Tracks are generators that yield until when they have nothing to do (None: until something happens). One thread drives
them all; only programs, checks and questions have threads of their own. So a run on a clock that is not real time is
the same run: that is how a preview knows its times.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.plan.group_order import waits_for
from vcloudair_core.recovery.plan.model import CONTINUE, ROLL_BACK, Delay, Group, Step
from vcloudair_core.recovery.run.steps import StepResult
from vcloudair_core.recovery.run.vm_states import (
    FLYING,
    OVER,
    READY,
    WAITING,
    VmState,
    VmStates,
    policy_of,
    step_key,
    steps_for,
)
from vcloudair_core.services.dr.model import UNKNOWN, Replication, Result
from vcloudair_core.services.dr.operations.operation import words_of
from vcloudair_core.services.dr.operations.tracker import OperationObserver, OperationRequest
from vcloudair_core.services.dr.store import path_of

if TYPE_CHECKING:
    from vcloudair_core.errors import VcloudAirError
    from vcloudair_core.services.dr.operation_options import Stop
    from vcloudair_core.session.tasks import Task
    from vcloudair_core.util.clock import Clock

_Value = TypeVar("_Value")
Track = Generator["float | None", None, _Value]
"""Yields until when there is nothing to do, and ends with a value."""

_TICK_S = 0.05
"""How soon the end of a program is seen."""


class Fleet(Protocol):
    """Machines under way: see :class:`vcloudair_core.services.dr.operations.tracker.OperationTracker`."""

    @property
    def refusal(self) -> VcloudAirError | None: ...
    def __len__(self) -> int: ...
    @property
    def jobs(self) -> list[OperationRequest]: ...
    def begin(self, jobs: Sequence[OperationRequest]) -> None: ...
    def look(self) -> None: ...
    def interval(self) -> float: ...
    def abandon(self, keys: Sequence[str], reason: str) -> None: ...
    def cancel_tasks(self) -> None: ...


class Doer(Protocol):
    """Does one try of a step; called in a thread of its own."""

    def __call__(self, step: Step, *, group: str, key: str) -> StepResult: ...


Launch = Callable[[OperationObserver, str], Fleet]
"""(watcher, action) -> a fleet."""


class Schedule(OperationObserver):
    """Carries a roster out. What happens goes to ``emit``, which makes it durable before it returns.

    ``until``: when it is stopped, on the clock. ``spawn`` runs the work of a step; by default in a thread.
    """

    def __init__(
        self,
        roster: VmStates,
        action: str,
        *,
        launch: Launch,
        do: Doer,
        emit: Callable[..., object],
        tell: Callable[[dict[str, Any]], None],
        clock: Clock,
        stop: Stop,
        until: float | None = None,
        spawn: Callable[[Callable[[], StepResult]], Future[StepResult]] | None = None,
    ) -> None:
        self._spawn, self._until = spawn or in_thread, until
        self.roster, self._plan, self._action = roster, roster.plan, action
        self._do, self._emit, self._tell = do, emit, tell
        self._clock, self._stop = clock, stop
        self._fleet = launch(self, action)
        self._cleaner: Fleet = launch(_Cleaner(self), "cleanup") if action == "test" else self._fleet
        self._ready: deque[VmState] = deque()
        self._verdicts: dict[str, str] = {}
        """Of groups that are over."""
        self._running: list[Future[StepResult]] = []
        self._happened = 0
        self._look_at = 0.0
        self._wake_at: float | None = None
        self.halted = ""
        self.wants_roll_back = False
        self.failed_steps: list[str] = []
        self.is_refused = False
        """The session was lost for good."""
        for entry in roster.entries.values():
            self._heed(entry)

    # -- the loop ------------------------------------------------------------------------------------------------

    def execute(self) -> bool:
        """True when it came to its end, False when it was stopped on the way."""
        whole = self._whole()
        while not self._stop.is_requested:
            before = self._happened
            try:
                wake = next(whole)
            except StopIteration:
                return True
            self._begin_ready()
            refusal = next((one.refusal for one in self._fleets() if one.refusal is not None), None)
            if refusal is not None:
                self.is_refused = True
                self._stop.request(f"the session was lost: {words_of(refusal)}")
                break
            if self._happened == before:
                self._rest([one for one in (wake, self._until) if one is not None])
            if self._until is not None and self._clock.now() >= self._until:
                self._stop.request("its time was up")
        return self._leave()

    def _rest(self, wakes: list[float]) -> None:
        now = self._clock.now()
        fleets = [one for one in self._fleets() if len(one)]
        if fleets and self._look_at <= now:
            self._look_at = now + min(one.interval() for one in fleets)
        times = [*wakes, *([self._look_at] if fleets else [])]
        self._running = [one for one in self._running if not one.done()]
        if self._running:
            times.append(now + _TICK_S)
        self._stop.sleep(self._clock, max(0.0, min(times, default=now + _TICK_S) - now))
        if fleets and self._clock.now() >= self._look_at:
            for fleet in fleets:
                fleet.look()
            self._look_at = 0.0

    def _leave(self) -> bool:
        flying = [one for one in self.roster.entries.values() if one.state == FLYING and one.is_asked]
        if self._stop.cancel_tasks:
            for fleet in self._fleets():
                fleet.cancel_tasks()
        for future in self._running:
            future.exception()  # programs are ended by the same request
        in_flight = [{"id": one.reference.id, "name": one.reference.name} for one in flying]
        self._note(events.RUN_INTERRUPTED, reason=self._stop.reason, in_flight=in_flight)
        return False

    def _fleets(self) -> list[Fleet]:
        return [self._fleet] if self._cleaner is self._fleet else [self._fleet, self._cleaner]

    def _note(self, event: str, **words: Any) -> None:
        self._happened += 1
        self._emit(event, **words)

    # -- tracks --------------------------------------------------------------------------------------------------

    def _whole(self) -> Track[None]:
        """The plan's own steps around all groups."""
        yield from self._steps(None, "before", self._plan.before)
        yield from self._together([self._group(group) for group in self._plan.groups])
        yield from self._steps(None, "after", self._plan.after)

    def _together(self, tracks: list[Track[None]]) -> Track[None]:
        while tracks:
            wakes = []
            for track in list(tracks):
                try:
                    wakes.append(next(track))
                except StopIteration:
                    tracks.remove(track)
                    self._happened += 1
            if tracks:
                yield min((one for one in wakes if one is not None), default=None)

    def _group(self, group: Group) -> Track[None]:
        waits = waits_for(self._plan, group.name)
        while any(name not in self._verdicts for name, _ in waits):
            yield None
        bad = [name for name, is_dependency in waits if is_dependency and self._verdicts[name] != "done"]
        if self.halted or bad:
            why = self.halted or f"{bad[0]}, which it depends on, is not there"
            self._skip(self.roster.of(group.name), why)
            self._over(group, "skipped", why)
            return
        self._note(events.GROUP_STARTED, group=group.name)
        is_on = yield from self._steps(group, "before", group.before)
        if is_on:
            yield from self._machines(group)
        else:
            self._skip(self.roster.of(group.name), self.halted or "not started, as a step before it failed")
        entries = self.roster.of(group.name)
        is_fine = is_on and all(one.is_fine for one in entries)
        if not self.halted and (is_fine or policy_of(self._plan, group) == CONTINUE):
            is_fine = (yield from self._steps(group, "after", group.after)) and is_fine
        wrong = [one for one in self.failed_steps if one.startswith(f"{group.name}/")]
        bad_ones = [one.reference.name for one in entries if not one.is_fine]
        reason = (
            f"{len(bad_ones)} of {len(entries)} machines are not there: {', '.join(bad_ones[:5])}" if bad_ones else ""
        )
        reason = reason or ("a step failed" if wrong or not is_fine else "")
        self._over(group, "failed" if reason else "done", reason)

    def _over(self, group: Group, verdict: str, reason: str) -> None:
        self._verdicts[group.name] = verdict
        self._note(events.GROUP_FINISHED, group=group.name, verdict=verdict, reason=reason)

    # -- machines ------------------------------------------------------------------------------------------------

    def _machines(self, group: Group) -> Track[None]:
        entries = self.roster.of(group.name)
        until = self._clock.now() + group.timeout_s if group.timeout_s else None
        while any(one.state != OVER for one in entries):
            now = self._clock.now()
            if until is not None and now >= until:
                self._group_is_late(group, entries)
                return
            waiting = [one for one in entries if one.state == WAITING]
            for entry in waiting:
                self._consider(entry, now)
            wakes = [one.not_before for one in entries if one.state == WAITING and one.not_before > now]
            yield min([*wakes, *([until] if until is not None else [])], default=None)

    def _consider(self, entry: VmState, now: float) -> None:
        """Whether a machine may start now, or never will. What a process that died had begun is seen to its end."""
        needed = [self.roster.named(name) for name in entry.machine.depends_on]
        missing = next((one for one in needed if one.is_bad), None)
        if entry.begun is not None:
            self._make_ready(entry)
        elif self.halted:
            self._skip([entry], self.halted)
        elif missing is not None:
            self._skip([entry], f"{missing.reference.name}, which it depends on, is not there")
        elif now >= entry.not_before and all(one.state == OVER for one in needed):
            self._make_ready(entry)

    def _make_ready(self, entry: VmState) -> None:
        entry.state = READY
        self._ready.append(entry)
        self._happened += 1

    def _group_is_late(self, group: Group, entries: list[VmState]) -> None:
        why = f"the time of group {group.name} ({group.timeout_s:g} s) is up"
        keys = [one.reference.href for one in entries if one.state == FLYING]
        for one in entries:
            one.attempts = max(one.attempts, one.machine.retries + 1)  # no time for another try
        for fleet in self._fleets():
            fleet.abandon(keys, why)
        self._skip([one for one in entries if one.state != OVER], why, verdict="failed")
        if policy_of(self._plan, group) != CONTINUE:
            self._halt(f"not started, as {why}", policy_of(self._plan, group) == ROLL_BACK)

    def _begin_ready(self) -> None:
        """First in, first out, as many as there is room for."""
        batch: list[VmState] = []
        while self._ready and len(batch) + sum(len(one) for one in self._fleets()) < self._plan.max_concurrent:
            entry = self._ready.popleft()
            if entry.state == READY and self.halted and entry.begun is None:
                self._skip([entry], self.halted)
            elif entry.state == READY:
                entry.state = FLYING
                batch.append(entry)
        if not batch:
            return
        self._happened += 1
        self._look_at = 0.0
        self._cleaner.begin([self._job(one) for one in batch if one.needs_cleanup])
        self._fleet.begin([self._job(one) for one in batch if not one.needs_cleanup])

    def _job(self, entry: VmState) -> OperationRequest:
        machine = entry.machine
        timeout_s = self._plan.machine_timeout_s if machine.timeout_s is None else machine.timeout_s
        if entry.begun is not None:
            began, entry.begun = entry.begun, None
            entry.is_asked = True
            return replace(began, power_on=machine.power_on, timeout_s=timeout_s, start_again=entry.start_again)
        known = frozenset(entry.known_tasks)
        return OperationRequest(
            entry.reference, machine.power_on, timeout_s, known_tasks=known, start_again=entry.start_again
        )

    def _skip(self, entries: Sequence[VmState], why: str, verdict: str = "skipped") -> None:
        for entry in entries:
            if entry.state != OVER:
                reference = entry.reference
                result = Result(reference.id, reference.name, self._action, verdict, why)
                self._finish(entry, result, is_final=True)

    def _halt(self, why: str, roll_back: bool) -> None:
        self.halted = self.halted or why
        self.wants_roll_back = self.wants_roll_back or (roll_back and self._action == "test")
        self._happened += 1

    # -- what the fleet tells, in whatever thread ----------------------------------------------------------------

    def starting(self, job: OperationRequest, group: Replication) -> None:
        """Durable before the server is asked: from here on it may be under way."""
        entry = self.roster.entries[job.key]
        entry.attempts += 1
        entry.is_asked, entry.start_again = True, False
        before = sorted(job.machines_before) if job.machines_before is not None else None
        self._emit(
            events.MACHINE_STARTING,
            id=entry.reference.id,
            name=group.name or entry.reference.name,
            group=entry.group,
            attempt=entry.attempts,
            last_sync=group.last_sync.isoformat() if group.last_sync else None,
            machines_before=before,
            intent_at=job.intent_at,
            is_server_time=group.server_time is not None,
            state=group.described(),
        )

    def not_started(self, job: OperationRequest, reason: str, *, is_repeated: bool) -> None:
        """Nothing came of that intent."""
        entry = self.roster.entries[job.key]
        entry.attempts, entry.is_asked = entry.attempts - is_repeated, False
        self._emit(events.MACHINE_NOT_STARTED, id=job.reference.id, reason=reason, is_repeated=is_repeated)

    def started(self, job: OperationRequest, task: Task | None) -> None:
        """Where its task is."""
        if task is not None and task.href:
            self.roster.entries[job.key].known_tasks.add(path_of(task.href))
        self._emit(events.MACHINE_STARTED, id=job.reference.id, task=task.href if task else "")

    def progressed(self, job: OperationRequest, task: Task) -> None:
        """For those who watch."""
        self._tell(
            {
                "event": events.MACHINE_PROGRESSED,
                "id": job.reference.id,
                "status": task.status,
                "progress": task.progress,
            }
        )

    def ended(self, job: OperationRequest, result: Result) -> None:
        """A verdict, or the end of a try."""
        entry = self.roster.entries[job.key]
        may_retry = result.verdict == "failed" and result.is_repeatable
        is_final = not may_retry or entry.attempts > entry.machine.retries or bool(self.halted)
        if not is_final and not entry.attempts:
            entry.attempts = 1  # it could not even be begun: that is a try, too
        self._finish(entry, result, is_final=is_final)

    def _finish(self, entry: VmState, result: Result, *, is_final: bool) -> None:
        entry.result, entry.is_asked = result, False
        needs_cleanup = not is_final and self._action == "test"
        if is_final:
            entry.state = OVER
        else:
            entry.state, entry.needs_cleanup = WAITING, needs_cleanup
            entry.not_before = self._clock.now() + entry.machine.retry_delay_s
        shown = {name: value for name, value in result.as_dict().items() if name not in ("action", "changed")}
        self._note(
            events.MACHINE_FINISHED,
            **{**shown, "last_sync": result.last_sync or None},
            group=entry.group,
            attempt=max(entry.attempts, 1),
            is_final=is_final,
            needs_cleanup=needs_cleanup,
        )
        self._heed(entry)

    def _heed(self, entry: VmState) -> None:
        """Do what the plan says about a machine that failed, or whose outcome is not known."""
        result = entry.result
        if entry.state != OVER or result is None or result.verdict not in ("failed", UNKNOWN):
            return
        group = next((one for one in self._plan.groups if one.name == entry.group), None)
        policy = policy_of(self._plan, group)
        if policy != CONTINUE:
            what = "failed" if result.verdict == "failed" else "has an unknown outcome"
            # Nothing is rolled back as long as something of it may still begin.
            rolls_back = policy == ROLL_BACK and result.verdict == "failed"
            self._halt(f"not started, as {result.name or result.id} {what}", rolls_back)

    def cleaned(self, job: OperationRequest, result: Result) -> None:
        """What a failed test left is gone, or not: then there is no other try."""
        entry = self.roster.entries[job.key]
        entry.needs_cleanup = False
        if result.verdict in ("done", "already"):
            entry.state, entry.not_before = WAITING, 0.0
            self._happened += 1
            return
        failed = entry.result or result
        failed.reason = f"{failed.reason}; and it could not be cleaned up for another try: {result.reason}"
        self._finish(entry, failed, is_final=True)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _steps(self, group: Group | None, phase: str, steps: Sequence[Step]) -> Track[bool]:
        """Steps in order; whether one may go on behind them."""
        for place, step in steps_for(steps, self._action):
            if self.halted:
                return False
            is_done = yield from self._step(group, phase, place, step)
            policy = policy_of(self._plan, group, step)
            if not is_done and policy != CONTINUE:
                self._halt(f"not started, as the step {step.name!r} failed", policy == ROLL_BACK)
                return False
        return True

    def _step(self, group: Group | None, phase: str, place: int, step: Step) -> Track[bool]:
        name = group.name if group else ""
        key = step_key(name, phase, place)
        if key in self.roster.steps_done:
            return True
        words = {"group": name, "phase": phase, "step": step.name, "kind": step.kind, "key": key}
        if key in self.roster.steps_open and step.on_resume == "fail":
            reason = "the run was stopped in the middle of it, and it must not be done twice"
            hint = "See how far it got, then start a new run: machines that are there are not touched again."
            self._end_step(key, StepResult("failed", reason, hint), 0.0, {**words, "attempt": 1})
            return False
        for attempt in range(1, step.retries + 2):
            began = self._clock.now()
            self._note(events.STEP_STARTED, **words, attempt=attempt)
            result = yield from self._try(step, name, key)
            while result.verdict == "stopped":
                yield None  # the run ends here; for the journal, this step is still being done
            self._end_step(key, result, self._clock.now() - began, {**words, "attempt": attempt})
            if result.verdict == "done":
                return True
            if attempt <= step.retries:
                until = self._clock.now() + step.retry_delay_s
                while self._clock.now() < until:
                    yield until
        self.failed_steps.append(key)
        return False

    def _try(self, step: Step, group: str, key: str) -> Track[StepResult]:
        if isinstance(step.work, Delay):
            until = self._clock.now() + step.work.seconds
            while self._clock.now() < until:
                yield until
            return StepResult("done")
        future = self._spawn(lambda: self._do(step, group=group, key=key))
        self._running.append(future)
        while not future.done():
            yield None
        self._happened += 1
        return future.result()

    def _end_step(self, key: str, result: StepResult, seconds: float, words: dict[str, Any]) -> None:
        shown = {name: value for name, value in vars(result).items() if value or name in ("verdict", "reason")}
        self._note(events.STEP_FINISHED, **words, **shown, seconds=round(seconds, 3))


class _Cleaner(OperationObserver):
    """Hears of clean-ups before another try of a test: they are not what the run is about."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def ended(self, job: OperationRequest, result: Result) -> None:
        """Pass it on."""
        self._schedule.cleaned(job, result)


def in_thread(work: Callable[[], StepResult]) -> Future[StepResult]:
    """Daemons: a question that nobody answers must not keep a program from ending."""
    future: Future[StepResult] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - whoever waits for the result gets it
            future.set_exception(exc)

    threading.Thread(target=run, name="vca-dr-step", daemon=True).start()
    return future
