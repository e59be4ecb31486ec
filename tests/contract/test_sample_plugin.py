"""Tests of a working and a broken plugin, both made with ``vca plugins new``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.shared import make_once
from tests.support.tiers import sampled

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent.parent

# Appended to the plugin's module, to break it in several ways.
_BREAK = """

import os

_BROKEN = os.environ.get("VCA_SAMPLE_BREAK", "")
if _BROKEN == "import":
    raise ImportError("broken on purpose: import")
if _BROKEN == "api":
    vcloudair_api_version = 99
if _BROKEN == "silent":
    del vcloudair_api_version


def _broken():
    raise RuntimeError(f"broken on purpose: {_BROKEN}")


if _BROKEN == "hook":
    vca_services = hookimpl(lambda: _broken())
if _BROKEN == "policy":
    vca_plan_ready = hookimpl(lambda plan: _broken())
if _BROKEN == "service":
    vca_services = hookimpl(lambda: [ServiceRecord("ans", "Taken.", _service)])
if _BROKEN == "command":
    vca_cli_commands = hookimpl(lambda: [CommandRecord("edge", "Taken.", _command)])
if _BROKEN == "load":
    vca_cli_commands = hookimpl(lambda: [CommandRecord("sample", "Broken.", _broken)])
"""

# Start of each program: an App with every installed plugin, and a simulator with the routes of every plugin.
_FRAME = """
import json, sys
from vcloudair_core import *
from vcloudair_core.testing import RequestView, simulated

found = {}
with simulated() as (app, client, simulator):
    journal = RequestView(simulator)
%s
print("FOUND " + json.dumps(found))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the plugin with pip, without network access. Return the plugin's folder."""
    return make_once(tmp_path_factory, "sample-plugin", _install) / "site"


