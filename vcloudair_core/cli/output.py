"""What commands print: results to stdout as table, JSON or YAML; everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "json", "yaml")


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

    JSON and YAML show ``rows`` whole. A table shows the columns of ``table_rows`` (default: ``rows``, or the items of
    a mapping as two columns); when there are none, ``empty`` goes to stderr.
    """
    if output == "json":
        write(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    elif output == "yaml":
        write(_yaml(rows).rstrip("\n"))
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


class OutputClosedError(Exception):
    """Whoever read our standard output is gone: ``vca ... | head``."""


def write(text: str) -> None:
    """One text to stdout, written through. Raises OutputClosedError when nobody reads it any more."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError as exc:
        raise OutputClosedError from exc


def say(text: str) -> None:
    """A message for a person, to stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def as_cell(value: Any) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={as_cell(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(as_cell(item) for item in value)
    return str(value)


def console(stream: Any = None) -> Console:
    """A rich console: colour only on a terminal and without NO_COLOR; off a terminal lines are never wrapped."""
    from rich.console import Console

    target = stream or sys.stdout
    terminal = target.isatty()
    return Console(
        file=target,
        no_color=not terminal or bool(os.environ.get("NO_COLOR")),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        width=None if terminal else 10_000,
        force_terminal=None if terminal else False,
    )


def _table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, headed: bool = True) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=headed, header_style="bold")
    for column in columns:
        table.add_column(
            column.title, no_wrap=column.keep, overflow="fold", justify="right" if column.right else "left"
        )
    for row in rows:
        table.add_row(*[Text(as_cell(row.get(column.key))) for column in columns])
    screen = console()
    with screen.capture() as captured:
        screen.print(table)
    # Rich pads the last column; trailing blanks are a nuisance in files and diffs.
    write("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _yaml(rows: Any) -> str:
    import yaml

    # By way of JSON: tuples, dates and the like become what YAML's safe dumper knows.
    plain = json.loads(json.dumps(rows, default=str))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    return text
