"""Start an action on a replication at most once.

The rules, in the order in which they apply:

1. A process that starts an action holds the lock of the replication on this host, and records the intent to start it
   before the request is sent. Other hosts do not see this lock. Therefore the task list of the org is read right before
   a batch of VMs is started. If an action is already in progress, it is tracked instead of started.
2. If an intent of any run has an unknown outcome, its action is tracked by one of three signs: its task, another task
   that is evidence of the intent, or the replication. A timeout alone never starts the action again.
3. A request was not executed if it was certainly not sent, or if the API itself refused it. In all other cases, the
   intent stays open until the outcome is known.
4. If the server refuses a request because the action is in progress or complete, the operation has not failed. The
   action is tracked, no matter who started it.
5. One request can start all VMs of a vApp. The intent is recorded for each of them before the request is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from vcloudair_core.errors import ApiError, AuthenticationError, ConfigurationError, VcloudAirError
from vcloudair_core.services.dr.operation_options import LATEST, OperationOptions
from vcloudair_core.services.dr.operations.intents import IntentRecord, Intents, LockedError, with_task
from vcloudair_core.services.dr.operations.messages import HINTS, NOT_IDLE, may_have_started, reason_of
from vcloudair_core.services.dr.operations.operation import Operation, OperationObserver
from vcloudair_core.services.dr.operations.start_evidence import (
    Intent,
    action_in_tasks,
    action_of,
    find_running,
    find_task,
    has_sign,
    is_refused_as_done,
)
from vcloudair_core.services.dr.points_in_time import choose_point
from vcloudair_core.services.dr.port import RecoveryProvider, StartRequest
from vcloudair_core.services.dr.wire_values import path_of
from vcloudair_core.session.request_ids import collect_request_ids
from vcloudair_core.session.tasks import Task

_log = logging.getLogger(__name__)

_MAX_REFUSALS = 2
"""Maximum number of refused requests per operation while the session is lost."""


@dataclass(frozen=True)
class TaskSnapshot:
    """The tasks of the org right before a batch of actions is started.

    ``error`` is set if the tasks could not be read.
    """

    tasks: Sequence[Task] = ()
    error: VcloudAirError | None = None


@dataclass(frozen=True)
class StartResult:
    """The result of a start request.

    If ``reason`` is empty, the request was sent or the action was already in progress. Otherwise, the action was not
    started.

    ``is_pending`` is true if the session was lost, so that the next poll can send the request again.
    """

    reason: str = ""
    hint: str = ""
    error: VcloudAirError | None = None
    is_pending: bool = False


@dataclass(frozen=True)
class _Conflict:
    """An action in progress, or an unknown state, that prevents a request.

    ``task`` is the task of the action in progress, if it can be tracked. ``intent`` is the earlier intent to which this
    task belongs. The other fields are those of :class:`StartResult`.
    """

    reason: str = ""
    hint: str = ""
    is_pending: bool = False
    task: Task | None = None
    intent: Intent | None = None


class Starter:
    """The sender of all requests that start actions."""

    def __init__(
        self, provider: RecoveryProvider, action: str, options: OperationOptions, observer: OperationObserver, run: str
    ) -> None:
        self._provider, self._action, self._options, self._observer = provider, action, options, observer
        self._clock = provider.session.clock
        self._intents = Intents(provider.session.settings, run)
        self._run = run

    # -- lock and intent -----------------------------------------------------------------------------------------

    def lock(self, operation: Operation) -> str:
        """Lock a replication and read its last intent.

        Return an empty string on success. If another process holds the lock, return a reason that names the holder.

        Raises: ConfigurationError when the folder that stores intents cannot be used.
        """
        try:
            operation.lock = self._intents.lock(operation.reference)
        except LockedError as exc:
            return f"{exc} is starting an action on the replication"
        operation.record = self._intents.read(operation.reference)
        if operation.before is None and self.has_open_intent(operation) and operation.record.vms_before is not None:
            operation.before = frozenset(operation.record.vms_before)
        return ""

    def has_open_intent(self, operation: Operation) -> bool:
        """Return True when a stored intent of the same action has an unknown outcome."""
        record = operation.record
        return record.is_open and record.action == self._action and record.at != operation.cleared_at

    def resume_intent(self, operation: Operation) -> bool:
        """Track the earlier intent of an operation if its outcome is unknown.

        Return False if the operation has no earlier intent with an unknown outcome. No request is sent.
        """
        record = operation.record
        is_own = operation.may_have_started and operation.cleared_at is None
        if not is_own and not self.has_open_intent(operation):
            return False
        operation.is_ours, operation.is_inherited = is_own, not is_own
        has_record = self.has_open_intent(operation)
        href = operation.task_href or (record.task if has_record else "")
        if is_own and operation.intent_at:
            excluded = frozenset(operation.known_tasks - {path_of(href)})
            operation.intent = Intent(
                self._action, operation.intent_at, operation.is_server_time, excluded, operation.operation_id
            )
        else:
            operation.intent = record.intent() if has_record else Intent(self._action, 0.0)
        state = operation.state_before if is_own else record.state
        operation.described_before = state or ""
        operation.error_before = state is None or "error" in state.casefold()
        operation.had_task = bool(href)
        operation.task = Task(href=href, status="queued") if href else None
        return True

    # -- the request ---------------------------------------------------------------------------------------------

    def read_tasks(self, operations: Sequence[Operation]) -> TaskSnapshot:
        """Read the tasks of the org before a batch of actions is started.

        If a request may repeat an earlier request, the tasks are also read from the query service.

        One successful read is enough, because some users can read only the task list or only the query service. The
        session has already retried temporary errors.
        """
        tasks: list[Task] = []
        earlier = [intent for operation in operations if (intent := _earlier_of(operation)) is not None]
        sources: list[Callable[[], list[Task]]] = [self._provider.tasks]
        if earlier:
            since = min(intent.since for intent in earlier)
            sources.append(lambda: self._provider.query_tasks(since))
            ids = {intent.operation_id for intent in earlier if intent.operation_id}
            sources += [partial(self._provider.tasks_of, identifier) for identifier in sorted(ids)]
        errors: list[VcloudAirError] = []
        for read in sources:
            try:
                tasks += read()
            except VcloudAirError as exc:
                _log.warning("Reading the tasks before the start of the actions failed. %s.", reason_of(exc))
                errors.append(exc)
        is_lost = any(isinstance(exc, AuthenticationError) for exc in errors)
        return TaskSnapshot(tasks, errors[-1] if is_lost or len(errors) == len(sources) else None)

    def start(self, operation: Operation, snapshot: TaskSnapshot) -> StartResult:
        """Send the start request once.

        The caller has read the replication and the tasks, and holds the lock.

        Raises: the errors of the observer. After such an error, either no request was sent, or the action is in
            progress and the intent is recorded.
        """
        operation.needs_start = operation.waits_for_idle = False
        conflict = self._conflict(operation, snapshot)
        if conflict is not None:
            return self._resolve(operation, conflict)
        try:
            request = self._prepared(operation, self._request_of(operation, self._new_id()))
        except VcloudAirError as exc:
            return self._not_prepared(operation, exc)
        return self._send([operation], [request])[0]

    def start_together(self, operations: Sequence[Operation], snapshot: TaskSnapshot) -> list[StartResult] | None:
        """Send one request that starts the action on the VMs of a vApp.

        Return None if each VM needs a request of its own. In this case, nothing was sent. Conditions as in
        :meth:`start`.

        Raises: the errors of the observer.
        """
        if any(self._conflict(operation, snapshot) is not None for operation in operations):
            return None
        identifier = self._new_id()
        try:
            requests = [self._request_of(operation, identifier) for operation in operations]
            reason = self.why_not_together(operations, requests)
            if reason:
                _log.info("The VMs are started one by one, because %s.", reason)
                return None
            requests = [self._prepared(*pair) for pair in zip(operations, requests, strict=True)]
        except AuthenticationError as exc:
            return [self._not_prepared(operation, exc) for operation in operations]
        except VcloudAirError as exc:
            _log.info("The VMs are started one by one. %s", exc.message)
            return None
        for operation in operations:
            operation.needs_start = operation.waits_for_idle = False
        return self._send(operations, requests)

    def why_not_together(self, operations: Sequence[Operation], requests: Sequence[StartRequest] = ()) -> str:
        """Return the reason why one request cannot start the VMs of a vApp.

        Return an empty string if it can.

        Raises: AuthenticationError; NotFoundError for an unknown point in time.
        """
        chosen = requests or [self._request_of(operation, "") for operation in operations]
        return self._provider.why_not_together([operation.replication for operation in operations], chosen)

    def _send(self, operations: Sequence[Operation], requests: Sequence[StartRequest]) -> list[StartResult]:
        """Record the intents of all operations, and then send one request."""
        together = tuple(operation.reference.id for operation in operations) if len(operations) > 1 else ()
        for position, (operation, request) in enumerate(zip(operations, requests, strict=True)):
            operation.together = together
            problem = self._record(operation, request)
            if problem is not None:
                for earlier in operations[:position]:
                    self._withdraw(earlier, problem.reason)
                return [problem] * len(operations)
        task, lost = None, None
        try:
            with collect_request_ids(operations[0].request_ids):
                if together:
                    replications = [operation.replication for operation in operations]
                    task = self._provider.start_together(replications, requests)
                else:
                    task = self._provider.start(operations[0].replication, requests[0])
        except VcloudAirError as exc:
            if not may_have_started(exc):
                return [self._refused(operation, exc) for operation in operations]
            lost = exc
        for operation in operations:
            operation.task, operation.lost = task, lost
            operation.request_ids[:] = operations[0].request_ids
            if task is not None:
                self._follow(operation, task)
            else:
                self._observer.started(operation, None)
        return [StartResult() for _ in operations]

    def _record(self, operation: Operation, request: StartRequest) -> StartResult | None:
        """Record the intent to start an action.

        Return None on success. Otherwise, return the result of the start.
        """
        replication = operation.replication
        operation.is_ours, operation.is_inherited, operation.lost, operation.task = True, False, None, None
        operation.had_task = operation.has_run = False
        now = replication.server_time or self._clock.wall()
        operation.may_have_started, operation.task_href, operation.vms_before = False, "", operation.before
        operation.intent_at, operation.is_server_time = now, replication.server_time is not None
        operation.operation_id, operation.described_before = request.operation_id, replication.described()
        self._observer.starting(operation)
        record = IntentRecord(
            self._action, now, replication.server_time is not None, "", replication.described(),
            tuple(sorted(operation.before)) if operation.before is not None else None, self._run, True,
            operation.record.tasks, request.operation_id,
        )  # fmt: skip
        try:
            self._intents.write(operation.reference, record)
        except ConfigurationError as exc:
            self._observer.not_started(operation, reason_of(exc), is_repeated=False)
            return StartResult(f"starting the action failed: {reason_of(exc)}", exc.hint, exc)
        operation.record = record
        excluded = frozenset(record.tasks) | operation.known_tasks
        operation.intent = Intent(self._action, now, record.is_server_time, excluded, request.operation_id)
        operation.error_before = "error" in record.state.casefold()
        operation.began = operation.changed_at = self._clock.now()
        return None

    def _withdraw(self, operation: Operation, reason: str) -> None:
        """Close the intent of an operation whose request was not sent."""
        self.close(operation)
        operation.intent = None
        self._observer.not_started(operation, reason, is_repeated=False)

    def _new_id(self) -> str:
        return str(uuid4()) if self._provider.capabilities.has_operation_ids else ""

    def _request_of(self, operation: Operation, operation_id: str) -> StartRequest:
        """Return the request that starts the action, with the ID of the point in time.

        Raises: NotFoundError for an unknown point in time; ApiError, TransportError, DecodeError.
        """
        point_id = ""
        if operation.point != LATEST and self._action in self._provider.capabilities.pointed:
            point_id = choose_point(self._provider.points(operation.reference), operation.point).id
        synchronize = self._options.synchronize and not point_id
        return StartRequest(self._action, operation.power_on, synchronize, point_id, operation_id, operation.networks)

    def _prepared(self, operation: Operation, request: StartRequest) -> StartRequest:
        """Prepare a request.

        Raises the errors of the provider, before anything is started.
        """
        return self._provider.prepare(operation.replication, request)

    def _not_prepared(self, operation: Operation, exc: VcloudAirError) -> StartResult:
        """Return the result of a start that failed before anything was sent."""
        if isinstance(exc, AuthenticationError) and operation.refused < _MAX_REFUSALS:
            operation.refused += 1
            return StartResult("the session was lost", is_pending=True)
        return StartResult(f"starting the action failed: {reason_of(exc)}", exc.hint, exc)

    def _conflict(self, operation: Operation, snapshot: TaskSnapshot) -> _Conflict | None:
        """Return None if the request can be sent, considering the tasks in ``snapshot``.

        If the tasks cannot be read, and the action of an earlier request may be in progress, no request is sent. A
        first request is sent even without the tasks, because users who cannot read any task list must also be able to
        recover VMs. In this case, the replication is idle and offers the action, and this host has no open intent. If
        another host has just started the action, the server refuses the request, and the action is tracked.
        """
        reference, earlier = operation.reference, _earlier_of(operation)
        if isinstance(snapshot.error, AuthenticationError) and (
            earlier is not None or operation.refused < _MAX_REFUSALS
        ):
            return _Conflict("the session was lost", is_pending=True)
        if snapshot.error is not None and earlier is not None:
            reason = "not started because an earlier action may be in progress, and reading the tasks failed"
            return _Conflict(f"{reason}: {reason_of(snapshot.error)}", snapshot.error.hint)
        is_repeated = earlier is not None and earlier.action == self._action
        if earlier is not None and is_repeated and (task := find_task(snapshot.tasks, reference, earlier)) is not None:
            return _Conflict(task=task, intent=earlier)
        running = find_running(snapshot.tasks, reference, self._action)
        action = action_of(running) if running is not None else ""
        if running is not None and running.href and action == action_in_tasks(self._action):
            return _Conflict(task=running)
        if running is not None or (
            earlier is not None and is_repeated and has_sign(snapshot.tasks, reference, earlier)
        ):
            name = f" ({action})" if action else ""
            return _Conflict(f"not started because another action{name} is in progress", NOT_IDLE)
        return None

    def _resolve(self, operation: Operation, conflict: _Conflict) -> StartResult:
        """Track the action that conflicts with a request.

        If there is no task to track, return the reason why nothing was sent.
        """
        if conflict.is_pending:
            operation.refused += _earlier_of(operation) is None
        elif conflict.task is not None and conflict.intent is not None:
            operation.intent, operation.cleared_at = conflict.intent, None
            self._follow(operation, conflict.task)
        elif conflict.task is not None:
            self._join(operation, conflict.task)
        return StartResult(conflict.reason, conflict.hint, is_pending=conflict.is_pending)

    def _join(self, operation: Operation, task: Task) -> None:
        """Track a task that another user or process started."""
        operation.task, operation.had_task, operation.is_ours, operation.waits_for_idle = task, True, False, False
        if operation.current is not None:
            operation.described_before = operation.described_before or operation.current.described()
        operation.refusal = operation.refusal or "another request has already started the action"
        operation.changed_at = self._clock.now()

    def _refused(self, operation: Operation, exc: VcloudAirError) -> StartResult:
        """Handle an error that proves that the request was not executed."""
        self.close(operation)
        operation.earlier, operation.intent = operation.intent, None
        is_repeated = isinstance(exc, AuthenticationError) and operation.refused < _MAX_REFUSALS
        self._observer.not_started(operation, reason_of(exc), is_repeated=is_repeated)
        if isinstance(exc, AuthenticationError):
            operation.refused += 1
            if is_repeated:
                return StartResult("the session ended before the request", is_pending=True)
        if isinstance(exc, ApiError) and exc.status and self._is_joined(operation, exc):
            return StartResult()
        return StartResult(f"starting the action failed: {reason_of(exc)}", HINTS.get(exc_code(exc)) or exc.hint, exc)

    def _is_joined(self, operation: Operation, exc: ApiError) -> bool:
        """Return True if the server refused because another request started the action.

        Source: protocol/dr.md §3.4.
        """
        try:
            replication = self._provider.read(operation.reference)
        except VcloudAirError as error:
            _log.debug("Reading the replication after a refusal failed. %s", error)
            return False
        is_active = replication.has_reached(self._action) or replication.is_in_progress(self._action)
        if not is_active and (
            not is_refused_as_done(exc.code, exc.vendor_code) or replication.blocking_reason(self._action)
        ):
            return False
        operation.current, operation.is_ours = replication, False
        operation.refusal = reason_of(exc)
        operation.has_run = replication.is_in_progress(self._action)
        return True

    # -- evidence ------------------------------------------------------------------------------------------------

    def search(self, in_doubt: Sequence[Operation], since: float | None = None) -> list[Task]:
        """Return the tasks of the org, and assign tasks to operations without a task.

        ``in_doubt`` contains these operations. If the task list of the org lacks some of their tasks, the query service
        is used as well. ``since`` is the time from which ended tasks are needed, in seconds since 1970. Raises:
        ApiError, TransportError, DecodeError.
        """
        tasks = self._provider.tasks(since)
        missing = [
            operation for operation in in_doubt if not (self._adopt_by_id(operation) or self._adopt(operation, tasks))
        ]
        if missing:
            since = min(
                (intent.since for operation in missing if (intent := operation.intent) is not None), default=0.0
            )
            try:
                queried = self._provider.query_tasks(since)
            except VcloudAirError as exc:
                if isinstance(exc, AuthenticationError):
                    raise
                _log.debug("Querying tasks failed. %s", exc)
                return tasks
            known = {path_of(task.href) for task in tasks}
            for operation in missing:
                self._adopt(operation, queried)
            tasks += [task for task in queried if path_of(task.href) not in known]
        return tasks

    def join_other(self, operation: Operation, failed: Task, reason: str) -> bool:
        """Track the task of another request with the same action, if there is one.

        ``failed`` is the task of the own request. VCDA has no documented code for a request that is refused because of
        another one, so another task in progress, or one that has succeeded, is the evidence. ``reason`` is the error of
        the own task. Source: protocol/vcda.md §4.3, §5.
        """
        if operation.intent is None or operation.refusal or not self._provider.capabilities.has_operation_ids:
            return False
        excluded = operation.intent.excluded | operation.known_tasks | {path_of(failed.href)}
        try:
            tasks = self._provider.query_tasks(operation.intent.since)
        except VcloudAirError as exc:
            _log.debug("Reading the tasks after a failed task failed. %s", exc)
            return False
        newer = find_task(tasks, operation.reference, replace(operation.intent, excluded=excluded))
        if newer is None or newer.is_failed:
            return False
        operation.refusal = reason
        self._join(operation, newer)
        return True

    def _adopt_by_id(self, operation: Operation) -> bool:
        """Search for the task of an operation by its operation ID, and assign it.

        Return False if the API has no operation IDs, or if no task matches.

        All other properties of the task must match too, because a server can ignore the ID in a search.
        """
        identifier = operation.intent.operation_id if operation.intent is not None else ""
        return bool(identifier) and self._adopt(operation, self._provider.tasks_of(identifier))

    def _adopt(self, operation: Operation, tasks: Sequence[Task]) -> bool:
        reference = operation.reference
        if operation.intent is not None:
            task = find_task(tasks, reference, operation.intent)
        else:
            task = find_running(tasks, reference, self._action)
            is_same = task is not None and task.href and action_of(task) == action_in_tasks(self._action)
            task = task if is_same else None
        if task is None:
            return False
        if operation.intent is not None:
            self._follow(operation, task)
            operation.changed_at = self._clock.now()
        else:
            self._join(operation, task)
        return True

    def _follow(self, operation: Operation, task: Task) -> None:
        """Record the task of an action, so that other processes of this host track it."""
        is_known = (
            operation.had_task and operation.task is not None and path_of(operation.task.href) == path_of(task.href)
        )
        operation.task, operation.had_task = task, True
        if not task.href:
            operation.task, operation.had_task = None, False
            self._observer.started(operation, None)
            return
        if operation.record.is_open and operation.record.action == self._action:
            operation.record = with_task(operation.record, task.href)
            try:
                # Not durable: if the link is lost, the task is found again as evidence of the intent.
                self._intents.write(operation.reference, operation.record, is_durable=False)
            except ConfigurationError as exc:
                _log.warning("%s", exc.message)  # the stored intent is enough to find the task again
        if not is_known:
            self._observer.started(operation, task)

    def close(self, operation: Operation) -> None:
        """Close the stored intent of an operation, because its outcome is known."""
        if operation.record.is_open and operation.record.action == self._action:
            self._intents.close(operation.reference, operation.record)
            operation.record = replace(operation.record, is_open=False)


def _earlier_of(operation: Operation) -> Intent | None:
    """Return the earlier intent that may have started the action, or None."""
    if operation.intent is not None or operation.earlier is not None:
        return operation.intent or operation.earlier
    return operation.record.intent() if operation.record.is_open else None


def exc_code(exc: VcloudAirError) -> str:
    """Return the most specific code of a server error."""
    return getattr(exc, "vendor_code", "") or getattr(exc, "code", "")
