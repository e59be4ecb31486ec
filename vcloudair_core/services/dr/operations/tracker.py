"""Start DR actions, poll them, and return a verdict per VM.

The caller decides order and concurrency.

See :mod:`.starter` for the rules that prevent a second start, and :mod:`.verification` for the conditions of a
verdict.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from vcloudair_core.errors import AuthenticationError, NotFoundError, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.dr.model import CLEANUP, RECOVERIES, UNKNOWN
from vcloudair_core.services.dr.operations.messages import (
    CHECK_VM,
    HINTS,
    MAY_STILL_RUN,
    NOT_IDLE,
    SIGN_IN,
    is_transient,
    next_step,
    reason_of,
)
from vcloudair_core.services.dr.operations.start_evidence import is_refused_as_done
from vcloudair_core.services.dr.operations.tracked_operations import TrackedOperations, decide
from vcloudair_core.services.dr.operations.verification import Verifier
from vcloudair_core.services.dr.wire_values import path_of, seconds_since_1970
from vcloudair_core.session.origins import UntrustedOriginError
from vcloudair_core.session.tasks import Task, task_duration_s
from vcloudair_core.util.redaction import redact_text, redact_tree

if TYPE_CHECKING:
    from vcloudair_core.services.dr.operation_options import OperationOptions
    from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver
    from vcloudair_core.services.dr.operations.starter import StartResult, TaskSnapshot
    from vcloudair_core.services.dr.port import RecoveryProvider

_SHORTEST_S, _LONGEST_S = 0.25, 10.0
_SHARE_OF_AGE = 0.1
"""Time until the next poll, as a share of the time since the action started.

