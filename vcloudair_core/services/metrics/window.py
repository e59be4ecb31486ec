"""Time windows of metrics, relative to the clock of the server or absolute.

Source: protocol/metrics.md §A.2, §B.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from vcloudair_core.errors import SpecError

UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_SHORT = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_DURATION = re.compile(r"([0-9]+)\s*(s|m|h|d|w)[a-z]*\Z", re.IGNORECASE)
LARGEST_INTERVAL = 32767
"""The highest interval, a 16-bit number in requests.

Source: protocol/metrics.md §B.4.
"""


@dataclass(frozen=True)
class Ago:
    """A time relative to the current server time, such as an hour ago."""

    count: int
    unit: str

    @property
    def seconds(self) -> int:
        return self.count * UNITS_S[self.unit]


Moment = Ago | datetime


@dataclass(frozen=True)
class Window:
    """A time window. ``end`` is None for the current time. Datetimes have a time zone."""

    start: Moment
    end: Moment | None = None

    def described(self) -> str:
        """Return a description for messages, such as ``from 24 hours ago to now``."""
        return f"from {_described(self.start)} to {_described(self.end) if self.end else 'now'}"


def parse_window(start: Any, end: Any = None) -> Window:
    """Return a window from a start and an end.

    ``start`` and ``end`` are durations before now, such as ``90m``, ``24h`` or ``14d``, or ISO 8601 times. A time
    without an offset is in UTC. Raises SpecError for other values, and when the end is not after the start.
    """
    window = Window(parse_moment(start, "start"), None if end in (None, "") else parse_moment(end, "end"))
    first, last = window.start, window.end
    if isinstance(first, Ago) and isinstance(last, Ago) and last.seconds >= first.seconds:
        raise SpecError("end", f"must be after the start {start!r}, not {end!r}")
    if isinstance(first, datetime) and isinstance(last, datetime) and last <= first:
        raise SpecError("end", f"must be after the start {start!r}, not {end!r}")
    return window


def parse_moment(value: Any, field: str) -> Moment:
    """Return the time that a value describes, as an :class:`Ago` or a datetime.

    Raises: SpecError, which names the ``field``, for other values.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    if isinstance(value, timedelta):
        return _ago(int(value.total_seconds()), "second", field)
    text = str(value).strip()
    short = _DURATION.match(text)
    if short and len(short[1]) < 12:
        return _ago(int(short[1]), _SHORT[short[2].lower()], field)
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        raise SpecError(field, f"{value!r} is neither a duration such as 90m or 24h nor an ISO 8601 time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _ago(count: int, unit: str, field: str) -> Ago:
    """Return an :class:`Ago` in the smallest unit whose number fits into 16 bits."""
    seconds = count * UNITS_S[unit]
    if seconds <= 0:
        raise SpecError(field, "must be greater than 0")
    for name, length in UNITS_S.items():
        if name == unit or length > UNITS_S[unit]:
            exact, rest = divmod(seconds, length)
            if exact + bool(rest) <= LARGEST_INTERVAL:
                return Ago(exact + bool(rest), name)
    raise SpecError(field, "is too long ago")


def _described(moment: Moment) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat()
    return f"{moment.count} {moment.unit}{'s' if moment.count != 1 else ''} ago"
