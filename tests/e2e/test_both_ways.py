"""Check that a task has the same result in the controller and in a module process."""

from __future__ import annotations

import difflib
import json
import re
import time
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible import PYTHON, ROOT, environment, forked_interpreter
from tests.support.recorded import Recorded, record
from vcloudair_core.simulator import SimulatorConfig, SimulatorServer

FOLDER = ROOT / "tests" / "integration" / "targets"
TARGETS = sorted(path.name for path in FOLDER.iterdir())

HERE, AS_MODULE = "in the controller", "as a module"
ASYNCHRONOUS = "runs as a module process: the task is asynchronous"
"""Message for a target that runs in a module process, with the reason."""

WITH_CLOCK = ("metrics", "vca_firewall_info")
"""Parts of the names of targets whose results depend on the clock."""
VOLATILE = re.compile(r"seconds|\w+_s|stage_id|ansible_job_id|results_file|api_calls")
"""Keys whose values differ between runs, such as durations, stages and job IDs.

In the controller, tasks send fewer requests, because they share the identities of edge gateways.
"""
OF_ONE_RUN = re.compile(
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)?"  # the simulated server's clock
    r"|(?<=task[/:])[0-9a-f-]{36}"  # ids of server tasks, because VMs of a recovery start at the same time
    r"|\d{8}-\d{6}-\d{3}-[0-9a-f]{4}"  # id of a recovery run, which has its time
)


def plain(value: Any) -> Any:
    """Return a result without the values that differ between runs."""
    if isinstance(value, dict):
        return {key: "..." if VOLATILE.fullmatch(key) else plain(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    # VMs of one group are handled at the same time: their order in the list of events differs between runs.
    return [item for _, group in groupby(value, _vms_of_group) for item in sorted(map(plain, group), key=_name)]


def _vms_of_group(item: Any) -> tuple[Any, ...]:
    is_vm = isinstance(item, dict) and item.get("what") == "vm"
    return (item.get("group"),) if is_vm else ()


def _name(item: Any) -> str:
    return str(item["name"]) if _vms_of_group(item) else ""


def told(recorded: Recorded, of_one_run: Mapping[str, str], *, sort_keys: bool = False) -> list[str]:
    """Return all warnings and results as lines of text.

    Results are in JSON. ``of_one_run`` maps values that are unique to a run to placeholders.
    """
    # Ansible removes warnings from results before other callbacks get them.
    found = re.findall(r"^\[(?:WARNING|DEPRECATION WARNING)\].*", recorded.run.output, re.MULTILINE)
    for line in recorded.results():
        if not line["action"].startswith("vcloudair.cloud."):
            continue
        shown = {key: line[key] for key in ("event", "task", "action")}
        text = json.dumps({**shown, "result": plain(line["result"])}, indent=1, sort_keys=sort_keys)
        for value, name in of_one_run.items():
            text = text.replace(value, name)
        found += OF_ONE_RUN.sub("...", text).splitlines()
    return found


def replay(target: str, way: str, folder: Path, now: float) -> list[str]:
    """Return the results of a target's tasks on a new simulated cloud.

    ``way`` selects the process that must run the tasks: the controller or a module process. ``now`` is the time in the
    simulated cloud. Metrics and counters depend on it.
    """
    folder.mkdir()
    play = {"hosts": "localhost", "gather_facts": False, "roles": [target]}
    path = folder / "play.yml"
    path.write_text(json.dumps([play]), encoding="utf-8")
    # The same setup as in `tools/collection_checks.py integration`.
    clock = now if any(word in target for word in WITH_CLOCK) else None
    with (
        SimulatorServer(SimulatorConfig(replications=3, dr_task_s=0.2, standing_clock=clock)) as server,
        SimulatorServer(
            SimulatorConfig(profile="vcd", vcda_replications=2, vcda_task_s=0.2, nsxt_edges=1, nsxt_task_s=0)
        ) as of_vcda,
    ):
        variables: dict[str, Any] = {name.lower(): value for name, value in server.env().items()}
        variables["vca_vcda"] = {name.lower(): value for name, value in of_vcda.env().items()}
        variables["vca_nsxt"] = {**variables["vca_vcda"], "vca_edge": "nsxt-edge1"}
        interpreter = PYTHON if way == HERE else forked_interpreter(folder / "programs", Path(PYTHON).parent)
        variables |= {"output_dir": str(folder), "ansible_python_interpreter": interpreter}
        switches = {"ANSIBLE_ROLES_PATH": str(FOLDER), "VCA_IN_CONTROLLER": "true" if way == HERE else "false"}
        own = {"VCA_STATE_DIR": str(folder / "state"), "XDG_STATE_HOME": str(folder / "xdg")}
        env = {**environment({}, folder), **switches, **own}
        recorded = record(path, env, folder, "-vvv", "-e", json.dumps(variables))
        of_one_run = {str(folder): "folder", variables["vca_url"]: "url", variables["vca_ca_path"]: "ca_path"}
        places = ("url", "ca_path", "vcda_url", "vcda_ca_path")
        of_one_run |= {variables["vca_vcda"][f"vca_{name}"]: f"vcda {name}" for name in places}
    assert recorded.run.status == 0, json.dumps(recorded.results()[-3:], indent=1)
    said = recorded.run.output
    as_module = said.count("runs as a module process") - said.count(ASYNCHRONOUS)
    here = said.count("runs in the controller")
    assert (here > 0, as_module > 0) == (way == HERE, way == AS_MODULE)
    return told(recorded, of_one_run)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_passes_in_the_controller(target: str, tmp_path: Path) -> None:
    assert len(replay(target, HERE, tmp_path / "one", time.time())) > 1


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_results_are_the_same_in_the_controller_and_as_a_module(target: str, tmp_path: Path) -> None:
    now = time.time()
    here = replay(target, HERE, tmp_path / "one", now)
    as_module = replay(target, AS_MODULE, tmp_path / "two", now)
    assert len(here) > 1
    differences = difflib.unified_diff(as_module, here, AS_MODULE, HERE, lineterm="", n=12)
    assert here == as_module, "\n".join(differences)
