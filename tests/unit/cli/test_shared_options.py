"""Tests of conventions for all commands: shared options, arguments, usage errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.unit.cli.conftest import Vca
from vcloudair_core.cli import plugin
from vcloudair_core.cli.command_tree import as_command, build_tree
from vcloudair_core.cli.shared_options import SHARED
from vcloudair_core.plugin.manager import PluginManager


@cache
def tree() -> Any:
    records = {record.name: record for record in plugin.vca_cli_commands()}
    return build_tree(records, PluginManager(environ={})), tuple(records.values())


def commands() -> Iterator[tuple[str, Any]]:
    """Return all commands and groups by their path after ``vca``."""

    def walk(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield path, command
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(f"{path} {name}", child)

    for record in tree()[1]:
        yield from walk(record.name, as_command(record.load(), record))


ALL = dict(commands())
LEAVES = {path: command for path, command in ALL.items() if not getattr(command, "commands", None)}
GROUPS = {path: command for path, command in ALL.items() if getattr(command, "commands", None)}
SHARED_NAMES = {option.name: option for option in SHARED}
SPELLINGS = {spelling for option in SHARED for words in option.declarations for spelling in words.split("/")}


def own_params(command: Any) -> list[Any]:
    """Return the parameters of a command, except shared options and ``--help``."""
    return [
        param
        for param in command.params
        if param.name != "help" and not (param.name in SHARED_NAMES and param.help == SHARED_NAMES[param.name].summary)
    ]


def arguments(command: Any) -> list[Any]:
    return [param for param in command.params if param.param_type_name == "argument"]


def test_command_tree_is_complete() -> None:
    assert {"dr failover", "edge apply", "sim serve", "plugins new", "query"} <= set(LEAVES) | set(GROUPS)
    assert len(LEAVES) >= 30


@pytest.mark.parametrize("path", LEAVES)
def test_no_command_redefines_a_shared_option(path: str) -> None:
    for param in own_params(LEAVES[path]):
        spellings = {spelling for spelling in (*param.opts, *param.secondary_opts) if spelling.startswith("-")}
        assert not spellings & SPELLINGS, f"vca {path} redefines {spellings & SPELLINGS}"


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_has_every_shared_option(path: str) -> None:
    names = {param.name for param in LEAVES[path].params}
    assert set(SHARED_NAMES) <= names


@pytest.mark.parametrize("path", LEAVES)
def test_edges_are_options_and_vms_are_arguments(path: str) -> None:
    for param in arguments(LEAVES[path]):
        words = f"{param.name} {param.metavar or ''}".lower()
        assert not re.search(r"edge|gateway|machine|\bplan\b", words), f"vca {path}: {words}"
    for param in own_params(LEAVES[path]):
        assert param.name not in ("vm", "machine") and "--vm" not in param.opts and "--machine" not in param.opts


@pytest.mark.parametrize("path", LEAVES)
def test_recovery_plan_is_the_option_plan(path: str) -> None:
    command = LEAVES[path]
    takes = [param for param in own_params(command) if "recovery plan" in (param.help or "").lower()]
    assert [param.opts for param in takes] in ([], [["--plan"]])
    assert all(param.metavar == "FILE" for param in takes)
    starts_vms = path.startswith("dr ") and any(param.name == "every" for param in command.params)
    assert bool(takes) == starts_vms


@pytest.mark.parametrize("path", LEAVES)
def test_options_use_glossary_terms(path: str) -> None:
    command = LEAVES[path]
    texts = [command.help or "", *(f"{param.help or ''} {param.metavar or ''}" for param in own_params(command))]
    assert not [text for text in texts if re.search(r"\bmachines?\b", text, re.IGNORECASE)]


def wrong_usage(path: str) -> Iterator[tuple[str, ...]]:
    """Yield argument lists of a command, each with a different usage error."""
    words, command = path.split(), ALL[path]
    yield (*words, "--nonsense")
    yield (*words, "-o", "nonsense")
    if path in GROUPS:
        yield (*words, "nonsense")
        return
    if any(param.required for param in command.params):
        yield tuple(words)
    if not any(param.nargs == -1 for param in arguments(command)):
        yield (*words, *["extra"] * (len(arguments(command)) + 1))
    takers = [param for param in own_params(command) if param.param_type_name == "option" and not param.is_flag]
    yield from ((*words, param.opts[0]) for param in takers[:1])


@pytest.mark.parametrize("path", ALL)
def test_usage_errors_exit_with_64(vca: Vca, path: str) -> None:
    for words in wrong_usage(path):
        result = vca(*words)
        assert (result.code, result.out) == (64, ""), (words, result.err)
        assert result.err.strip()


@pytest.mark.parametrize(
    "words",
    [
        "dr test --max-concurrent", "dr resume --lost-grace", "dr runs --limit", "metrics top --rows",
        "query vm --limit", "sim serve --port",
    ],
)  # fmt: skip
def test_text_instead_of_a_number_exits_with_64(vca: Vca, words: str) -> None:
    result = vca(*words.split(), "nonsense")
    assert (result.code, words.split()[-1] in result.err) == (64, True)


def test_usage_errors_of_the_program_exit_with_64(vca: Vca) -> None:
    assert [vca(*words).code for words in (["nonsense"], ["--nonsense"], ["--edge"])] == [64, 64, 64]


def test_profile_is_an_alias_of_api(vca: Vca) -> None:
    assert "'nsx'" in vca("sim", "serve", "--profile", "nsx").err
    differing = vca("sim", "serve", "--api", "vcd", "--profile", "vca")
    assert (differing.code, "--api vcd" in differing.err) == (64, True)
    assert "--profile" not in vca("sim", "serve", "--help").out
