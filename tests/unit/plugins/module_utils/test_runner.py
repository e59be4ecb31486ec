# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the code that all modules share, with a fake of the library.

The tests run with pytest and with ansible-test.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest
from ansible.module_utils import basic
from ansible_collections.vcloudair.cloud.plugins.module_utils import _arguments, _runner, _section_arguments


class RefusedError(Exception):
    """An error of the library."""

    written = None

    @property
    def written_text(self):
        return "" if self.written is None else "Nothing was written."

    def as_dict(self):
        return {"error": "Refused", "field": "name"}


class Library:
    """Fake of ``vcloudair_core`` that records calls and returns prepared results."""

    VcloudAirError = RefusedError
    __version__ = "0.2.0"

    def __init__(self, changed=True, error=None, connect_error=None):
        self.changed, self.error, self.connect_error = changed, error, connect_error
        self.connected = self.read_of = self.ensured = self.staged = None
        self.warnings = ()
        self.closed = 0
        self.session = SimpleNamespace(calls=4)

    def connect(self, **options):
        self.connected = options
        if self.connect_error:
            raise self.connect_error
        return self

    def read(self, kind, target):
        self.read_of = (kind, target)
        return {"rules": []}

    def ensure(self, kind, specs, **how):
        self.ensured = dict(how, kind=kind, specs=specs)
        if self.error:
            raise self.error
        plan = SimpleNamespace(summary=lambda: "1 to create", diff=lambda: {"before": "", "after": "web\n"})
        return SimpleNamespace(changed=self.changed, plan=plan, after=[{"name": "web"}], warnings=self.warnings)

    def stage(self, kind, specs, **how):
        self.staged = dict(how, kind=kind, specs=specs)
        return self.ensure(kind, specs)

    def close(self):
        self.closed += 1


READS = _runner.Job("ans.firewall", show=lambda data, params: {"firewall": data})
WRITES = _runner.Job(
    "ans.firewall_rule",
    specs=lambda params: [{"name": params["name"]}],
    show=lambda rules, params: {"rule": rules[0]},
)


@pytest.fixture
def library(monkeypatch):
    found = Library()
    monkeypatch.setattr(_runner, "vcloudair_core", found)
    return found


# -- execute -----------------------------------------------------------------------------------------------------


def test_given_omits_none_but_keeps_false_and_empty_values():
    params = {"a": None, "b": False, "c": [], "d": "", "e": 1, "other": 2}
    assert _runner.given(params, ("a", "b", "c", "d", "e", "missing")) == {"b": False, "c": [], "d": "", "e": 1}


def test_reading_changes_nothing(library):
    result = _runner.execute(READS, {"edge": "web-edge", "vdc": None})
    assert result == {"changed": False, "firewall": {"rules": []}, "api_calls": 4}
    assert library.read_of == ("ans.firewall", {"edge": "web-edge"})
    assert library.ensured is None
    assert library.closed == 1


class OfRun(Library):
    """Fake client of a run. ``forgets`` limits how often it forgets identities."""

    def __init__(self, forgets, **more):
        super().__init__(**more)
        self.forgets, self.runs = forgets, []

    def share_run(self, run_id):
        self.runs.append(run_id)

    def forget_check_run(self, run_id):
        self.runs.append(run_id)

    def join_check_run(self, run_id):
        self.runs.append(run_id)

    def forget_shared(self, error):
        self.forgets -= 1
        return self.forgets >= 0


def test_a_task_is_repeated_once_if_a_shared_identity_was_outdated(monkeypatch):
    client = OfRun(forgets=1)
    monkeypatch.setattr(_runner, "vcloudair_core", client)
    errors = [RefusedError("gone")]

    def work(client, params, check_mode, diff_mode):
        if errors:
            raise errors.pop()
        return {"changed": False}

    assert _runner.execute(work, {_runner.RUN_ID: "run-1"}) == {"changed": False, "api_calls": 8}
    assert client.runs == ["run-1", "run-1"]
    assert client.closed == 2


