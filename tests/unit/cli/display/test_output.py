"""Tests of output formats, ``--columns`` and ``--query``."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml

from vcloudair_core.cli.display.output import FORMATS, OutputOptions, console, emit
from vcloudair_core.cli.display.query_expression import QueryExpression
from vcloudair_core.cli.display.table import Column, as_cell
from vcloudair_core.cli.display.timestamps import utc_second, with_utc_seconds
from vcloudair_core.errors import ConfigurationError

ROWS = [
    {"name": "web", "count": 3, "tags": ["a", "b"], "is_on": True, "note": ""},
    {"name": "a longer name", "count": 12, "tags": [], "is_on": False, "note": None},
]
COLUMNS = [Column("name"), Column("count", right=True), Column("tags"), Column("is_on"), Column("note")]
TABLE = OutputOptions()


def options(output: str = "table", **more: Any) -> OutputOptions:
    query = more.pop("query", None)
    return OutputOptions(output, query=QueryExpression(query) if query is not None else None, **more)


def test_table_is_aligned_without_trailing_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, TABLE, columns=COLUMNS)
    assert capsys.readouterr().out.splitlines() == [
        "NAME           COUNT  TAGS  IS ON",
        "web                3  a, b  yes",
        "a longer name     12        no",
    ]


def test_output_without_terminal_is_not_truncated_or_colored(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "x" * 500, "status": "failed", "prose": "y" * 500}]
    emit(rows, TABLE, columns=[Column("name"), Column("status"), Column("prose", priority=9)])
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1] == f"{'x' * 500}  failed  {'y' * 500}"
    assert captured.err == ""


def test_square_brackets_are_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"name": "[bold]rule[/bold] :smile:"}], TABLE, columns=[Column("name")])
    assert "[bold]rule[/bold] :smile:" in capsys.readouterr().out


def test_json_yaml_and_json_lines_have_the_whole_result(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, options("json"), columns=COLUMNS)
    assert json.loads(capsys.readouterr().out) == ROWS
    emit(ROWS, options("yaml"), columns=COLUMNS)
    assert yaml.safe_load(capsys.readouterr().out) == ROWS
    emit(ROWS, options("jsonl"), columns=COLUMNS)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_json_has_the_document_and_tables_have_its_rows(capsys: pytest.CaptureFixture[str]) -> None:
    document: dict[str, Any] = {"enabled": True, "rules": ROWS}
    printed = {}
    for output in FORMATS:
        emit(document, options(output), columns=COLUMNS, rows=document["rules"])
        printed[output] = capsys.readouterr().out
    assert json.loads(printed["json"]) == yaml.safe_load(printed["yaml"]) == document
    assert [json.loads(line) for line in printed["jsonl"].splitlines()] == ROWS
    assert [row["name"] for row in csv.DictReader(io.StringIO(printed["csv"]))] == ["web", "a longer name"]
    assert printed["table"].split()[0] == printed["wide"].split()[0] == "NAME"


def test_csv_cells_of_lists_and_missing_values(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"tags": ["a", "b"], "one": [1], "none": [], "map": {"k": 1}, "maps": [{"k": 1}], "odd": ["a;b", "c"]},
        {"tags": [], "one": [True], "none": {}, "map": {}, "maps": [], "odd": None},
    ]
    emit(rows, options("csv"))
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["tags", "one", "none", "map", "maps", "odd"],
        ["a;b", "1", "", '{"k":1}', '[{"k":1}]', '["a;b","c"]'],
        ["", "true", "", "", "", ""],
    ]


def test_values_without_json_type_become_strings(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"at": datetime(2026, 1, 2), "pair": (1, 2)}, options("yaml"))
    assert yaml.safe_load(capsys.readouterr().out) == {"at": "2026-01-02 00:00:00", "pair": [1, 2]}


def test_mapping_has_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"user": "ops", "roles": ["admin"]}, TABLE)
    assert capsys.readouterr().out == "user   ops\nroles  admin\n"
    emit({"user": "ops", "roles": ["admin"], "org": "acme"}, options("csv", columns=("org", "user")))
    assert capsys.readouterr().out == "key,value\norg,acme\nuser,ops\n"


def test_empty_table_prints_a_message_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], TABLE, columns=COLUMNS, empty="Nothing there.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Nothing there.\n")
    emit([], options("json"), columns=COLUMNS, empty="Nothing there.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("[]\n", "")


# -- --columns ---------------------------------------------------------------------------------------------------------


def test_columns_selects_and_orders_columns(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, options(columns=("note", "IS ON", "Name")), columns=COLUMNS)
    assert capsys.readouterr().out.splitlines()[:2] == ["NOTE  IS ON  NAME", "      yes    web"]
    emit(ROWS, options("csv", columns=("count", "name")), columns=COLUMNS)
    assert capsys.readouterr().out == "count,name\n3,web\n12,a longer name\n"


def test_unknown_column_is_rejected_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"Unknown column: 'nmae'\. Did you mean 'name'\?") as caught:
        emit(ROWS, options(columns=("nmae",)), columns=COLUMNS)
    assert caught.value.hint == "Use one of: name, count, tags, is_on, note."


def test_columns_are_validated_without_rows(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], options(columns=("name", "extra")), columns=COLUMNS, keys=["extra"], empty="Nothing there.")
    assert capsys.readouterr().err == "Nothing there.\n"
    with pytest.raises(ConfigurationError, match="'other'"):
        emit([], options(columns=("other",)), columns=COLUMNS)


def test_wide_shows_all_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [{"name": "web", "id": "1", "nested": {"a": 1}, "list": [[1]], "more": 7}]
    columns = [Column("name"), Column("id", wide=True)]
    emit(rows, TABLE, columns=columns)
    assert capsys.readouterr().out == "NAME\nweb\n"
    emit(rows, options("wide"), columns=columns)
    assert capsys.readouterr().out == "NAME  ID  MORE\nweb   1   7\n"


# -- --query -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "output", "text"),
    [
        ("[0].name", "json", '"web"\n'),
        ("[0].name", "jsonl", '"web"\n'),
        ("[0].name", "yaml", "web\n"),
        ("[0].name", "table", "web\n"),
        ("[0].name", "csv", "web\n"),
        ("length(@)", "table", "2\n"),
        ("[].name", "table", "web\na longer name\n"),
        ("[].name", "csv", "web\na longer name\n"),
        ("[].name", "jsonl", '"web"\n"a longer name"\n'),
        ("[].[name, count]", "table", "web\t3\na longer name\t12\n"),
        ("[].[name, count]", "csv", "web,3\na longer name,12\n"),
        ("[].{n: name, c: count}", "table", "N              C\nweb            3\na longer name  12\n"),
        ("[].{n: name, c: count}", "csv", "n,c\nweb,3\na longer name,12\n"),
        ("[?count > `5`] | [0].{n: name}", "jsonl", '{"n": "a longer name"}\n'),
        ("[0].{n: name}", "table", "n  web\n"),
        ("[0].nothing", "json", "null\n"),
        ("[0].nothing", "table", ""),
        ("[?name == 'x']", "table", ""),
        ("[0].is_on", "table", "yes\n"),
    ],
)
def test_query_works_in_every_format(
    expression: str, output: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(ROWS, options(output, query=expression), columns=COLUMNS, empty="Nothing there.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (text, "")


def test_query_applies_to_the_whole_document(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"enabled": True, "rules": ROWS}, options("csv", query="rules[].name"), columns=COLUMNS, rows=ROWS)
    assert capsys.readouterr().out == "web\na longer name\n"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a b", "unexpected 'b' at column 3.\n  a b\n    ^"),
        ("a.", "the expression is incomplete at column 3.\n  a.\n    ^"),
        ("[?x", "the expression is incomplete at column 4.\n  [?x\n     ^"),
        ("{a:}", "unexpected '}' at column 4.\n  {a:}\n     ^"),
        ("'x", "unclosed ' delimiter at column 1.\n  'x\n  ^"),
    ],
)
def test_syntax_error_shows_its_position(expression: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        QueryExpression(expression)
    assert caught.value.message == f"--query is not a valid JMESPath expression: {message}"
    assert caught.value.hint.startswith("See https://jmespath.org")


@pytest.mark.parametrize(("expression", "reason"), [("", "empty"), ("nope(@)", "nope"), ("length(`1`)", "length")])
def test_inapplicable_query_is_rejected(expression: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        QueryExpression(expression).search(ROWS)


# -- cells and times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (True, "yes"), (0, "0"), ({"a": 1, "b": None}, "a=1, b="), (("x", ["y", False]), "x, y, no")],
)
def test_cell_formats(value: Any, cell: str) -> None:
    assert as_cell(value) == cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-29T19:57:38.037000+00:00", "2026-11-29T19:57:38Z"),
        ("2026-11-29T19:57:38.999Z", "2026-11-29T19:57:38Z"),
        ("2026-11-29T19:57:38+01:00", "2026-11-29T18:57:38Z"),
        (datetime(2026, 11, 29, 19, 57, 38, 5, timezone(timedelta(hours=-5))), "2026-11-30T00:57:38Z"),
        ("2026-11-29T19:57:38", "2026-11-29T19:57:38"),
        ("yesterday", "yesterday"),
        (None, None),
    ],
)
def test_timestamps_are_in_utc_with_seconds(value: Any, text: Any) -> None:
    assert utc_second(value) == text


def test_only_selected_keys_are_converted_to_timestamps() -> None:
    time = "2026-11-29T20:57:38.5+01:00".replace(".5", ".500")
    tree = {"started": time, "name": time, "groups": [{"started": time}], "ended": None}
    assert with_utc_seconds(tree, frozenset({"started", "ended"})) == {
        "started": "2026-11-29T19:57:38Z",
        "name": time,
        "groups": [{"started": "2026-11-29T19:57:38Z"}],
        "ended": None,
    }


# -- terminals ---------------------------------------------------------------------------------------------------------


class FakeTerminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_console_uses_terminal_width_and_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console(FakeTerminal()).width == 80
    assert console(FakeTerminal()).color_system is not None
    monkeypatch.setenv("NO_COLOR", "1")
    assert console(FakeTerminal()).color_system is None


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> FakeTerminal:
    """Replace standard output with a terminal that has 40 columns."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    stream = FakeTerminal()
    monkeypatch.setattr("vcloudair_core.cli.display.output.real_stdout", lambda: stream)
    return stream