If the durations of other actions are known, the next poll is at the expected end of the next action instead.
"""

_MARGIN_S = 0.01
"""Seconds between the expected end of an action and the poll."""

_TASK_LIST_FROM = 3
"""Minimum number of tasks to poll with one request for the task list of the org."""


class OperationTracker:
    """A context manager that starts operations and polls them.

    ``begin`` starts operations, and ``poll`` reads their state. Both methods call the observer.

    If ``dry_run`` is true, the tracker reads the state of replications and starts nothing. ``run`` is the ID of the
    run, which other processes show in their messages.
    """

    def __init__(
        self,
        provider: RecoveryProvider,
        action: str,
        options: OperationOptions,
        observer: OperationObserver,
        *,
        dry_run: bool = False,
        run: str = "",
    ) -> None:
        self._provider, self._action, self._options, self._dry_run = provider, action, options, dry_run
        self._clock = provider.session.clock
        self._tracked = TrackedOperations(provider, action, options, observer, dry_run=dry_run, run=run)
        self._starter = self._tracked.starter
        self._verifier = Verifier(self._tracked)
        self._durations: deque[float] = deque(maxlen=20)
        """Durations of the last actions in seconds."""

    def __enter__(self) -> OperationTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tracked.close()

    def __len__(self) -> int:
        return len(self._tracked.in_progress)

    @property
    def refusal(self) -> VcloudAirError | None:
        """The error that prevented the last session renewal, or None."""
        return self._tracked.refusal

    # -- starting ------------------------------------------------------------------------------------------------

    def begin(self, operations: Sequence[Operation]) -> None:
        """Start operations, and retry pending operations.

        If the VM is already in the target state, or if the action cannot start, the operation ends with a verdict
        immediately.
        """
        for operation in operations:
            if not operation.is_pending:
                operation.start_attempt(self._clock.now())
        try:
            self._tracked.each(operations, self._prepare)
            readable = [operation for operation in operations if operation.current is not None]
            self._note_vms([operation for operation in readable if operation.before is None])
            self._tracked.each(readable, self._choose_start)
            starting = [operation for operation in readable if operation.needs_start]
            if starting and self._dry_run:
                self._plan_all(starting)
            elif starting:
                # Read the tasks of the org once for the whole batch.
                self._start_all(starting, self._starter.read_tasks(starting))
        finally:
            for operation in operations:
                operation.release()
        self._verifier.check_vms([operation for operation in readable if operation.needs_vm_check])

    def _prepare(self, operation: Operation) -> None:
        """Lock and read the replication of an operation.

        The lock prevents other processes on this host from starting an action.
        """
        operation.current, operation.is_pending = None, False
        if not self._dry_run:
            try:
                holder = self._starter.lock(operation)
            except VcloudAirError as exc:
                reason = f"starting the action failed: {reason_of(exc)}"
                self._tracked.fail(operation, reason, exc.hint, is_repeatable=True)
                return
            if holder:
                self._tracked.begin_later(operation, holder)
                return
        try:
            replication = self._provider.read(operation.reference)
        except VcloudAirError as exc:
            self._not_read(operation, exc)
            return
        operation.current, operation.last = replication, replication.described()
        if replication.last_sync is not None:
            operation.result.last_sync = replication.last_sync.isoformat()
        operation.result.name = replication.name or operation.reference.name

    def _not_read(self, operation: Operation, exc: VcloudAirError) -> None:
        may_run = operation.may_have_started or self._starter.has_open_intent(operation)
        if isinstance(exc, AuthenticationError) and not self._dry_run:
            self._tracked.note(exc)
            self._tracked.begin_later(operation, "the session was lost")
        elif may_run and is_transient(exc):
            self._tracked.begin_later(operation, reason_of(exc))
        else:
            self._tracked.note(exc)
            problem = "reading an action that may be in progress failed" if may_run else "starting the action failed"
            reason = f"{problem}: {reason_of(exc)}"
            self._tracked.fail(operation, reason, exc.hint, error=exc, is_repeatable=not may_run)

    def _note_vms(self, operations: Sequence[Operation]) -> None:
        """Store the IDs of existing VMs, to recognize recovered VMs by their new IDs."""
        named = [operation for operation in operations if operation.replication.names_vm]
        if self._action == CLEANUP:
            self._tracked.each(named, self._note_created_vms)
        unnamed = [operation for operation in operations if not operation.replication.names_vm]
        if not unnamed or self._dry_run or self._action not in RECOVERIES:
            return
        try:
            vms = self._provider.find_vms([operation.replication for operation in unnamed])
        except VcloudAirError as exc:
            self._tracked.note(exc)
            return
        for operation in unnamed:
            operation.before = frozenset(vm.id for vm in vms if vm.name == operation.replication.name)

    def _note_created_vms(self, operation: Operation) -> None:
        """Store the IDs of the VMs that a cleanup removes, as far as they are known."""
        try:
            operation.before = self._provider.created_vm_ids(operation.replication)
        except VcloudAirError as exc:
            self._tracked.note(exc)

    def _choose_start(self, operation: Operation) -> None:
        """Start, track or end an operation, depending on the state of the replication."""
        replication = operation.replication
        is_ours = operation.may_have_started and operation.cleared_at is None
        if replication.has_reached(self._action):
            operation.is_unchanged, operation.needs_vm_check, operation.is_ours = not is_ours, True, is_ours
        elif not self._dry_run and self._starter.resume_intent(operation):
            self._tracked.track(operation)
        elif replication.is_in_progress(self._action):
            # Another user or process started the action: wait for its end, do not start it again.
            if self._dry_run or not self._options.wait:
                self._tracked.end(operation, "unchanged", "the action is already in progress")
            else:
                operation.has_run, operation.described_before = True, replication.described()
                self._tracked.track(operation)
        elif blocked_by := replication.blocking_reason(self._action):
            self._tracked.fail(operation, blocked_by, next_step(replication), is_repeatable=True)
        elif not_idle := replication.why_not_idle(self._action):
            if self._dry_run:
                self._tracked.fail(operation, not_idle, NOT_IDLE)
            else:
                operation.waits_for_idle = True
                self._tracked.track(operation)
        else:
            operation.needs_start = True

    def _start_all(self, operations: Sequence[Operation], snapshot: TaskSnapshot) -> None:
        """Start operations: one request for the VMs of a vApp, or a request for each VM."""
        vapps: dict[object, list[Operation]] = {}
        for operation in operations:
            vapps.setdefault(operation.vapp_key or operation.key, []).append(operation)

        def start_together(vms: list[Operation]) -> None:
            outcomes = self._starter.start_together(vms, snapshot)
            if outcomes is None:
                return
            del vapps[vms[0].vapp_key]
            for operation, outcome in zip(vms, outcomes, strict=True):
                self._note_start(operation, outcome)

        self._tracked.each([vms for vms in vapps.values() if len(vms) > 1], start_together)
        self._tracked.each(
            [operation for vms in vapps.values() for operation in vms],
            lambda operation: self._note_start(operation, self._starter.start(operation, snapshot)),
        )

    def _plan_all(self, operations: Sequence[Operation]) -> None:
        """End operations of a dry run, and note which ones start with one request."""
        notes: dict[object, str] = {}
        for operation in operations:
            key = operation.vapp_key
            if key is not None and key not in notes:
                notes[key] = self._note_of_vapp([member for member in operations if member.vapp_key == key])
            self._tracked.end(operation, "planned", f"{operation.replication.described()}{notes.get(key, '')}")

    def _note_of_vapp(self, vms: Sequence[Operation]) -> str:
        """Return the note of a dry run about VMs that start together.

        Return an empty string if each VM needs its own request.
        """
        try:
            if len(vms) > 1 and not self._starter.why_not_together(vms):
                return f"; one action starts the {len(vms)} VMs of the vApp {vms[0].replication.vapp_name!r}"
        except VcloudAirError as exc:
            self._tracked.note(exc)
        return ""

    def _note_start(self, operation: Operation, outcome: StartResult) -> None:
        """Handle the result of a start request."""
        if outcome.is_pending:
            self._tracked.begin_later(operation, outcome.reason)
        elif outcome.reason:
            self._tracked.fail(operation, outcome.reason, outcome.hint, error=outcome.error, is_repeatable=True)
        else:
            self._tracked.track(operation)
            if operation.refusal:
                operation.needs_vm_check = operation.replication.has_reached(self._action)
            if self._options.wait:
                return
            if operation.refusal and operation.task is not None:
                self._tracked.end(operation, "unchanged", "the action is already in progress")
            elif not operation.refusal and operation.lost is None and operation.intent is not None:
                self._tracked.end(operation, "started", "the server has started the action")

    # -- polling -------------------------------------------------------------------------------------------------

    def interval(self) -> float:
        """Return the seconds until the next poll.

        If the expected end of the next operations is known, the next poll is at that time.
        """
        now = self._clock.now()
        expected = min(self._durations, default=0.0)
        waits, upcoming = [], []
        for operation in self._tracked.in_progress.values():
            age = now - operation.began
            if operation.is_verifying:
                waits.append(_SHARE_OF_AGE * (now - operation.verify_from))
            elif age < expected:
                upcoming.append(expected - age)
            else:
                waits.append(_SHARE_OF_AGE * (age - expected if expected else age))
        if upcoming:
            # Operations that started together are expected to end together, so one poll is enough for them.
            waits.append(max(left for left in upcoming if left <= min(upcoming) + _SHORTEST_S) + _MARGIN_S)
        return min(_LONGEST_S, max(_SHORTEST_S, min(waits, default=_LONGEST_S)))

    def poll(self) -> None:
        """Read tasks, replications and VMs of the operations in progress.

        One request reads all tasks, and another request reads all VMs. The replications of operations whose task has
        ended are read one by one.
        """
        lost_since = self._tracked.retry_session()
        in_progress = self._tracked.in_progress
        pending = [operation for operation in in_progress.values() if operation.is_pending]
        self.begin(pending)
        begun = {operation.key for operation in pending}
        polled = [
            operation for operation in in_progress.values() if not operation.is_pending and operation.key not in begun
        ]
        with_task = [operation for operation in polled if operation.task is not None and not operation.is_verifying]
        latest = self._tasks_of(with_task, [operation for operation in polled if operation.needs_evidence])
        self._tracked.each(polled, lambda operation: self._advance(operation, latest))
        self._verifier.check_vms(
            [operation for operation in polled if operation.needs_vm_check and operation.key in in_progress]
        )
        for operation in list(in_progress.values()):
            self._give_up_if_late(operation)
        self._tracked.lost_since(lost_since)

    def _tasks_of(self, with_task: Sequence[Operation], in_doubt: Sequence[Operation]) -> dict[str, Task]:
        """Read the task list of the org, and return the tasks by path.

        The result is empty if reading the tasks one by one is faster, or if the list cannot be read.
        """
        if len(with_task) < _TASK_LIST_FROM and not in_doubt:
            return {}
        try:
            tasks = self._starter.search(in_doubt, _earliest([*with_task, *in_doubt]))
        except VcloudAirError as exc:
            self._tracked.note(exc)
            return {}
        return {path_of(task.href): task for task in tasks if task.href}

    def _advance(self, operation: Operation, latest: dict[str, Task]) -> None:
        try:
            if operation.task is not None and not operation.is_verifying:
                self._follow(operation, operation.task, latest.get(path_of(operation.task.href)))
            else:
                self._verifier.verify(operation)
        except VcloudAirError as exc:
            self._verifier.handle_poll_error(operation, exc)

    def _follow(self, operation: Operation, task: Task, latest: Task | None) -> None:
        """Handle the status of a task. ``latest`` is None if the task must be read first.

        The percentage that a task reports is not used, because it can be wrong.
        """
        if latest is None:
            try:
                latest = self._provider.read_task(task)
            except (NotFoundError, PermissionDeniedError) as exc:
                operation.task, operation.last = None, f"the task can no longer be read ({exc.status})"
                return
            except UntrustedOriginError:
                operation.task, operation.last = None, "the link to the task leads to another host"
                return
        latest = latest if latest.href else replace(latest, href=task.href)
        if latest != task:
            operation.task, operation.changed_at = latest, self._clock.now()
            self._tracked.report_progress(operation, latest)
        secrets = self._provider.session.settings.secrets()
        shown = {key: value for key, value in latest.as_dict().items() if key != "is_finished"}
        operation.result.task = redact_tree(shown, secrets)
        if latest.is_failed:
            self._task_failed(operation, latest, redact_text(f": {latest.error}" if latest.error else "", secrets))
        elif latest.is_successful:
            self._durations.append(task_duration_s(latest) or self._clock.now() - operation.began)
            operation.is_verifying, operation.verify_from = True, self._clock.now()
            self._verifier.verify(operation)

    def _task_failed(self, operation: Operation, task: Task, error: str) -> None:
        status = {"error": "failed", "canceled": "was canceled", "aborted": "was aborted"}[task.status.lower()]
        reason = f"the task {status}{error.rstrip('.')}"
        if is_refused_as_done(task.error_code, task.vendor_code) and not operation.refusal:
            # Another request started the action first, so track that action.
            operation.task, operation.refusal = None, reason
            self._verifier.verify(operation)
        elif self._starter.join_other(operation, task, reason):
            operation.result.task = {}  # the task of the other request counts
        elif operation.is_inherited:
            # The action of an earlier run has ended, so this run can start its own.
            self._starter.close(operation)
            self._tracked.restart(operation, reason)
        else:
            hint = HINTS.get(task.vendor_code or task.error_code, CHECK_VM)
            self._tracked.fail(operation, reason + self._verifier.contradiction(operation), hint, is_repeatable=True)

    # -- timeouts ------------------------------------------------------------------------------------------------

    def _give_up_if_late(self, operation: Operation) -> None:
        now, options = self._clock.now(), self._options
        if not self._tracked.has_session:
            return  # without a session, the state of the operation cannot be read
        if operation.is_verifying:
            if now - operation.verify_from >= 2 * options.verify_timeout:
                reason = "the task succeeded, but reading its result failed"
                self._tracked.fail(operation, reason, CHECK_VM)
            return
        silent, total = now - operation.changed_at, now - operation.began
        is_late = operation.vm_timeout is not None and total >= operation.vm_timeout
        if operation.needs_evidence and operation.intent is not None and not operation.has_run:
            # The search for evidence has its own time limit, which does not apply while reads fail.
            if is_late or total >= max(options.stuck_after, options.lost_grace) + _LONGEST_S:
                self._tracked.end_as_unknown(operation)
        elif is_late:
            self._give_up(operation, f"the action has not ended after {total:.0f} s ({operation.described()})")
        elif silent >= options.stuck_after:
            self._give_up(operation, f"nothing changed for {silent:.0f} s ({operation.described()})")

    def _give_up(self, operation: Operation, reason: str) -> None:
        is_seen = operation.task is not None or operation.has_run
        if self._options.cancel_on_stop and self._cancel(operation):
            self._tracked.fail(operation, f"{reason}; the server was asked to cancel the task", CHECK_VM)
        elif operation.is_pending and operation.intent is None and not operation.may_have_started:
            self._tracked.fail(operation, reason, NOT_IDLE, is_repeatable=True)
        elif operation.intent is not None and not is_seen:
            self._tracked.end(operation, UNKNOWN, reason, decide(operation))
        else:
            self._tracked.fail(operation, reason, MAY_STILL_RUN)

    def abandon(self, keys: Iterable[str], reason: str) -> None:
        """Stop waiting for the operations with these keys."""
        for operation in self._tracked.with_keys(keys):
            self._give_up(operation, f"{reason} ({operation.described()})")

    def end_unknown(self, reason: str) -> None:
        """End all operations, because they cannot be polled without a session.

        Operations that may have started an action get the verdict unknown. All others are skipped.
        """
        for operation in list(self._tracked.in_progress.values()):
            if operation.is_pending and not operation.may_have_started and operation.intent is None:
                self._tracked.end(operation, "skipped", f"not started: {reason}", SIGN_IN)
            else:
                self._tracked.end(operation, UNKNOWN, reason, MAY_STILL_RUN)

    def cancel_tasks(self) -> None:
        """Ask the server to cancel the tasks in progress. A later poll shows their state."""
        self._tracked.each(list(self._tracked.in_progress.values()), self._cancel)

    def _cancel(self, operation: Operation) -> bool:
        if operation.task is None or operation.task.is_finished or not self._provider.capabilities.can_cancel:
            return False
        with contextlib.suppress(VcloudAirError):
            self._provider.cancel(operation.task)
            return True
        return False


def _earliest(operations: Iterable[Operation]) -> float | None:
    """Return the earliest time at which a task of the operations can have started.

    The time is in seconds since 1970. Return None if the time of an operation is unknown.
    """
    times = [
        operation.intent.since
        if operation.intent is not None
        else seconds_since_1970(operation.task.start if operation.task is not None else "")
        for operation in operations
    ]
    return None if not times or None in times else min(time for time in times if time is not None)
