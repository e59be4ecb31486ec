"""Tests of the network changes that a run makes and later reverts."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.recovery.journal.run_folders import read_run, run_ids, runs_folder
from vcloudair_core.recovery.journal.run_journal import Journal
from vcloudair_core.recovery.plan.model import Group, NetworkChange, PlannedVm, RecoveryPlan, Step
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.network_changes import KIND, saved_file
from vcloudair_core.recovery.run.runner import RunOptions, resume, start
from vcloudair_core.services.dr.operation_options import Stop

EDGE = "org1-vdc1-edge1"
KEY = "a-key-of-the-tests-0815"

HOME: dict[str, Any] = {
    "firewall": {
        "rules": [
            {"name": "https", "source": "any", "destination": "192.0.2.10", "protocol": "tcp", "dest_port": "443"},
            {"name": "ssh", "source": "192.0.2.0/24", "destination": "any", "protocol": "tcp", "dest_port": "22"},
        ]
    },
    "nat": {
        "rules": [
            {
                "action": "dnat", "vnic": 0, "original_address": "203.0.113.10", "translated_address": "192.168.10.5",
                "description": "web",
            }
        ]
    },
}  # fmt: skip
RECOVERED: dict[str, Any] = {
    "firewall": {
        "rules": [
            {"name": "https", "source": "any", "destination": "192.0.2.10", "protocol": "tcp", "dest_port": "443"},
            {"name": "recovered", "source": "any", "destination": "10.0.0.5", "protocol": "tcp", "dest_port": "443"},
        ]
    },
    "nat": {
        "rules": [
            {
                "action": "dnat", "vnic": 0, "original_address": "203.0.113.10", "translated_address": "10.0.0.5",
                "description": "web",
            }
        ]
    },
}  # fmt: skip


class Network:
    """A cloud with a configured edge gateway, and the folder of a plan."""

    def __init__(self, cloud: RecoveryCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        cloud.client.ensure(KIND, HOME, state="exact", target={"edge": EDGE})
        self.sections()  # the simulator creates a section at its first read
        self.document("recovered.yml", RECOVERED)
        self.document("home.yml", HOME)

    def document(self, path: str, sections: dict[str, Any]) -> None:
        text = yaml.safe_dump({"edge": EDGE, **sections}, sort_keys=False)
        (self.folder / path).write_text(text, encoding="utf-8")

    def sections(self) -> dict[str, Any]:
        """Return the sections as in an edge document."""
        document = self.cloud.client.read(KIND, {"edge": EDGE})
        return {section: document[section] for section in ("firewall", "nat", "ipsec")}

    def stored(self) -> dict[str, Any]:
        """Return the sections in the simulator without values that each write changes.

        These values are versions and IDs of system rules.
        """
        (edge,) = self.cloud.simulator.world.edges.values()
        sections = copy.deepcopy({"firewall": edge.firewall, **edge.sections})
        for section in sections.values():
            for key in ("version", "internal", "next_id"):
                section.pop(key, None)
        return sections

    def plan(self, *more: Step, rollback: str = "", **fields: Any) -> RecoveryPlan:
        """Return a plan with a network change before its second group."""
        change = Step("to recovered VMs", NetworkChange("recovered.yml", rollback))
        groups = (
            Group("database", (PlannedVm(name(1)),)),
            Group("web", (PlannedVm(name(2)),), depends_on=("database",), before=(change, *more)),
        )
        return RecoveryPlan("payroll", groups, path=str(self.folder / "plan.yml"), **fields)

    def run(self, action: str, plan: RecoveryPlan, **options: Any) -> RunReport:
        return start(self.cloud.client, plan, action, RunOptions(**options))

    def puts(self) -> int:
        return sum(
            request.method == "PUT" and request.path.endswith("/config")
            for request in self.cloud.simulator.request_log.entries()
        )


Make = Callable[..., Network]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda **config: Network(stack.enter_context(recovery_cloud(tmp_path, 2, **config)), tmp_path)


def translated(network: Network) -> str:
    return str(network.sections()["nat"]["rules"][0]["translated_address"])


def rule_ids(network: Network) -> dict[str, int]:
    """Return the IDs of the user-defined firewall rules by name, in order."""
    return {rule["name"]: rule["ruleId"] for rule in network.stored()["firewall"]["user"]}


def meaning(network: Network) -> Any:
    """Return the stored sections without the IDs and tags that the server assigns."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in ("ruleId", "ruleTag")}
        return [without(item) for item in value] if isinstance(value, list) else value

    return without(network.stored())


def steps(network: Network, phase: str) -> list[tuple[str, str]]:
    """Return (step, verdict) of each finished network step in a phase."""
    return [
        (event["step"], event["verdict"])
        for event in read_run(network.cloud.client.settings)
        if event["event"] == "step_finished" and event["phase"] == phase and event["kind"] == "network"
    ]


RESTORE = "to recovered VMs (rollback)"


