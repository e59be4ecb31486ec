"""The order of a run as it happens: each group is a track that waits for what it depends on, then runs by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vcloudair_core.recovery.journal import events
from vcloudair_core.recovery.plan.group_order import waits_for
from vcloudair_core.recovery.plan.model import Group
from vcloudair_core.recovery.run.journal_observer import JournalObserver
from vcloudair_core.recovery.run.run_state import RunState, policy_of
from vcloudair_core.recovery.run.step_tracks import Spawn, StepTracks, StepWork, in_thread
from vcloudair_core.services.dr.operation_options import CONTINUE, ROLL_BACK
from vcloudair_core.services.dr.operations.messages import reason_of
from vcloudair_core.services.dr.operations.operation import IN_PROGRESS, OVER, Operation
from vcloudair_core.services.dr.operations.scheduler import Launch, OperationScheduler, Track

if TYPE_CHECKING:
    from vcloudair_core.services.dr.operation_options import Stop
    from vcloudair_core.util.clock import Clock


class PlanSchedule:
    """Runs the groups and steps of a plan on the scheduler of operations.

    Args:
        state: The operations and steps of the run.
        action: ``test``, ``cleanup`` or ``failover``.
        launch: Makes the tracker of an action.
        work: Does one attempt of a step.
        emit: Makes an event durable before it returns.
        tell: Shows an event that is not kept.
        clock: The clock of the session.
        stop: A request, from elsewhere, to come to an end.
        until: The time of the clock at which the run is stopped.
        spawn: Runs the work of a step; by default in a thread.
    """

    def __init__(
        self,
        state: RunState,
        action: str,
        *,
        launch: Launch,
        work: StepWork,
        emit: Callable[..., object],
        tell: Callable[[dict[str, Any]], None],
        clock: Clock,
        stop: Stop,
        until: float | None = None,
        spawn: Spawn = in_thread,
    ) -> None:
        self._state, self._plan = state, state.plan
        self._emit, self._clock, self._stop = emit, clock, stop
        self._scheduler = OperationScheduler(
            action,
            launch=launch,
            observer=JournalObserver(emit, tell),
            clock=clock,
            stop=stop,
            max_concurrent=state.plan.max_concurrent,
            until=until,
        )
        self._steps = StepTracks(state, action, self._scheduler, work=work, emit=emit, clock=clock, spawn=spawn)
        self._verdicts: dict[str, str] = {}
        """Of groups that are over."""
        for operation in state.operations:
            self._scheduler.heed(operation)

    @property
    def halted(self) -> str:
        """Why nothing more was started, or nothing."""
        return self._scheduler.halted

    @property
    def wants_roll_back(self) -> bool:
        return self._scheduler.wants_roll_back

    @property
    def failed_steps(self) -> list[str]:
        """Keys of the steps that failed."""
        return self._steps.failed

    def execute(self) -> bool:
        """Return True when the run came to its end, False when it was stopped on the way."""
        if self._scheduler.execute(self._whole()):
            return True
        refusal = self._scheduler.refusal
        if refusal is not None and not self._stop.is_requested:
            self._stop.request(f"the session was lost: {reason_of(refusal)}")
        self._interrupt()
        return False

    def _interrupt(self) -> None:
        asked = [op for op in self._state.operations if op.state == IN_PROGRESS and op.is_asked]
        if self._stop.cancel_tasks:
            self._scheduler.cancel_tasks()
        self._steps.wait()
        in_flight = [{"id": operation.reference.id, "name": operation.reference.name} for operation in asked]
        self._note(events.RUN_INTERRUPTED, reason=self._stop.reason, in_flight=in_flight)

    def _note(self, event: str, **fields: Any) -> None:
        self._scheduler.note_event()
        self._emit(event, **fields)

    # -- tracks --------------------------------------------------------------------------------------------------

    def _whole(self) -> Track[None]:
        """Run the plan's own steps around all groups."""
        yield from self._steps.run(None, "before", self._plan.before)
        yield from self._together([self._group(group) for group in self._plan.groups])
        yield from self._steps.run(None, "after", self._plan.after)

    def _together(self, tracks: list[Track[None]]) -> Track[None]:
        while tracks:
            wakes = []
            for track in list(tracks):
                try:
                    wakes.append(next(track))
                except StopIteration:
                    tracks.remove(track)
                    self._scheduler.note_event()
            if tracks:
                yield min((wake for wake in wakes if wake is not None), default=None)

    def _group(self, group: Group) -> Track[None]:
        waits = waits_for(self._plan, group.name)
        while any(name not in self._verdicts for name, _ in waits):
            yield None
        missing = [name for name, is_dependency in waits if is_dependency and self._verdicts[name] != "succeeded"]
        operations = self._state.of(group.name)
        if self.halted or missing:
            reason = self.halted or f"{missing[0]}, which it depends on, is not there"
            self._scheduler.skip(operations, reason)
            self._end_group(group, "skipped", reason)
            return
        self._note(events.GROUP_STARTED, group=group.name)
        is_prepared = yield from self._steps.run(group, "before", group.before)
        if is_prepared:
            yield from self._vms(group, operations)
        else:
            self._scheduler.skip(operations, self.halted or "not started, as a step before it failed")
        is_there = is_prepared and all(operation.is_there for operation in operations)
        if not self.halted and (is_there or policy_of(self._plan, group) == CONTINUE):
            is_there = (yield from self._steps.run(group, "after", group.after)) and is_there
        failed_steps = [key for key in self.failed_steps if key.startswith(f"{group.name}/")]
        reason = _reason_of_group(operations) or ("a step failed" if failed_steps or not is_there else "")
        self._end_group(group, "failed" if reason else "succeeded", reason)

    def _vms(self, group: Group, operations: list[Operation]) -> Track[None]:
        until = self._clock.now() + group.timeout_s if group.timeout_s else None
        is_in_time = yield from self._scheduler.see_to_end(operations, until)
        if is_in_time:
            return
        reason = f"the time of group {group.name} ({group.timeout_s:g} s) is up"
        self._scheduler.end_late([operation for operation in operations if operation.state != OVER], reason)
        policy = policy_of(self._plan, group)
        if policy != CONTINUE:
            self._scheduler.halt(f"not started, as {reason}", roll_back=policy == ROLL_BACK)

    def _end_group(self, group: Group, verdict: str, reason: str) -> None:
        self._verdicts[group.name] = verdict
        self._note(events.GROUP_FINISHED, group=group.name, verdict=verdict, reason=reason)


def _reason_of_group(operations: list[Operation]) -> str:
    """Return which VMs of a group are not there, or nothing."""
    missing = [operation.reference.name for operation in operations if not operation.is_there]
    names = ", ".join(missing[:5])
    return f"{len(missing)} of {len(operations)} VMs are not there: {names}" if missing else ""
