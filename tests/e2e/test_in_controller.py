"""Tests of the decision to run a task in the controller or in a module process.

Tasks run in the controller only if the result is the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.vcloudair.cloud.plugins.modules import vca_firewall_info, vca_firewall_rule
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import in_controller

from tests.support.ansible import PYTHON, ROOT, run_playbook
from tests.support.recorded import record
from tests.support.tiers import sampled
from vcloudair_core.session.cache import run_cache
from vcloudair_core.session.cache.run_cache import KEPT_S, RunCache
from vcloudair_core.session.cache.shared_memory import SharedMemory
from vcloudair_core.simulator import SimulatorServer

INFO = "vcloudair.cloud.vca_firewall_info"
RULE = "vcloudair.cloud.vca_firewall_rule"
QUERY = "vcloudair.cloud.vca_query_info"
COMMIT = "vcloudair.cloud.vca_edge_commit"
HERE = "runs in the controller"


def play(folder: Path, *tasks: dict[str, Any], **more: Any) -> Path:
    path = folder / "play.yml"
    text = [{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks), **more}]
    path.write_text(json.dumps(text), encoding="utf-8")
    return path


def logins(server: SimulatorServer) -> int:
    entries = server.simulator.request_log.entries()
    return sum(1 for entry in entries if (entry.method, entry.path) == ("POST", "/cloudapi/1.0.0/sessions"))


# -- selection of the process -----------------------------------------------------------------------------------


def other_python(folder: Path) -> str:
    """Return another path of this environment's Python."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec {PYTHON} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


