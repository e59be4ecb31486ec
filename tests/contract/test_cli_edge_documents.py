"""Tests of ``vca edge export``, ``plan``, ``apply`` and ``stages`` over TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.tiers import sampled
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

VCA = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()"]


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile="vcd")) as running:
        yield running


@pytest.fixture(scope="module")
def env(server: SimulatorServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("served")
    base = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    base |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    base["XDG_STATE_HOME"] = str(folder / "state")
    return {**base, **server.env()}


@pytest.fixture
def vca(env: dict[str, str], tmp_path: Path) -> Any:
    def run(*arguments: str, code: int = 0, text: str | None = None) -> subprocess.CompletedProcess[str]:
        completed = processes.run(
            [*VCA, *arguments], env=env, cwd=tmp_path, input=text, capture_output=True, text=True, timeout=300
        )
        assert completed.returncode == code, completed.stdout + completed.stderr
        assert "Traceback" not in completed.stderr
        return completed

    return run


@pytest.fixture(scope="module")
def exported(env: dict[str, str]) -> str:
    """Return the export of the unchanged edge gateway."""
    completed = processes.run([*VCA, "edge", "export"], env=env, capture_output=True, text=True, check=True)
    return str(completed.stdout)


@pytest.fixture
def document(server: SimulatorServer, exported: str, tmp_path: Path) -> Iterator[Path]:
    """Yield the exported edge gateway as a file. Restore the gateway afterwards."""
    server.simulator.reset()
    path = tmp_path / "before.yml"
    path.write_text(exported, encoding="utf-8")
    yield path
    server.simulator.reset()


def wanted(document: Path, *names: str) -> str:
    """Write a document with one firewall rule for each name, and return its path."""
    tree = yaml.safe_load(document.read_text(encoding="utf-8"))
    tree["firewall"]["rules"] = [{"name": name, "source": ["10.1.0.0/16"]} for name in names]
    path = document.with_name(f"{'-'.join(names)}.yml")
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return str(path)


def names(vca: Any) -> list[str]:
    tree = yaml.safe_load(vca("edge", "export").stdout)
    return [rule["name"] for rule in tree["firewall"]["rules"]]


def test_plan_of_an_export_has_no_changes(vca: Any, document: Path) -> None:
    assert "nothing to change" in vca("edge", "plan", str(document)).stdout
    assert "nothing to change" in vca("edge", "plan", "-", text=document.read_text(encoding="utf-8")).stdout


def test_plan_reports_drift_with_exit_code_2_and_apply_repairs_it(vca: Any, document: Path) -> None:
    path = wanted(document, "a", "b")
    output = vca("edge", "plan", path, code=2).stdout
    assert "+ firewall: a" in output
    assert "2 to create" in output
    vca("edge", "apply", path, "--yes")
    assert names(vca) == ["a", "b"]
    vca("edge", "plan", path)
    vca("edge", "plan", wanted(document, "b"), "--no-purge")
    assert "- firewall: a" in vca("edge", "plan", wanted(document, "b"), code=2).stdout


def test_apply_without_a_terminal_requires_yes(vca: Any, document: Path) -> None:
    completed = vca("edge", "apply", wanted(document, "a"), code=64)
    assert "--yes" in completed.stderr
    assert names(vca) == []


def test_saved_plan_is_applied_unchanged_or_rejected(vca: Any, document: Path, tmp_path: Path) -> None:
    path = wanted(document, "a")
    vca("edge", "plan", path, "--out", "saved.plan", code=2)
    vca("edge", "apply", "--plan", "saved.plan")
    assert names(vca) == ["a"]
    assert "nothing to change" in vca("edge", "apply", "--plan", "saved.plan").stdout
    vca("edge", "apply", wanted(document, "other"), "--yes")
    refused = vca("edge", "apply", "--plan", "saved.plan", code=9)
    assert "has changed since the plan 'saved.plan' was saved" in refused.stderr
    assert names(vca) == ["other"]
    Path(path).write_text(Path(path).read_text(encoding="utf-8").replace("10.1.", "10.2."), encoding="utf-8")
    assert (
        "has changed since the plan 'saved.plan' was saved"
        in vca("edge", "apply", "--plan", "saved.plan", code=9).stderr
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "<stdin>:1: "),
        ("firewall: {}\nfirewall: {}", "<stdin>:2: firewall: is a duplicate of line 1"),
        ("[1]", "a mapping with sections was expected"),
        ("firewalls: {}", "did you mean 'firewall'"),
        ("edge: web", "the document has no sections"),
        ("edge: e\nfirewall: {rules: [{name: a, source: 10.0.0.0/99}]}", "<stdin>:2: firewall.rules[0].source[0]"),
        ("firewall: {rules: [{name: a, position: top}]}", "firewall.rules[0].position"),
    ],
)
def test_invalid_document_is_not_reported_as_drift(vca: Any, text: str, said: str) -> None:
    completed = vca("edge", "plan", "-", text=text, code=64)
    assert said in completed.stderr
    assert completed.stdout == ""


@pytest.mark.parametrize(
    ("command", "option", "is_first"),
    sampled(product([["plan"], ["apply", "--yes"]], [["--edge", "another"], ["--vdc", "another"]], [True, False]), 3),
)
def test_refuses_an_option_that_contradicts_the_document(
    vca: Any, document: Path, command: list[str], option: list[str], is_first: bool
) -> None:
    path = wanted(document, "wrong")
    text = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(f"vdc: org1-vdc1\n{text}" if "vdc:" not in text else text, encoding="utf-8")
    arguments = [*option, "edge", *command, path] if is_first else ["edge", *command, path, *option]
    completed = vca(*arguments, code=64)
    assert "the option" in completed.stderr
    assert "'another'" in completed.stderr
    assert names(vca) == []


def test_document_overrides_the_environment(vca: Any, document: Path, env: dict[str, str], tmp_path: Path) -> None:
    completed = processes.run(
        [*VCA, "edge", "plan", str(document)],
        env={**env, "VCA_EDGE": "another"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (completed.returncode, completed.stdout.splitlines()[0]) == (0, "edge gateway org1-vdc1-edge1")


def test_saved_plan_applies_to_its_own_edge_only(vca: Any, document: Path) -> None:
    vca("edge", "plan", wanted(document, "a"), "--out", "saved.plan", code=2)
    assert "'another'" in vca("edge", "apply", "--plan", "saved.plan", "--edge", "another", code=64).stderr
    assert "--edge has two different values" in vca("--edge", "a", "firewall", "list", "--edge", "b", code=64).stderr
    assert "unexpected extra argument" in vca("edge", "export", "org1-vdc1-edge1", code=64).stderr


def test_refuses_a_document_together_with_a_saved_plan(vca: Any) -> None:
    assert "either a document or --plan" in vca("edge", "apply", code=64).stderr


def test_lists_and_drops_staged_changes(vca: Any, env: dict[str, str]) -> None:
    from vcloudair_core import App

    assert "No staged changes found" in vca("edge", "stages").stderr
    with App(environ=env).client(state_dir=f"{env['XDG_STATE_HOME']}/vcloudair") as client:
        client.stage("ans.firewall_rule", {"name": "waiting"}, stage_id="run-7")
    output = vca("edge", "stages").stdout
    assert "run-7" in output
    assert "firewall" in output
    vca("edge", "discard", "run-7")
    assert "Stage not found: 'run-7'." in vca("edge", "discard", "run-7", code=4).stderr


def test_drops_several_or_all_staged_changes(vca: Any, env: dict[str, str]) -> None:
    from vcloudair_core import App

    with App(environ=env).client(state_dir=f"{env['XDG_STATE_HOME']}/vcloudair") as client:
        for number in range(5):
            client.stage("ans.firewall_rule", {"name": "waiting"}, stage_id=f"run-{number}")

    def waiting() -> list[str]:
        return [stage["id"] for stage in json.loads(vca("edge", "stages", "-o", "json").stdout)]

    assert "Nothing was discarded" in vca("edge", "discard", "run-0", "run-9", code=4).stderr
    assert len(waiting()) == 5
    vca("edge", "discard", "run-0", "run-2")
    assert waiting() == ["run-1", "run-3", "run-4"]
    for wrong in ((), ("--all", "run-1")):
        assert "Pass the IDs of stages, or --all" in " ".join(vca("edge", "discard", *wrong, code=64).stderr.split())
    vca("edge", "discard", "--all")
    assert waiting() == []
    assert "No staged changes found" in vca("edge", "discard", "--all").stderr


@pytest.mark.parametrize(
    "redirection",
    sampled(
        [
            ">&-",
            ">&- 2>&-",
            "<&- >&- 2>&-",
            "> /dev/full",
            "> /dev/full 2> /dev/full",
            "2>&- | true",
            "-o json > /dev/full",
        ],
        3,
    ),
)
def test_apply_continues_when_output_cannot_be_written(
    vca: Any, env: dict[str, str], document: Path, redirection: str, tmp_path: Path
) -> None:
    changed = wanted(document, f"rule-{abs(hash(redirection))}")
    command = f"set -o pipefail; {sys.executable} -c '{VCA[2]}' edge apply {changed} --yes {redirection}"
    completed = processes.run(
        ["bash", "-c", command], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert (completed.returncode, "Traceback" in completed.stderr) == (0, False)
    vca("edge", "plan", changed)


@pytest.mark.parametrize(
    "variables",
    sampled(
        [{"PYTHONIOENCODING": "iso8859-1"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}],
        3,
    ),
)
def test_output_escapes_characters_that_the_terminal_cannot_encode(
    vca: Any, env: dict[str, str], document: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    name = "Köln-東京"
    changed = wanted(document, name)
    program = {**env, **variables, "PYTHONUTF8": "0"}
    Path(changed).rename(tmp_path / "names.yml")
    changed = str(tmp_path / "names.yml")
    for arguments in (["edge", "apply", changed, "--yes"], ["firewall", "list", "-o", "csv"]):
        completed = processes.run([*VCA, *arguments], env=program, capture_output=True, timeout=300)
        assert completed.returncode == 0, completed.stderr
        assert b"\\u6771" in completed.stdout
    for output, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        completed = processes.run(
            [*VCA, "firewall", "list", "-o", output], env=program, capture_output=True, timeout=300
        )
        text = completed.stdout.decode(variables.get("PYTHONIOENCODING", "ascii"))
        assert name in [rule["name"] for rule in load(text)["rules"]]
