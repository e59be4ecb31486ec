"""One action on many machines: a queue, tasks that are asked for together, and a verdict for each machine.

The verdict does not come from the task alone. Its status has to be success, then the replication has to be where the
action leads, then there has to be a machine. Source: api/dr.md §4.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from vcloudair_core.errors import (
    ApiError,
    AuthenticationError,
    BusyError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    SpecError,
    TransportError,
    VcloudAirError,
)
from vcloudair_core.redact import redact_text
from vcloudair_core.services.dr.model import CLEANUP, Reference, Replication, Result
from vcloudair_core.services.dr.store import find_machines, path_of, read_replication, read_tasks, start_action
from vcloudair_core.session.tasks import Task, read_task

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

_Thing = TypeVar("_Thing")

_SHORTEST_S, _LONGEST_S = 0.25, 10.0
_SHARE_OF_AGE = 0.1
"""A look comes after so much of the time that an action has taken already, as long as nothing is known of how long
actions take here; then it comes when the next one is expected to be over."""

_TOGETHER_FROM = 3
"""With so many tasks under way, the list of the org is asked for in place of each."""

LOST_GRACE_S = 30.0
"""An action whose answer was lost shows in its replication within that time, or was never begun."""


@dataclass(frozen=True)
class Options:
    """How an action is carried out. Times are in seconds.

    ``stuck_after_s``: a task without any change for this long is given up. ``verify_s``: how long the replication and
    the machine may take to show what the task said. ``timeout_s``: the most that one machine may take in all.
    ``stop_on_failure``: start nothing more after the first failure; what is under way is seen to its end.
    """

    power_on: bool = True
    synchronize: bool = False
    max_concurrent: int = 20
    stuck_after_s: float = 600.0
    verify_s: float = 300.0
    timeout_s: float | None = None
    stop_on_failure: bool = False

    def validate(self) -> None:
        """Raises SpecError."""
        for name in ("max_concurrent", "stuck_after_s", "verify_s", "timeout_s"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise SpecError(name, f"{value} is not more than nothing")


@dataclass
class _Flight:
    """A machine that something is under way for. ``task`` is None when only the replication can tell."""

    reference: Reference
    result: Result
    began: float
    changed_at: float
    task: Task | None = None
    is_verifying: bool = False
    verify_from: float = 0.0
    lost: VcloudAirError | None = None
    last: str = ""


class Run:
    """An action on machines, from the first request to the last verdict."""

    def __init__(
        self,
        session: Session,
        action: str,
        options: Options,
        *,
        is_check: bool = False,
        progress: Callable[[Result], None] | None = None,
    ) -> None:
        self._session, self._action, self._options = session, action, options
        self._is_check, self._progress = is_check, progress
        self._clock = session.clock
        self._flights: dict[str, _Flight] = {}
        self._results: dict[str, Result] = {}
        self._refusal: VcloudAirError | None = None
        self._taken: deque[float] = deque(maxlen=20)
        """Seconds that the last actions took."""

    def execute(self, references: Iterable[Reference]) -> list[Result]:
        """Results in the order of the machines."""
        ordered = list({one.href: one for one in references}.values())
        queue = deque(ordered)
        most = self._options.max_concurrent
        with ThreadPoolExecutor(max_workers=most, thread_name_prefix="vca-dr") as pool:
            while queue or self._flights:
                if self._refusal is not None or (self._options.stop_on_failure and self._has_failed()):
                    self._skip(queue)
                batch = [queue.popleft() for _ in range(min(most - len(self._flights), len(queue)))]
                if batch:
                    self._each(pool, batch, self._begin)
                if self._flights and (not queue or len(self._flights) >= most):
                    self._clock.sleep(self._interval())
                    self._look(pool)
        return [self._results[one.href] for one in ordered]

    # -- starting ------------------------------------------------------------------------------------------------

    def _begin(self, reference: Reference) -> None:
        result = Result(reference.id, reference.name, self._action)
        now = self._clock.now()
        flight = _Flight(reference, result, now, now)
        try:
            group = read_replication(self._session, reference)
            result.name = group.name or reference.name
            if group.has_come_to(self._action):
                return self._end(flight, "already", f"nothing to do: {group.described()}")
            if group.is_under_way_to(self._action):
                flight.last = group.described()  # somebody began it: see it to its end, do not begin it again
            elif group.obstacle(self._action):
                return self._fail(flight, group.obstacle(self._action), _next_step(group))
            elif self._is_check:
                return self._end(flight, "would", group.described())
            else:
                flight.last = group.described()
                self._start(flight)
        except VcloudAirError as exc:
            self._note(exc)
            return self._fail(flight, f"it could not be started: {exc}", exc.hint)
        if not self._is_check:
            self._flights[reference.href] = flight
            return None
        return self._end(flight, "already", "it is under way already")

    def _start(self, flight: _Flight) -> None:
        options = self._options
        try:
            flight.task = start_action(
                self._session,
                flight.reference,
                self._action,
                power_on=options.power_on,
                synchronize=options.synchronize,
            )
        except (TransportError, ServerError) as exc:
            # Whether it was begun is a thing that the replication shows; beginning it again is not the way to ask.
            if isinstance(exc, TransportError) and not exc.may_have_executed:
                raise
            flight.lost = exc

    # -- looking -------------------------------------------------------------------------------------------------

    def _look(self, pool: ThreadPoolExecutor) -> None:
        watched = [one for one in self._flights.values() if one.task is not None and not one.is_verifying]
        latest = self._tasks_of(watched)
        self._each(pool, list(self._flights.values()), lambda one: self._advance(one, latest))

    def _tasks_of(self, flights: Sequence[_Flight]) -> dict[str, Task]:
        """The newest state of many tasks in one call; what is not among them is asked for by itself."""
        if len(flights) < _TOGETHER_FROM:
            return {}
        try:
            found = read_tasks(self._session, self._session.identity.org_id)
        except VcloudAirError as exc:
            self._note(exc)
            return {}
        return {path_of(one.href): one for one in found if one.href}

    def _advance(self, flight: _Flight, latest: dict[str, Task]) -> None:
        try:
            if flight.task is not None and not flight.is_verifying:
                self._follow(flight, flight.task, latest.get(path_of(flight.task.href)))
            else:
                self._verify(flight)
        except VcloudAirError as exc:
            self._note(exc)
            flight.result.hint = exc.hint or flight.result.hint
            if not _is_passing(exc):
                self._fail(flight, f"it cannot be followed any more: {exc}", "Look at the machine and its replication.")
        if flight.reference.href in self._flights:
            self._give_up_if_late(flight)

    def _follow(self, flight: _Flight, task: Task, latest: Task | None) -> None:
        """The status decides what comes next, never the progress."""
        if latest is None:
            try:
                latest = read_task(self._session, task)
            except (NotFoundError, PermissionDeniedError) as exc:
                flight.task, flight.last = None, f"its task is not to be seen any more ({exc.status})"
                return
        latest = latest if latest.href else replace(latest, href=task.href)
        if latest != task:
            flight.task, flight.changed_at = latest, self._clock.now()
            self._tell(latest)
        flight.result.task = {key: value for key, value in latest.as_dict().items() if key != "is_finished"}
        if latest.is_failed:
            word = {"error": "failed", "canceled": "was cancelled", "aborted": "was aborted"}[latest.status.lower()]
            why = redact_text(f": {latest.error}" if latest.error else "", self._session.settings.secrets())
            self._fail(flight, f"its task {word}{why}", _HINTS.get(latest.vendor_code or latest.error_code, _LOOK))
        elif latest.is_successful:
            self._taken.append(self._clock.now() - flight.began)
            flight.is_verifying, flight.verify_from = True, self._clock.now()
            self._verify(flight)

    def _verify(self, flight: _Flight) -> None:
        """What the replication shows, and for a test or a failover the machine."""
        try:
            group = read_replication(self._session, flight.reference)
        except (NotFoundError, PermissionDeniedError) as exc:
            said = "its task ended in success, but " if flight.is_verifying else ""
            self._fail(flight, f"{said}its replication is not there any more ({exc.status})", "Look for the machine.")
            return
        now = self._clock.now()
        if group.described() != flight.last:
            flight.last, flight.changed_at = group.described(), now
        if group.has_come_to(self._action):
            missing = self._machine_missing(group)
            if not missing:
                self._end(flight, "done", "")
                return
            flight.last = missing
        elif _has_gone_wrong(group, self._action) and not flight.is_verifying:
            self._fail(flight, f"the replication says: {group.described()}", _LOOK)
            return
        if flight.is_verifying:
            if now - flight.verify_from >= self._options.verify_s:
                self._fail(
                    flight, f"its task ended in success, but after {self._options.verify_s:.0f} s {flight.last}", _LOOK
                )
        elif flight.lost is not None and not group.is_under_way_to(self._action) and now - flight.began >= LOST_GRACE_S:
            self._fail(flight, f"it was not begun: {flight.lost}", "Run it again: nothing was started.")
        elif group.has_come_to(self._action) and now - flight.changed_at >= self._options.verify_s:
            self._fail(flight, flight.last, _LOOK)

    def _machine_missing(self, group: Replication) -> str:
        """What is wrong with the machine, or nothing. A clean-up leaves none to look at."""
        if self._action == CLEANUP:
            return ""
        found = find_machines(self._session, group.name)
        own = [one for one in found if group.placeholder_vapp_id and group.placeholder_vapp_id[-36:] in one["vapp"]]
        meant = own or found
        if not meant:
            return f"there is no machine {group.name!r}"
        if self._options.power_on and all(one["status"] != "POWERED_ON" for one in meant):
            return f"the machine {group.name!r} is {meant[0]['status']}, not POWERED_ON"
        return ""

    def _give_up_if_late(self, flight: _Flight) -> None:
        now, options = self._clock.now(), self._options
        if flight.is_verifying:
            if now - flight.verify_from >= 2 * options.verify_s:
                self._fail(flight, "its task ended in success, but nothing could be read of what came of it", _LOOK)
            return
        silent, total = now - flight.changed_at, now - flight.began
        if options.timeout_s is not None and total >= options.timeout_s:
            self._fail(flight, f"it is not over after {total:.0f} s ({self._state(flight)})", _MAYBE)
        elif silent >= options.stuck_after_s:
            self._fail(flight, f"nothing changed for {silent:.0f} s ({self._state(flight)})", _MAYBE)

    @staticmethod
    def _state(flight: _Flight) -> str:
        return f"its task is {flight.task.status}" if flight.task is not None else flight.last

    # -- ends ----------------------------------------------------------------------------------------------------

    def _fail(self, flight: _Flight, reason: str, hint: str = "") -> None:
        self._end(flight, "failed", reason, hint)

    def _end(self, flight: _Flight, verdict: str, reason: str, hint: str = "") -> None:
        result = flight.result
        result.verdict, result.reason, result.hint = verdict, reason, hint
        result.seconds = self._clock.now() - flight.began
        self._flights.pop(flight.reference.href, None)
        self._conclude(flight.reference, result)

    def _conclude(self, reference: Reference, result: Result) -> None:
        self._results[reference.href] = result
        if self._progress is not None:
            self._progress(result)

    def _skip(self, queue: deque[Reference]) -> None:
        while queue:
            one = queue.popleft()
            why = f"not started: {self._refusal}" if self._refusal else "not started, as another machine failed"
            self._conclude(one, Result(one.id, one.name, self._action, "skipped", why))

    def _has_failed(self) -> bool:
        return any(one.verdict == "failed" for one in list(self._results.values()))

    def _note(self, error: VcloudAirError) -> None:
        """Without a session there is no use in going on."""
        if isinstance(error, AuthenticationError):
            self._refusal = error

    # -- inside --------------------------------------------------------------------------------------------------

    def _interval(self) -> float:
        """Seconds to the next look: to when the first is expected to be over, as far as that is known."""
        now = self._clock.now()
        expected = min(self._taken, default=0.0)
        waits = []
        for one in self._flights.values():
            age = now - one.began
            waits.append(expected - age if age < expected else _SHARE_OF_AGE * (age - expected if expected else age))
        return min(_LONGEST_S, max(_SHORTEST_S, min(waits)))

    def _tell(self, task: Task) -> None:
        for observer in self._session.task_observers:
            observer(task)

    @staticmethod
    def _each(pool: ThreadPoolExecutor, things: Sequence[_Thing], work: Callable[[_Thing], None]) -> None:
        list(pool.map(work, things))


_LOOK = "Look at the machine and its replication (`vca dr list`) before trying again."
_MAYBE = "It may still be running at the server. Running the same action again waits for it and starts nothing twice."
_HINTS = {
    "VdcNotEnabledForRecoveryFault": "Ask the provider to enable the VDC for recovery.",
    "OngoingFailover": "Another action is under way. Wait for it, then run this again.",
    "AlreadyTestRecovered": "Clean the test up first, or leave it as it is.",
    "AlreadyRecovered": "It was failed over already.",
    "NotTestRecovered": "There is no test to clean up.",
}


def _is_passing(error: VcloudAirError) -> bool:
    """Trouble with one look, which says nothing of the action."""
    if isinstance(error, ApiError):
        return isinstance(error, BusyError) or error.status in (408, 429, 500, 502, 503, 504)
    return isinstance(error, TransportError)


def _has_gone_wrong(group: Replication, action: str) -> bool:
    word = group.recovery_state if action == "failover" else group.test_state
    return "error" in word.lower()


def _next_step(group: Replication) -> str:
    if group.test_state.lower() in ("complete", "testerror", "cleanuperror"):
        return "Clean the test up first."
    return "Look at the replication (`vca dr list`)."
