"""Table layout for terminals: columns are truncated or dropped by priority."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.util.escaping import on_one_line

GAP = 2
"""Number of spaces between two columns."""
NARROWEST = 18
"""Minimum width of a truncated column. A column with a longer title is wider."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Key of the rows. The title is the key in upper case.
        keep: Never truncate, for values that users copy, such as names and IDs.
        right: Align values right. Such a column is never truncated.
        priority: Columns with the highest number are dropped first. Columns with 0 are never dropped.
        wide: Show only with ``-o wide`` or ``--columns``.
        show: A function that returns the value to show for a row. By default, this is the value of the key.
    """

    key: str
    keep: bool = False
    right: bool = False
    priority: int = 5
    wide: bool = False
    show: Callable[[Mapping[str, Any]], Any] | None = None

    @property
    def title(self) -> str:
        """The title of the column."""
        return self.key.replace("_", " ").upper()

    def cell(self, row: Mapping[str, Any]) -> str:
        """Return the cell of this column in a row."""
        return as_cell(self.show(row) if self.show is not None else row.get(self.key))


def as_cell(value: Any) -> str:
    """Format a value for a cell: on one line, with control characters escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{on_one_line(str(key))}={as_cell(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(as_cell(item) for item in value)
    return on_one_line(str(value))


def without_empty(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns with values, or the first column if no column has values."""
    filled = [column for column in columns if any(column.cell(row) for row in rows)]
    return filled or list(columns[:1])


@dataclass(frozen=True)
class Layout:
    """The columns to show, their widths, and the dropped columns."""

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    dropped: tuple[Column, ...] = ()


def fit(
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    available: int | None,
    *,
    drop: bool,
    headed: bool = True,
) -> Layout:
    """Return the layout for ``available`` characters. None means no limit.

    Columns are added in order of priority, as long as the minimum widths fit. Columns of equal priority are added from
    left to right. Truncated columns share the remaining width.

    Args:
        drop: Allow columns to be dropped.
        headed: Reserve width for the titles.
    """
    natural = [_natural(column.title if headed else "", number, cells) for number, column in enumerate(columns)]
    floors = [_floor(column, width) for column, width in zip(columns, natural, strict=True)]
    shown: list[int] = []
    for number in sorted(range(len(columns)), key=lambda number: columns[number].priority):
        is_fixed = not shown or columns[number].priority == 0 or available is None or not drop
        if is_fixed or _total([floors[candidate] for candidate in [*shown, number]]) <= (available or 0):
            shown.append(number)
    shown.sort()
    widths = _shrunk([natural[number] for number in shown], [floors[number] for number in shown], available)
    return Layout(
        tuple(columns[number] for number in shown),
        tuple(widths),
        tuple(column for number, column in enumerate(columns) if number not in shown),
    )


def cut(text: str, width: int, mark: str = "…") -> str:
    """Truncate a string to ``width`` terminal cells, with ``mark`` at the end.

    A comma-separated list is truncated between two items, because part of an address could look like a complete
    address. If this would remove more than half of the visible text, the text is truncated at ``width`` instead.
    """
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    room = max(width - len(mark), 0)
    end = used = 0
    for end, letter in enumerate(text):  # noqa: B007 - the index of the first letter that does not fit
        used += cell_len(letter)
        if used > room:
            break
    head = text[:end]
    comma = head.rfind(", ")
    return (head[: comma + 2] if comma >= len(head) // 2 and comma > 0 else head) + mark


def padded(text: str, width: int, *, right: bool) -> str:
    """Pad a string with spaces to ``width`` terminal cells."""
    from rich.cells import cell_len

    blanks = " " * max(width - cell_len(text), 0)
    return blanks + text if right else text + blanks


def _natural(title: str, number: int, cells: Sequence[Sequence[str]]) -> int:
    from rich.cells import cell_len

    return max([cell_len(title), *(cell_len(row[number]) for row in cells)])


def _floor(column: Column, width: int) -> int:
    """Return the minimum width of a column."""
    return width if column.keep or column.right else min(width, max(NARROWEST, len(column.title)))


def _shrunk(widths: Sequence[int], floors: Sequence[int], available: int | None) -> list[int]:
    """Reduce the widths of the widest columns until all columns fit."""
    shrunk = list(widths)
    while available is not None and _total(shrunk) > available:
        reducible = [number for number, width in enumerate(shrunk) if width > floors[number]]
        if not reducible:
            break
        shrunk[max(reducible, key=lambda number: shrunk[number])] -= 1
    return shrunk


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)
