"""Tests of the help of all commands: examples, options by topic, value names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Vca
from tests.unit.cli.test_shared_options import ALL, GROUPS, LEAVES
from vcloudair_core.cli.command_tree import CommandTree
from vcloudair_core.cli.direct import dispatch
from vcloudair_core.cli.help_text import PANELS, example_arguments, text_and_examples
from vcloudair_core.cli.shared_options import SHARED

ROOT = Path(__file__).resolve().parents[3]
RUNNABLE = {**LEAVES, **{path: group for path, group in GROUPS.items() if group.invoke_without_command}}
TYPES = re.compile(
    r"<(str|int|float|bool|path|list|file|directory)\b|\blist\[|\b(INTEGER|FLOAT|PATH RANGE)\b|\[x[<>]=?"
)


def help_of(vca: Vca, path: str) -> str:
    result = vca(*path.split(), "--help")
    assert (result.code, result.err) == (0, "")
    return result.out


@pytest.mark.parametrize("path", RUNNABLE)
def test_every_command_has_an_example_that_parses(
    vca: Vca, path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = RUNNABLE[path]
    called: list[dict[str, Any]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "callback", lambda **arguments: called.append(arguments))
    # Some commands also run without typer.
    monkeypatch.setattr(dispatch, "direct_command", lambda arguments: None)
    monkeypatch.setattr(CommandTree, "get_command", lambda self, ctx, name: ALL.get(name))
    _, examples = text_and_examples(command.help)
    assert examples
    for example in examples:
        assert example.startswith(f"vca {path}")
        result = vca(*example_arguments(example))
        assert (result.code, result.err) == (0, ""), example
    assert len(called) == len(examples)


@pytest.mark.parametrize("path", RUNNABLE)
def test_help_shows_shared_options_below_command_options(vca: Vca, path: str) -> None:
    text = help_of(vca, path)
    headings = [line.rstrip(":") for line in text.splitlines() if re.fullmatch(r"\S.*:", line)]
    assert headings.index("Examples") == 0
    shown = [heading for heading in headings if heading in PANELS]
    assert shown == [panel for panel in PANELS if panel in shown]
    assert {"Connection", "Sign-in", "Timeouts and retries"} <= set(shown)
    for option in SHARED:
        name = option.declarations[0].partition("/")[0]
        assert len(re.findall(rf"^ .*{name}\b(?!-)", text, re.MULTILINE)) >= 1, name


@pytest.mark.parametrize("path", ["", *ALL])
def test_help_has_no_python_types(vca: Vca, path: str) -> None:
    assert not TYPES.findall(help_of(vca, path))


def test_reference_has_examples_and_no_python_types() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert not TYPES.findall(text)
    for command in RUNNABLE.values():
        for example in text_and_examples(command.help)[1]:
            assert f"\n{example}\n" in text


def test_shared_options_of_examples_are_command_options(vca: Vca) -> None:
    own = help_of(vca, "firewall list").partition("Options:")[2].partition("\n\n")[0]
    assert "--edge" in own and "--internal" in own and "--url" not in own


def test_usage_has_each_argument_once(vca: Vca) -> None:
    assert help_of(vca, "dr test").splitlines()[0] == "Usage: vca dr test [OPTIONS] [VM]..."
    assert help_of(vca, "ipsec peer").splitlines()[0] == "Usage: vca ipsec peer [OPTIONS] TUNNEL"
    assert "Usage: vca ipsec peer [OPTIONS] TUNNEL" in vca("ipsec", "peer").err
