"""Tests of selecting a point in time."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.dr.model import PointInTime
from vcloudair_core.services.dr.points_in_time import choose_point, newest_first

DAYS = [PointInTime(f"replica-{day}", datetime(2024, 1, day, 12, tzinfo=timezone.utc), 1, 2) for day in (1, 3, 2)]
UNDATED = PointInTime("undated", None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replica-1", "replica-1"),
        ("undated", "undated"),
        ("2024-01-02T12:00:00Z", "replica-2"),
        ("2024-01-02T13:59:00+02:00", "replica-1"),
        ("2024-01-03", "replica-2"),
        ("2030-01-01", "replica-3"),
    ],
)
def test_an_id_or_a_time_selects_a_point(text: str, expected: str) -> None:
    assert choose_point([*DAYS, UNDATED], text).id == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [("replica-9", "no point in time 'replica-9'"), ("2023-12-31", "The oldest one is from 2024-01-01T12:00:00")],
)
def test_an_unknown_point_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(NotFoundError, match=reason):
        choose_point([*DAYS, UNDATED], text)


def test_points_are_sorted_by_time() -> None:
    ids = [point.id for point in newest_first([UNDATED, *DAYS])]
    assert ids == ["replica-3", "replica-2", "replica-1", "undated"]
