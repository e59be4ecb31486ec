"""Machines on their way: started, watched, and given a verdict each. What is started when is somebody else's choice.

The verdict does not come from the task alone. Its status has to be success, then the replication has to be where the
action leads, then there has to be a machine. Source: api/dr.md §4.1.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from vcloudair_core.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    VcloudAirError,
)
from vcloudair_core.redact import redact_text, redact_tree
from vcloudair_core.services.dr.flight import (
    GONE,
    HINTS,
    LOOK,
    MAYBE,
    Flight,
    Job,
    Watcher,
    group_of,
    has_gone_wrong,
    is_passing,
    may_have_begun,
    next_step,
    state_of,
)
from vcloudair_core.services.dr.machines import Machine, fault_of_machine
from vcloudair_core.services.dr.model import Replication, Result
from vcloudair_core.services.dr.options import Options
from vcloudair_core.services.dr.store import find_machines, path_of, read_replication, read_tasks, start_action
from vcloudair_core.session.origins import UntrustedOriginError
from vcloudair_core.session.tasks import Task, cancel_task, read_task, seconds_of, tell_observers

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

__all__ = ["Flights", "Job", "Watcher"]

_Thing = TypeVar("_Thing")

_SHORTEST_S, _LONGEST_S = 0.25, 10.0
_SHARE_OF_AGE = 0.1
"""A look comes after so much of the time that an action has taken already, as long as nothing is known of how long
actions take here; then it comes when the next one is expected to be over."""

_MARGIN_S = 0.01
"""So that a look does not come right before what it is meant to see."""

_TOGETHER_FROM = 3
"""With so many tasks under way, the list of the org is asked for in place of each."""


class Flights:
    """Use as a context manager. ``begin`` starts machines, ``look`` sees how they are, and both tell the watcher."""

    def __init__(
        self, session: Session, action: str, options: Options, watcher: Watcher, *, is_check: bool = False
    ) -> None:
        self._session, self._action, self._options = session, action, options
        self._watcher, self._is_check = watcher, is_check
        self._clock = session.clock
        self._flights: dict[str, Flight] = {}
        self.refusal: VcloudAirError | None = None
        """Why nothing more can be started at all: there is no session any more."""
        self._taken: deque[float] = deque(maxlen=20)
        """Seconds that the last actions took."""
        self._pool = ThreadPoolExecutor(max_workers=max(1, options.max_concurrent), thread_name_prefix="vca-dr")

    def __enter__(self) -> Flights:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def jobs(self) -> list[Job]:
        """What is under way."""
        return [one.job for one in self._flights.values()]

    # -- starting ------------------------------------------------------------------------------------------------

    def begin(self, jobs: Sequence[Job]) -> None:
        """Start machines; one that is there already, or that cannot be started, has its verdict at once."""
        flights = [self._flight_of(job) for job in jobs]
        self._each(flights, self._read)
        readable = [one for one in flights if one.group is not None]
        self._note_machines([one for one in readable if one.before is None])
        self._each(readable, self._begin)
        self._judge([one for one in readable if one.wants_look])

    def _flight_of(self, job: Job) -> Flight:
        now, options = self._clock.now(), self._options
        result = Result(job.reference.id, job.reference.name, self._action)
        power_on = options.power_on if job.power_on is None else job.power_on
        timeout_s = options.timeout_s if job.timeout_s is None else job.timeout_s
        return Flight(job, result, now, now, power_on, timeout_s, before=job.machines_before)

    def _read(self, flight: Flight) -> None:
        try:
            group = read_replication(self._session, flight.job.reference)
        except VcloudAirError as exc:
            self._note(exc)
            said = "it was begun before, and cannot be looked at" if flight.job.was_begun else "it could not be started"
            self._fail(flight, f"{said}: {exc.explanation}", exc.hint, error=exc)
            return
        flight.group, flight.last = group, group.described()
        if group.last_sync is not None:
            flight.result.last_sync = group.last_sync.isoformat()
        flight.result.name = group.name or flight.job.reference.name

    def _note_machines(self, flights: Sequence[Flight]) -> None:
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

    def _begin(self, flight: Flight) -> None:
        group, job = group_of(flight), flight.job
        if group.has_come_to(self._action):
            flight.is_already, flight.wants_look, flight.is_ours = not job.was_begun, True, job.was_begun
        elif job.was_begun:
            self._take_up(flight)
        elif group.is_under_way_to(self._action):
            # Somebody began it: see it to its end, do not begin it again.
            if self._is_check or not self._options.wait:
                self._end(flight, "already", "it is under way already")
            else:
                self._flights[job.key] = flight
        elif group.obstacle(self._action):
            self._fail(flight, group.obstacle(self._action), next_step(group))
        elif self._is_check:
            self._end(flight, "would", group.described())
        else:
            self._start(flight)

    def _take_up(self, flight: Flight) -> None:
        """An earlier process may have begun it, or may have died right before."""
        flight.is_ours = True
        if flight.job.task_href:
            flight.task = Task(href=flight.job.task_href, status="queued")
        self._flights[flight.job.key] = flight

    def _start(self, flight: Flight) -> None:
        """Ask the server to begin, once."""
        flight.is_ours, flight.lost = True, None
        job = replace(flight.job, machines_before=flight.before)
        try:
            self._watcher.starting(job, group_of(flight))
            flight.task = start_action(
                self._session,
                flight.job.reference,
                self._action,
                power_on=flight.power_on,
                synchronize=self._options.synchronize,
            )
        except VcloudAirError as exc:
            # Whether it was begun is a thing that the replication shows; beginning it again is not the way to ask.
            if not may_have_begun(exc):
                self._note(exc)
                self._fail(flight, f"it could not be started: {exc.explanation}", exc.hint, error=exc)
                return
            flight.lost = exc
        flight.began = flight.changed_at = self._clock.now()
        self._flights[flight.job.key] = flight
        self._watcher.started(job, flight.task)
        if not self._options.wait and flight.lost is None:
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
        flights = list(self._flights.values())
        watched = [one for one in flights if one.task is not None and not one.is_verifying]
        latest = self._tasks_of(watched)
        self._each(flights, lambda one: self._advance(one, latest))
        self._judge([one for one in flights if one.wants_look and one.job.key in self._flights])
        for one in list(self._flights.values()):
            self._give_up_if_late(one)

    def _tasks_of(self, flights: Sequence[Flight]) -> dict[str, Task]:
        """The newest state of many tasks in one call; what is not among them is asked for by itself."""
        if len(flights) < _TOGETHER_FROM:
            return {}
        try:
            found = read_tasks(self._session, self._session.identity.org_id)
        except VcloudAirError as exc:
            self._note(exc)
            return {}
        return {path_of(one.href): one for one in found if one.href}

    def _advance(self, flight: Flight, latest: dict[str, Task]) -> None:
        try:
            if flight.task is not None and not flight.is_verifying:
                self._follow(flight, flight.task, latest.get(path_of(flight.task.href)))
            else:
                self._verify(flight)
        except VcloudAirError as exc:
            self._cannot_look(flight, exc)

    def _cannot_look(self, flight: Flight, exc: VcloudAirError) -> None:
        self._note(exc)
        flight.result.hint = exc.hint or flight.result.hint
        if not is_passing(exc):
            self._fail(
                flight,
                f"it cannot be followed any more: {exc.explanation}",
                "Look at the machine and its replication.",
                error=exc,
            )

    def _follow(self, flight: Flight, task: Task, latest: Task | None) -> None:
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
            word = {"error": "failed", "canceled": "was cancelled", "aborted": "was aborted"}[latest.status.lower()]
            why = redact_text(f": {latest.error}" if latest.error else "", secrets)
            self._fail(flight, f"its task {word}{why}", HINTS.get(latest.vendor_code or latest.error_code, LOOK))
        elif latest.is_successful:
            self._taken.append(seconds_of(latest) or self._clock.now() - flight.began)
            flight.is_verifying, flight.verify_from = True, self._clock.now()
            self._verify(flight)

    def _verify(self, flight: Flight) -> None:
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

    def _not_there_yet(self, flight: Flight, group: Replication, now: float) -> None:
        if flight.is_verifying:
            self._fail_if_not_shown(flight, now)
        elif has_gone_wrong(group, self._action):
            self._fail(flight, f"the replication says: {group.described()}", LOOK)
        elif group.is_under_way_to(self._action) and not self._options.wait:
            self._end(flight, "started", "the server has begun; nobody waits for it")
        elif group.is_under_way_to(self._action) or now - flight.began < self._options.lost_grace_s:
            return
        elif flight.lost is not None:
            self._fail(
                flight, f"it was not begun: {flight.lost}", "Run it again: nothing was started.", error=flight.lost
            )
        elif flight.is_ours and not flight.job.was_begun and not flight.result.task:
            self._fail(flight, "the server took the request and named no task, and nothing has begun", LOOK)
        elif flight.job.was_begun and not flight.result.task:
            # Nothing came of what an earlier process meant to start: now it is started.
            del self._flights[flight.job.key]
            flight.job = replace(flight.job, was_begun=False)
            self._begin(flight)

    def _fail_if_not_shown(self, flight: Flight, now: float) -> None:
        if now - flight.verify_from >= self._options.verify_s:
            said = "its task ended in success" if flight.result.task.get("status") == "success" else flight.last
            what = flight.last if said != flight.last else "there is no more to see of it"
            self._fail(flight, f"{said}, but after {self._options.verify_s:.0f} s {what}", LOOK)

    def _judge(self, flights: Sequence[Flight]) -> None:
        """The last word: the machines of those whose replications are where the action leads, in one call."""
        if not flights:
            return
        try:
            found = find_machines(self._session, [group_of(one).name for one in flights])
        except VcloudAirError as exc:
            for one in flights:
                if one.job.key in self._flights:
                    self._cannot_look(one, exc)
                else:
                    self._fail(one, f"its machine could not be looked at: {exc.explanation}", exc.hint, error=exc)
            return
        for one in flights:
            self._conclude(one, found)

    def _conclude(self, flight: Flight, found: Sequence[Machine]) -> None:
        group, now = group_of(flight), self._clock.now()
        wants_power = flight.power_on and not flight.is_already
        fault = fault_of_machine(found, group, self._action, is_on_wanted=wants_power, before=flight.before)
        if flight.is_already:
            words = ("failed", fault, GONE) if fault else ("already", f"nothing to do: {group.described()}", "")
            self._end(flight, *words)
        elif not fault:
            self._end(flight, "done", "")
        else:
            if not flight.is_verifying:
                flight.is_verifying, flight.verify_from = True, now
                self._flights.setdefault(flight.job.key, flight)
            flight.last = fault
            self._fail_if_not_shown(flight, now)

    def _give_up_if_late(self, flight: Flight) -> None:
        now, options = self._clock.now(), self._options
        if flight.is_verifying:
            if now - flight.verify_from >= 2 * options.verify_s:
                self._fail(flight, "its task ended in success, but nothing could be read of what came of it", LOOK)
            return
        silent, total = now - flight.changed_at, now - flight.began
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

    def cancel_tasks(self) -> None:
        """Ask the server to cancel what is under way. What comes of that, a later look shows."""
        self._each(list(self._flights.values()), self._cancel)

    def _cancel(self, flight: Flight) -> bool:
        if flight.task is None or flight.task.is_finished:
            return False
        with contextlib.suppress(VcloudAirError):
            cancel_task(self._session, flight.task)
            return True
        return False

    def _give_up(self, flight: Flight, reason: str) -> None:
        if self._options.cancel_late and self._cancel(flight):
            self._fail(flight, f"{reason}; the server was asked to cancel it", LOOK)
        else:
            self._fail(flight, reason, MAYBE)

    def _fail(self, flight: Flight, reason: str, hint: str = "", error: VcloudAirError | None = None) -> None:
        flight.result.request_id = str(getattr(error, "request_id", "") or "")
        self._end(flight, "failed", reason, hint)

    def _end(self, flight: Flight, verdict: str, reason: str, hint: str = "") -> None:
        result = flight.result
        result.verdict, result.reason, result.hint = verdict, reason, hint
        result.seconds = self._clock.now() - flight.began
        self._flights.pop(flight.job.key, None)
        flight.wants_look = False
        self._watcher.ended(flight.job, result)

    def _note(self, error: VcloudAirError) -> None:
        """Without a session there is no use in going on."""
        if isinstance(error, AuthenticationError):
            self.refusal = error

    # -- inside --------------------------------------------------------------------------------------------------

    def _tell(self, flight: Flight, task: Task) -> None:
        self._watcher.progressed(flight.job, task)
        tell_observers(self._session, task)

    def _each(self, things: Sequence[_Thing], work: Callable[[_Thing], object]) -> None:
        list(self._pool.map(work, things))