# -- cleanup -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rollback", ["", "home.yml"])
def test_a_test_changes_the_edge_and_its_cleanup_restores_it(make: Make, rollback: str) -> None:
    network = make()
    before, ids = meaning(network), rule_ids(network)
    plan = network.plan(rollback=rollback)
    tested = network.run("test", plan)
    assert tested.verdict == "succeeded", tested.failures
    assert translated(network) == "10.0.0.5"
    assert list(rule_ids(network)) == ["https", "recovered"]
    assert rule_ids(network)["https"] == ids["https"], "a rule of both configurations keeps its id"
    cleaned = network.run("cleanup", plan)
    assert cleaned.verdict == "succeeded", cleaned.failures
    assert steps(network, "before") == [(RESTORE, "succeeded")]
    assert meaning(network) == before
    assert list(rule_ids(network)) == list(ids)
    assert rule_ids(network)["https"] == ids["https"]


def test_sections_that_the_document_does_not_name_are_left_alone(make: Make) -> None:
    network = make()
    network.document("recovered.yml", {"nat": RECOVERED["nat"]})
    firewall = network.stored()["firewall"]
    plan = network.plan()
    network.run("test", plan)
    rule_of_user = {"name": "ping", "source": "internal", "destination": "any", "protocol": "icmp"}
    network.cloud.client.ensure("ans.firewall_rule", [rule_of_user], target={"edge": EDGE})
    network.run("cleanup", plan)
    assert translated(network) == "192.168.10.5"
    assert [rule["name"] for rule in network.stored()["firewall"]["user"]] == ["https", "ssh", "ping"]
    assert network.stored()["firewall"]["user"][:2] == firewall["user"]


def test_a_repeated_cleanup_keeps_later_changes(make: Make) -> None:
    network = make()
    plan = network.plan()
    network.run("test", plan)
    network.run("cleanup", plan)
    moved = {"nat": {"rules": [{**HOME["nat"]["rules"][0], "translated_address": "192.168.10.77"}]}}
    network.cloud.client.ensure(KIND, moved, state="exact", target={"edge": EDGE})
    puts = network.puts()
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert (translated(network), network.puts()) == ("192.168.10.77", puts)
    assert steps(network, "before") == []


def test_one_cleanup_undoes_two_tests(make: Make) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    assert [network.run("test", plan).verdict for _ in range(2)] == ["succeeded", "succeeded"]
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_after_a_failover_the_network_is_not_restored(make: Make) -> None:
    network = make()
    plan = network.plan()
    network.run("test", plan)
    # A cleanup of VMs by name, without the plan, does not change the network.
    start(network.cloud.client, replace(plan, name="", groups=_without_steps(plan)), "cleanup")
    assert translated(network) == "10.0.0.5"
    assert network.run("failover", plan).verdict == "succeeded"
    network.run("cleanup", plan)
    assert translated(network) == "10.0.0.5"


def _without_steps(plan: RecoveryPlan) -> tuple[Group, ...]:
    return tuple(replace(group, before=(), after=()) for group in plan.groups)


def test_steps_with_the_same_name_are_distinguished(make: Make) -> None:
    network = make()
    before = meaning(network)
    third = {"nat": {"rules": [{**HOME["nat"]["rules"][0], "translated_address": "10.0.0.99"}]}}
    network.document("wrong.yml", third)
    network.document("first.yml", {"firewall": RECOVERED["firewall"]})
    network.document("second.yml", {"nat": RECOVERED["nat"]})
    groups = (
        Group("a", (PlannedVm(name(1)),), before=(Step("switch", NetworkChange("first.yml")),)),
        Group(
            "b", (PlannedVm(name(2)),), before=(Step("switch", NetworkChange("second.yml", "wrong.yml")),), priority=2
        ),
    )
    plan = RecoveryPlan("payroll", groups, path=str(network.folder / "plan.yml"))
    network.run("test", plan)
    network.run("cleanup", plan)
    assert translated(network) == "10.0.0.99", "the second restores its own document"
    assert meaning(network)["firewall"] == before["firewall"], "and the first the saved configuration"


def test_each_step_has_its_own_file(tmp_path: Path) -> None:
    keys = ["a/b/before/0", "a-b/before/0", "a b/before/0", "./before/0", "before/before/0", "ä/before/0", "x" * 900]
    files = {saved_file(tmp_path, key) for key in keys}
    assert len(files) == len(keys)
    assert all(file.parent == tmp_path and len(file.name.encode()) < 255 for file in files)


# -- failures ------------------------------------------------------------------------------------------------------


def test_a_rollback_restores_the_network_and_a_later_cleanup_changes_nothing(make: Make) -> None:
    network = make()
    before = meaning(network)
    network.cloud.replication(2).trouble = "error"
    plan = network.plan(on_error="roll_back")
    report = network.run("test", plan)
    assert report.verdict == "failed"
    assert steps(network, "rollback") == [(RESTORE, "succeeded")]
    assert meaning(network) == before
    assert {replication.test_state for replication in network.cloud.simulator.world.replications.values()} == {"none"}
    puts = network.puts()
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert network.puts() == puts


