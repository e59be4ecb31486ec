"""A clock that a test can push."""

from __future__ import annotations

import datetime as dt
import time


class VirtualClock:
    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> float:
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def stamp(self) -> str:
        moment = dt.datetime.fromtimestamp(self.now(), dt.timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