LONG = [{"name": "web-server-0001", "id": "26e7a85d-0f89-5640", "status": "ok", "prose": "a rather long sentence"}]
LONG_COLUMNS = [
    Column("name", keep=True, priority=0),
    Column("id", keep=True, priority=4),
    Column("status", keep=True, priority=1),
    Column("prose", priority=2),
]


def test_narrow_terminal_truncates_text_and_hides_columns(
    terminal: FakeTerminal, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(LONG, TABLE, columns=LONG_COLUMNS)
    assert terminal.getvalue().splitlines() == ["NAME             STATUS", "web-server-0001  ok"]
    assert capsys.readouterr().err == "Hidden: ID, PROSE. Use -o wide to show them.\n"


@pytest.mark.parametrize("how", [OutputOptions("wide"), OutputOptions(no_trunc=True)])
def test_wide_and_no_trunc_show_everything(
    how: OutputOptions, terminal: FakeTerminal, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(LONG, how, columns=LONG_COLUMNS)
    assert terminal.getvalue().splitlines()[1] == "web-server-0001  26e7a85d-0f89-5640  ok      a rather long sentence"
    assert capsys.readouterr().err == ""


def test_selected_columns_are_truncated_but_not_hidden(
    terminal: FakeTerminal, capsys: pytest.CaptureFixture[str]
) -> None:
    emit(LONG, OutputOptions(columns=("id", "prose")), columns=LONG_COLUMNS)
    assert terminal.getvalue().splitlines()[1] == "26e7a85d-0f89-5640  a rather long sente…"
    assert capsys.readouterr().err == ""


def test_states_are_colored_and_names_are_not(terminal: FakeTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR")
    rows = [{"name": "failed", "status": "ok"}, {"name": "b", "status": "warn"}, {"name": "c", "status": "failed"}]
    emit(rows, TABLE, columns=[Column("name"), Column("status")])
    lines = terminal.getvalue().splitlines()
    assert lines[0].startswith("\x1b[1m")
    assert [line.partition("\x1b[")[2].partition("m")[0] for line in lines[1:]] == ["32", "33", "1;31"]
    assert lines[1].startswith("failed  \x1b[32mok")
