"""A stranger's plugin, built and installed as a stranger would do it: it works, and when it breaks only it breaks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "tests" / "sample_plugin"

# What each program starts with: an App with every installed plugin, a simulator with every installed area.
_FRAME = """
import json, sys
from vcloudair_core import *
from vcloudair_core.testing import Journal, simulated

found = {}
with simulated() as (app, client, simulator):
    journal = Journal(simulator)
%s
print("FOUND " + json.dumps(found))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the plugin was built and installed by pip, without the network."""
    folder = tmp_path_factory.mktemp("scratch")
    source, target = folder / "source", folder / "site"
    shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    command = [*pip, "--no-deps", "--no-index", "--no-build-isolation", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


class Scratch:
    """Runs programs and ``vca`` where the plugin is installed."""

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
        """What the program left in ``found``; what it wrote to stderr is in ``found["stderr"]``."""
        body = "\n".join(f"    {line}" for line in text.strip().splitlines())
        done = subprocess.run(
            [sys.executable, "-c", _FRAME % body], env=self._env(variables), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        line = next(text for text in done.stdout.splitlines() if text.startswith("FOUND "))
        found: dict[str, Any] = json.loads(line.removeprefix("FOUND "))
        return found | {"stderr": done.stderr}

    def vca(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", *arguments]
        return subprocess.run(command, env=self._env(variables), capture_output=True, text=True, timeout=60)

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The plugin's own tests, in the plugin's own folder."""
        command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments, "tests"]
        return subprocess.run(
            command, env=self._env({}), capture_output=True, text=True, timeout=120, cwd=self._site.parent / "source"
        )

    def plugins(self, **variables: str) -> dict[str, dict[str, Any]]:
        """``vca plugins``, by name."""
        done = self.vca("plugins", "-o", "json", **variables)
        return {info["name"]: info for info in json.loads(done.stdout)}


@pytest.fixture
def scratch(installed: Path, tmp_path: Path) -> Scratch:
    return Scratch(installed, tmp_path)


# -- working -----------------------------------------------------------------------------------------------------


def test_it_is_listed_with_its_distribution_and_hooks(scratch: Scratch) -> None:
    info = scratch.plugins()["sample"]
    assert (info["distribution"], info["version"], info["status"]) == ("vcloudair-sample-plugin", "1.2.3", "loaded")
    assert set(info["hooks"]) == {
        *("vca_services", "vca_resource_kinds", "vca_record_types", "vca_plan_ready", "vca_simulator_areas"),
        "vca_cli_commands",
    }
    assert info["api_version"] == 1


def test_it_passes_what_every_plugin_should_pass(scratch: Scratch) -> None:
    done = scratch.pytest("-rs")
    assert done.returncode == 0, done.stdout
    assert "test_one_write_and_then_none[sample.greeting] PASSED" in done.stdout
    assert "skipped" not in done.stdout


def test_its_record_type_is_queried_like_any_other(scratch: Scratch) -> None:
    found = scratch.program(
        """
query = client.service("query")
found["offered"] = "greeting" in query.offered_types()
found["all"] = [dict(record) for record in query.query("greeting").all()]
found["none"] = query.query("greeting", where={"words": 2}).all()
"""
    )
    href = found["all"][0].pop("href")
    assert (found["offered"], href.endswith("/api/sample/greetings/world")) == (True, True)
    assert found["all"] == [{"name": "world", "words": 1}]
    assert found["none"] == []


def test_its_service_and_simulator_area_work(scratch: Scratch) -> None:
    found = scratch.program("""found["names"] = client.service("greetings").names()""")
    assert found["names"] == ["world"]


def test_its_area_is_behind_the_simulators_sign_in(scratch: Scratch) -> None:
    found = scratch.program(
        """
from vcloudair_core.http import Headers, Request
url = simulator.env()["VCA_URL"] + "/api/sample/greetings"
request = Request("GET", url, Headers({"Accept": "application/json;version=36.3"}))
found["status"] = simulator.transport().send(request).status
"""
    )
    assert found["status"] in (401, 403)


