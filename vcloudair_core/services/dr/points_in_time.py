"""Select the point in time to which a VM is recovered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.dr.model import PointInTime

_OLDEST = datetime.min.replace(tzinfo=timezone.utc)


def newest_first(points: Iterable[PointInTime]) -> list[PointInTime]:
    """Return points in time in descending order of time.

    Points without a time are last.
    """
    return sorted(points, key=lambda point: point.started or _OLDEST, reverse=True)


def time_of_point(text: str) -> datetime | None:
    """Parse a time in ISO 8601. Return None for other text.

    A time without an offset is UTC.
    """
    try:
        time = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def choose_point(points: Sequence[PointInTime], text: str) -> PointInTime:
    """Return the point in time that an ID or a time selects.

    A time selects the newest point in time that is not later.

    Raises: NotFoundError, which says what the oldest point in time is.
    """
    by_id = next((point for point in points if point.id == text), None)
    if by_id is not None:
        return by_id
    time = time_of_point(text)
    if time is None:
        raise NotFoundError(f"The VM has no point in time {text!r}.", hint=_SEE_POINTS)
    timed = [point for point in newest_first(points) if point.started is not None and point.id]
    chosen = next((point for point in timed if point.started is not None and point.started <= time), None)
    if chosen is None:
        oldest = timed[-1].started.isoformat() if timed and timed[-1].started else "unknown"
        raise NotFoundError(
            f"The VM has no point in time at or before {time.isoformat()}. The oldest one is from {oldest}.",
            hint=_SEE_POINTS,
        )
    return chosen


_SEE_POINTS = "Run `vca dr points VM` to see the points in time."
