"""Waits between sign-ins after one was refused: long enough that no account is locked, never for good.

A directory that is down for a minute refuses a right password, so a refusal does not have to be final. A wrong password
stays wrong, and servers lock an account after some refusals, often five in half an hour. So the waits are 1, 3, 9, 27
and then 30 minutes: four sign-ins in the first half hour, and one or two in each that follows.
"""

from __future__ import annotations

from vcloudair_core.errors import AuthenticationError

FIRST_WAIT_S = 60.0
FACTOR = 3
LONGEST_WAIT_S = 1800.0


def wait_after(refusals: int) -> float:
    """Return the seconds to wait after so many refused sign-ins in a row. 0 after none."""
    if refusals <= 0:
        return 0.0
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * FACTOR ** min(refusals - 1, 10)))


class RefusedSignIns:
    """The refused sign-ins of one session: how many in a row, and until when none is sent. Units: seconds."""

    def __init__(self) -> None:
        self._count = 0
        self._until = 0.0
        self._error: AuthenticationError | None = None

    def note(self, error: AuthenticationError, now: float) -> None:
        """Remember one more refusal."""
        self._count += 1
        self._error = error
        self._until = now + wait_after(self._count)

    def raise_if_waiting(self, now: float) -> None:
        """Raise the last refusal again while its wait lasts."""
        if self._error is not None and now < self._until:
            raise self._error

    def end_wait(self) -> None:
        """Let the next sign-in be sent at once; the count stays, so that its refusal is followed by a longer wait."""
        self._error = None

    def clear(self) -> None:
        """Forget all of them: a sign-in worked."""
        self._count, self._error = 0, None