def test_its_kind_converges_through_the_one_flow(scratch: Scratch) -> None:
    found = scratch.program(
        """
client.session.login()
journal.clear()
wanted = [{"name": "moon", "text": "good night"}, {"name": "world", "text": "hello again"}]
found["check"] = client.ensure("sample.greeting", wanted, check=True).as_dict()
found["check_calls"] = journal.calls
journal.clear()
found["first"] = client.ensure("sample.greeting", wanted).as_dict()
found["first_calls"] = journal.calls
journal.clear()
found["second"] = client.ensure("sample.greeting", wanted).changed
found["second_calls"] = journal.calls
found["read"] = client.read("sample.greeting")
found["gone"] = client.ensure("sample.greeting", [{"name": "moon"}], state="absent").changed
found["exact"] = client.ensure("sample.greeting", [], state="exact").changed
found["left"] = client.service("greetings").names()
"""
    )
    path = "/api/sample/greetings"
    assert found["check"]["plan"]["summary"] == "1 to create, 1 to update"
    assert found["check_calls"] == [f"GET {path}"]
    assert found["first"]["changed"]
    assert found["first_calls"] == [f"GET {path}", f"PUT {path}", f"GET {path}"]
    assert found["second"] is False
    assert found["second_calls"] == [f"GET {path}"]
    assert found["read"] == [{"name": "world", "text": "hello again"}, {"name": "moon", "text": "good night"}]
    assert (found["gone"], found["exact"], found["left"]) == (True, True, [])


def test_what_its_kind_does_not_know_survives(scratch: Scratch) -> None:
    found = scratch.program(
        """
client.ensure("sample.greeting", [{"name": "world", "text": "bye"}])
store = client.kind("sample.greeting").open(client.session, {})
found["tree"] = store.read().tree
"""
    )
    assert found["tree"] == {"greetings": [{"name": "world", "text": "bye", "mood": "sunny"}]}


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


def test_its_veto_holds_for_the_built_in_firewall_and_nothing_is_written(scratch: Scratch) -> None:
    found = scratch.program(_REFUSED)
    assert len(found["refused"]) == 4
    for error in found["refused"].values():
        assert error["plugin"] == "sample"
        assert error["reason"] == "rule 'open to all' accepts anything from anywhere"
        assert error["hint"] == "Ask the network team for an exception."
    assert found["writes"] == []
    assert found["allowed"] is True


def test_its_veto_protects_names(scratch: Scratch) -> None:
    program = """
rule = {"name": "backup", "source": ["192.0.2.1"], "destination": ["any"], "action": "accept"}
try:
    client.ensure("ans.firewall_rule", [rule])
except PlanRejectedError as error:
    found["reason"] = error.reason
"""
    assert scratch.program(program, VCA_SAMPLE_PROTECTED="vpn backup")["reason"] == "'backup' is protected"
    assert "reason" not in scratch.program(program)


def test_its_command_is_one_of_vca(scratch: Scratch) -> None:
    assert "greetings  Greetings (from the sample plugin)." in scratch.vca("--help").stdout
    help_text = scratch.vca("greetings", "--help")
    assert (help_text.returncode, "List the greetings." in help_text.stdout) == (0, True)