def test_a_task_that_fails_again_or_has_no_run_is_not_repeated(monkeypatch):
    for params, attempts in (({_runner.RUN_ID: "run-1"}, 2), ({}, 1)):
        client = OfRun(forgets=9, error=RefusedError("gone"))
        monkeypatch.setattr(_runner, "vcloudair_core", client)
        result = _runner.execute(WRITES, {"name": "web", **params})
        assert (result["failed"], result["msg"], client.closed) == (True, "gone. Nothing was written.", attempts)


def test_a_read_can_describe_its_target(library):
    def about(client, target):
        assert client.read_of == ("ans.nat", target)
        return {"edge": target["edge"]}

    job = _runner.Job("ans.nat", show=lambda data, params: {"nat": data}, about=about)
    result = _runner.execute(job, {"edge": "web-edge", "vdc": None})
    assert result == {"changed": False, "nat": {"rules": []}, "edge": "web-edge", "api_calls": 4}


def test_only_set_parameters_are_passed_to_the_library(library):
    params = {"name": "web", "url": "https://x", "validate_certs": False, "token": None, "edge": "e1", "vdc": "v1"}
    result = _runner.execute(WRITES, params)
    assert result == {"changed": True, "plan": "1 to create", "rule": {"name": "web"}, "api_calls": 4}
    # The edge is what a module acts on, not how it signs in; the VDC is both.
    assert library.connected == {"url": "https://x", "validate_certs": False, "vdc": "v1"}
    assert library.ensured == {
        "kind": "ans.firewall_rule",
        "specs": [{"name": "web"}],
        "state": "present",
        "target": {"edge": "e1", "vdc": "v1"},
        "check": False,
    }


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_state_and_check_mode_are_passed_on(library, state, check_mode):
    _runner.execute(WRITES, {"name": "web", "state": state}, check_mode=check_mode)
    assert (library.ensured["state"], library.ensured["check"]) == (state, check_mode)


def test_a_job_can_compute_the_state(library):
    job = _runner.Job("k", show=lambda after, params: {}, specs=lambda params: [], state=lambda params: "exact")
    _runner.execute(job, {"state": "present"})
    assert library.ensured["state"] == "exact"


def test_a_diff_is_returned_only_in_diff_mode(library):
    assert "diff" not in _runner.execute(WRITES, {"name": "web"})
    assert _runner.execute(WRITES, {"name": "web"}, diff_mode=True)["diff"] == {"before": "", "after": "web\n"}


def test_warnings_are_passed_on(library):
    library.warnings = ("mind the gap",)
    assert _runner.execute(WRITES, {"name": "web"})["warnings"] == ["mind the gap"]


def test_a_staged_task_names_its_stage(library):
    result = _runner.execute(WRITES, {"name": "web", "stage": True, "stage_id": "run-1"}, check_mode=True)
    assert result["staged"] is True
    assert (library.staged["stage_id"], library.staged["check"]) == ("run-1", True)
    assert "staged" not in _runner.execute(WRITES, {"name": "web", "stage": False, "stage_id": "run-1"})


def test_an_error_of_the_library_is_a_result(library):
    library.error = RefusedError("name: is required")
    result = _runner.execute(WRITES, {"name": ""})
    assert result == {
        "failed": True,
        "changed": False,
        "msg": "name: is required. Nothing was written.",
        "written": False,
        "error": {"error": "Refused", "field": "name"},
    }
    assert library.closed == 1


def test_an_error_while_connecting_is_a_result(library):
    library.connect_error = RefusedError("Missing url.")
    assert _runner.execute(WRITES, {"name": "web"})["msg"] == "Missing url. Nothing was written."
    assert library.closed == 0


def test_other_exceptions_are_raised_after_the_client_is_closed(library):
    library.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        _runner.execute(WRITES, {"name": "web"})
    assert library.closed == 1


def test_refuse_raises_an_error_of_the_library(library):
    library.SpecError = lambda field, reason: RefusedError(f"{field}: {reason}")

    def specs(params):
        _runner.refuse("purge", "cannot be")

    job = _runner.Job("k", show=lambda after, params: {}, specs=specs)
    assert _runner.execute(job, {})["msg"] == "purge: cannot be. Nothing was written."
    assert library.ensured is None