def _install(folder: Path) -> None:
    source, target = folder / "source", folder / "site"
    made = Scratch(target, folder).vca("plugins", "new", "sample", "--dir", str(source))
    assert made.returncode == 0, made.stderr
    with (source / "src" / "vcloudair_sample" / "plugin.py").open("a", encoding="utf-8") as module:
        module.write(_BREAK)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    command = [*pip, "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target), str(source)]
    completed = processes.run(command, capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr


class Scratch:
    """An environment with the installed plugin that runs programs and ``vca``."""

    def __init__(self, site: Path, home: Path) -> None:
        self._site, self._home = site, home

    def _env(self, variables: dict[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
        own = {
            "PYTHONPATH": str(self._site),
            "HOME": str(self._home),
            "XDG_CONFIG_HOME": str(self._home),
            "COLUMNS": "100",
        }
        return {**inherited, **own, **variables}

    def program(self, text: str, **variables: str) -> dict[str, Any]:
        """Run a program and return the value of its variable ``found``, a mapping.

        The result also has the key ``stderr`` with the standard error.
        """
        body = "\n".join(f"    {line}" for line in text.strip().splitlines())
        completed = processes.run(
            [sys.executable, "-c", _FRAME % body], env=self._env(variables), capture_output=True, text=True, timeout=300
        )
        assert completed.returncode == 0, completed.stderr
        line = next(text for text in completed.stdout.splitlines() if text.startswith("FOUND "))
        found: dict[str, Any] = json.loads(line.removeprefix("FOUND "))
        return found | {"stderr": completed.stderr}

    def vca(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", *arguments]
        return processes.run(
            command, env=self._env(variables), capture_output=True, text=True, timeout=300, cwd=self._home
        )

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the plugin's tests in the plugin's folder."""
        command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments, "tests"]
        return processes.run(
            command, env=self._env({}), capture_output=True, text=True, timeout=120, cwd=self._site.parent / "source"
        )

    def plugins(self, **variables: str) -> dict[str, dict[str, Any]]:
        """Return the rows of ``vca plugins`` by plugin name."""
        completed = self.vca("plugins", "-o", "json", **variables)
        return {info["name"]: info for info in json.loads(completed.stdout)}


@pytest.fixture
def scratch(installed: Path, tmp_path: Path) -> Scratch:
    return Scratch(installed, tmp_path)


# -- working -----------------------------------------------------------------------------------------------------


def test_plugin_is_listed_with_its_distribution_and_hooks(scratch: Scratch) -> None:
    info = scratch.plugins()["sample"]
    assert (info["distribution"], info["version"], info["status"]) == ("vcloudair-sample", "0.1.0", "loaded")
    assert set(info["hooks"]) == {
        *("vca_services", "vca_resource_kinds", "vca_record_types", "vca_plan_ready", "vca_simulator_routes"),
        "vca_cli_commands",
    }
    assert info["api_version"] == 1


def test_plugin_tests_and_conformance_tests_pass(scratch: Scratch) -> None:
    completed = scratch.pytest("-rs")
    assert completed.returncode == 0, completed.stdout
    assert "TestConformance::test_second_run_writes_nothing[sample.thing] PASSED" in completed.stdout
    assert "test_things_are_created_updated_and_deleted PASSED" in completed.stdout
    assert "skipped" not in completed.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param("b", marks=pytest.mark.exhaustive), "a_name_of-the_greatest_length1"])
def test_new_plugin_passes_linters_and_type_checkers(name: str, scratch: Scratch, tmp_path: Path) -> None:
    assert scratch.vca("plugins", "new", name, "--dir", str(tmp_path / "new")).returncode == 0
    # A shared cache holds mypy's results for the library, which take most of the time.
    mypy = ["mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache" / "of-new-plugins")]
    for check in (["ruff", "check"], ["ruff", "format", "--check"], mypy):
        completed = processes.run(
            [sys.executable, "-m", *check, *(() if "mypy" in check else ".")],
            cwd=tmp_path / "new",
            env={**os.environ, "MYPYPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert completed.returncode == 0, completed.stdout


def test_wheel_has_every_template() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    package = ROOT / "vcloudair_core"
    shipped = {path for pattern in settings["package-data"]["vcloudair_core"] for path in package.glob(pattern)}
    templates = {path for path in (package / "cli" / "skeleton" / "files").rglob("*") if path.is_file()}
    assert templates
    assert templates - shipped == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2nd"], "Invalid plugin name: '2nd'. Use at most 30 lowercase letters"),
        (["Acme"], "Invalid plugin name: 'Acme'"),
        (["a--b"], "Invalid plugin name: 'a--b'"),
        (["../up"], "Invalid plugin name: '../up'"),
        (["a" * 31], "at most 30"),
        (["ans"], "The plugin name 'ans' is already used."),
        (["firewall"], "The plugin name 'firewall' is already used."),
        (["sample"], "The plugin name 'sample' is already used."),
        (["acme", "--dir", "full"], "The directory 'full' is not empty."),
        (["acme", "--dir", "full/file"], "The directory 'full/file' is not empty."),
        (["acme", "--dir", "full/file/below"], "cannot be written: a part of its path is not a directory"),
    ],
)
def test_refuses_invalid_arguments_for_a_new_plugin(
    arguments: list[str], message: str, scratch: Scratch, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    completed = scratch.vca("plugins", "new", *arguments)
    assert completed.returncode == 64
    assert message in completed.stderr.replace("\nHint: ", " ")
    assert completed.stdout == ""
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "file"]


_REFUSED = """
client.session.login()
journal.clear()
rule = {"name": "open to all", "source": ["any"], "destination": ["any"], "action": "accept"}
found["refused"] = {}
for kind, specs in (("ans.firewall_rule", [rule]), ("ans.firewall", [{"rules": [rule]}])):
    for check in (True, False):
        try:
            client.ensure(kind, specs, check=check)
        except PlanRejectedError as error:
            found["refused"][f"{kind} check={check}"] = error.as_dict()
found["writes"] = [call for call in journal.calls if not call.startswith("GET ")]
narrow = rule | {"name": "narrow", "destination": ["192.0.2.1"]}
found["allowed"] = client.ensure("ans.firewall_rule", [narrow]).changed
"""


def test_plan_policy_rejects_a_firewall_plan_before_any_write(scratch: Scratch) -> None:
    output = scratch.program(_REFUSED)
    assert len(output["refused"]) == 4
    for error in output["refused"].values():
        assert error["plugin"] == "sample"
        assert error["reason"] == "rule 'open to all' allows all traffic"
        assert error["hint"] == "Ask the owner of the policy for an exception."
    assert output["writes"] == []
    assert output["allowed"] is True


def test_plan_policy_protects_names(scratch: Scratch) -> None:
    program = """
rule = {"name": "backup", "source": ["192.0.2.1"], "destination": ["any"], "action": "accept"}
try:
    client.ensure("ans.firewall_rule", [rule])
except PlanRejectedError as error:
    found["reason"] = error.reason
"""
    assert scratch.program(program, VCA_SAMPLE_PROTECTED="vpn backup")["reason"] == "'backup' is protected"
    assert "reason" not in scratch.program(program)


def test_vca_has_the_command_of_the_plugin(scratch: Scratch) -> None:
    assert re.search(r"^ *sample +List things\.$", scratch.vca("--help").stdout, re.MULTILINE)
    help_text = scratch.vca("sample", "--help")
    assert (help_text.returncode, "List things." in help_text.stdout) == (0, True)


def test_plugin_command_and_records_work_against_a_simulator(scratch: Scratch, tmp_path: Path) -> None:
    from tests.support.served import served

    with served(tmp_path, scratch._env({})) as env:
        completed = scratch.vca("sample", "-o", "json", **env)
        query = scratch.vca("query", "sampleThing", "-o", "json", **env)
    assert (completed.returncode, completed.stderr, query.returncode) == (0, "", 0)
    assert json.loads(completed.stdout) == [{"name": "first", "size": 1, "owners": ["ops"]}]
    assert [record["name"] for record in json.loads(query.stdout)] == ["first"]


# -- broken plugin -----------------------------------------------------------------------------------------------

_STILL_WORKS = """
client.session.login()
found["edges"] = len(client.edges.list_edges())
rule = {"name": "narrow", "source": ["192.0.2.1"], "destination": ["192.0.2.9"]}
try:
    found["changed"] = client.ensure("ans.firewall_rule", [rule]).changed
except PlanRejectedError as error:
    found["rejected_by"] = error.plugin
found["errors"] = {info.name: info.error for info in app.plugins.list_plugins() if info.error}
"""


@pytest.mark.parametrize(
    ("how", "why"),
    sampled(
        [
            ("import", "ImportError: broken on purpose: import"),
            ("hook", "RuntimeError: broken on purpose: hook"),
            (
                "api",
                "it requires plugin API 99, but vcloudair-core has plugin API 1; "
                "install a version of vcloudair-sample for plugin API 1",
            ),
            (
                "silent",
                "the module does not state its plugin API version; define vcloudair_api_version = 1 in it",
            ),
        ],
        2,
    ),
)
def test_broken_plugin_is_reported_and_everything_else_works(scratch: Scratch, how: str, why: str) -> None:
    output = scratch.program(_STILL_WORKS, VCA_SAMPLE_BREAK=how)
    assert output["edges"] >= 1
    if how == "hook":
        assert output["changed"] is True
    else:
        # The plugin has a plan policy that cannot be called.
        assert output["rejected_by"] == "sample"
        assert scratch.program(_STILL_WORKS, VCA_SAMPLE_BREAK=how, VCA_DISABLE_PLUGINS="sample")["changed"] is True
    assert output["errors"] == {"sample": why}

    info = scratch.plugins(VCA_SAMPLE_BREAK=how)
    assert (info["sample"]["status"], info["sample"]["error"]) == ("failed", why)
    assert {entry["status"] for name, entry in info.items() if name != "sample"} == {"loaded"}
    listed = scratch.vca("plugins", VCA_SAMPLE_BREAK=how)
    assert (listed.returncode, f"sample: {why}" in listed.stderr) == (0, True)
    assert scratch.vca("plugins", "--strict", VCA_SAMPLE_BREAK=how).returncode == 10


def test_duplicate_service_error_names_both_distributions(scratch: Scratch) -> None:
    completed = scratch.vca("plugins", VCA_SAMPLE_BREAK="service")
    assert completed.returncode == 10
    assert "'ans': ans (vcloudair-core" in completed.stderr
    assert "sample (vcloudair-sample 0.1.0)" in completed.stderr
    assert "VCA_DISABLE_PLUGINS" in completed.stderr
    # The workaround in the message works.
    output = scratch.program(_STILL_WORKS, VCA_SAMPLE_BREAK="service", VCA_DISABLE_PLUGINS="sample")
    assert (output["changed"], output["errors"]) == (True, {})


def test_duplicate_command_keeps_the_built_in_command(scratch: Scratch) -> None:
    completed = scratch.vca("edge", "--help", VCA_SAMPLE_BREAK="command")
    assert completed.returncode == 0
    assert "List, export, plan, change and convert edge gateways." in completed.stdout
    assert "vcloudair-sample" in completed.stderr


def test_command_that_fails_to_load_is_reported_and_others_work(scratch: Scratch) -> None:
    completed = scratch.vca("sample", VCA_SAMPLE_BREAK="load")
    assert completed.returncode == 10
    assert "'sample' of plugin sample (vcloudair-sample 0.1.0)" in completed.stderr
    assert "broken on purpose: load" in completed.stderr
    assert "Traceback" not in completed.stderr
    assert scratch.vca("config", VCA_SAMPLE_BREAK="load").returncode == 0


def test_broken_plan_policy_rejects_plans_and_names_the_plugin(scratch: Scratch) -> None:
    output = scratch.program(
        """
client.session.login()
journal.clear()
rule = {"name": "narrow", "source": ["192.0.2.1"], "destination": ["192.0.2.9"]}
try:
    client.ensure("ans.firewall_rule", [rule])
except PlanRejectedError as error:
    found["error"] = error.as_dict()
found["writes"] = [call for call in journal.calls if not call.startswith("GET ")]
found["read"] = "rules" in client.read("ans.firewall")
""",
        VCA_SAMPLE_BREAK="policy",
    )
    assert output["error"]["plugin"] == "sample"
    assert "broken on purpose: policy" in output["error"]["message"]
    assert output["writes"] == []
    assert output["read"] is True


def test_broken_required_plugin_stops_all_but_diagnostic_commands(scratch: Scratch) -> None:
    broken = {"VCA_SAMPLE_BREAK": "import", "VCA_REQUIRE_PLUGINS": "sample"}
    completed = scratch.vca("edge", "list", VCA_URL="https://vcd.example", VCA_TOKEN="x", **broken)
    assert completed.returncode == 10
    assert "VCA_REQUIRE_PLUGINS requires plugin 'sample'" in completed.stderr
    assert "broken on purpose: import" in completed.stderr
    listed = scratch.vca("plugins", **broken)
    assert listed.returncode == 10
    assert "sample" in listed.stdout


def test_disabled_plugin_is_not_imported(scratch: Scratch) -> None:
    info = scratch.plugins(VCA_SAMPLE_BREAK="import", VCA_DISABLE_PLUGINS="sample")["sample"]
    assert (info["status"], info["error"]) == ("disabled", "")


def test_trace_shows_hook_calls_by_plugin(scratch: Scratch) -> None:
    completed = scratch.vca("plugins", VCA_TRACE_PLUGINS="1")
    assert "vca: vca_services -> sample" in completed.stderr