def test_its_command_works_against_a_served_simulator(scratch: Scratch, tmp_path: Path) -> None:
    from tests.support.served import served

    with served(tmp_path, scratch._env({})) as env:
        done = scratch.vca("greetings", "-o", "json", **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [{"name": "world", "text": "hello"}]


# -- broken on purpose -------------------------------------------------------------------------------------------

_STILL_WORKS = """
client.session.login()
found["edges"] = len(client.service("ans").list_edges())
rule = {"name": "narrow", "source": ["192.0.2.1"], "destination": ["192.0.2.9"]}
found["changed"] = client.ensure("ans.firewall_rule", [rule]).changed
found["errors"] = {info.name: info.error for info in app.plugins.list_plugins() if info.error}
"""


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("import", "ImportError: broken on purpose: import"),
        ("hook", "RuntimeError: broken on purpose: hook"),
        (
            "api",
            "it is made for plugin API 99, and this is plugin API 1; "
            "install a version of vcloudair-sample-plugin that is made for it",
        ),
    ],
)
def test_broken_it_is_named_and_everything_else_works(scratch: Scratch, how: str, why: str) -> None:
    found = scratch.program(_STILL_WORKS, VCA_SAMPLE_BREAK=how)
    assert found["edges"] >= 1
    assert found["changed"] is True
    assert found["errors"] == {"sample": why}

    info = scratch.plugins(VCA_SAMPLE_BREAK=how)
    assert (info["sample"]["status"], info["sample"]["error"]) == ("failed", why)
    assert {entry["status"] for name, entry in info.items() if name != "sample"} == {"loaded"}
    listed = scratch.vca("plugins", VCA_SAMPLE_BREAK=how)
    assert (listed.returncode, f"sample: {why}" in listed.stderr) == (0, True)
    assert scratch.vca("plugins", "--strict", VCA_SAMPLE_BREAK=how).returncode == 10


def test_a_name_offered_twice_is_an_error_that_names_both_distributions(scratch: Scratch) -> None:
    done = scratch.vca("plugins", VCA_SAMPLE_BREAK="service")
    assert done.returncode == 10
    assert "'ans' is offered by both ans (vcloudair-core" in done.stderr
    assert "sample (vcloudair-sample-plugin 1.2.3)" in done.stderr
    assert "VCA_DISABLE_PLUGINS" in done.stderr
    # The way out that the message names works.
    found = scratch.program(_STILL_WORKS, VCA_SAMPLE_BREAK="service", VCA_DISABLE_PLUGINS="sample")
    assert (found["changed"], found["errors"]) == (True, {})


def test_a_command_offered_twice_leaves_the_built_in_one(scratch: Scratch) -> None:
    done = scratch.vca("edge", "--help", VCA_SAMPLE_BREAK="command")
    assert done.returncode == 0
    assert "Edge gateways." in done.stdout
    assert "vcloudair-sample-plugin" in done.stderr


def test_a_command_that_cannot_be_loaded_is_named_and_the_others_work(scratch: Scratch) -> None:
    done = scratch.vca("greetings", VCA_SAMPLE_BREAK="load")
    assert done.returncode == 10
    assert "'greetings' of plugin sample (vcloudair-sample-plugin 1.2.3)" in done.stderr
    assert "broken on purpose: load" in done.stderr
    assert "Traceback" not in done.stderr
    assert scratch.vca("config", VCA_SAMPLE_BREAK="load").returncode == 0


def test_a_broken_veto_keeps_the_gate_shut_and_says_who_it_was(scratch: Scratch) -> None:
    found = scratch.program(
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
        VCA_SAMPLE_BREAK="veto",
    )
    assert found["error"]["plugin"] == "sample"
    assert "broken on purpose: veto" in found["error"]["message"]
    assert found["writes"] == []
    assert found["read"] is True


def test_required_but_broken_nothing_runs_but_what_explains_it(scratch: Scratch) -> None:
    broken = {"VCA_SAMPLE_BREAK": "import", "VCA_REQUIRE_PLUGINS": "sample"}
    done = scratch.vca("edge", "list", VCA_URL="https://vcd.example", VCA_TOKEN="x", **broken)
    assert done.returncode == 10
    assert "required by VCA_REQUIRE_PLUGINS" in done.stderr
    assert "broken on purpose: import" in done.stderr
    listed = scratch.vca("plugins", **broken)
    assert listed.returncode == 10
    assert "sample" in listed.stdout


def test_disabled_it_is_not_even_imported(scratch: Scratch) -> None:
    info = scratch.plugins(VCA_SAMPLE_BREAK="import", VCA_DISABLE_PLUGINS="sample")["sample"]
    assert (info["status"], info["error"]) == ("disabled", "")


def test_tracing_shows_who_is_asked_for_what(scratch: Scratch) -> None:
    done = scratch.vca("plugins", VCA_TRACE_PLUGINS="1")
    assert "vca: vca_services -> sample" in done.stderr
