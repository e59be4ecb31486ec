"""Tests of the trend of drills."""

from __future__ import annotations

import pytest

from vcloudair_core.recovery.drills.drill_record import trend_of


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([], ""), ([600.0], ""), ([None, 600.0], ""), ([600.0, None], ""), ([600.0, 650.0], "steady"),
        ([600.0, 700.0], "worse"), ([600.0, 500.0], "better"), ([0.0, 0.0], "steady"), ([0.0, 1.0], "worse"),
        ([9000.0, 600.0, 600.0, 600.0, 600.0, 600.0, 640.0], "steady"), ([600.0, None, 900.0], "worse"),
    ],
)  # fmt: skip
def test_the_last_value_is_compared_with_the_median_of_earlier_values(values: list[float | None], trend: str) -> None:
    assert trend_of(values) == trend
