"""Tests of readable units."""

from __future__ import annotations

import pytest

from vcloudair_core.services.metrics.units.display import display_unit


@pytest.mark.parametrize(
    ("unit", "values", "expected", "shown"),
    [
        ("KB", [0.0, 1023.0], "KiB", 1023.0),
        ("KB", [1.0, 1536.0], "MiB", 1.5),
        ("KB", [8_388_608.0, 41_943_040.0], "GiB", 40.0),
        ("KB", [-41_943_040.0], "GiB", -40.0),
        ("KB", [2.0**62], "TiB", 2.0**32),
        ("KBps", [900.0], "KiB/s", 900.0),
        ("KBps", [2048.0], "MiB/s", 2.0),
        ("percent", [1e9], "percent", 1e9),
        ("MHz", [24_000.0], "MHz", 24_000.0),
        (None, [5.0], "", 5.0),
    ],
)
def test_the_largest_value_decides(unit: str | None, values: list[float], expected: str, shown: float) -> None:
    name, factor = display_unit(unit, values)
    assert (name, values[-1] * factor) == (expected, shown)


def test_without_values_the_smallest_unit_is_used() -> None:
    assert display_unit("KB", []) == ("KiB", 1.0)
