"""Tests of commands that run without typer: typer parses the same options."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcloudair_core.cli import main
from vcloudair_core.cli.direct import dispatch
from vcloudair_core.cli.direct.dispatch import COMMANDS, direct_command
from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.cli.shared_options import SHARED


class _CapturedError(Exception):
    def __init__(self, run: Invocation) -> None:
        super().__init__()
        self.run = run


def invocation(arguments: Sequence[str], *, directly: bool) -> Invocation | str:
    """Return the invocation that reaches the command, or the text of the error."""

    def capture(self: Invocation, function: object) -> None:
        raise _CapturedError(self)

    direct = direct_command(arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Invocation, "prepare", capture)
        try:
            if directly:
                assert direct is not None
                main._run_directly(direct, set())
            else:
                main._run_with_typer(arguments, set())
        except _CapturedError as captured:
            return captured.run
        except Exception as error:  # noqa: BLE001 - the errors of both ways are compared
            return str(error)
    return "no command"


def _tokens() -> Iterator[str]:
    for option in SHARED:
        for declaration in option.declarations:
            yield from declaration.split("/")


VALUES = st.sampled_from(
    ("gold", "json", "web edge", "https://vcd.example.com", "5", "table", "list", "edge", "Zürich")
)
ODD = st.sampled_from(("", "-", "--", "--help", "-h", "--version", "--edg", "-ojson", "-vo", "--no-such", "a\nb", "x"))
NAMES = st.sampled_from(tuple(_tokens()))
FLAGS = st.sampled_from(("--insecure", "--no-trunc", "--verbose", "-v", "--validate-certs", "--no-validate-certs"))
PAIRS = st.tuples(NAMES, VALUES).flatmap(lambda pair: st.sampled_from((pair, (f"{pair[0]}={pair[1]}",))))
WORDS = st.one_of(PAIRS, FLAGS.map(lambda name: (name,)), st.tuples(NAMES), st.tuples(VALUES), st.tuples(ODD))
USUAL = st.one_of(PAIRS, PAIRS, FLAGS.map(lambda name: (name,)))


def _line(before: Any, names: tuple[str, str], after: Any) -> list[str]:
    return [*(word for words in before for word in words), *names, *(word for words in after for word in words)]


LINES = st.builds(
    _line,
    st.lists(USUAL, max_size=3),
    st.sampled_from((*COMMANDS, ("edge", "export"), ("lis", "edge"))),
    st.lists(st.one_of(USUAL, USUAL, WORDS), max_size=4),
)


@given(arguments=LINES)
def test_typer_parses_the_same_options(arguments: list[str]) -> None:
    if direct_command(arguments) is None:
        return
    direct, typed = (invocation(arguments, directly=directly) for directly in (True, False))
    if isinstance(direct, Invocation) and isinstance(typed, Invocation):
        assert (direct.options, direct.path, direct.subcommand) == (typed.options, typed.path, typed.subcommand)
    else:
        assert direct == typed


def test_simple_command_lines_are_direct() -> None:
    command = direct_command(
        ["--context", "prod", "-o", "json", "edge", "list", "--vdc=gold", "-v", "--no-validate-certs"]
    )
    assert command is not None
    assert command.names == ("edge", "list")
    assert command.before == {"context": "prod", "output": "json"}
    assert command.after == {"vdc": "gold", "verbose": True, "validate_certs": False}


@pytest.mark.parametrize(
    "arguments",
    [
        ["edge"],
        ["edge", "list", "--help"],
        ["edge", "list", "name"],
        ["edge", "list", "--vdc"],
        ["edge", "list", "--vdc", "--insecure"],
        ["edge", "list", "--", "x"],
        ["edge", "list", "--insecure=true"],
        ["edge", "list", "-ojson"],
        ["edge", "--vdc", "gold", "list"],
        ["edge", "plan", "web.yml"],
        ["edge", "list", "--vd", "gold"],
        [],
    ],
)
def test_other_command_lines_are_left_to_typer(arguments: list[str]) -> None:
    assert direct_command(arguments) is None


@pytest.mark.parametrize("names", COMMANDS)
def test_direct_command_imports_no_typer(names: tuple[str, str]) -> None:
    code = (
        f"import sys; from vcloudair_core.cli.main import run; run([*{names!r}, '--url', 'http://127.0.0.1:9', "
        "'--org', 'acme', '--username', 'ops', '--retries', '0', '--password-stdin'])\n"
        "print(sorted({'typer', 'click', 'pydantic', 'yaml', 'rich.console'}"
        " & set(sys.modules)), 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, input="secret\n", check=True)
    assert done.stdout == "[] True\n", done.stderr


def test_each_direct_command_is_also_a_command_of_typer() -> None:
    for names in COMMANDS:
        run = invocation(names, directly=False)
        assert isinstance(run, Invocation)
        assert run.path == " ".join(("vca", *names))
    assert callable(dispatch.DirectCommand(("edge", "list"), {}, {}).load())
