"""Retry policy: conditions, limits and waits for retrying a request.

========================================  ======================  ========================================
result                                    reads, repeatable       writes
========================================  ======================  ========================================
429                                       retry                   retry: rejected before execution
400 BUSY_ENTITY, OPERATION_LIMITS_…       retry                   retry: rejected before execution
503 with Retry-After                      retry                   retry: the server is not accepting requests
other 503, 502, 504, 408                  retry                   never: may have been executed
500                                       retry                   never
no connection (refused, DNS, …)           2 retries               2 retries: nothing was sent
connection broken, read timeout           retry, timeout: once    never: may have been executed
TLS failure, any other response           never                   never
========================================  ======================  ========================================

A write with ``once`` must never be executed twice. It is retried in only two cases: no connection was made, or the API
itself rejected the write as busy (429 or ``BUSY_ENTITY`` in a document of the API). A 503, even with Retry-After, can
come from a gateway that has forwarded the request.

The wait is ``Retry-After`` if present. Otherwise, the wait starts at 0.5 s and doubles up to 10 s, with ±25 % jitter. A
call waits for at most ``max_retry_wait`` seconds in total. A session waits for at most ``max_retry_total`` seconds, see
:class:`WaitBudget`. ``retries`` limits the number of retries. Retries after busy responses are limited by time only.
``retries: 0`` disables all retries. Source for the busy rules: protocol/tasks.md §5.
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
    """The result of one attempt: a response, an error, or both."""

    response: Response | None
    error: VcloudAirError | None = None


class WaitBudget:
    """A limit for the total time that a session waits before retries, in seconds.

    Waits that overlap in time count only once. While no call waits, the budget recovers by one second per second. So
    the budget does not run out in processes that run for months.
    """

    def __init__(self, total_s: float, clock: Clock) -> None:
        self._total_s = total_s
        self._clock = clock
        self._lock = threading.Lock()
        self._spent_s = 0.0
        self._since = clock.now()
        self._waiting = 0

    def left(self) -> float:
        """Return the remaining budget in seconds."""
        with self._lock:
            self._count()
            return max(0.0, self._total_s - self._spent_s)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Deduct the duration of the ``with`` block from the budget."""
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
        """Return the policy from the settings ``retries`` and ``max_retry_wait``."""
        return cls(retries=int(settings.retries), max_wait_s=float(settings.max_retry_wait))

    def tries(self, attempt: SendAttempt, *, repeatable: bool, once: bool = False) -> float:
        """Return the maximum number of attempts for a request with this result.

        The value 1 means that the request is not retried.
        """
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
    """Return True if the server rejected the request as busy, before executing it."""
    if not isinstance(error, BusyError):
        return False
    return error.status != 503 or (response is not None and "Retry-After" in response.headers)


def is_refused_by_api(error: ApiError) -> bool:
    """Return True if the API itself, not a gateway, rejected the request as busy."""
    return isinstance(error, BusyError) and error.status in (400, 409, 429) and not error.is_from_gateway


def retry_after_s(response: Response | None, clock: Clock) -> float | None:
    """Return ``Retry-After`` in seconds, or None if the header is missing or invalid.

    The value of the header is a number or an HTTP date.

    A date is compared with the ``Date`` header of the same response, so that a wrong clock of the host has no effect.
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
    """Return an HTTP date in seconds since 1970, or None if the text is not a date."""
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _reason(attempt: SendAttempt) -> str:
    """Return the reason for a retry on one line, such as ``503 Service unavailable``."""
    error = attempt.error
    text = " ".join((error.message if error is not None else "").split())
    status = str(error.status or "") if isinstance(error, ApiError) else ""
    return text if status in text else f"{status} {text}"


class _Waits:
    """Callbacks that tenacity uses to control the retries and waits of one call."""

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

    def log_wait(self, state: Any) -> None:
        """Log the wait before the next attempt."""
        attempt: SendAttempt = state.outcome.result()
        tries = self._policy.tries(attempt, repeatable=self._repeatable, once=self._once)
        of = f" of {tries:g}" if tries != float("inf") else ""
        _log.info(
            "Retrying in %.1f s (attempt %d%s): %s", state.next_action.sleep, state.attempt_number + 1, of,
            _reason(attempt),
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        # A zero wait (Retry-After: 0) must count too, or the server could cause an endless loop.
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
    """Call ``try_once(number)`` until the retry policy ends the attempts.

    ``number`` starts at 1.
    """
    first = try_once(1)
    waits = _Waits(policy, clock, repeatable, once, budget or WaitBudget(float("inf"), clock))
    # Import tenacity only if a retry is needed. Most requests succeed at the first attempt.
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
        before_sleep=waits.log_wait,
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else first,
    )
    result: SendAttempt = retrying(attempt)
    if budget is not None and result.error is not None and budget.left() <= 0:
        result.error.add_context("The retry wait of this session has reached its limit (max_retry_total).")
    return result
