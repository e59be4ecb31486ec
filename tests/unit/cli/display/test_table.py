"""Tests of the table layout: truncated and dropped columns."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from vcloudair_core.cli.display.table import Column, cut, fit, without_empty

NAME, ID, PROSE, COUNT = (
    Column("name", keep=True, priority=0),
    Column("id", keep=True, priority=3),
    Column("prose", priority=2),
    Column("count", right=True, priority=4),
)
COLUMNS = [NAME, ID, PROSE, COUNT]
CELLS = [["n" * 20, "i" * 36, "p" * 50, "1234"]]


def _shown(available: int | None, *, drop: bool = True) -> list[tuple[str, int]]:
    layout = fit(COLUMNS, CELLS, available, drop=drop)
    return [(column.key, width) for column, width in zip(layout.columns, layout.widths, strict=True)]


@pytest.mark.parametrize(
    ("available", "shown"),
    [
        (None, [("name", 20), ("id", 36), ("prose", 50), ("count", 5)]),
        (117, [("name", 20), ("id", 36), ("prose", 50), ("count", 5)]),
        (100, [("name", 20), ("id", 36), ("prose", 33), ("count", 5)]),
        (85, [("name", 20), ("id", 36), ("prose", 18), ("count", 5)]),
        (84, [("name", 20), ("id", 36), ("prose", 24)]),
        (77, [("name", 20), ("prose", 48), ("count", 5)]),
        (47, [("name", 20), ("prose", 18), ("count", 5)]),
        (46, [("name", 20), ("prose", 24)]),
        (39, [("name", 20), ("count", 5)]),
        (10, [("name", 20)]),
    ],
)
def test_layout_fits_the_width(available: int | None, shown: list[tuple[str, int]]) -> None:
    assert _shown(available) == shown


def test_layout_has_the_dropped_columns() -> None:
    assert fit(COLUMNS, CELLS, 46, drop=True).dropped == (ID, COUNT)
    assert fit(COLUMNS, CELLS, None, drop=True).dropped == ()


def test_selected_columns_stay_and_only_text_is_truncated() -> None:
    assert _shown(60, drop=False) == [("name", 20), ("id", 36), ("prose", 18), ("count", 5)]


def test_layout_keeps_at_least_one_column() -> None:
    assert [column.key for column in fit([ID, COUNT], [["i" * 36, "1"]], 10, drop=True).columns] == ["id"]


def test_columns_without_values_are_left_out() -> None:
    rows: list[dict[str, Any]] = [{"name": "a", "id": "", "prose": [], "count": 0}, {"name": "b", "id": None}]
    assert without_empty(COLUMNS, rows) == [NAME, COUNT]
    assert without_empty([ID, PROSE], rows) == [ID]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("198.51.100.0/24, 203.0.113.0/24", 20, "198.51.100.0/24, …"),
        ("198.51.100.0/24, 203.0.113.0/24", 10, "198.51.10…"),
        ("a, rather long text", 15, "a, rather long…"),
        ("資料庫伺服器一號", 9, "資料庫伺…"),
        ("資料庫伺服器一號", 8, "資料庫…"),
        ("xx", 1, "…"),
    ],
)
def test_text_is_truncated_with_an_ellipsis(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert cell_len(cut(text, width)) <= width


def test_three_dots_replace_a_missing_ellipsis() -> None:
    assert cut("longer text", 8, "...") == "longe..."


def test_wide_characters_take_two_cells() -> None:
    layout = fit([NAME], [["資料庫"], ["abc"]], None, drop=True)
    assert layout.widths == (6,)
