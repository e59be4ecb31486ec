"""When a request is sent again, and after how long. One table; tenacity runs the loop.

========================================  ====================  =========================================
what came back                            reads, safe repeats   writes
========================================  ====================  =========================================
429                                       again                 again: refused before it was carried out
400 BUSY_ENTITY, OPERATION_LIMITS_…       again                 again: refused before it was carried out
503 with Retry-After                      again                 again: the server says that it is not serving
503 without, 502, 504, 408                again                 never: it may have been carried out
500                                       again                 never
no connection (refused, no name, …)       again, twice          again, twice: nothing was sent
connection broke, read time-out           again, time-out once  never: look first
TLS failure, any other answer             never                 never
========================================  ====================  =========================================

A write that is sent ``once`` (an action that must never be carried out twice) is repeated in two cases only: when no
connection was made, and when the API itself refused it as busy (429 or ``BUSY_ENTITY`` in a document of the API). A
503, even with Retry-After, may come from a gateway that has forwarded the request.

Waiting: what ``Retry-After`` says, else 0.5 s doubling to 10 s, spread by ±25 %; never more than ``max_retry_wait``
seconds in one call, nor more than ``max_retry_total`` in all calls of a session, see :class:`WaitBudget`. ``retries``
bounds the tries, but for busy answers, which only time bounds. ``retries: 0`` is off.
Source for the busy rules: protocol/tasks.md §5.
"""

from __future__ import annotations

import contextlib
import email.utils
import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ApiError, BusyError, TimeoutExpiredError, TlsError, TransportError, VcloudAirError

if TYPE_CHECKING:
    from vcloudair_core.settings.settings import Settings
    from vcloudair_core.transport.messages import Response
    from vcloudair_core.util.clock import Clock

_log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
JITTER = 0.25

_READ_STATUSES = frozenset({408, 500, 502, 503, 504})


@dataclass(frozen=True)
class SendAttempt:
    """Result of one attempt: an answer, or an error (and, when the server sent one, the answer that it is made of)."""

    response: Response | None
    error: VcloudAirError | None = None


class WaitBudget:
    """The time that all calls of a session may wait between tries, so that a task of many calls has a bound, too.

    Calls that wait at the same time share it. Time in which none waits gives it back at the same pace, so that what
    runs for months does not end one day. Units: seconds.
    """

    def __init__(self, total_s: float, clock: Clock) -> None:
        self._total_s = total_s
        self._clock = clock
        self._lock = threading.Lock()
        self._spent_s = 0.0
        self._since = clock.now()
        self._waiting = 0

    def left(self) -> float:
        """Return how much is left."""
        with self._lock:
            self._count()
            return max(0.0, self._total_s - self._spent_s)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of the block."""
        with self._lock:
            self._count()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._count()
                self._waiting -= 1

    def _count(self) -> None:
        now = self._clock.now()
        passed, self._since = now - self._since, now
        self._spent_s = self._spent_s + passed if self._waiting else max(0.0, self._spent_s - passed)


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of retries. Units: seconds."""

    retries: int = 4
    max_wait_s: float = 60.0
    connection_retries: int = 2

    @classmethod
    def of(cls, settings: Settings) -> RetryPolicy:
        """The policy that settings ask for."""
        return cls(retries=int(settings.retries), max_wait_s=float(settings.max_retry_wait))

    def tries(self, attempt: SendAttempt, *, repeatable: bool, once: bool = False) -> float:
        """Return how many times in all a request that ended like this may be tried: 1 is once, and no more."""
        error = attempt.error
        if error is None or self.retries <= 0:
            return 1
        if isinstance(error, TransportError):
            return 1 + self._transport_retries(error, repeatable and not once)
        if not isinstance(error, ApiError):
            return 1
        if once:
            return float("inf") if is_refused_by_api(error) else 1
        if is_refused_before_execution(error, attempt.response):
            return float("inf")
        return 1 + self.retries if repeatable and error.status in _READ_STATUSES else 1

    def _transport_retries(self, error: TransportError, repeatable: bool) -> int:
        if isinstance(error, TlsError):
            return 0
        if not error.may_have_executed:
            return min(self.connection_retries, self.retries)
        if not repeatable:
            return 0
        return 1 if isinstance(error, TimeoutExpiredError) else self.retries


