"""Tests of the entry point of ``vca``.

Each test checks which part of the program handles a command line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from vcloudair_core.cli import main as program
from vcloudair_core.cli.completion import answer
from vcloudair_core.cli.start import entry, help_cache


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that runs the entry point and returns the called parts."""
    calls: list[str] = []
    monkeypatch.setattr(program, "main", lambda: calls.append("program"))
    monkeypatch.setattr(answer, "main", lambda: calls.append("completion"))
    monkeypatch.delenv("_VCA_COMPLETE", raising=False)

    def start(*arguments: str, is_cached: bool = True) -> list[str]:
        def print_cached_help() -> bool:
            calls.append("cached help")
            return is_cached

        monkeypatch.setattr(help_cache, "print_cached_help", print_cached_help)
        monkeypatch.setattr(sys, "argv", ["vca", *arguments])
        calls.clear()
        try:
            entry.main()
        except SystemExit as end:
            assert end.code == 0
        return calls

    return start


def test_cached_help_needs_no_program(started: Callable[..., list[str]]) -> None:
    assert started("--help") == started("-h") == ["cached help"]
    assert started("--help", is_cached=False) == ["cached help", "program"]


def test_all_other_commands_start_the_program(started: Callable[..., list[str]]) -> None:
    assert started() == started("edge", "list") == started("edge", "--help") == ["program"]


def test_completion_needs_no_program(started: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_VCA_COMPLETE", "zsh")
    assert started("--help") == ["completion"]
