"""Check that the migration page lists all differences from vcloudair 0.5."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import vcloudair_core
from tests.contract.test_vcloudair_programs import CLOUD, cloud_environment
from tests.support.connect_proxy import ConnectProxy
from tests.support.vcloudair_programs import PACKAGES, run_program
from vcloudair_core.simulator import SimulatorServer

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "migrate-from-vcloudair.md"
PROGRAMS = Path(__file__).parent / "comparisons"

DIFFERENCES = {
    "A host as the destination of a rule": ("[[], ['203.0.113.10']]", "[['203.0.113.10'], []]"),
    "Invalid values, such as port 70000": ("taken", "SpecError"),
    "An edge gateway's section before `get_config`": ("False", "True"),
    "`save_config` after another program's write": ("False", "ConflictError"),
    "IDs of new rules after `save_config`": ("False", "True"),
    "A list assigned to `records`": ("False", "True"),
    "A metric that the server does not send": ("[\"{'no.such.metric': 'Invalid Metric Name'}\"]", "['{}']"),
    "`set_absolute_interval`": ("NotImplementedError", "works"),
    "`set_relative_interval` without an end, after a call with an end": (
        "['relativeEndTime', 'relativeStartTime']",
        "['relativeStartTime']",
    ),
    "An interval that ends before it starts": ("taken", "SpecError"),
    "A query without a version": ("RuntimeError", "True"),
    "A query without `record_name`": ("False", "True"),
    "`set_query_type` with a type that has no query class": ("RuntimeError", "taken"),
    "A session that the server has ended": ("RuntimeError", "True"),
    "The text of an error": ("True", "False"),
    "`repr` of a password, a token, and objects that hold them": ("True", "False"),
    "A DR action whose task fails": ("0", "1"),
    "A DR action on a UUID that is not replicated": ("0", "1"),
    "Progress of DR actions on standard output": ("True", "False"),
    "A DR action before `retrieve_replications`": ("False", "True"),
}
"""Expected output of vcloudair 0.5 and of this library, by topic of the page."""


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    # vcloudair 0.5 takes a progress of 100 for the end of a failed task. Otherwise it waits for ten minutes.
    with SimulatorServer(replace(CLOUD, dr_task_s=1.0, progress_on_error=100)) as running:
        yield running


def _table(title: str) -> list[str]:
    """Return the first column of the table below a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").partition(f"### {title}\n")[2].partition("\n#")[0]
    return [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")][1:]


def _outputs(program: str, server: SimulatorServer, folder: Path, trouble: str = "") -> list[str]:
    outputs = []
    with ConnectProxy(server.port) as proxy:
        for package in PACKAGES:
            server.simulator.reset()
            for group in server.simulator.world.replications.values():
                group.trouble = trouble
            path, env = PROGRAMS / f"{program}.py", cloud_environment(server)
            ran = run_program(path, package, folder / package, env, ca_path=server.ca_path, proxy=proxy.url)
            assert (ran.errors, ran.status) == ("", 0)
            outputs.append(ran.output)
    return outputs


def test_behavior_differs_exactly_as_documented(server: SimulatorServer, tmp_path: Path) -> None:
    theirs, ours = (
        dict(line.split("\t") for line in output.splitlines())
        for output in _outputs("differences", server, tmp_path, trouble="error")
    )
    assert {topic: (theirs[topic], ours[topic]) for topic in theirs} == DIFFERENCES
    assert _table("Behavior") == list(DIFFERENCES)


def _surfaces(server: SimulatorServer, folder: Path) -> Iterator[dict[str, Any]]:
    for output in _outputs("surface", server, folder):
        yield json.loads(output.partition("FOUND ")[2])


def _changed_attributes(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> set[str]:
    return {
        f"{when.split()[0]}.{name}"
        for when, attributes in theirs["attributes"].items()
        for name, kinds in attributes.items()
        if kinds[0] not in ours["attributes"][when].get(name, ())
    }


def test_names_signatures_and_types_differ_exactly_as_documented(server: SimulatorServer, tmp_path: Path) -> None:
    theirs, ours = _surfaces(server, tmp_path)
    helpers = set(theirs["modules"]["util"])
    missing = {
        (module, name)
        for module, names in theirs["modules"].items()
        for name in names
        if module and name not in ours["modules"][module] and name not in helpers
    }
    assert missing == set()
    # Our util is a different module, and private.
    missing_names = {name for name in theirs["modules"][""] if not hasattr(vcloudair_core, name)} | {"util"}
    signatures = {
        name.removesuffix(".__init__")
        for name, parameters in theirs["signatures"].items()
        if ours["signatures"].get(name) != parameters
    }
    for name, parameters in theirs["signatures"].items():
        # Our additional arguments follow those of 0.5.
        assert ours["signatures"][name][: len(parameters)] == parameters
    returns = {name for name, kinds in theirs["returns"].items() if kinds[0] not in ours["returns"].get(name, ())}
    assert returns == set()
    differing = missing_names | signatures | _changed_attributes(theirs, ours)
    assert sorted(f"`{name}`" for name in differing) == sorted(_table("Names and signatures"))