WHERE: list[tuple[dict[str, Any], str]] = [
    ({}, HERE),
    ({"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}, HERE),
    ({"vars": {"ansible_python_interpreter": "auto_silent"}}, HERE),
    ({"vars": {"vca_in_controller": "{{ 'yes' }}"}}, HERE),
    ({"environment": [{}]}, HERE),
    ({"delegate_to": "localhost"}, HERE),
    ({"vars": {"vca_in_controller": False}}, "runs as a module process: vca_in_controller is false"),
    (
        {"vars": {"ansible_python_interpreter": "OTHER"}},
        "runs as a module process: the task requires the interpreter OTHER",
    ),
    ({"environment": {"LANG": "C"}}, "runs as a module process: the task sets environment variables"),
    ({"async": 60, "poll": 1}, "runs as a module process: the task is asynchronous"),
]


@pytest.mark.parametrize(("words", "said"), sampled(WHERE, 5))
def test_process_selection(words: dict[str, Any], said: str, env: dict[str, str], tmp_path: Path) -> None:
    other = other_python(tmp_path)
    task = json.loads(json.dumps({INFO: {}, **words}).replace("OTHER", other))
    recorded = record(play(tmp_path, task), env, tmp_path, "-vvv")
    assert recorded.run.status == 0, recorded.run.output
    assert f"{INFO} {said.replace('OTHER', other)}" in recorded.run.output
    (result,) = [line["result"] for line in recorded.results()]
    assert result["firewall"]["enabled"] is True


@pytest.mark.skipif(shutil.which("sudo") is None, reason="there is no sudo")
def test_become_needs_a_module_process(env: dict[str, str], tmp_path: Path) -> None:
    recorded = record(play(tmp_path, {INFO: {}, "become": True}), env, tmp_path, "-vvv")
    assert "runs as a module process: the task uses become" in recorded.run.output


def test_another_host_needs_a_module_process(env: dict[str, str], tmp_path: Path) -> None:
    # The host does not exist. The error comes from the connection, not from the library.
    task = {INFO: {}, "vars": {"ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_ssh_timeout": 1}}
    recorded = record(play(tmp_path, task), env, tmp_path, "-vvv")
    assert "runs as a module process: the connection is ssh" in recorded.run.output
    assert recorded.run.counts["unreachable"] == 1


def test_environment_turns_controller_mode_off_and_a_task_turns_it_on(env: dict[str, str], tmp_path: Path) -> None:
    tasks: tuple[dict[str, Any], ...] = ({INFO: {}}, {INFO: {}, "vars": {"vca_in_controller": True}})
    recorded = record(play(tmp_path, *tasks), {**env, "VCA_IN_CONTROLLER": "no"}, tmp_path, "-vvv")
    assert recorded.run.output.count("runs as a module process: vca_in_controller is false") == 1
    assert recorded.run.output.count(HERE) == 1


def test_an_invalid_switch_is_rejected(
    env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    recorded = record(play(tmp_path, {INFO: {}, "vars": {"vca_in_controller": "maybe"}}), env, tmp_path)
    assert "vca_in_controller must be true or false, not 'maybe'." in recorded.run.output
    assert vca_simulator_server.simulator.request_log.entries() == []


# -- behavior of Ansible ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", sampled(["", "vcloudair.cloud."], 2))
def test_module_defaults_apply_only_to_their_module(prefix: str, env: dict[str, str], tmp_path: Path) -> None:
    defaults = {
        "group/vcloudair.cloud.vca": {"timeout": 61},
        "group/vcloudair.cloud.vca_edge": {"edge": "org1-vdc1-edge1"},
        RULE: {"stage": True, "logging": True},
    }
    names = [name.replace("vcloudair.cloud.", prefix) for name in (RULE, COMMIT, QUERY)]
    tasks: list[dict[str, Any]] = [{names[0]: {"name": "web"}}, {names[1]: {}}, {names[2]: {"type": "vm", "limit": 1}}]
    path = play(tmp_path, *tasks, module_defaults=defaults, collections=["vcloudair.cloud"])
    recorded = record(path, env, tmp_path, "-vvv")
    assert recorded.run.status == 0, recorded.run.output
    assert recorded.run.output.count(HERE) == 3
    rule, commit, query = (line["result"]["invocation"]["module_args"] for line in recorded.results())
    assert [one["timeout"] for one in (rule, commit, query)] == [61, 61, 61]
    assert (rule["stage"], rule["logging"], rule["edge"]) == (True, True, "org1-vdc1-edge1")
    assert commit["edge"] == "org1-vdc1-edge1"
    assert "stage" not in commit
    assert not {"edge", "stage", "logging"} & set(query)


def test_loop_items_share_no_state(env: dict[str, str], tmp_path: Path) -> None:
    # One worker runs all items. A secret or error of an item must not affect the next one.
    items = [{"name": "one", "source": ["10.0.0.0/99"]}, {"name": "two", "password": "demo-password"}, {"name": "all"}]
    task = {
        RULE: {
            "name": "{{ item.name }}",
            "source": "{{ item.source | default(omit) }}",
            "password": "{{ item.password | default(omit) }}",
        },
        "loop": items,
        "ignore_errors": True,
    }
    recorded = record(play(tmp_path, task), env, tmp_path)
    (line,) = recorded.results()
    failed, masked, last = line["result"]["results"]
    assert line["event"] == "failed"
    assert failed["error"]["field"] == "source[0]"
    assert masked["invocation"]["module_args"]["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert last["invocation"]["module_args"]["password"] is None
    assert [one["changed"] for one in (failed, masked, last)] == [False, True, True]


@pytest.mark.parametrize("way", ["true", "false"])
def test_secrets_are_masked_in_longer_strings_of_results_diffs_and_warnings(
    way: str, env: dict[str, str], tmp_path: Path
) -> None:
    task = {RULE: {"name": "web demo-password", "password": "demo-password", "firewall_lint": "warn"}, "diff": True}
    recorded = record(play(tmp_path, task), {**env, "VCA_IN_CONTROLLER": way}, tmp_path, "-v")
    (line,) = recorded.results()
    assert line["result"]["rule"]["name"] == "web ********"
    assert "web ********" in json.dumps(line["result"]["diff"])
    assert "[WARNING]: The rule 'web ********' accepts everything" in recorded.run.output
    assert "demo-password" not in recorded.run.output.replace(str(tmp_path), "")


@pytest.mark.parametrize("way", ["true", "false"])
def test_task_timeout_ends_the_task(way: str, env: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        slow = {INFO: {"url": url}, "timeout": 2, "ignore_errors": True}
        recorded = record(play(tmp_path, slow, {INFO: {}}), {**env, "VCA_IN_CONTROLLER": way}, tmp_path)
    late, after = recorded.results()
    assert (late["event"], after["event"]) == ("failed", "ok")
    assert re.search(r"Timed out after 2 second|expected time frame \(2\)", late["result"]["msg"])


def test_incomplete_library_fails_its_tasks_but_not_ansible(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError('requests is damaged')\n", encoding="utf-8")
    tasks: tuple[dict[str, Any], ...] = ({INFO: {}, "ignore_errors": True}, {"ansible.builtin.debug": {}})
    recorded = record(play(tmp_path, *tasks), {**env, "PYTHONPATH": str(tmp_path)}, tmp_path)
    assert recorded.run.status == 0, recorded.run.output
    failed, _ = recorded.results()
    assert failed["event"] == "failed"
    assert "requests is damaged" in recorded.run.output


CHANGED_CORE = """
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

parse = ActionBase._parse_returned_data


def stricter(self, result, *more):
    if "stdout_lines" not in result:  # Ansible's own results of commands have it
        raise TypeError("expected another type")
    return parse(self, result, *more)


ActionBase._parse_returned_data = stricter


class CallbackModule(CallbackBase):
    CALLBACK_NAME = "changed_core"
"""


def test_an_unknown_ansible_core_runs_every_task_as_a_module(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "callbacks"
    folder.mkdir()
    (folder / "changed_core.py").write_text(CHANGED_CORE, encoding="utf-8")
    changed = {**env, "ANSIBLE_CALLBACK_PLUGINS": str(folder), "ANSIBLE_CALLBACKS_ENABLED": "changed_core"}
    run = run_playbook(str(play(tmp_path, {RULE: {"name": "web"}}, {RULE: {"name": "web"}})), changed, "-vvv")
    assert run.status == 0, run.output
    reason = "this version of ansible-core is not supported (TypeError: expected another type)"
    assert run.output.count(f"{RULE} runs as a module process: {reason}") == 2
    assert run.counts == {"ok": 2, "changed": 1, "unreachable": 0, "failed": 0}


@pytest.fixture(autouse=True)
def _no_trial_before() -> None:
    in_controller._PASSED[0] = 0


@pytest.mark.parametrize(
    "broken", ["_encoder", "arguments_of", "parsed", "_as_arguments", "basic.AnsibleModule._load_params"]
)
def test_missing_private_parts_of_ansible_are_detected(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: Any, **more: Any) -> None:
        raise AttributeError("no such part")

    monkeypatch.setattr(f"{in_controller.__name__}.{broken}", missing)
    assert in_controller.problem(Action()) == "AttributeError: no such part"


@pytest.mark.parametrize("changed", [{"numbers": ["1", "2"]}, {"text": None}])
def test_a_different_trial_result_is_detected(changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = in_controller.parsed
    monkeypatch.setattr(in_controller, "parsed", lambda *arguments: {**parsed(*arguments), **changed})
    assert in_controller.problem(Action()) == f"the trial module returned other values of {next(iter(changed))}"


class Action(ActionBase):  # type: ignore[misc]
    """An action without a task."""

    def __init__(self) -> None:
        """Create an action without a task."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> None:
        """Do nothing."""

    def _update_module_args(self, module_name: str, module_args: dict[str, Any], task_vars: Any) -> None:
        module_args.update(_ansible_check_mode=False, _ansible_version="2.0")


class OldAction(Action):
    """A fake action plugin with the API of ansible-core 2.18 and older."""

    def _parse_returned_data(self, res: dict[str, Any]) -> dict[str, Any]:
        return {**json.loads(res["stdout"]), "_ansible_parsed": True, "warnings": []}


class NewAction(Action):
    """A fake action plugin with the API of ansible-core 2.21 and newer.

    In this API, a parsed result is an object instead of a dict.
    """

    def _parse_returned_data(self, res: dict[str, Any], profile: str) -> Any:
        result = json.loads(res["stdout"])
        removed: list[str] = []
        return SimpleNamespace(
            remove_internal_keys=lambda: removed.append("all"),
            as_result_dict=lambda for_round_trip: {**result, "removed": removed, "round_trip": for_round_trip},
        )


def test_result_of_each_ansible_core_version_is_parsed() -> None:
    output = json.dumps({"changed": True, "rule": {"name": "web"}})
    old, new = (in_controller.parsed(action(), output, "") for action in (OldAction, NewAction))
    assert old == {"changed": True, "rule": {"name": "web"}, "_ansible_parsed": True}
    assert new == {"changed": True, "rule": {"name": "web"}, "removed": ["all"], "round_trip": True}
    assert in_controller.problem(OldAction()) == ""
    in_controller._PASSED[0] = 0
    assert in_controller.problem(NewAction()) == ""


def test_one_trial_is_enough_for_all_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_controller.problem(Action()) == ""
    monkeypatch.setattr(in_controller, "run", None)
    assert in_controller.problem(Action()) == ""
    worker = os.fork()
    if worker == 0:
        in_controller._PASSED[0] = 0
        os._exit(0)
    os.waitpid(worker, 0)
    assert in_controller.problem(Action()).startswith("TypeError")


# -- sign-in and leaks -------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_fifty_tasks_sign_in_once(env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path) -> None:
    tasks = [{RULE: {"name": f"rule {number}", "source": [f"10.0.0.{number}"]}} for number in range(50)]
    policy = {"rules": [task[RULE] for task in tasks]}
    first = record(play(tmp_path, {"vcloudair.cloud.vca_firewall": policy}), env, tmp_path)
    assert first.run.counts["changed"] == 1, first.run.output
    shutil.rmtree(env["VCA_CACHE_DIR"])
    vca_simulator_server.simulator.request_log.clear()
    recorded = record(play(tmp_path, *tasks), env, tmp_path, "-vvv")
    assert recorded.run.counts == {"ok": 50, "changed": 0, "unreachable": 0, "failed": 0}
    assert recorded.run.output.count(HERE) == 50
    assert logins(vca_simulator_server) == 1


@pytest.mark.parametrize("way", [{}, {"stage": True}])
def test_a_task_without_a_change_takes_one_read(
    way: dict[str, Any], env: dict[str, str], vca_simulator_server: SimulatorServer, tmp_path: Path
) -> None:
    rules = [{"name": f"rule {number}", "source": [f"10.0.0.{number}"]} for number in range(4)]
    first = record(play(tmp_path, {"vcloudair.cloud.vca_firewall": {"rules": rules}}), env, tmp_path)
    assert first.run.counts["changed"] == 1, first.run.output
    vca_simulator_server.simulator.request_log.clear()
    recorded = record(play(tmp_path, *({RULE: {**rule, **way}} for rule in rules)), env, tmp_path)
    assert recorded.run.counts == {"ok": 4, "changed": 0, "unreachable": 0, "failed": 0}, recorded.run.output
    sent = [entry.path for entry in vca_simulator_server.simulator.request_log.entries()]
    reads = [path for path in sent if path.endswith("/firewall/config")]
    assert len(reads) == (1 if way else 4)
    # The other requests look up the edge gateway: once for each minute that the run takes.
    marks = [line["at"] for line in recorded.lines]
    assert len(sent) - len(reads) <= 1 + (marks[-1] - marks[0]) / KEPT_S


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_edge_that_was_replaced_during_a_run_is_looked_up_again(
    check_mode: bool, env: dict[str, str], vca_simulator_server: SimulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        if name.startswith("VCA_"):
            monkeypatch.setenv(name, value)

    def run() -> dict[str, Any]:
        own = {"_vca_run_id": "run-1", "_ansible_check_mode": check_mode}
        output, _ = in_controller.run(vca_firewall_rule.MODULE, {"name": "web", "source": ["10.0.0.1"], **own})
        result: dict[str, Any] = json.loads(output)
        return result

    put = RunCache.put
    old = {"edge_id": "00000000-0000-4000-8000-000000000001"}
    monkeypatch.setattr(run_cache, "VALUES", SharedMemory(slots=64, size=1024))
    with monkeypatch.context() as patch:
        patch.setattr(RunCache, "put", lambda self, value, *key: put(self, {**value, **old}, *key))
        first = run()
    second, third = run(), run()
    assert "failed" not in second, second
    assert second["edge"] == third["edge"] == first["edge"]
    # The second task reads the old edge, which does not exist, and then looks up the name.
    assert second["api_calls"] == third["api_calls"] + 2


def test_many_tasks_in_one_process_leave_no_open_files(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        if name.startswith("VCA_"):
            monkeypatch.setenv(name, value)

    def run() -> dict[str, Any]:
        output, _ = in_controller.run(vca_firewall_info.MODULE, {})
        found: dict[str, Any] = json.loads(output)
        return found

    def held() -> int:
        return len(list(Path("/proc/self/fd").iterdir())) + threading.active_count()

    first = run()
    assert first["firewall"]["enabled"] is True
    before = held()
    for _ in range(25):
        assert run()["api_calls"] > 0
    # The server is in the same process and may not have closed the last connection yet.
    assert held() - before < 5


def test_loading_the_library_starts_no_thread_and_loads_all_modules(
    env: dict[str, str], vca_simulator_server: SimulatorServer
) -> None:
    # Ansible forks a worker for each task from the process that loaded the library.
    done = subprocess.run(
        [sys.executable, "-c", LOADING], env=env, capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    threads, sockets, loaded = json.loads(done)
    assert (threads, sockets) == (1, 0)
    assert loaded == []


LOADING = """
import json, os, sys, threading
from vcloudair_core import preload
app = preload()
threads = threading.active_count()
held = [os.path.realpath(f"/proc/self/fd/{number}") for number in range(3, 64)]
sockets = sum("socket:" in name for name in held)
before = set(sys.modules)
with app.client(firewall_lint="warn") as client:
    client.ensure("ans.firewall_rule", [{"name": "web", "protocol": "tcp", "dest_port": ["443"]}])
    client.ensure("ans.nat", [{"enabled": True}], check=True)
    client.read("ans.ipsec")
    client.query.vms.one(name="vm-0001")
print(json.dumps([threads, sockets, sorted(set(sys.modules) - before)]))
"""
