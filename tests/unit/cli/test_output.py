"""Results go to stdout as table, JSON or YAML; tables line up, without colour off a terminal."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
import yaml

from vcloudair_core.cli.output import Column, as_cell, column_widths, console, emit
from vcloudair_core.errors import ConfigurationError

ROWS = [
    {"name": "web", "count": 3, "tags": ["a", "b"], "on": True},
    {"name": "a longer name", "count": 12, "tags": [], "on": False},
]
COLUMNS = [Column("name"), Column("count", right=True), Column("tags"), Column("on", heading="ENABLED")]


def test_a_table_lines_up_and_ends_lines_without_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, columns=COLUMNS)
    assert capsys.readouterr().out.splitlines() == [
        "NAME           COUNT  TAGS  ENABLED",
        "web                3  a, b  yes",
        "a longer name     12        no",
    ]


def test_off_a_terminal_nothing_is_wrapped_or_coloured(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"name": "x" * 500}], columns=[Column("name")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "x" * 500
    assert "\x1b" not in "".join(lines)


def test_square_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    emit([{"name": "[bold]rule[/bold] :smile:"}], columns=[Column("name")])
    assert "[bold]rule[/bold] :smile:" in capsys.readouterr().out


def test_json_and_yaml_hold_the_whole_result(capsys: pytest.CaptureFixture[str]) -> None:
    emit(ROWS, output="json", columns=COLUMNS)
    assert json.loads(capsys.readouterr().out) == ROWS
    emit(ROWS, output="yaml", columns=COLUMNS)
    assert yaml.safe_load(capsys.readouterr().out) == ROWS


def test_values_that_json_lacks_become_text(capsys: pytest.CaptureFixture[str]) -> None:
    when = {"at": datetime(2026, 1, 2), "pair": (1, 2)}
    emit(when, output="yaml")
    assert yaml.safe_load(capsys.readouterr().out) == {"at": "2026-01-02 00:00:00", "pair": [1, 2]}


def test_a_mapping_is_shown_as_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"user": "ops", "roles": ["admin"]})
    assert capsys.readouterr().out == "user   ops\nroles  admin\n"


def test_an_empty_table_says_so_on_stderr_only(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], columns=COLUMNS, empty="Nothing there.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Nothing there.\n")
    emit([], output="json", columns=COLUMNS, empty="Nothing there.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("[]\n", "")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'xml'"):
        emit(ROWS, output="xml")


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), (True, "yes"), (0, "0"), ({"a": 1, "b": None}, "a=1, b="), (("x", ["y", False]), "x, y, no")],
)
def test_cells_read_well(value: Any, cell: str) -> None:
    assert as_cell(value) == cell


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_its_own_width_and_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console(FakeTerminal()).width == 80
    assert console(FakeTerminal()).color_system is not None
    monkeypatch.setenv("NO_COLOR", "1")
    assert console(FakeTerminal()).color_system is None


def test_columns_share_what_there_is_and_no_word_is_cut_while_others_can_give() -> None:
    rows = [["NAME", "SOURCE"], ["a rule with a long name", "198.51.100.0/24, 203.0.113.0/24"]]
    assert column_widths(rows, [False, False], 200) == [23, 31]
    assert column_widths(rows, [False, False], 44) == [20, 20]
    assert column_widths(rows, [False, False], 30) == [10, 16]
    assert column_widths(rows, [True, False], 45) == [23, 18]
    assert column_widths([["NAME"]], [True], 3) == [1]  # no room at all: better folded than lost


def test_a_narrow_terminal_folds_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    rows = [{"name": "ssh from the office", "source": "198.51.100.0/24, 203.0.113.0/24"}]
    emit(rows, columns=[Column("name"), Column("source")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["NAME", "SOURCE"],
        ["ssh", "from", "the", "198.51.100.0/24,"],
        ["office", "203.0.113.0/24"],
    ]