# -- run ---------------------------------------------------------------------------------------------------------


def module_run(monkeypatch, capsys, job, arguments, options, **constraints):
    """Run a module as Ansible starts it. Return the exit status and the parsed result."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as stopped:
        _runner.Module(job, arguments, **constraints).run()
    return stopped.value.code, json.loads(capsys.readouterr().out)


ARGUMENTS = {"name": {"type": "str"}, "state": {"type": "str", "default": "present"}}


def test_run_passes_modes_and_connection_options(monkeypatch, capsys, library):
    options = {"name": "web", "host": "https://x", "gateway": "e1", "_ansible_check_mode": True, "_ansible_diff": True}
    status, result = module_run(monkeypatch, capsys, WRITES, ARGUMENTS, options)
    assert status == 0
    assert result["changed"] is True
    assert result["diff"] == {"before": "", "after": "web\n"}
    assert library.ensured["check"] is True
    assert library.connected == {"url": "https://x"}
    assert library.ensured["target"] == {"edge": "e1"}


OF_VCDA = {
    "vcda_url": "https://vcda.test",
    "vcda_peer_user": "ops@acme",
    "vcda_peer_password": "s3cret",
    "state_url": "s3://runs",
}


def test_options_of_disaster_recovery_reach_the_library_and_hide_their_secrets(monkeypatch, capsys, library):
    job = _runner.Job("ans.firewall", show=lambda data, params: {"seen": params["vcda_peer_password"]})
    status, result = module_run(monkeypatch, capsys, job, _arguments.dr_arguments(), OF_VCDA)
    assert status == 0
    assert {name: library.connected[name] for name in OF_VCDA} == OF_VCDA
    assert "s3cret" not in json.dumps(result)


def test_defaults_of_the_action_group_for_disaster_recovery_are_ignored_by_other_modules(monkeypatch, capsys, library):
    status, result = module_run(monkeypatch, capsys, READS, {}, OF_VCDA)
    assert (status, result["changed"]) == (0, False)
    assert set(library.connected) & set(OF_VCDA) == set()


def test_nested_lists_are_flattened(monkeypatch, capsys, library):
    words = {"type": "list", "elements": "str", "aliases": ["nets"]}
    rules = {"type": "list", "elements": "dict", "options": {"source": words}}

    def taken(params):
        return [params["rules"], params["source"]]

    job = _runner.Job("k", show=lambda after, params: {}, specs=taken, state=lambda params: "present")
    options = {"nets": [["a", ["b"]], "c"], "rules": [[{"source": [["d"], ["e"]]}], {"nets": "f"}]}
    status, result = module_run(monkeypatch, capsys, job, {"source": words, "rules": rules}, options)
    assert status == 0, result
    found, plain = library.ensured["specs"]
    assert (status, [rule["source"] for rule in found], plain) == (0, [["d", "e"], ["f"]], ["a", "b", "c"])


def test_run_fails_with_the_message_and_the_error_of_the_library(monkeypatch, capsys, library):
    library.error = RefusedError("name: is required")
    status, result = module_run(monkeypatch, capsys, WRITES, ARGUMENTS, {"name": "web"})
    assert status == 1
    assert (result["failed"], result["changed"], result["msg"]) == (
        True,
        False,
        "name: is required. Nothing was written.",
    )
    assert result["error"] == {"error": "Refused", "field": "name"}


def test_secrets_are_masked_in_every_part_of_the_result(monkeypatch, capsys, library):
    library.error = RefusedError("the server said: bad hunter22-key")
    options = {"name": "web", "password": "hunter22", "api_token": "t0k3n-a", "token": "t0k3n-b"}
    shown = json.dumps(module_run(monkeypatch, capsys, WRITES, ARGUMENTS, options)[1])
    assert [secret for secret in ("hunter22", "t0k3n-a", "t0k3n-b") if secret in shown] == []


def test_constraints_of_the_module_are_applied(monkeypatch, capsys, library):
    required = [("state", "absent", ["name"])]
    status, result = module_run(monkeypatch, capsys, WRITES, ARGUMENTS, {"state": "absent"}, required_if=required)
    assert status == 1
    assert "name" in result["msg"]
    assert library.connected is None


def test_a_missing_library_has_a_message_with_the_install_command(monkeypatch, capsys):
    monkeypatch.setattr(_runner, "vcloudair_core", None)
    monkeypatch.setattr(_runner, "LIBRARY_ERROR", "ModuleNotFoundError: vcloudair_core")
    status, result = module_run(monkeypatch, capsys, WRITES, ARGUMENTS, {"name": "web"})
    assert status == 1
    assert "vcloudair-core>=" + _runner.MINIMUM_LIBRARY in result["msg"]
    assert result["msg"].endswith(f"run: {sys.executable} -m pip install '.[cli]'")
    # Whether a user sees the traceback is for Ansible to decide.
    assert _runner.library_problem()["exception"] == "ModuleNotFoundError: vcloudair_core"


@pytest.mark.parametrize(
    ("version", "is_fine"),
    [("0.2.0", True), ("0.2.1.dev3", True), ("0.10.0", True), ("1.0", True), ("0.1.9", False), ("0.1.10rc1", False)],
)
def test_an_outdated_library_is_reported(monkeypatch, library, version, is_fine):
    monkeypatch.setattr(library, "__version__", version, raising=False)
    problem = _runner.library_problem()
    assert (problem is None) == is_fine
    if problem:
        assert version in problem["msg"]
        assert _runner.MINIMUM_LIBRARY in problem["msg"]


# -- arguments ---------------------------------------------------------------------------------------------------


def test_secrets_of_the_connection_are_never_logged():
    connection = {**_arguments.connection_arguments(), **_arguments.dr_arguments()}
    assert {name for name, spec in connection.items() if spec.get("no_log")} == {
        "password", "api_token", "token", "vcda_peer_password", "vcda_peer_token",
    }  # fmt: skip


def test_shared_options_have_no_defaults_that_hide_the_environment():
    arguments = {**_arguments.connection_arguments(), **_arguments.edge_arguments(), **_arguments.dr_arguments()}
    assert [name for name, spec in arguments.items() if "default" in spec or spec.get("required")] == []


@pytest.mark.parametrize(
    "make",
    [
        _arguments.connection_arguments,
        _arguments.edge_arguments,
        _arguments.dr_arguments,
        _section_arguments.firewall_arguments,
        _section_arguments.firewall_rule_arguments,
        _section_arguments.service_arguments,
    ],
)
def test_modules_share_no_mutable_arguments(make):
    first = make()
    for spec in first.values():
        spec["default"] = "spoilt"
    assert make() != first


RULES = {
    "firewall_rule": (_section_arguments.firewall_rule_arguments(), _section_arguments.FIREWALL_RULE_EXCLUSIVE),
    "nat_rule": (_section_arguments.nat_rule_arguments(), _section_arguments.NAT_RULE_EXCLUSIVE),
    "ipsec_tunnel": (_section_arguments.ipsec_tunnel_arguments(), _section_arguments.IPSEC_TUNNEL_EXCLUSIVE),
}


@pytest.mark.parametrize("name", RULES)
def test_names_and_aliases_are_unique(name):
    arguments = dict(_arguments.connection_arguments(), **_arguments.edge_arguments(), **RULES[name][0])
    names = [name for option, spec in arguments.items() for name in [option, *spec.get("aliases", [])]]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", RULES)
def test_options_that_exclude_each_other_exist(name):
    arguments, exclusive = RULES[name]
    assert [option for options in exclusive for option in options if option not in arguments] == []


@pytest.mark.parametrize("loads_in_another_way", [False, True])
def test_hidden_texts_are_masked_with_each_way_to_load_parameters(monkeypatch, capsys, library, loads_in_another_way):
    if loads_in_another_way:
        monkeypatch.delattr(_runner.AnsibleModule, "_load_params")
    library.error = RefusedError("the server said: bad hunter22-key")
    status, result = module_run(
        monkeypatch, capsys, WRITES, ARGUMENTS, {"name": "web"}, hide=lambda params: ["hunter22-key"]
    )
    assert (status, result["msg"]) == (1, "the server said: bad ********. Nothing was written.")
