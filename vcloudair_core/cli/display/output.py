"""Output of commands: formatted results to stdout, messages to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vcloudair_core.cli.display.table import GAP, Column, as_cell, cut, fit, padded, without_empty
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.util.escaping import csv_text, has_harmful, visible, visible_json
from vcloudair_core.util.plugin_output import real_stdout

if TYPE_CHECKING:
    from rich.console import Console

    from vcloudair_core.cli.display.query_expression import QueryExpression

FORMATS = ("table", "wide", "json", "yaml", "csv", "jsonl")
TABLES = ("table", "wide")
STYLES = {
    **dict.fromkeys(("ok", "up", "loaded", "succeeded", "unchanged"), "green"),
    **dict.fromkeys(("warn", "warning", "unknown", "skipped", "interrupted", "unfinished", "unreadable"), "yellow"),
    **dict.fromkeys(("fail", "failed", "down", "error"), "bold red"),
}
"""Terminal color of each state."""
_STATES = frozenset({"status", "verdict", "state"})


@dataclass(frozen=True)
class OutputOptions:
    """The options ``--output``, ``--columns``, ``--no-trunc`` and ``--query``."""

    format: str = "table"
    columns: tuple[str, ...] = ()
    no_trunc: bool = False
    query: QueryExpression | None = None


def emit(
    result: Any,
    options: OutputOptions,
    *,
    columns: Sequence[Column] = (),
    rows: Sequence[Mapping[str, Any]] | None = None,
    keys: Sequence[str] = (),
    empty: str = "",
) -> None:
    """Print a result to stdout.

    Args:
        result: A list of rows, or a mapping. JSON and YAML print the whole result. JSON Lines prints one object for
            each row.
        options: Output options.
        columns: Columns of the table. CSV has all keys of the rows.
        rows: Rows for tables and CSV (default: the result).
        keys: More keys that ``--columns`` can select.
        empty: Message for stderr if a table has no rows.

    Raises: ConfigurationError for an unknown key in ``--columns``, or a query that does not apply to the result.
    """
    if options.query is not None:
        result, columns, rows, keys, empty = options.query.search(result), (), None, (), ""
    if options.format == "json":
        write(_json(result))
    elif options.format == "yaml":
        write(_yaml(result))
    elif options.format == "jsonl":
        for item in _items(result, rows):
            json_line(item)
    else:
        shown = result if rows is None else list(rows)
        _emit_cells(shown, options, columns, keys, empty)


def _items(result: Any, rows: Sequence[Mapping[str, Any]] | None) -> Sequence[Any]:
    if isinstance(result, (list, tuple)):
        return result
    return [result] if rows is None else rows


def _emit_cells(shown: Any, options: OutputOptions, columns: Sequence[Column], keys: Sequence[str], empty: str) -> None:
    """Print a table, CSV, or the plain values that a query returns."""
    is_csv = options.format == "csv"
    if isinstance(shown, Mapping):
        chosen = chosen_columns(options.columns, [], [shown], keys)
        pairs = shown if not chosen else {column.key: shown.get(column.key) for column in chosen}
        listed: Sequence[Any] = [{"key": key, "value": value} for key, value in pairs.items()]
        columns = (Column("key", keep=True), Column("value", keep=is_csv))
        is_headed = is_csv
    elif isinstance(shown, (list, tuple)) and all(isinstance(row, Mapping) for row in shown):
        columns, listed, is_headed = chosen_columns(options.columns, columns, shown, keys) or columns, list(shown), True
    else:
        _emit_values(shown, is_csv=is_csv)
        return
    if is_csv:
        _csv(columns if options.columns or isinstance(shown, Mapping) else (), listed)
    elif not listed and empty:
        say(empty)
    elif listed:
        _table(columns or _columns_of(listed), listed, options, headed=is_headed)


def _emit_values(value: Any, *, is_csv: bool) -> None:
    """Print a value, or a list with one value per line.

    A nested list becomes one line. Its values are separated by tabs, or by commas in CSV.
    """
    if value is None:
        return
    for item in value if isinstance(value, (list, tuple)) else [value]:
        cells = item if isinstance(item, (list, tuple)) else [item]
        if is_csv:
            write(csv_text(cells))
        else:
            write("\t".join(as_cell(cell) for cell in cells))


def chosen_columns(
    names: Sequence[str], columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], keys: Sequence[str] = ()
) -> list[Column]:
    """Return the columns that ``--columns`` selects.

    Raises ConfigurationError for an unknown key.
    """
    declared = {column.key: column for column in columns}
    known = dict.fromkeys([*declared, *(key for row in rows for key in row), *keys])
    by_name = {key.casefold(): key for key in reversed(known)}
    chosen: dict[str, Column] = {}
    for name in names:
        key = name if name in known else by_name.get(name.casefold().replace(" ", "_"))
        if key is None:
            raise unknown_value("column", name, list(known))
        chosen[key] = declared.get(key) or Column(key, keep=True)
    return list(chosen.values())


def unknown_value(noun: str, value: str, known: Sequence[str]) -> ConfigurationError:
    """Return the error for an unknown value. The hint lists the known values."""
    from vcloudair_core.engine.validation import near

    guess = near(value, known)
    return ConfigurationError(
        f"Unknown {noun}: {value!r}.{f' {guess[:1].upper()}{guess[1:]}' if guess else ''}",
        hint=f"Use one of: {', '.join(known)}.",
    )


def _columns_of(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    return [Column(key) for key in dict.fromkeys(key for row in rows for key in row)]


def _json(result: Any) -> str:
    text = visible_json(json.dumps(result, indent=2, ensure_ascii=False, default=str))
    # JSON escapes keep the value on terminals that cannot show all characters.
    return text if can_show(text) else json.dumps(result, indent=2, default=str)


def json_line(item: Any) -> None:
    """Write a value as one line of JSON to stdout."""
    text = visible_json(json.dumps(item, ensure_ascii=False, default=str))
    write(text if can_show(text) else json.dumps(item, default=str))


def _csv(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> None:
    heading = [column.key for column in columns] or list(dict.fromkeys(name for row in rows for name in row))
    if heading:
        csv_line(heading)
    for row in rows:
        csv_line([row.get(name) for name in heading])


def csv_line(values: Sequence[Any]) -> None:
    """Write values as a CSV line to stdout.

    See :func:`~vcloudair_core.util.escaping.csv_text`.
    """
    write(csv_text(values))


def write(text: str) -> None:
    """Write a line to stdout, and flush it."""
    stdout = real_stdout()
    stdout.write(f"{text}\n")
    stdout.flush()


def can_show(text: str) -> bool:
    """Return True if standard output can show all characters of a string."""
    try:
        text.encode(real_stdout().encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str) -> None:
    """Write a message to stderr, with control characters escaped."""
    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def console(stream: Any = None) -> Console:
    """Return a rich console.

    Colors are used only on a terminal, and only if NO_COLOR is not set. Lines wrap only on a terminal.
    """
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


def _table(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], options: OutputOptions, *, headed: bool
) -> None:
    is_terminal = real_stdout().isatty()
    shown = _selected(columns, rows, options)
    cells = [[column.cell(row) for column in shown] for row in rows]
    is_limited = is_terminal and options.format == "table" and not options.no_trunc
    layout = fit(shown, cells, console().width if is_limited else None, drop=not options.columns, headed=headed)
    kept = [number for number, column in enumerate(shown) if column in layout.columns]
    mark = "…" if can_show("…") else "..."
    lines = [
        [cut(row[number], width, mark) for number, width in zip(kept, layout.widths, strict=True)] for row in cells
    ]
    if is_terminal:
        _write_in_color(layout.columns, layout.widths, lines, headed=headed)
    else:
        titles = [[column.title for column in layout.columns]] if headed else []
        for line in [*titles, *lines]:
            write("".join(_padded_line(layout.columns, layout.widths, line)).rstrip())
    if layout.dropped:
        names = ", ".join(column.title for column in layout.dropped)
        say(f"Hidden: {names}. Use -o wide to show them.")


def _selected(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], options: OutputOptions) -> Sequence[Column]:
    """Return the columns to print.

    ``--columns`` selects columns by name, and ``wide`` selects all columns. If neither applies, the default columns
    that contain values are printed.
    """
    if options.columns:
        return columns
    if options.format != "wide":
        return without_empty([column for column in columns if not column.wide], rows)
    declared = {column.key for column in columns}
    # Nested objects are not readable in a cell.
    others = [
        key
        for key in dict.fromkeys(key for row in rows for key in row)
        if key not in declared and not any(_is_nested(row.get(key)) for row in rows)
    ]
    return without_empty([*columns, *(Column(key, keep=True) for key in others)], rows)


def _is_nested(value: Any) -> bool:
    items = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(item, (Mapping, list, tuple)) for item in items)


def _padded_line(columns: Sequence[Column], widths: Sequence[int], line: Sequence[str]) -> list[str]:
    """Return the cells of a line, padded to the width of each column plus the gap."""
    last = len(columns) - 1
    return [
        padded(text, width, right=column.right) + ("" if number == last else " " * GAP)
        for number, (column, width, text) in enumerate(zip(columns, widths, line, strict=True))
    ]


def _write_in_color(
    columns: Sequence[Column], widths: Sequence[int], lines: Sequence[Sequence[str]], *, headed: bool
) -> None:
    from rich.text import Text

    screen = console()
    with screen.capture() as captured:
        if headed:
            titles = _padded_line(columns, widths, [column.title for column in columns])
            screen.print(Text("".join(titles).rstrip(), style="bold"), soft_wrap=True)
        for line in lines:
            text = Text()
            for column, cell, plain in zip(columns, _padded_line(columns, widths, line), line, strict=True):
                text.append(cell, style=STYLES.get(plain.lower(), "") if column.key in _STATES else "")
            text.rstrip()
            screen.print(text, soft_wrap=True)
    write(captured.get().rstrip("\n"))


def _yaml(result: Any) -> str:
    import yaml

    # Through JSON, because the safe dumper of YAML has no tuples and other Python types.
    plain = json.loads(json.dumps(result, default=str))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    # PyYAML escapes all characters outside of ASCII, or none.
    is_plain = not has_harmful(text) and can_show(text)
    text = text if is_plain else yaml.safe_dump(plain, sort_keys=False, width=100)
    return text.removesuffix("...\n").rstrip("\n")
