"""Start DR actions, poll them, and return a verdict per VM. The caller decides order and concurrency.

The verdict does not come from the task alone. Its status has to be success, then the replication has to be where the
action leads, then there has to be a machine. Source: protocol/dr.md §4.1.

No action is started a second time on a guess: see :mod:`starter` for what may be sent, and when.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from vcloudair_core.errors import AuthenticationError, NotFoundError, PermissionDeniedError, VcloudAirError
from vcloudair_core.services.dr.model import CLEANUP, UNKNOWN, Replication, Result
from vcloudair_core.services.dr.operation_options import START, OperationOptions
from vcloudair_core.services.dr.operations.operation import (
    DECIDE,
    GONE,
    HINTS,
    LOOK,
    MAYBE,
    NOT_IDLE,
    SIGN_IN,
    Operation,
    OperationObserver,
    OperationRequest,
    group_of,
    has_gone_wrong,
    is_passing,
    next_step,
    state_of,
    words_of,
)
from vcloudair_core.services.dr.operations.recovered_vms import RecoveredVms
from vcloudair_core.services.dr.operations.start_evidence import is_refused_as_done
from vcloudair_core.services.dr.operations.starter import Starter, TaskSnapshot
from vcloudair_core.services.dr.store import find_machines, path_of, read_replication, seconds_since_1970
from vcloudair_core.services.dr.vm_checks import VmRecord, fault_of_machine, machines_of
from vcloudair_core.session.origins import UntrustedOriginError
from vcloudair_core.session.tasks import Task, cancel_task, read_task, seconds_of, tell_observers
from vcloudair_core.util.redaction import redact_text, redact_tree

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

__all__ = ["OperationObserver", "OperationRequest", "OperationTracker"]

_Thing = TypeVar("_Thing")

_SHORTEST_S, _LONGEST_S = 0.25, 10.0
_SHARE_OF_AGE = 0.1
"""A look comes after so much of the time that an action has taken already, as long as nothing is known of how long
actions take here; then it comes when the next one is expected to be over."""

_MARGIN_S = 0.01
"""So that a look does not come right before what it is meant to see."""

_TOGETHER_FROM = 3
"""With so many tasks under way, the list of the org is asked for in place of each."""

_NO_SESSION_S = 120.0
"""How long a session that cannot be renewed is waited for before everything is given up."""


class OperationTracker:
    """Use as a context manager. ``begin`` starts machines, ``look`` sees how they are, and both tell the watcher.

    ``run`` names the run that they belong to, for messages to others.
    """

    def __init__(
        self,
        session: Session,
        action: str,
        options: OperationOptions,
        watcher: OperationObserver,
        *,
        is_check: bool = False,
        run: str = "",
    ) -> None:
        self._session, self._action, self._options = session, action, options
        self._watcher, self._is_check = watcher, is_check
        self._clock = session.clock
        self._flights: dict[str, Operation] = {}
        self._starter = Starter(session, action, options, watcher, run)
        self._recovered = RecoveredVms(session)
        self._refused: AuthenticationError | None = None
        self._refused_at = 0.0
        self._taken: deque[float] = deque(maxlen=20)
        """Seconds that the last actions took."""
        self._pool = ThreadPoolExecutor(max_workers=max(1, options.max_concurrent), thread_name_prefix="vca-dr")

    def __enter__(self) -> OperationTracker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def jobs(self) -> list[OperationRequest]:
        """What is under way."""
        return [one.job for one in self._flights.values()]

    @property
    def refusal(self) -> VcloudAirError | None:
        """Why nothing can go on: there has been no session for a while."""
        patience_s = 0.0 if self._is_check else _NO_SESSION_S
        if self._refused is None or self._clock.now() - self._refused_at < patience_s:
            return None
        return self._refused

    # -- starting ------------------------------------------------------------------------------------------------

    def begin(self, jobs: Sequence[OperationRequest]) -> None:
        """Start machines; one that is there already, or that cannot be started, has its verdict at once."""
        self._begin_all([self._flight_of(job) for job in jobs])

    def _begin_all(self, flights: Sequence[Operation]) -> None:
        try:
            self._each(flights, self._prepare)
            readable = [one for one in flights if one.group is not None]
            self._note_machines([one for one in readable if one.before is None])
            self._each(readable, self._begin)
            self._start_all([one for one in readable if one.wants_start])
        finally:
            for one in flights:
                one.release()
        self._judge([one for one in readable if one.wants_look])

    def _flight_of(self, job: OperationRequest) -> Operation:
        now, options = self._clock.now(), self._options
        result = Result(job.reference.id, job.reference.name, self._action)
        power_on = options.power_on if job.power_on is None else job.power_on
        timeout_s = options.timeout_s if job.timeout_s is None else job.timeout_s
        return Operation(job, result, now, now, power_on, timeout_s, before=job.machines_before)

    def _prepare(self, flight: Operation) -> None:
        """Take the lock of a replication and read it. From here to the answer of the server nobody else starts it."""
        flight.group, flight.is_pending = None, False
        if not self._is_check:
            try:
                busy = self._starter.hold(flight)
            except VcloudAirError as exc:
                self._fail(flight, f"it could not be started: {words_of(exc)}", exc.hint, is_repeatable=True)
                return
            if busy:
                self._wait_to_begin(flight, busy)
                return
        self._read(flight)

    def _read(self, flight: Operation) -> None:
        try:
            group = read_replication(self._session, flight.job.reference)
        except VcloudAirError as exc:
            self._not_read(flight, exc)
            return
        flight.group, flight.last = group, group.described()
        if group.last_sync is not None:
            flight.result.last_sync = group.last_sync.isoformat()
        flight.result.name = group.name or flight.job.reference.name

    def _not_read(self, flight: Operation, exc: VcloudAirError) -> None:
        may_run = flight.job.was_begun or self._starter.has_open_intent(flight)
        if isinstance(exc, AuthenticationError) and not self._is_check:
            self._note(exc)
            self._wait_to_begin(flight, "the session was lost")
        elif may_run and is_passing(exc):
            self._wait_to_begin(flight, words_of(exc))
        else:
            self._note(exc)
            said = "it was begun before, and cannot be looked at" if may_run else "it could not be started"
            self._fail(flight, f"{said}: {words_of(exc)}", exc.hint, error=exc, is_repeatable=not may_run)

    def _wait_to_begin(self, flight: Operation, why: str) -> None:
        flight.is_pending, flight.last = True, why
        self._flights[flight.job.key] = flight

    def _note_machines(self, flights: Sequence[Operation]) -> None:
        """Which machines of those names there are before anything is begun: those cannot be what it makes."""
        if not flights or self._is_check or self._action == "cleanup":
            return
        try:
            found = find_machines(self._session, [group_of(one).name for one in flights])
        except VcloudAirError as exc:
            self._note(exc)
            return
        for one in flights:
            one.before = frozenset(machine.id for machine in found if machine.name == group_of(one).name)

    def _begin(self, flight: Operation) -> None:
        group, job = group_of(flight), flight.job
        is_ours = job.was_begun and flight.cleared_at is None
        if group.has_come_to(self._action):
            flight.is_already, flight.wants_look, flight.is_ours = not is_ours, True, is_ours
        elif not self._is_check and self._starter.take_up(flight):
            self._flights[job.key] = flight
        elif group.is_under_way_to(self._action):
            # Somebody began it: see it to its end, do not begin it again.
            if self._is_check or not self._options.wait:
                self._end(flight, "already", "it is under way already")
            else:
                flight.has_run = True
                self._flights[job.key] = flight
        elif group.obstacle(self._action):
            self._fail(flight, group.obstacle(self._action), next_step(group), is_repeatable=True)
        elif group.why_not_idle(self._action) and not self._is_check:
            flight.waits_for_idle = True
            self._flights[job.key] = flight
        elif group.why_not_idle(self._action):
            self._fail(flight, group.why_not_idle(self._action), NOT_IDLE)
        elif self._is_check:
            self._end(flight, "would", group.described())
        else:
            flight.wants_start = True

    def _start_all(self, flights: Sequence[Operation]) -> None:
        """Start what nothing of this host speaks against, unless the tasks of the org do: one look for all of them."""
        if flights:
            seen = self._starter.see(flights)
            self._each(flights, lambda one: self._start(one, seen))

    def _start(self, flight: Operation, seen: TaskSnapshot) -> None:
        flight.wants_start = flight.waits_for_idle = False
        outcome = self._starter.start(flight, seen)
        if outcome.is_pending:
            self._wait_to_begin(flight, outcome.reason)
        elif outcome.reason:
            self._fail(flight, outcome.reason, outcome.hint, error=outcome.error, is_repeatable=True)
        else:
            self._flights[flight.job.key] = flight
            if flight.refusal:
                flight.wants_look = group_of(flight).has_come_to(self._action)
            if flight.refusal and flight.task is not None and not self._options.wait:
                self._end(flight, "already", "it is under way already")
            elif not flight.refusal and not self._options.wait and flight.lost is None and flight.intent is not None:
                self._end(flight, "started", "the server has begun; nobody waits for it")

    # -- looking -------------------------------------------------------------------------------------------------

    def interval(self) -> float:
        """Seconds to the next look: to when the next ones are expected to be over, as far as that is known."""
        now = self._clock.now()
        expected = min(self._taken, default=0.0)
        waits, upcoming = [], []
        for one in self._flights.values():
            age = now - one.began
            if one.is_verifying:
                waits.append(_SHARE_OF_AGE * (now - one.verify_from))
            elif age < expected:
                upcoming.append(expected - age)
            else:
                waits.append(_SHARE_OF_AGE * (age - expected if expected else age))
        if upcoming:
            # Those that were begun together are over together: one look for all of them.
            waits.append(max(one for one in upcoming if one <= min(upcoming) + _SHORTEST_S) + _MARGIN_S)
        return min(_LONGEST_S, max(_SHORTEST_S, min(waits, default=_LONGEST_S)))

    def look(self) -> None:
        """How they all are: tasks in one call, what is over each by its replication, their machines in one call."""
        since = self._forget_refusal()
        pending = [one for one in self._flights.values() if one.is_pending]
        self._begin_all(pending)
        begun = {id(one) for one in pending}
        flights = [one for one in self._flights.values() if not one.is_pending and id(one) not in begun]
        watched = [one for one in flights if one.task is not None and not one.is_verifying]
        latest = self._tasks_of(watched, [one for one in flights if one.wants_evidence])
        self._each(flights, lambda one: self._advance(one, latest))
        self._judge([one for one in flights if one.wants_look and one.job.key in self._flights])
        for one in list(self._flights.values()):
            self._give_up_if_late(one)
        if self._refused is not None and since is not None:
            self._refused_at = since

    def _tasks_of(self, watched: Sequence[Operation], in_doubt: Sequence[Operation]) -> dict[str, Task]:
        """The newest state of many tasks in one call; what is not among them is asked for by itself."""
        if len(watched) < _TOGETHER_FROM and not in_doubt:
            return {}
        try:
            found = self._starter.search(in_doubt)
        except VcloudAirError as exc:
            self._note(exc)
            return {}
        return {path_of(one.href): one for one in found if one.href}

    def _advance(self, flight: Operation, latest: dict[str, Task]) -> None:
        try:
            if flight.task is not None and not flight.is_verifying:
                self._follow(flight, flight.task, latest.get(path_of(flight.task.href)))
            else:
                self._verify(flight)
        except VcloudAirError as exc:
            self._cannot_look(flight, exc)

    def _cannot_look(self, flight: Operation, exc: VcloudAirError) -> None:
        self._note(exc)
        flight.result.hint = exc.hint or flight.result.hint
        if isinstance(exc, AuthenticationError) and not self._is_check:
            self._flights.setdefault(flight.job.key, flight)
        elif not is_passing(exc):
            reason = f"it cannot be followed any more: {words_of(exc)}"
            flight.result.request_id = str(getattr(exc, "request_id", "") or "")
            # What was asked for may come to an end all the same.
            self._end(flight, "failed" if flight.intent is None else UNKNOWN, reason, LOOK)

    def _follow(self, flight: Operation, task: Task, latest: Task | None) -> None:
        """The status decides what comes next, never the progress."""
        if latest is None:
            try:
                latest = read_task(self._session, task)
            except (NotFoundError, PermissionDeniedError) as exc:
                flight.task, flight.last = None, f"its task is not to be seen any more ({exc.status})"
                return
            except UntrustedOriginError:
                flight.task, flight.last = None, "the link to its task leads to another host"
                return
        latest = latest if latest.href else replace(latest, href=task.href)
        if latest != task:
            flight.task, flight.changed_at = latest, self._clock.now()
            self._tell(flight, latest)
        secrets = self._session.settings.secrets()
        shown = {key: value for key, value in latest.as_dict().items() if key != "is_finished"}
        flight.result.task = redact_tree(shown, secrets)
        if latest.is_failed:
            self._task_failed(flight, latest, redact_text(f": {latest.error}" if latest.error else "", secrets))
        elif latest.is_successful:
            self._taken.append(seconds_of(latest) or self._clock.now() - flight.began)
            flight.is_verifying, flight.verify_from = True, self._clock.now()
            self._verify(flight)

    def _task_failed(self, flight: Operation, task: Task, why: str) -> None:
        word = {"error": "failed", "canceled": "was cancelled", "aborted": "was aborted"}[task.status.lower()]
        said = f"its task {word}{why.rstrip('.')}"
        if is_refused_as_done(task.error_code, task.vendor_code) and not flight.refusal:
            # Another request was first: what that one leads to counts.
            flight.task, flight.refusal = None, said
            self._verify(flight)
        elif flight.is_inherited:
            # The server says how the action of an earlier run ended, so that this run may start its own.
            self._starter.close(flight)
            self._wait_to_begin(self._renewed(flight), said)
        else:
            hint = HINTS.get(task.vendor_code or task.error_code, LOOK)
            self._fail(flight, said, hint, is_repeatable=True)

    def _renewed(self, flight: Operation) -> Operation:
        """The same job as if it had not been tried."""
        return self._flight_of(replace(flight.job, was_begun=False, task_href=""))

    def _verify(self, flight: Operation) -> None:
        """What the replication shows. The machines of those that are there are looked at together, afterwards."""
        try:
            group = read_replication(self._session, flight.job.reference)
        except (NotFoundError, PermissionDeniedError) as exc:
            said = "its task ended in success, but " if flight.is_verifying else ""
            self._fail(
                flight,
                f"{said}its replication is not there any more ({exc.status})",
                "Look for the machine.",
                error=exc,
            )
            return
        now = self._clock.now()
        flight.group = group
        if group.described() != flight.last:
            flight.last, flight.changed_at = group.described(), now
        flight.wants_look = group.has_come_to(self._action)
        if not flight.wants_look:
            self._not_there_yet(flight, group, now)

    def _not_there_yet(self, flight: Operation, group: Replication, now: float) -> None:
        if flight.is_verifying:
            if flight.is_inherited and self._is_long_over(flight, group):
                self._starter.close(flight)
                self._wait_to_begin(self._renewed(flight), "an earlier action of it is over")
            else:
                self._fail_if_not_shown(flight, now)
        elif group.is_under_way_to(self._action):
            flight.has_run = True
            if not self._options.wait:
                self._end(flight, "started", "the server has begun; nobody waits for it")
        elif flight.task is not None:
            return  # it was found just now
        elif has_gone_wrong(group, self._action) and (flight.has_run or not flight.error_before):
            self._fail(flight, f"the replication says: {group.described()}", LOOK)
        elif flight.waits_for_idle and not group.why_not_idle(self._action):
            self._wait_to_begin(flight, "its state has changed")
        elif flight.refusal and group.obstacle(self._action):
            self._fail(flight, f"{flight.refusal} ({group.obstacle(self._action)})", next_step(group))
        elif flight.job.start_again or now - flight.began >= self._options.lost_grace_s:
            self._without_sign(flight, group)

    def _without_sign(self, flight: Operation, group: Replication) -> None:
        """Decide when the tasks and the replication have told nothing for a while. No timeout ends in a start."""
        why_not = group.why_not_idle(self._action)
        if flight.waits_for_idle:
            self._fail(flight, f"not started: {why_not or group.described()}", NOT_IDLE, is_repeatable=True)
        elif flight.refusal:
            self._fail(flight, f"{flight.refusal}; the replication says: {group.described()}", LOOK)
        elif flight.has_run:
            self._fail(flight, f"it was in progress, and now the replication says: {group.described()}", LOOK)
        elif not why_not and self._is_to_start_again(flight):
            flight.cleared_at = flight.intent.at if flight.intent is not None else 0.0
            flight.job = replace(flight.job, start_again=False)
            flight.began = flight.changed_at = self._clock.now()
            self._wait_to_begin(flight, "it is started again")
        else:
            self._end_as_unknown(flight)

    def _is_to_start_again(self, flight: Operation) -> bool:
        return flight.job.start_again or (self._options.on_unknown == START and not flight.had_task)

    def _end_as_unknown(self, flight: Operation) -> None:
        if flight.had_task:
            why = f"its task was started and cannot be seen any more ({group_of(flight).described()})"
        else:
            lost = f"{words_of(flight.lost)}; " if flight.lost is not None else ""
            shown = f" ({flight.group.described()})" if flight.group is not None else ""
            why = f"{lost}no task and no change of the replication shows whether the server started it{shown}"
        flight.result.request_id = str(getattr(flight.lost, "request_id", "") or "")
        self._end(flight, UNKNOWN, why, DECIDE.format(name=flight.result.name or flight.result.id))

    def _is_long_over(self, flight: Operation, group: Replication) -> bool:
        """Whether a task of an earlier run ended so long ago that its replication would show it by now."""
        ended = seconds_since_1970(flight.task.end) if flight.task is not None else None
        now = group.server_time or self._clock.wall()
        return ended is not None and now - ended > self._options.verify_s and not group.why_not_idle(self._action)

    def _fail_if_not_shown(self, flight: Operation, now: float) -> None:
        if now - flight.verify_from >= self._options.verify_s:
            said = "its task ended in success" if flight.result.task.get("status") == "success" else flight.last
            what = flight.last if said != flight.last else "there is no more to see of it"
            self._fail(flight, f"{said}, but after {self._options.verify_s:.0f} s {what}", LOOK)

    def _judge(self, flights: Sequence[Operation]) -> None:
        """The last word: the machines of those whose replications are where the action leads, in one call."""
        if not flights:
            return
        try:
            found = find_machines(self._session, [group_of(one).name for one in flights])
        except VcloudAirError as exc:
            for one in flights:
                if one.job.key in self._flights or (isinstance(exc, AuthenticationError) and not self._is_check):
                    self._cannot_look(one, exc)
                else:
                    self._note(exc)
                    reason = f"its machine could not be looked at: {words_of(exc)}"
                    self._fail(one, reason, exc.hint, error=exc, is_repeatable=one.is_already)
            return
        self._each(flights, lambda one: self._conclude(one, found))

    def _conclude(self, flight: Operation, found: Sequence[VmRecord]) -> None:
        group, now = group_of(flight), self._clock.now()
        wants_power = flight.power_on and not flight.is_already
        fault = fault_of_machine(found, group, self._action, is_on_wanted=wants_power, before=flight.before)
        if not fault and self._action != CLEANUP:
            machines, _ = machines_of(found, group, flight.before)
            flight.result.vm = self._recovered.described(machines)
        if flight.is_already:
            words = ("failed", fault, GONE) if fault else ("already", f"nothing to do: {group.described()}", "")
            self._end(flight, *words)
        elif not fault:
            self._end(flight, "done", "another request had started it" if flight.refusal else "")
        else:
            if not flight.is_verifying:
                flight.is_verifying, flight.verify_from = True, now
                self._flights.setdefault(flight.job.key, flight)
            flight.last = fault
            self._fail_if_not_shown(flight, now)

    def _give_up_if_late(self, flight: Operation) -> None:
        now, options = self._clock.now(), self._options
        if self._refused is not None:
            return  # without a session nothing is to be seen of it
        if flight.is_verifying:
            if now - flight.verify_from >= 2 * options.verify_s:
                self._fail(flight, "its task ended in success, but nothing could be read of what came of it", LOOK)
            return
        silent, total = now - flight.changed_at, now - flight.began
        if flight.wants_evidence and flight.intent is not None and not flight.has_run:
            # Looking for a sign of it has an end of its own, unless nothing can be read.
            late_s = max(options.stuck_after_s, options.lost_grace_s) + _LONGEST_S
            if total >= late_s or (flight.timeout_s is not None and total >= flight.timeout_s):
                self._end_as_unknown(flight)
            return
        if flight.timeout_s is not None and total >= flight.timeout_s:
            self._give_up(flight, f"it is not over after {total:.0f} s ({state_of(flight)})")
        elif silent >= options.stuck_after_s:
            self._give_up(flight, f"nothing changed for {silent:.0f} s ({state_of(flight)})")

    # -- ends ----------------------------------------------------------------------------------------------------

    def abandon(self, keys: Iterable[str], reason: str) -> None:
        """Give machines up that are under way."""
        for key in keys:
            flight = self._flights.get(key)
            if flight is not None:
                self._give_up(flight, f"{reason} ({state_of(flight)})")

    def lose(self, reason: str) -> None:
        """End what is left as not known, or as not started: there is no session to look at it with."""
        for flight in list(self._flights.values()):
            if flight.is_pending and not flight.job.was_begun and flight.intent is None:
                self._end(flight, "skipped", f"not started: {reason}", SIGN_IN)
            else:
                self._end(flight, UNKNOWN, reason, MAYBE)

    def cancel_tasks(self) -> None:
        """Ask the server to cancel what is under way. What comes of that, a later look shows."""
        self._each(list(self._flights.values()), self._cancel)

    def _cancel(self, flight: Operation) -> bool:
        if flight.task is None or flight.task.is_finished:
            return False
        with contextlib.suppress(VcloudAirError):
            cancel_task(self._session, flight.task)
            return True
        return False

    def _give_up(self, flight: Operation, reason: str) -> None:
        is_seen = flight.task is not None or flight.has_run
        if self._options.cancel_late and self._cancel(flight):
            self._fail(flight, f"{reason}; the server was asked to cancel it", LOOK)
        elif flight.is_pending and flight.intent is None and not flight.job.was_begun:
            self._fail(flight, reason, NOT_IDLE, is_repeatable=True)
        elif flight.intent is not None and not is_seen:
            self._end(flight, UNKNOWN, reason, DECIDE.format(name=flight.result.name or flight.result.id))
        else:
            self._fail(flight, reason, MAYBE)

    def _fail(
        self,
        flight: Operation,
        reason: str,
        hint: str = "",
        error: VcloudAirError | None = None,
        *,
        is_repeatable: bool = False,
    ) -> None:
        """``is_repeatable``: nothing of it is under way, so that another attempt may be made."""
        flight.result.request_id = str(getattr(error, "request_id", "") or "")
        flight.result.is_repeatable = is_repeatable
        if is_repeatable and flight.intent is not None:
            self._starter.close(flight)
        self._end(flight, "failed", reason, hint)

    def _end(self, flight: Operation, verdict: str, reason: str, hint: str = "") -> None:
        result = flight.result
        result.verdict, result.reason, result.hint = verdict, reason.rstrip("."), hint
        result.seconds = self._clock.now() - flight.began
        if verdict in ("done", "already") and not self._is_check:
            self._starter.close(flight)
        self._flights.pop(flight.job.key, None)
        flight.wants_look = False
        flight.release()
        self._watcher.ended(flight.job, result)

    def _forget_refusal(self) -> float | None:
        """Since when there has been no session, before it is tried again."""
        since = self._refused_at if self._refused is not None else None
        self._refused = None
        return since

    def _note(self, error: VcloudAirError) -> None:
        """Keep that there is no session."""
        if isinstance(error, AuthenticationError) and self._refused is None:
            self._refused, self._refused_at = error, self._clock.now()

    # -- inside --------------------------------------------------------------------------------------------------

    def _tell(self, flight: Operation, task: Task) -> None:
        self._watcher.progressed(flight.job, task)
        tell_observers(self._session, task)

    def _each(self, things: Sequence[_Thing], work: Callable[[_Thing], object]) -> None:
        """Do it for each, and wait for all of them before anything that went wrong is raised."""
        futures = [self._pool.submit(work, one) for one in things]
        wait(futures)
        for future in futures:
            future.result()
