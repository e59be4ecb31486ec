"""Output of commands: results to stdout in the format of ``--output``; everything else to stderr."""

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
"""Colors of states, on a terminal."""
_STATES = frozenset({"status", "verdict", "state"})


@dataclass(frozen=True)
class OutputOptions:
    """``--output``, ``--columns``, ``--no-trunc`` and ``--query`` of one command line."""

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
        result: a list of rows, or a mapping. JSON and YAML show it whole, JSON lines an object for each row.
        options: how to print it.
        columns: columns of the table. CSV has every key of the rows.
        rows: what a table and CSV show, where the result is a document that holds rows; by default the result itself.
        keys: keys that ``--columns`` may name, besides those of the columns and rows.
        empty: what to say on stderr in place of a table without rows.

    Raises: ConfigurationError for a key that ``--columns`` names and no row has, or a query that does not apply.
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
    """Print a table or CSV. What a query made of the result may also be a plain value or a list of them."""
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
    """Print a plain value, or a list of them one a line; a list of lists is a line each with tabs, or commas in CSV."""
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
    """Return the columns that ``--columns`` names. Raises ConfigurationError for a key that there is not."""
    declared = {column.key: column for column in columns}
    known = dict.fromkeys([*declared, *(key for row in rows for key in row), *keys])
    by_name = {key.casefold(): key for key in reversed(known)}
    chosen: dict[str, Column] = {}
    for name in names:
        key = name if name in known else by_name.get(name.casefold().replace(" ", "_"))
        if key is None:
            raise unknown_word("column", name, list(known))
        chosen[key] = declared.get(key) or Column(key, keep=True)
    return list(chosen.values())


def unknown_word(noun: str, word: str, known: Sequence[str]) -> ConfigurationError:
    """Return the error for a word that is none of those that are known."""
    from vcloudair_core.engine.validation import near

    guess = near(word, known)
    return ConfigurationError(
        f"Unknown {noun}: {word!r}.{f' {guess[:1].upper()}{guess[1:]}' if guess else ''}",
        hint=f"Use one of: {', '.join(known)}.",
    )


def _columns_of(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    return [Column(key) for key in dict.fromkeys(key for row in rows for key in row)]


def _json(result: Any) -> str:
    text = visible_json(json.dumps(result, indent=2, ensure_ascii=False, default=str))
    # JSON has escapes of its own: what they stand for is the same value on every terminal.
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
    """Write one line of CSV to stdout, see :func:`~vcloudair_core.util.escaping.csv_text`."""
    write(csv_text(values))


def write(text: str) -> None:
    """Write one text to stdout, at once."""
    stdout = real_stdout()
    stdout.write(f"{text}\n")
    stdout.flush()


def can_show(text: str) -> bool:
    """Return True when standard output has all of these characters."""
    try:
        text.encode(real_stdout().encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str) -> None:
    """Write a message for people to stderr. What a terminal would take for a command is written out."""
    sys.stderr.write(f"{visible(text)}\n")
    sys.stderr.flush()


def console(stream: Any = None) -> Console:
    """Return a rich console: color only on a terminal and without NO_COLOR; off a terminal lines are never wrapped."""
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
    """Return the columns for this format: those that were asked for, all of them, or the usual ones with a value."""
    if options.columns:
        return columns
    if options.format != "wide":
        return without_empty([column for column in columns if not column.wide], rows)
    declared = {column.key for column in columns}
    # Nested objects make no cell that anybody could read.
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
    """Return the cells of a line filled to their widths, with the gaps."""
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

    # By way of JSON: tuples, dates and the like become what YAML's safe dumper knows.
    plain = json.loads(json.dumps(result, default=str))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    # YAML has escapes for everything, but PyYAML uses them for all that is not ASCII or for nothing.
    is_plain = not has_harmful(text) and can_show(text)
    text = text if is_plain else yaml.safe_dump(plain, sort_keys=False, width=100)
    return text.removesuffix("...\n").rstrip("\n")
