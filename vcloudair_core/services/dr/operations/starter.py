"""Start an action of a replication at most once: the lock, the intent, the request, and the search for what it led to.

The rules, in the order in which they apply:

1. Whoever starts has the lock of the replication on this host, and notes the intent before anything is sent.
   Other hosts share nothing but the cloud: right before a batch of VMs is started, the task list of the org is read,
   and what is in progress there is watched, not started.
2. An intent whose outcome is not known, of whatever run, is followed up: by its task, else by a task that is evidence
   of it, else by the replication. It is never started again because time has passed.
3. A request that was provably not sent, or that the API itself refused, was not carried out. Any other answer that is
   not a task leaves the intent open.
4. A refusal because the action is in progress or complete is not a failure: the action is watched, whoever started it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vcloudair_core.errors import ApiError, AuthenticationError, ConfigurationError, VcloudAirError
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.operations.intents import HeldError, IntentRecord, Intents, with_task
from vcloudair_core.services.dr.operations.operation import (
    HINTS,
    NOT_IDLE,
    Operation,
    OperationObserver,
    group_of,
    may_have_begun,
    words_of,
)
from vcloudair_core.services.dr.operations.start_evidence import (
    Intent,
    action_of,
    find_running,
    find_task,
    has_sign,
    is_refused_as_done,
)
from vcloudair_core.services.dr.store import path_of, query_tasks, read_replication, read_tasks, start_action
from vcloudair_core.session.tasks import Task

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_log = logging.getLogger(__name__)

_MOST_REFUSALS = 2
"""So often a request may be refused because the session is over, although reading works right before."""


@dataclass(frozen=True)
class TaskSnapshot:
    """Tasks of the org, read right before a batch is started. ``error``: why they, or some of them, cannot be read."""

    tasks: Sequence[Task] = ()
    error: VcloudAirError | None = None


@dataclass(frozen=True)
class StartResult:
    """What came of a request. Without a reason the action is in progress, as far as anybody knows.

    ``is_pending``: it was not sent, or refused with the session, and may be tried again at the next look.
    """

    reason: str = ""
    hint: str = ""
    error: VcloudAirError | None = None
    is_pending: bool = False


class Starter:
    """The only place that sends a request that starts an action."""

    def __init__(
        self, session: Session, action: str, options: OperationOptions, watcher: OperationObserver, run: str
    ) -> None:
        self._session, self._action, self._options, self._watcher = session, action, options, watcher
        self._intents = Intents(session.settings, run)
        self._run = run

    # -- before --------------------------------------------------------------------------------------------------

    def hold(self, flight: Operation) -> str:
        """Take the lock of a replication and read its last intent. Return who has the lock, or nothing.

        Raises: ConfigurationError when the folder of intents cannot be used.
        """
        try:
            flight.lock = self._intents.hold(flight.job.reference)
        except HeldError as exc:
            return f"{exc} is starting an action of it"
        flight.record = self._intents.read(flight.job.reference)
        if flight.before is None and self.has_open_intent(flight) and flight.record.machines_before is not None:
            flight.before = frozenset(flight.record.machines_before)
        return ""

    def has_open_intent(self, flight: Operation) -> bool:
        """Whether an intent of the same action is noted whose outcome is not known."""
        record = flight.record
        return record.is_open and record.action == self._action and record.at != flight.cleared_at

    def take_up(self, flight: Operation) -> bool:
        """Follow an intent up that was noted before, if there is one. Nothing is sent."""
        job, record = flight.job, flight.record
        is_own = job.was_begun and flight.cleared_at is None
        if not is_own and not self.has_open_intent(flight):
            return False
        flight.is_ours, flight.is_inherited = is_own, not is_own
        is_noted = self.has_open_intent(flight)
        href = job.task_href or (record.task if is_noted else "")
        if is_own and job.intent_at:
            excluded = job.known_tasks - {path_of(href)}
            flight.intent = Intent(self._action, job.intent_at, job.is_server_time, excluded)
        else:
            flight.intent = record.intent() if is_noted else Intent(self._action, 0.0)
        state = job.state_before if is_own else record.state
        flight.error_before = state is None or "error" in state.casefold()
        flight.had_task = bool(href)
        flight.task = Task(href=href, status="queued") if href else None
        return True

    # -- the request ---------------------------------------------------------------------------------------------

    def see(self, flights: Sequence[Operation]) -> TaskSnapshot:
        """Read the task list of the org once for all that are about to be started, and the task query for repetitions.

        Either of the two is enough to judge by, as some users may read only one of them. A session retries what passes,
        so an error here lasts.
        """
        tasks: list[Task] = []
        earlier = [intent for flight in flights if (intent := _earlier_of(flight)) is not None]
        sources: list[Callable[[], list[Task]]] = [lambda: read_tasks(self._session, self._session.identity.org_id)]
        if earlier:
            since = min(intent.since for intent in earlier)
            sources.append(lambda: query_tasks(self._session, since))
        errors: list[VcloudAirError] = []
        for read in sources:
            try:
                tasks += read()
            except VcloudAirError as exc:
                _log.warning("Reading the tasks before a start failed. %s.", words_of(exc))
                errors.append(exc)
        is_lost = any(isinstance(exc, AuthenticationError) for exc in errors)
        return TaskSnapshot(tasks, errors[-1] if is_lost or len(errors) == len(sources) else None)

    def start(self, flight: Operation, seen: TaskSnapshot) -> StartResult:
        """Ask the server to begin, once. The caller has read the replication and the tasks, and has the lock.

        Raises: what the watcher raises; then nothing was sent, or the action is in progress and noted.
        """
        group = group_of(flight)
        found = self._contradiction(flight, seen)
        if found is not None:
            return found
        flight.is_ours, flight.is_inherited, flight.lost, flight.task = True, False, None, None
        flight.had_task = flight.has_run = False
        now = group.server_time or self._session.clock.wall()
        job = flight.job = replace(
            flight.job, was_begun=False, task_href="", machines_before=flight.before, intent_at=now
        )
        self._watcher.starting(job, group)
        record = IntentRecord(
            self._action, now, group.server_time is not None, "", group.described(),
            tuple(sorted(flight.before)) if flight.before is not None else None, self._run, True, flight.record.tasks,
        )  # fmt: skip
        try:
            self._intents.write(job.reference, record)
        except ConfigurationError as exc:
            self._watcher.not_started(job, words_of(exc), is_repeated=False)
            return StartResult(f"it could not be started: {words_of(exc)}", exc.hint, exc)
        flight.record = record
        flight.intent = Intent(
            self._action, now, record.is_server_time, frozenset(record.tasks) | flight.job.known_tasks
        )
        flight.error_before = "error" in record.state.casefold()
        flight.began = flight.changed_at = self._session.clock.now()
        try:
            flight.task = start_action(
                self._session,
                job.reference,
                self._action,
                power_on=flight.power_on,
                synchronize=self._options.synchronize,
            )
        except VcloudAirError as exc:
            if not may_have_begun(exc):
                return self._refused(flight, exc)
            flight.lost = exc
        if flight.task is not None:
            self._found(flight, flight.task)
        else:
            self._watcher.started(job, None)
        return StartResult()

    def _contradiction(self, flight: Operation, seen: TaskSnapshot) -> StartResult | None:
        """Judge by the tasks whether a request may be sent. Return None when it may.

        Without tasks to judge by, a request is not repeated, and does not follow an action that may still run. A first
        request is sent all the same: its replication is known to be idle and offers the action, nothing on this host
        points to another one, and a recovery must not depend on a list that some users may not read. What another
        host started within the last moments is then refused by the server, or watched.
        """
        reference, earlier = flight.job.reference, _earlier_of(flight)
        if isinstance(seen.error, AuthenticationError) and (earlier is not None or flight.refused < _MOST_REFUSALS):
            flight.refused += earlier is None
            return StartResult("the session was lost", is_pending=True)
        if seen.error is not None and earlier is not None:
            why = words_of(seen.error)
            return StartResult(
                f"not started: whether an earlier action of it is in progress cannot be read: {why}", seen.error.hint
            )
        is_repeated = earlier is not None and earlier.action == self._action
        if earlier is not None and is_repeated and (task := find_task(seen.tasks, reference, earlier)) is not None:
            flight.intent, flight.cleared_at = earlier, None
            self._found(flight, task)
            return StartResult()
        running = find_running(seen.tasks, reference, self._action)
        what = action_of(running) if running is not None else ""
        if running is not None and running.href and what == self._action:
            self._join(flight, running)
            return StartResult()
        if running is not None or (earlier is not None and is_repeated and has_sign(seen.tasks, reference, earlier)):
            return StartResult(
                f"not started: another action of it{f' ({what})' if what else ''} is under way", NOT_IDLE
            )
        return None

    def _join(self, flight: Operation, task: Task) -> None:
        """Watch a task that somebody else started."""
        flight.task, flight.had_task, flight.is_ours, flight.waits_for_idle = task, True, False, False
        flight.refusal = flight.refusal or "another request had started it"
        flight.changed_at = self._session.clock.now()

    def _refused(self, flight: Operation, exc: VcloudAirError) -> StartResult:
        """Nothing of the request was carried out."""
        job = flight.job
        self.close(flight)
        flight.earlier, flight.intent = flight.intent, None
        is_repeated = isinstance(exc, AuthenticationError) and flight.refused < _MOST_REFUSALS
        self._watcher.not_started(job, words_of(exc), is_repeated=is_repeated)
        if isinstance(exc, AuthenticationError):
            flight.refused += 1
            if is_repeated:
                return StartResult("the session was over when it was to be started", is_pending=True)
        if isinstance(exc, ApiError) and exc.status and self._is_joined(flight, exc):
            return StartResult()
        return StartResult(f"it could not be started: {words_of(exc)}", HINTS.get(exc_code(exc)) or exc.hint, exc)

    def _is_joined(self, flight: Operation, exc: ApiError) -> bool:
        """Whether the server refused because the action is in progress or complete. Source: protocol/dr.md §3.4."""
        try:
            group = read_replication(self._session, flight.job.reference)
        except VcloudAirError as error:
            _log.debug("the replication cannot be read after a refusal: %s", error)
            return False
        is_there = group.has_come_to(self._action) or group.is_under_way_to(self._action)
        if not is_there and (not is_refused_as_done(exc.code, exc.vendor_code) or group.obstacle(self._action)):
            return False
        flight.group, flight.is_ours = group, False
        flight.refusal = words_of(exc)
        flight.has_run = group.is_under_way_to(self._action)
        return True

    # -- evidence ------------------------------------------------------------------------------------------------

    def search(self, in_doubt: Sequence[Operation]) -> list[Task]:
        """Return the tasks of the org, and adopt those that are evidence for what is in doubt.

        The list of the org comes first; the query is asked only for what is not in it. Raises: ApiError,
        TransportError, DecodeError.
        """
        tasks = read_tasks(self._session, self._session.identity.org_id)
        missing = [one for one in in_doubt if not self._adopt(one, tasks)]
        if missing:
            since = min((one.intent.since for one in missing if one.intent is not None), default=0.0)
            try:
                queried = query_tasks(self._session, since)
            except VcloudAirError as exc:
                if isinstance(exc, AuthenticationError):
                    raise
                _log.debug("tasks cannot be queried: %s", exc)
                return tasks
            known = {path_of(one.href) for one in tasks}
            for one in missing:
                self._adopt(one, queried)
            tasks += [one for one in queried if path_of(one.href) not in known]
        return tasks

    def _adopt(self, flight: Operation, tasks: Sequence[Task]) -> bool:
        reference = flight.job.reference
        if flight.intent is not None:
            task = find_task(tasks, reference, flight.intent)
        else:
            task = find_running(tasks, reference, self._action)
            task = task if task is not None and task.href and action_of(task) == self._action else None
        if task is None:
            return False
        if flight.intent is not None:
            self._found(flight, task)
            flight.changed_at = self._session.clock.now()
        else:
            self._join(flight, task)
        return True

    def _found(self, flight: Operation, task: Task) -> None:
        """Note the task of an action, so that everybody follows it from now on."""
        is_known = flight.had_task and flight.task is not None and path_of(flight.task.href) == path_of(task.href)
        flight.task, flight.had_task = task, True
        if not task.href:
            flight.task, flight.had_task = None, False
            self._watcher.started(flight.job, None)
            return
        if flight.record.is_open and flight.record.action == self._action:
            flight.record = with_task(flight.record, task.href)
            try:
                # Not made durable: an intent without its task leads to the same task, by way of evidence.
                self._intents.write(flight.job.reference, flight.record, is_durable=False)
            except ConfigurationError as exc:
                _log.warning("%s", exc.message)  # the intent is there, and leads to the task
        if not is_known:
            self._watcher.started(flight.job, task)

    def close(self, flight: Operation) -> None:
        """Note that the outcome of an action is known."""
        if flight.record.is_open and flight.record.action == self._action:
            self._intents.close(flight.job.reference, flight.record)
            flight.record = replace(flight.record, is_open=False)


def _earlier_of(flight: Operation) -> Intent | None:
    """Return the intent whose action may have been started before, or None when this is the first start."""
    if flight.intent is not None or flight.earlier is not None:
        return flight.intent or flight.earlier
    return flight.record.intent() if flight.record.is_open else None


def exc_code(exc: VcloudAirError) -> str:
    """Return the most specific code of an error of the server."""
    return getattr(exc, "vendor_code", "") or getattr(exc, "code", "")
