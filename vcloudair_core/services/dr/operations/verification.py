"""Verify the result of an action: first the replication, then the VM.

A successful task alone does not prove success. Source: protocol/dr.md §4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vcloudair_core.errors import AuthenticationError, NotFoundError, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.dr.model import CLEANUP, RECOVERIES, UNKNOWN, Replication
from vcloudair_core.services.dr.operation_options import START
from vcloudair_core.services.dr.operations.messages import (
    CHECK_LOCATION,
    CHECK_RESULT,
    CHECK_VM,
    NOT_IDLE,
    is_transient,
    next_step,
    reason_of,
)
from vcloudair_core.services.dr.operations.recovered_vms import RecoveredVms
from vcloudair_core.services.dr.vm_checks import VmRecord, vm_problem, vms_of
from vcloudair_core.services.dr.wire_values import seconds_since_1970

if TYPE_CHECKING:
    from vcloudair_core.services.dr.operations.operation import Operation
    from vcloudair_core.services.dr.operations.tracked_operations import TrackedOperations


class Verifier:
    """A verifier that compares replications and VMs with the target state.

    It sets the verdicts of operations.
    """

    def __init__(self, tracked: TrackedOperations) -> None:
        self._tracked, self._action, self._options = tracked, tracked.action, tracked.options
        self._clock = tracked.clock
        self._recovered = RecoveredVms(tracked.provider.session)

    # -- the replication -----------------------------------------------------------------------------------------

    def verify(self, operation: Operation) -> None:
        """Read the replication of an operation, and handle its state.

        If the replication is in the target state, :meth:`check_vms` checks the VM later.

        Raises: ApiError, TransportError, DecodeError.
        """
        try:
            replication = self._tracked.provider.read(operation.reference)
        except (NotFoundError, PermissionDeniedError) as exc:
            task = "the task succeeded, but " if operation.is_verifying else ""
            reason = f"{task}the replication can no longer be read ({exc.status})"
            self._tracked.fail(operation, reason, "Check in which VDC and vApp the VM is.", error=exc)
            return
        now = self._clock.now()
        operation.current = replication
        if replication.described() != operation.last:
            operation.last, operation.changed_at = replication.described(), now
        operation.needs_vm_check = replication.has_reached(self._action, operation.described_before)
        if not operation.needs_vm_check:
            self._not_there_yet(operation, replication, now)

    def contradiction(self, operation: Operation) -> str:
        """Return the state of a replication that contradicts a failed task.

        The result is a suffix for the reason, or an empty string. The verdict stays failed, because the VM may be
        incomplete. Source: protocol/vcda.md §4.3.
        """
        if not operation.replication.names_vm:
            return ""  # replications of DR 2.x show errors of their own
        try:
            replication = self._tracked.provider.read(operation.reference)
        except VcloudAirError as exc:
            self._tracked.note(exc)
            return ""
        operation.current = replication
        has_reached = replication.has_reached(self._action, operation.described_before)
        return f", but the replication shows: {replication.described()}" if has_reached else ""

    def _not_there_yet(self, operation: Operation, replication: Replication, now: float) -> None:
        if operation.is_verifying:
            if operation.is_inherited and self._is_long_over(operation, replication):
                self._tracked.starter.close(operation)
                self._tracked.restart(operation, "an earlier action has ended")
            else:
                self._fail_if_not_shown(operation, now)
        elif replication.is_in_progress(self._action) or (operation.had_task and replication.is_busy):
            operation.has_run = True
            if not self._options.wait:
                self._tracked.end(operation, "started", "the server has started the action")
        elif operation.task is not None:
            return  # the task was just found, so the next poll reads its status
        elif replication.has_error(self._action) and (operation.has_run or not operation.error_before):
            self._tracked.fail(operation, f"the replication shows an error: {replication.described()}", CHECK_VM)
        elif operation.waits_for_idle and not replication.why_not_idle(self._action):
            self._tracked.begin_later(operation, "the state of the replication has changed")
        elif operation.refusal and replication.blocking_reason(self._action):
            reason = f"{operation.refusal} ({replication.blocking_reason(self._action)})"
            self._tracked.fail(operation, reason, next_step(replication))
        elif operation.start_again or now - operation.began >= self._options.lost_grace:
            if operation.intent is not None and replication.is_busy:
                return  # an unknown action is in progress, and its end shows more
            self._without_sign(operation, replication)

    def _without_sign(self, operation: Operation, replication: Replication) -> None:
        """Handle an action of which neither the tasks nor the replication show a sign.

        A timeout alone never starts the action again.
        """
        not_idle = replication.why_not_idle(self._action)
        if operation.waits_for_idle:
            reason = f"not started: {not_idle or replication.described()}"
            self._tracked.fail(operation, reason, NOT_IDLE, is_repeatable=True)
        elif operation.refusal:
            reason = f"{operation.refusal}; the replication shows: {replication.described()}"
            self._tracked.fail(operation, reason, CHECK_VM)
        elif operation.has_run:
            reason = f"the action was in progress and has stopped; the replication shows: {replication.described()}"
            self._tracked.fail(operation, reason, CHECK_VM)
        elif not not_idle and self._is_to_start_again(operation):
            operation.cleared_at = operation.intent.at if operation.intent is not None else 0.0
            operation.start_again = False
            operation.began = operation.changed_at = self._clock.now()
            self._tracked.begin_later(operation, "the action is started again")
        else:
            self._tracked.end_as_unknown(operation)

    def _is_to_start_again(self, operation: Operation) -> bool:
        return operation.start_again or (self._options.on_unknown == START and not operation.had_task)

    def _is_long_over(self, operation: Operation, replication: Replication) -> bool:
        """Return True if a task of an earlier run ended more than ``verify_timeout`` ago.

        After that time, the replication would show the result of the task.
        """
        ended = seconds_since_1970(operation.task.end) if operation.task is not None else None
        now = replication.server_time or self._clock.wall()
        is_idle = not replication.why_not_idle(self._action)
        return ended is not None and now - ended > self._options.verify_timeout and is_idle

    def _fail_if_not_shown(self, operation: Operation, now: float) -> None:
        if now - operation.verify_from >= self._options.verify_timeout:
            is_success = operation.result.task.get("status") == "success"
            begin = "the task succeeded, but " if is_success else ""
            if not_known := operation.replication.why_not_known(self._action):
                self._end_without_result(operation, f"{begin}{not_known}")
                return
            reason = f"{begin}the check after {self._options.verify_timeout:.0f} s shows: {operation.last}"
            self._tracked.fail(operation, reason, CHECK_VM)

    def _end_without_result(self, operation: Operation, reason: str) -> None:
        """End an operation whose action has ended with a result that is unknown.

        The intent is closed, because it is known that the action was started.
        """
        self._tracked.starter.close(operation)
        self._tracked.end(operation, UNKNOWN, reason, CHECK_RESULT)

    # -- the VM --------------------------------------------------------------------------------------------------

    def check_vms(self, operations: Sequence[Operation]) -> None:
        """Check the VMs of replications in the target state, and end operations that pass.

        The VMs of all operations are read together.
        """
        if not operations:
            return
        checked = [operation for operation in operations if not self._why_not_checked(operation)]
        ids = {
            identifier
            for operation in checked
            if operation.replication.names_vm
            for identifier in operation.before or ()
        }
        try:
            vms = (
                self._tracked.provider.find_vms([operation.replication for operation in checked], ids)
                if checked
                else []
            )
        except VcloudAirError as exc:
            for operation in operations:
                self._vm_not_read(operation, exc)
            return
        self._tracked.each(operations, lambda operation: self._check_vm(operation, vms))

    def _vm_not_read(self, operation: Operation, exc: VcloudAirError) -> None:
        is_lost = isinstance(exc, AuthenticationError) and not self._tracked.dry_run
        if operation.key in self._tracked.in_progress or is_lost:
            self.handle_poll_error(operation, exc)
            return
        self._tracked.note(exc)
        reason = f"reading the VM failed: {reason_of(exc)}"
        self._tracked.fail(operation, reason, exc.hint, error=exc, is_repeatable=operation.is_unchanged)

    @property
    def _is_with_vm(self) -> bool:
        """True if the action creates or removes a VM."""
        return self._action in (*RECOVERIES, CLEANUP)

    def _why_not_checked(self, operation: Operation) -> str:
        """Return the reason why the VM is not checked, or an empty string."""
        if not self._is_with_vm:
            return f"the action {self._action!r} changes no VM"
        return self._tracked.provider.why_vm_not_visible(operation.replication)

    def _check_vm(self, operation: Operation, vms: Sequence[VmRecord]) -> None:
        replication, now = operation.replication, self._clock.now()
        must_be_on = operation.power_on and not operation.is_unchanged
        not_checked = self._why_not_checked(operation)
        problem = (
            ""
            if not_checked
            else vm_problem(vms, replication, self._action, must_be_on=must_be_on, before=operation.before)
        )
        if not problem and not not_checked and self._action != CLEANUP:
            own_vms, _ = vms_of(vms, replication, operation.before)
            operation.result.vm = self._recovered.described(own_vms)
        if operation.is_unchanged and problem and (not_known := replication.why_not_known(self._action)):
            self._end_without_result(operation, not_known)
        elif operation.is_unchanged and problem:
            self._tracked.end(operation, "failed", problem, CHECK_LOCATION)
        elif operation.is_unchanged:
            self._tracked.end(operation, "unchanged", f"nothing to do: {replication.described()}")
        elif not problem and self._is_cleanup_in_doubt(operation):
            begin = "the task succeeded, but " if operation.is_verifying else ""
            reason = f"{begin}the server omits the ID of the VM, so it is unknown whether the VM of the test is gone"
            self._end_without_result(operation, reason)
        elif not problem:
            reasons = ["another request has already started the action"] if operation.refusal else []
            reasons += [not_checked] if self._is_with_vm and not_checked else []
            self._tracked.end(operation, "succeeded", "; ".join(reasons))
        else:
            if not operation.is_verifying:
                operation.is_verifying, operation.verify_from = True, now
                self._tracked.in_progress.setdefault(operation.key, operation)
            operation.last = problem
            self._fail_if_not_shown(operation, now)

    def _is_cleanup_in_doubt(self, operation: Operation) -> bool:
        """Return True if no search can show that the VM of a test is gone."""
        is_known = bool(operation.before) or not operation.replication.omits_vm_id
        return self._action == CLEANUP and not is_known and not self._why_not_checked(operation)

    def handle_poll_error(self, operation: Operation, exc: VcloudAirError) -> None:
        """Keep polling after a transient error. After other errors, end the operation."""
        self._tracked.note(exc)
        operation.result.hint = exc.hint or operation.result.hint
        if isinstance(exc, AuthenticationError) and not self._tracked.dry_run:
            self._tracked.in_progress.setdefault(operation.key, operation)
        elif not is_transient(exc):
            operation.result.request_id = str(getattr(exc, "request_id", "") or "")
            # The action may still end at the server.
            verdict = "failed" if operation.intent is None else UNKNOWN
            self._tracked.end(operation, verdict, f"polling the action failed: {reason_of(exc)}", CHECK_VM)
