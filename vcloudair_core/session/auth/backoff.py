"""Backoff after rejected sign-ins, to avoid locking the account.

A rejection can be temporary, for example if the directory service is down. But servers lock an account after several
rejections, often after five in half an hour. The waits are 1, 3, 9, 27 and then 30 minutes. So a session signs in four
times in the first half hour, and once or twice in each later half hour.
"""

from __future__ import annotations

from vcloudair_core.errors import AuthenticationError

FIRST_WAIT_S = 60.0
FACTOR = 3
LONGEST_WAIT_S = 1800.0


def wait_after(refusals: int) -> float:
    """Return the wait in seconds after ``refusals`` consecutive rejected sign-ins."""
    if refusals <= 0:
        return 0.0
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * FACTOR ** min(refusals - 1, 10)))


class RefusedSignIns:
    """A counter of consecutive rejected sign-ins, with the end of the wait.

    Times are in seconds.
    """

    def __init__(self) -> None:
        self._count = 0
        self._until = 0.0
        self._error: AuthenticationError | None = None

    def note(self, error: AuthenticationError, now: float) -> None:
        """Count a rejection and start the wait."""
        self._count += 1
        self._error = error
        self._until = now + wait_after(self._count)

    def raise_if_waiting(self, now: float) -> None:
        """If the wait is not over, raise the error of the last rejected sign-in again."""
        if self._error is not None and now < self._until:
            raise self._error

    def end_wait(self) -> None:
        """End the wait, but keep the number of failures.

        The number of failures determines the length of the next wait.
        """
        self._error = None

    def clear(self) -> None:
        """Reset the count after a successful sign-in."""
        self._count, self._error = 0, None
