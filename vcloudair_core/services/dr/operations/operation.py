"""An operation: one DR action on one VM, from the request to the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.services.dr.model import UNKNOWN, Reference, Replication, Result
from vcloudair_core.services.dr.operation_options import CONTINUE, LATEST
from vcloudair_core.services.dr.operations.intents import IntentRecord
from vcloudair_core.services.dr.operations.start_evidence import Intent
from vcloudair_core.session.tasks import Task

if TYPE_CHECKING:
    from vcloudair_core.services.dr.network_mapping import NetworkMapping

WAITING, READY, IN_PROGRESS, OVER = "waiting", "ready", "in progress", "over"
SUCCESS_VERDICTS = frozenset({"succeeded", "unchanged", "planned"})
"""Verdicts that count as success.

``planned`` is the verdict of a dry run for a VM on which the action can start.
"""


@dataclass(kw_only=True)
class Attempt:
    """State of one attempt of an operation. It is reset for the next attempt.

    Attributes:
        began, changed_at: Times of the start and of the last change, by the session's clock.
        current: The replication as last read.
        task: The task to poll. It is None when only the replication shows the progress.
        before: IDs of the VMs with the name of the replicated VM before the action, or None if they were not read.
        is_ours: True if this run started the action.
        is_unchanged: True if the VM was already in the target state.
        is_pending: True if the attempt starts at the next poll.
        is_verifying: True if the task has succeeded, but the replication and the VM are not verified yet.
        verify_from: The time at which the verification started, by the session's clock.
        needs_start: True if the request can be sent as soon as a check of the org's tasks shows no other action.
        waits_for_idle: True if the replication is in a state from which the action cannot start.
        needs_vm_check: True if the replication is in the target state, but the VM is not checked yet.
        lost: The error of a request whose outcome is unknown.
        last: The last known state, for messages.
        record: The stored intent of the replication.
        lock: The lock of the replication.
        intent: The intent of the action, once the action may have started.
        refusal: The message of the server if it refused the request because the action is already in progress or
            complete. Such an action is tracked.
        had_task: True if a task of the action was found.
        has_run: True if a poll showed that the action was in progress on the replication.
        described_before: The state of the replication before the action, or an empty string if it is unknown.
        error_before: True if the replication showed an error before the action, or if its earlier state is unknown.
        is_inherited: True if another run or process may have started the action.
        cleared_at: If the action of an earlier intent is started again, the time of that intent.
        refused: The number of requests that the server refused because the session had ended.
        earlier: The intent of the last refused request.
        request_ids: IDs that the server assigned to the start requests.
    """

    began: float = 0.0
    changed_at: float = 0.0
    current: Replication | None = None
    task: Task | None = None
    before: frozenset[str] | None = None
    is_ours: bool = False
    is_unchanged: bool = False
    is_pending: bool = False
    is_verifying: bool = False
    verify_from: float = 0.0
    needs_start: bool = False
    waits_for_idle: bool = False
    needs_vm_check: bool = False
    lost: VcloudAirError | None = None
    last: str = ""
    record: IntentRecord = field(default_factory=IntentRecord)
    lock: Any = None
    intent: Intent | None = None
    refusal: str = ""
    had_task: bool = False
    has_run: bool = False
    error_before: bool = False
    described_before: str = ""
    is_inherited: bool = False
    cleared_at: float | None = None
    refused: int = 0
    earlier: Intent | None = None
    request_ids: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Operation(Attempt):
    """One DR action on one VM, from the request to the verdict, over all its attempts.

    Attributes:
        reference: The replication of the VM.
        action: The action, such as ``test``.
        power_on, vm_timeout, point: As in :class:`OperationOptions`.
        networks: The networks and addresses of the recovered VM, or None for those of the replication.
        name, group_name: The name of the VM in the plan, and the name of its group.
        depends_on: Operations that must succeed first.
        on_error: The policy after a failure.
        retries, retry_delay: The number of attempts after the first one, and the seconds between attempts.
        state: ``waiting``, ``ready``, ``in progress`` or ``over``.
        attempts, attempts_ended: The number of attempts that have started, and the number that have ended.
        not_before: The earliest time for the next attempt, by the session's clock.
        needs_cleanup: True if a failed test must be cleaned up before the next attempt.
        may_be_in_progress: True if the action may be in progress on the server.
        known_tasks: Paths of the tasks of all attempts.
        start_again: True if the user has decided to start the action again when no sign of it is found.
        may_have_started: True if an earlier process of the run may have started the action. In this case, the task of
            this action is searched for. If no task is found, the action is started again only if ``start_again`` is
            true. The next six fields are from that process.
        task_href: The link of the task.
        vms_before: IDs of the VMs with the name of the replicated VM before the action, or None if they were not read.
        intent_at: The time of the intent in seconds since 1970.
        is_server_time: True if ``intent_at`` is from the server's clock, False if it is from the clock of this host.
        state_before: The state of the replication before the action.
        operation_id: The ID of the request, or an empty string if the API has no such IDs.
        together: The IDs of all replications that the request starts, if it starts the VMs of a vApp.
        result: The result of the last attempt.
    """

    reference: Reference
    action: str
    power_on: bool = True
    vm_timeout: float | None = None
    point: str = LATEST
    networks: NetworkMapping | None = None
    name: str = ""
    group_name: str = ""
    depends_on: tuple[Operation, ...] = ()
    on_error: str = CONTINUE
    retries: int = 0
    retry_delay: float = 10.0
    state: str = WAITING
    attempts: int = 0
    attempts_ended: int = 0
    not_before: float = 0.0
    needs_cleanup: bool = False
    may_be_in_progress: bool = False
    known_tasks: set[str] = field(default_factory=set)
    start_again: bool = False
    may_have_started: bool = False
    task_href: str = ""
    vms_before: frozenset[str] | None = None
    intent_at: float = 0.0
    is_server_time: bool = False
    state_before: str | None = None
    operation_id: str = ""
    together: tuple[str, ...] = ()
    result: Result = field(init=False)

    def __post_init__(self) -> None:
        self.result = Result(self.reference.id, self.reference.name, self.action)

    @property
    def key(self) -> str:
        return self.reference.href

    @property
    def vapp_key(self) -> tuple[str, str] | None:
        """Return a key that the VMs of a vApp in the same group share.

        Return None for a VM without a vApp.
        """
        return (self.group_name, self.reference.vapp_href) if self.reference.vapp_href else None

    @property
    def verdict(self) -> str:
        """Return the verdict of the last attempt, or an empty string."""
        return self.result.verdict

    @property
    def has_succeeded(self) -> bool:
        return self.verdict in SUCCESS_VERDICTS

    @property
    def has_failed(self) -> bool:
        """Return True when the operation has ended without success."""
        return self.state == OVER and not self.has_succeeded

    @property
    def is_unknown(self) -> bool:
        return self.verdict == UNKNOWN

    @property
    def needs_evidence(self) -> bool:
        """Return True while it is unknown whether the request has started the action."""
        is_in_doubt = self.intent is not None or self.waits_for_idle or bool(self.refusal)
        return is_in_doubt and self.task is None and not self.is_verifying and not self.is_pending

    @property
    def replication(self) -> Replication:
        """Return the replication as last read."""
        assert self.current is not None
        return self.current

    def start_attempt(self, now: float) -> None:
        """Reset the state for a new attempt."""
        vars(self).update(vars(Attempt(began=now, changed_at=now, before=self.vms_before)))
        self.result = Result(self.reference.id, self.reference.name, self.action)

    def described(self) -> str:
        """Return the last known state of the task or replication, for messages."""
        return f"the task is {self.task.status}" if self.task is not None else self.last

    def release(self) -> None:
        """Release the lock of the replication."""
        lock, self.lock = self.lock, None
        if lock is not None:
            lock.release()


class OperationObserver:
    """Callbacks for changes of operations, possibly from several threads.

    Override the callbacks that you need.
    """

    def starting(self, operation: Operation) -> None:
        """Callback right before the request is sent.

        If this method raises an exception, the request is not sent.
        """

    def started(self, operation: Operation, task: Task | None) -> None:
        """Callback after the request was sent.

        ``task`` is None if the response was lost. This method is called again when the task is found.
        """

    def not_started(self, operation: Operation, reason: str, *, is_repeated: bool) -> None:
        """Callback after the request was refused or could not be sent.

        ``is_repeated`` is true if the same attempt sends the request again.
        """

    def progressed(self, operation: Operation, task: Task) -> None:
        """Callback after each change of the task."""

    def ended(self, operation: Operation) -> None:
        """Callback at the end of an attempt. The verdict is in ``operation.result``."""