def test_a_partly_failed_network_change_is_undone(make: Make) -> None:
    network = make()
    before = meaning(network)
    network.cloud.simulator.faults.add("status", method="PUT", path="/nat/config", status=403, count=1)
    plan = network.plan()
    report = network.run("test", plan)
    assert report.verdict == "failed"
    assert [failure.name for failure in report.failures] == ["to recovered VMs", name(2)]
    assert list(rule_ids(network)) == ["https", "recovered"], "the firewall was written first"
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_a_failed_restore_is_reported_and_repeated_by_the_next_cleanup(make: Make) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    network.run("test", plan)
    network.cloud.simulator.faults.add("status", method="PUT", path="/firewall/config", status=403, count=1)
    report = network.run("cleanup", replace(plan, on_error="continue"))
    assert report.verdict == "failed"
    assert [failure.name for failure in report.failures] == [RESTORE]
    assert {replication.test_state for replication in network.cloud.simulator.world.replications.values()} == {"none"}
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


class Died(BaseException):
    """Raised to simulate a killed process, which writes nothing more."""


def _die_at(monkeypatch: pytest.MonkeyPatch, event_name: str) -> None:
    real_append = Journal.append

    def dying(self: Journal, event: str, **fields: Any) -> Any:
        if event == event_name and fields.get("kind") == "network":
            monkeypatch.setattr(Journal, "append", real_append)
            raise Died
        return real_append(self, event, **fields)

    monkeypatch.setattr(Journal, "append", dying)


@pytest.mark.parametrize("is_resumed", [True, False])
def test_the_saved_configuration_survives_a_run_that_died_during_the_change(
    make: Make, is_resumed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    _die_at(monkeypatch, "step_finished")
    with pytest.raises(Died):
        network.run("test", plan)
    assert translated(network) == "10.0.0.5", "the change was made but not recorded"
    (saved,) = _folder(network).glob("*.edge.json")
    text = saved.read_text(encoding="utf-8")
    if is_resumed:
        assert resume(network.cloud.client).verdict == "succeeded"
        assert saved.read_text(encoding="utf-8") == text
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_an_interrupted_rollback_is_resumed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    network = make()
    before = meaning(network)
    network.cloud.replication(2).trouble = "error"
    real_append = Journal.append

    def dying(self: Journal, event: str, **fields: Any) -> Any:
        if event == "step_finished" and fields["phase"] == "rollback":
            monkeypatch.setattr(Journal, "append", real_append)
            raise Died
        return real_append(self, event, **fields)

    monkeypatch.setattr(Journal, "append", dying)
    with pytest.raises(Died):
        network.run("test", network.plan(on_error="roll_back"))
    report = resume(network.cloud.client)
    assert report.verdict == "failed"
    assert report.rollback is not None and report.rollback.verdict == "succeeded"
    assert meaning(network) == before


def test_a_run_can_be_resumed_from_any_folder(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    network = make()
    monkeypatch.chdir(network.folder)
    stop = Stop()

    def watch(event: Any) -> None:
        if event["event"] == "vm_started":
            stop.request("Ctrl-C")

    plan = replace(network.plan(), path="plan.yml")
    assert network.run("test", plan, observers=(watch,), stop=stop).verdict == "interrupted"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(network.cloud.client).verdict == "succeeded"
    assert translated(network) == "10.0.0.5"


# -- secrets -------------------------------------------------------------------------------------------------------


def test_no_file_of_the_run_has_a_pre_shared_key(make: Make) -> None:
    network = make()
    tunnel = {
        "name": "branch", "local_id": "203.0.113.5", "local_ip": "203.0.113.5", "peer_id": "198.51.100.7",
        "peer_ip": "198.51.100.7", "local_subnets": ["192.168.10.0/24"], "peer_subnets": ["10.1.0.0/16"], "psk": KEY,
    }  # fmt: skip
    network.cloud.client.ensure(
        KIND, {"ipsec": {"enabled": True, "tunnels": [tunnel]}}, state="exact", target={"edge": EDGE}
    )
    before = meaning(network)
    moved = {**tunnel, "peer_subnets": ["10.2.0.0/16"], "psk": f"{KEY}-recovered"}
    network.document("recovered.yml", {"ipsec": {"enabled": True, "tunnels": [moved]}})
    report = network.run("test", network.plan())
    assert report.verdict == "succeeded", report.failures
    files = [path for path in _folder(network).iterdir() if path.is_file()]
    assert any(path.name.endswith(".edge.json") and b"branch" in path.read_bytes() for path in files)
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in json.dumps(report.as_dict(), default=str)
    assert network.run("cleanup", network.plan()).verdict == "succeeded"
    after = meaning(network)
    assert after["ipsec"]["sites"][0].pop("psk") == f"{KEY}-recovered", (
        "the server does not return keys, so a restore cannot set them"
    )
    before["ipsec"]["sites"][0].pop("psk")
    assert after == before


def _folder(network: Network) -> Path:
    settings = network.cloud.client.settings
    return runs_folder(settings) / run_ids(settings)[-1]
