"""What commands print: results to stdout as table, JSON or YAML; everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.plaintext import csv_text, has_harmful, on_one_line, visible, visible_json
from vcloudair_core.plugin.printing import real_stdout

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "json", "yaml", "csv")


@dataclass(frozen=True)
class Column:
    """One column of a table: the key of the row that it shows, and its heading.

    ``keep`` asks that the column is never wrapped: ids, names, what is copied and pasted.
    """

    key: str
    heading: str = ""
    keep: bool = False
    right: bool = False

    @property
    def title(self) -> str:
        return self.heading or self.key.replace("_", " ").upper()


def emit(
    rows: Any,
    *,
    output: str = "table",
    columns: Sequence[Column] = (),
    table_rows: Sequence[Mapping[str, Any]] | None = None,
    empty: str = "",
) -> None:
    """Print a result to stdout.

    JSON and YAML show ``rows`` whole, CSV what is listed in them, a line each. A table shows the columns of
    ``table_rows`` (default: ``rows``, or the items of a mapping as two columns); when there are none, ``empty`` goes to
    stderr.
    """
    if output == "json":
        write(_json(rows))
    elif output == "yaml":
        write(_yaml(rows).rstrip("\n"))
    elif output == "csv":
        _csv(rows if table_rows is None or not isinstance(rows, Mapping) else table_rows)
    elif output != "table":
        raise ConfigurationError(f"There is no output format {output!r}.", hint=f"Use one of {', '.join(FORMATS)}.")
    elif isinstance(rows, Mapping) and table_rows is None:
        shown = [{"key": key, "value": value} for key, value in rows.items()]
        _table([Column("key", keep=True), Column("value")], shown, headed=False)
    else:
        listed = list(rows if table_rows is None else table_rows)
        if not listed and empty:
            say(empty)
            return
        _table(columns, listed)


def _json(rows: Any) -> str:
    text = visible_json(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    # JSON has escapes of its own: what they stand for is the same value on every terminal.
    return text if can_show(text) else json.dumps(rows, indent=2, default=str)


def _csv(rows: Any) -> None:
    listed = [{"key": key, "value": value} for key, value in rows.items()] if isinstance(rows, Mapping) else list(rows)
    heading = list(dict.fromkeys(name for row in listed for name in row))
    if heading:
        csv_line(heading)
    for row in listed:
        csv_line([row.get(name) for name in heading])


def csv_line(values: Sequence[Any]) -> None:
    """One line of CSV to stdout, see :func:`~vcloudair_core.plaintext.csv_text`."""
    write(csv_text(values))


def write(text: str) -> None:
    """Write one text to stdout, at once."""
    stdout = real_stdout()
    stdout.write(f"{text}\n")
    stdout.flush()


def can_show(text: str) -> bool:
    """True when standard output has all of these characters."""
    try:
        text.encode(real_stdout().encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str) -> None:
    """A message for a person, to stderr. What a terminal would take for a command is written out."""
    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def as_cell(value: Any) -> str:
    """A value as a person reads it in a table: on one line, and nothing in it that a terminal would carry out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{on_one_line(str(key))}={as_cell(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(as_cell(item) for item in value)
    return on_one_line(str(value))


def console(stream: Any = None) -> Console:
    """A rich console: colour only on a terminal and without NO_COLOR; off a terminal lines are never wrapped."""
    from rich.console import Console

    target = stream or real_stdout()
    terminal = target.isatty()
    return Console(
        file=target,
        color_system="auto" if terminal and not os.environ.get("NO_COLOR") else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        width=None if terminal else 10_000,
        force_terminal=None if terminal else False,
    )


_GAP = 2


def _table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, headed: bool = True) -> None:
    from rich.table import Table
    from rich.text import Text

    screen = console()
    cells = [[as_cell(row.get(column.key)) for column in columns] for row in rows]
    listed = [[column.title for column in columns], *cells] if headed else cells
    widths = column_widths(listed, [column.keep for column in columns], screen.width)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=headed, header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.title, width=width, overflow="fold", justify="right" if column.right else "left")
    for row in cells:
        table.add_row(*[Text(cell) for cell in row])
    with screen.capture() as captured:
        screen.print(table)
    # Rich pads the last column; trailing blanks are a nuisance in files and diffs.
    write("\n".join(line.rstrip() for line in captured.get().splitlines()))


def column_widths(rows: Sequence[Sequence[str]], keep: Sequence[bool], available: int) -> list[int]:
    """Widths that fit ``available`` characters, taken from the widest columns first.

    A column is not made narrower than its longest word, and one of ``keep`` not at all, as long as the rest can give:
    an address that is cut in two cannot be copied.
    """
    from rich.cells import cell_len

    columns = list(zip(*rows, strict=True)) if rows else []
    widths = [max(cell_len(cell) for cell in column) for column in columns]
    longest_words = [max((cell_len(word) for cell in column for word in cell.split()), default=1) for column in columns]
    floors = [width if kept else word for width, word, kept in zip(widths, longest_words, keep, strict=True)]
    room = max(available - _GAP * len(widths), len(widths))
    for floor in (floors, [1] * len(widths)):
        while sum(widths) > room:
            able = [number for number, width in enumerate(widths) if width > floor[number]]
            if not able:
                break
            widths[max(able, key=lambda number: widths[number])] -= 1
    return widths


def _yaml(rows: Any) -> str:
    import yaml

    # By way of JSON: tuples, dates and the like become what YAML's safe dumper knows.
    plain = json.loads(json.dumps(rows, default=str))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    # YAML has escapes for everything, but PyYAML uses them for all that is not ASCII or for nothing.
    is_plain = not has_harmful(text) and can_show(text)
    return text if is_plain else yaml.safe_dump(plain, sort_keys=False, width=100)
