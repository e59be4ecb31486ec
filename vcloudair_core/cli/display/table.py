"""Tables for a terminal: columns that shrink or drop by priority, and never break an id or a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vcloudair_core.util.escaping import on_one_line

GAP = 2
"""Blanks between two columns."""
NARROWEST = 18
"""A column that may be cut keeps this many characters, or its heading."""


@dataclass(frozen=True)
class Column:
    """One column of a table: the key of a row, whose upper-case form is the heading.

    ``keep``: never cut, for what people copy: ids, names, states. Numbers (``right``) are never cut either; everything
    else is cut with an ellipsis when the terminal is narrow. ``priority``: columns with the highest number are dropped
    first when cutting is not enough; 0 always stays. ``wide``: only with ``-o wide`` or ``--columns``. ``show``: takes
    the row and returns the value to show, where that is not the value of the key.
    """

    key: str
    keep: bool = False
    right: bool = False
    priority: int = 5
    wide: bool = False
    show: Callable[[Mapping[str, Any]], Any] | None = None

    @property
    def title(self) -> str:
        """The heading."""
        return self.key.replace("_", " ").upper()

    def cell(self, row: Mapping[str, Any]) -> str:
        """Return the text of this column in a row."""
        return as_cell(self.show(row) if self.show is not None else row.get(self.key))


def as_cell(value: Any) -> str:
    """Return a value as people read it: on one line, with nothing that a terminal would carry out."""
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
    """Return the columns that have a value in any row; the first one if none has."""
    filled = [column for column in columns if any(column.cell(row) for row in rows)]
    return filled or list(columns[:1])


@dataclass(frozen=True)
class Layout:
    """The columns that are shown, their widths, and those that were dropped for lack of room."""

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
    """Return the layout that fits ``available`` characters; None: there is no limit.

    Columns are taken in the order of their priority, from the left among equals, as long as there is room for them at
    their narrowest. What is left goes to those that had to be cut. With ``drop`` false all columns stay; with
    ``headed`` false headings need no room.
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
    """Return the text in at most ``width`` terminal cells, with ``mark`` where something is missing.

    A list is cut between two items where that loses little, so that no address looks like another one.
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
    """Return the text filled with blanks to ``width`` terminal cells."""
    from rich.cells import cell_len

    blanks = " " * max(width - cell_len(text), 0)
    return blanks + text if right else text + blanks


def _natural(title: str, number: int, cells: Sequence[Sequence[str]]) -> int:
    from rich.cells import cell_len

    return max([cell_len(title), *(cell_len(row[number]) for row in cells)])


def _floor(column: Column, width: int) -> int:
    """Return the width below which a column is not shown."""
    return width if column.keep or column.right else min(width, max(NARROWEST, len(column.title)))


def _shrunk(widths: Sequence[int], floors: Sequence[int], available: int | None) -> list[int]:
    """Take width from the widest columns that are above their floor, until all fit."""
    shrunk = list(widths)
    while available is not None and _total(shrunk) > available:
        able = [number for number, width in enumerate(shrunk) if width > floors[number]]
        if not able:
            break
        shrunk[max(able, key=lambda number: shrunk[number])] -= 1
    return shrunk


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)