def is_refused_before_execution(error: ApiError, response: Response | None) -> bool:
    """True when the server said that it did nothing and that a later try may do."""
    if not isinstance(error, BusyError):
        return False
    return error.status != 503 or (response is not None and "Retry-After" in response.headers)


def is_refused_by_api(error: ApiError) -> bool:
    """Return True when the API itself, and nothing in front of it, refused a request as busy: it did nothing."""
    return isinstance(error, BusyError) and error.status in (400, 409, 429) and not error.is_from_gateway


def retry_after_s(response: Response | None, clock: Clock) -> float | None:
    """Seconds that the server asks to wait, or None. Both forms: seconds, and an HTTP date.

    A date is taken relative to the answer's own ``Date``, so that a wrong clock on either side does no harm.
    """
    value = response.headers.get("Retry-After", "").strip() if response is not None else ""
    if not value or response is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    retry_at = seconds_of_date(value)
    if retry_at is None:
        return None
    sent = seconds_of_date(response.headers.get("Date", ""))
    return max(0.0, retry_at - (clock.wall() if sent is None else sent))


def seconds_of_date(value: str) -> float | None:
    """Return a time of HTTP in seconds since 1970, or None for what is none."""
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _reason(attempt: SendAttempt) -> str:
    """Why a request is tried again, on one line: ``503 Service unavailable``."""
    error = attempt.error
    text = " ".join((error.message if error is not None else "").split())
    status = str(error.status or "") if isinstance(error, ApiError) else ""
    return text if status in text else f"{status} {text}"


class _Waits:
    """The waits of one call: tenacity asks for the next one, and whether there is to be one."""

    def __init__(self, policy: RetryPolicy, clock: Clock, repeatable: bool, once: bool, budget: WaitBudget) -> None:
        self._policy = policy
        self._budget = budget
        self._clock = clock
        self._repeatable, self._once = repeatable, once
        self._spent_s = 0.0

    def is_to_repeat(self, attempt: SendAttempt) -> bool:
        return self._policy.tries(attempt, repeatable=self._repeatable, once=self._once) > 1

    def stop(self, state: Any) -> bool:
        tries = self._policy.tries(state.outcome.result(), repeatable=self._repeatable, once=self._once)
        if state.attempt_number >= tries or self._spent_s >= self._policy.max_wait_s:
            return True
        return self._budget.left() <= 0

    def wait(self, state: Any) -> float:
        asked = retry_after_s(state.outcome.result().response, self._clock)
        if asked is None:
            doubled = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(state.attempt_number - 1, 10))
            asked = doubled * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
        return float(max(0.0, min(asked, self._policy.max_wait_s - self._spent_s, self._budget.left())))

    def tell(self, state: Any) -> None:
        """Log the wait that begins now."""
        attempt: SendAttempt = state.outcome.result()
        tries = self._policy.tries(attempt, repeatable=self._repeatable, once=self._once)
        of = f" of {tries:g}" if tries != float("inf") else ""
        _log.info(
            "Retrying in %.1f s (attempt %d%s): %s", state.next_action.sleep, state.attempt_number + 1, of,
            _reason(attempt),
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        # A wait of nothing (Retry-After: 0) must count too, or a server could keep us in the loop for ever.
        self._spent_s += max(seconds, FIRST_WAIT_S)
        with self._budget.waiting():
            self._clock.sleep(seconds)


def send_with_retries(
    try_once: Callable[[int], SendAttempt],
    *,
    policy: RetryPolicy,
    clock: Clock,
    repeatable: bool,
    once: bool = False,
    budget: WaitBudget | None = None,
) -> SendAttempt:
    """Call ``try_once(number)``, numbered from 1, until it ends well, must not be repeated, or time is up."""
    first = try_once(1)
    waits = _Waits(policy, clock, repeatable, once, budget or WaitBudget(float("inf"), clock))
    # Nearly every request ends here: tenacity is loaded only when something has gone wrong.
    if not waits.is_to_repeat(first):
        return first
    import tenacity

    known = [first]
    number = 0

    def attempt() -> SendAttempt:
        nonlocal number
        number += 1
        return known.pop() if known else try_once(number)

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(waits.is_to_repeat),
        stop=waits.stop,
        wait=waits.wait,
        sleep=waits.sleep,
        before_sleep=waits.tell,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
    )
    result: SendAttempt = retrying(attempt)
    if budget is not None and result.error is not None and budget.left() <= 0:
        result.error.add_context("The time that a session may wait between tries (max_retry_total) is used up.")
    return result
