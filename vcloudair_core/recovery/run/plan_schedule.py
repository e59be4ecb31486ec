"""Schedule of a run: each group waits for its dependencies and then runs."""

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
    """Run the groups and steps of a plan with the scheduler of operations.

    Args:
        state: The operations and steps of the run.
        action: ``test``, ``cleanup`` or ``failover``.
        launch: Creates the tracker of an action.
        work: Runs one attempt of a step.
        emit: Writes an event to the journal. The event is on disk when the call returns.
        notify: Passes an event to observers without writing it.
        clock: The clock of the session.
        stop: A request from a signal or another thread to stop the run.
        until: The time on ``clock`` at which the run is stopped. None means no limit.
        spawn: Runs the work of a step, by default in a thread.
    """

    def __init__(
        self,
        state: RunState,
        action: str,
        *,
        launch: Launch,
        work: StepWork,
        emit: Callable[..., object],
        notify: Callable[[dict[str, Any]], None],
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
            observer=JournalObserver(emit, notify),
            clock=clock,
            stop=stop,
            max_concurrent=state.plan.max_concurrent,
            until=until,
        )
        self._steps = StepTracks(state, action, self._scheduler, work=work, emit=emit, clock=clock, spawn=spawn)
        self._verdicts: dict[str, str] = {}
        """Verdicts of the groups that have ended."""
        for operation in state.operations:
            self._scheduler.check_failure(operation)

    @property
    def halted(self) -> str:
        """Return the reason why no more actions are started, or an empty string."""
        return self._scheduler.halted

    @property
    def needs_rollback(self) -> bool:
        return self._scheduler.needs_rollback

    @property
    def failed_steps(self) -> list[str]:
        """Return the keys of the failed steps."""
        return self._steps.failed

    def execute(self) -> bool:
        """Run the plan. Return True if the run finished, or False if it was stopped."""
        if self._scheduler.execute(self._whole()):
            return True
        refusal = self._scheduler.refusal
        if refusal is not None and not self._stop.is_requested:
            self._stop.request(f"the session was lost: {reason_of(refusal)}")
        self._interrupt()
        return False

    def _interrupt(self) -> None:
        open_operations = [op for op in self._state.operations if op.state == IN_PROGRESS and op.may_be_in_progress]
        if self._stop.cancel_tasks:
            self._scheduler.cancel_tasks()
        self._steps.wait()
        in_flight = [{"id": operation.reference.id, "name": operation.reference.name} for operation in open_operations]
        self._note(events.RUN_INTERRUPTED, reason=self._stop.reason, in_flight=in_flight)

    def _note(self, event: str, **fields: Any) -> None:
        self._scheduler.note_event()
        self._emit(event, **fields)

    # -- tracks --------------------------------------------------------------------------------------------------

    def _whole(self) -> Track[None]:
        """Run the ``before`` steps of the plan, all groups, and the ``after`` steps."""
        yield from self._steps.run(None, "before", self._plan.before)
        yield from self._in_parallel([self._group(group) for group in self._plan.groups])
        yield from self._steps.run(None, "after", self._plan.after)

    def _in_parallel(self, tracks: list[Track[None]]) -> Track[None]:
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
            reason = self.halted or f"its dependency {missing[0]} was not recovered"
            self._scheduler.skip(operations, reason)
            self._end_group(group, "skipped", reason)
            return
        self._note(events.GROUP_STARTED, group=group.name)
        is_prepared = yield from self._steps.run(group, "before", group.before)
        if is_prepared:
            yield from self._vms(group, operations)
        else:
            self._scheduler.skip(operations, self.halted or "not started because a step before it failed")
        has_succeeded = is_prepared and all(operation.has_succeeded for operation in operations)
        if not self.halted and (has_succeeded or policy_of(self._plan, group) == CONTINUE):
            has_succeeded = (yield from self._steps.run(group, "after", group.after)) and has_succeeded
        failed_steps = [key for key in self.failed_steps if key.startswith(f"{group.name}/")]
        reason = _reason_of_group(operations) or ("a step failed" if failed_steps or not has_succeeded else "")
        self._end_group(group, "failed" if reason else "succeeded", reason)

    def _vms(self, group: Group, operations: list[Operation]) -> Track[None]:
        until = self._clock.now() + group.timeout_s if group.timeout_s else None
        has_ended = yield from self._scheduler.run_to_end(operations, until)
        if has_ended:
            return
        reason = f"group {group.name} exceeded its timeout of {group.timeout_s:g} s"
        self._scheduler.time_out([operation for operation in operations if operation.state != OVER], reason)
        policy = policy_of(self._plan, group)
        if policy != CONTINUE:
            self._scheduler.halt(f"not started because {reason}", roll_back=policy == ROLL_BACK)

    def _end_group(self, group: Group, verdict: str, reason: str) -> None:
        self._verdicts[group.name] = verdict
        self._note(events.GROUP_FINISHED, group=group.name, verdict=verdict, reason=reason)


def _reason_of_group(operations: list[Operation]) -> str:
    """Return a reason that names the failed VMs of a group, or an empty string."""
    missing = [operation.reference.name for operation in operations if not operation.has_succeeded]
    names = ", ".join(missing[:5])
    return f"{len(missing)} of {len(operations)} VMs did not succeed: {names}" if missing else ""
