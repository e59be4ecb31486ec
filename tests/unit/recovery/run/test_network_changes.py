"""Edge gateways that a run switches over: switched back to what they held, by whatever way the run ends."""

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
from vcloudair_core.recovery.journal.run_journal import Journal, read_run, run_ids, runs_folder
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
THERE: dict[str, Any] = {
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
    """A cloud with an edge gateway that holds something, and a plan's folder."""

    def __init__(self, cloud: RecoveryCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        cloud.client.ensure(KIND, HOME, state="exact", target={"edge": EDGE})
        self.held()  # the simulator makes a section when it is first looked at
        self.document("there.yml", THERE)
        self.document("back.yml", HOME)

    def document(self, path: str, sections: dict[str, Any]) -> None:
        text = yaml.safe_dump({"edge": EDGE, **sections}, sort_keys=False)
        (self.folder / path).write_text(text, encoding="utf-8")

    def held(self) -> dict[str, Any]:
        """Return the sections as an edge document has them."""
        held = self.cloud.client.read(KIND, {"edge": EDGE})
        return {section: held[section] for section in ("firewall", "nat", "ipsec")}

    def stored(self) -> dict[str, Any]:
        """Return the sections in the simulator, without values that each write changes.

        These are versions, and IDs of system rules.
        """
        (edge,) = self.cloud.simulator.world.edges.values()
        sections = copy.deepcopy({"firewall": edge.firewall, **edge.sections})
        for section in sections.values():
            for word in ("version", "internal", "next_id"):
                section.pop(word, None)
        return sections

    def plan(self, *more: Step, back: str = "", **words: Any) -> RecoveryPlan:
        """The edge is switched before the second group."""
        switch = Step("to the recovered ones", NetworkChange("there.yml", back))
        groups = (
            Group("database", (PlannedVm(name(1)),)),
            Group("web", (PlannedVm(name(2)),), depends_on=("database",), before=(switch, *more)),
        )
        return RecoveryPlan("payroll", groups, path=str(self.folder / "plan.yml"), **words)

    def run(self, action: str, plan: RecoveryPlan, **options: Any) -> RunReport:
        return start(self.cloud.client, plan, action, RunOptions(**options))

    def puts(self) -> int:
        return sum(
            one.method == "PUT" and one.path.endswith("/config") for one in self.cloud.simulator.request_log.entries()
        )


Make = Callable[..., Network]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda **config: Network(stack.enter_context(recovery_cloud(tmp_path, 2, **config)), tmp_path)


def translated(network: Network) -> str:
    return str(network.held()["nat"]["rules"][0]["translated_address"])


def rule_ids(network: Network) -> dict[str, int]:
    """Rules of the firewall in their order, those of the system left out."""
    return {one["name"]: one["ruleId"] for one in network.stored()["firewall"]["user"]}


def meaning(network: Network) -> Any:
    """Return the stored network without the IDs and tags that the server assigns."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items() if key not in ("ruleId", "ruleTag")}
        return [without(item) for item in value] if isinstance(value, list) else value

    return without(network.stored())


def steps(network: Network, phase: str) -> list[tuple[str, str]]:
    """Network steps of the newest run that are over."""
    return [
        (one["step"], one["verdict"])
        for one in read_run(network.cloud.client.settings)
        if one["event"] == "step_finished" and one["phase"] == phase and one["kind"] == "network"
    ]


BACK = "to the recovered ones (back)"


# -- there and back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("back", ["", "back.yml"])
def test_a_test_switches_over_and_its_clean_up_switches_back(make: Make, back: str) -> None:
    network = make()
    before, ids = meaning(network), rule_ids(network)
    plan = network.plan(back=back)
    tested = network.run("test", plan)
    assert tested.verdict == "succeeded", tested.failures
    assert translated(network) == "10.0.0.5"
    assert list(rule_ids(network)) == ["https", "recovered"]
    assert rule_ids(network)["https"] == ids["https"], "what both have is the same rule, not one like it"
    cleaned = network.run("cleanup", plan)
    assert cleaned.verdict == "succeeded", cleaned.failures
    assert steps(network, "before") == [(BACK, "succeeded")]
    assert meaning(network) == before
    assert list(rule_ids(network)) == list(ids)
    assert rule_ids(network)["https"] == ids["https"]


def test_sections_that_the_document_does_not_name_are_left_alone(make: Make) -> None:
    network = make()
    network.document("there.yml", {"nat": THERE["nat"]})
    firewall = network.stored()["firewall"]
    plan = network.plan()
    network.run("test", plan)
    somebody = {"name": "by hand", "source": "internal", "destination": "any", "protocol": "icmp"}
    network.cloud.client.ensure("ans.firewall_rule", [somebody], target={"edge": EDGE})
    network.run("cleanup", plan)
    assert translated(network) == "192.168.10.5"
    assert [one["name"] for one in network.stored()["firewall"]["user"]] == ["https", "ssh", "by hand"]
    assert network.stored()["firewall"]["user"][:2] == firewall["user"]


def test_a_clean_up_that_is_run_again_undoes_nothing_that_came_later(make: Make) -> None:
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


def test_two_tests_and_one_clean_up_lead_to_where_it_began(make: Make) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    assert [network.run("test", plan).verdict for _ in range(2)] == ["succeeded", "succeeded"]
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_after_a_failover_nothing_is_switched_back(make: Make) -> None:
    network = make()
    plan = network.plan()
    network.run("test", plan)
    # Somebody cleans the VMs up by their names: that leaves the network of the plan alone.
    start(network.cloud.client, replace(plan, name="", groups=_without_steps(plan)), "cleanup")
    assert translated(network) == "10.0.0.5"
    assert network.run("failover", plan).verdict == "succeeded"
    network.run("cleanup", plan)
    assert translated(network) == "10.0.0.5"


def _without_steps(plan: RecoveryPlan) -> tuple[Group, ...]:
    return tuple(replace(group, before=(), after=()) for group in plan.groups)


def test_steps_of_one_name_are_told_apart(make: Make) -> None:
    network = make()
    before = meaning(network)
    third = {"nat": {"rules": [{**HOME["nat"]["rules"][0], "translated_address": "10.0.0.99"}]}}
    network.document("wrong.yml", third)
    network.document("first.yml", {"firewall": THERE["firewall"]})
    network.document("second.yml", {"nat": THERE["nat"]})
    groups = (
        Group("a", (PlannedVm(name(1)),), before=(Step("switch", NetworkChange("first.yml")),)),
        Group(
            "b", (PlannedVm(name(2)),), before=(Step("switch", NetworkChange("second.yml", "wrong.yml")),), priority=2
        ),
    )
    plan = RecoveryPlan("payroll", groups, path=str(network.folder / "plan.yml"))
    network.run("test", plan)
    network.run("cleanup", plan)
    assert translated(network) == "10.0.0.99", "the second goes where it says"
    assert meaning(network)["firewall"] == before["firewall"], "and the first to where it came from"


def test_the_file_of_a_step_is_no_other_steps(tmp_path: Path) -> None:
    keys = ["a/b/before/0", "a-b/before/0", "a b/before/0", "./before/0", "before/before/0", "ä/before/0", "x" * 900]
    files = {saved_file(tmp_path, key) for key in keys}
    assert len(files) == len(keys)
    assert all(file.parent == tmp_path and len(file.name.encode()) < 255 for file in files)


# -- when something goes wrong -------------------------------------------------------------------------------------


def test_a_roll_back_switches_back_too_and_a_clean_up_after_it_has_nothing_to_do(make: Make) -> None:
    network = make()
    before = meaning(network)
    network.cloud.replication(2).trouble = "error"
    plan = network.plan(on_error="roll_back")
    report = network.run("test", plan)
    assert report.verdict == "failed"
    assert steps(network, "back") == [(BACK, "succeeded")]
    assert meaning(network) == before
    assert {one.test_state for one in network.cloud.simulator.world.replications.values()} == {"none"}
    puts = network.puts()
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert network.puts() == puts


def test_a_switch_that_failed_half_way_is_taken_back(make: Make) -> None:
    network = make()
    before = meaning(network)
    network.cloud.simulator.faults.add("status", method="PUT", path="/nat/config", status=403, count=1)
    plan = network.plan()
    report = network.run("test", plan)
    assert report.verdict == "failed"
    assert [one.name for one in report.failures] == ["to the recovered ones", name(2)]
    assert list(rule_ids(network)) == ["https", "recovered"], "its firewall came first"
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_a_switch_back_that_failed_is_told_and_done_by_the_next_clean_up(make: Make) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    network.run("test", plan)
    network.cloud.simulator.faults.add("status", method="PUT", path="/firewall/config", status=403, count=1)
    report = network.run("cleanup", replace(plan, on_error="continue"))
    assert report.verdict == "failed"
    assert [one.name for one in report.failures] == [BACK]
    assert {one.test_state for one in network.cloud.simulator.world.replications.values()} == {"none"}
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


class Died(BaseException):
    """As if the process had been killed: nothing is written any more."""


def _die_at(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    whole = Journal.append

    def dying(self: Journal, event: str, **words: Any) -> Any:
        if event == wanted and words.get("kind") == "network":
            monkeypatch.setattr(Journal, "append", whole)
            raise Died
        return whole(self, event, **words)

    monkeypatch.setattr(Journal, "append", dying)


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_run_that_died_in_the_middle_of_a_switch_keeps_what_was_there(
    make: Make, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make()
    before = meaning(network)
    plan = network.plan()
    _die_at(monkeypatch, "step_finished")
    with pytest.raises(Died):
        network.run("test", plan)
    assert translated(network) == "10.0.0.5", "it had done its work, and nobody wrote it down"
    (kept,) = _folder(network).glob("*.edge.json")
    text = kept.read_text(encoding="utf-8")
    if goes_on:
        assert resume(network.cloud.client).verdict == "succeeded"
        assert kept.read_text(encoding="utf-8") == text
    assert network.run("cleanup", plan).verdict == "succeeded"
    assert meaning(network) == before


def test_a_roll_back_that_was_cut_off_is_gone_on_with(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    network = make()
    before = meaning(network)
    network.cloud.replication(2).trouble = "error"
    whole = Journal.append

    def dying(self: Journal, event: str, **words: Any) -> Any:
        if event == "step_finished" and words["phase"] == "back":
            monkeypatch.setattr(Journal, "append", whole)
            raise Died
        return whole(self, event, **words)

    monkeypatch.setattr(Journal, "append", dying)
    with pytest.raises(Died):
        network.run("test", network.plan(on_error="roll_back"))
    report = resume(network.cloud.client)
    assert report.verdict == "failed"
    assert report.rollback is not None and report.rollback.verdict == "succeeded"
    assert meaning(network) == before


def test_a_run_is_gone_on_with_from_any_folder(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def test_a_key_gets_into_no_file_of_the_run(make: Make) -> None:
    network = make()
    tunnel = {
        "name": "branch", "local_id": "203.0.113.5", "local_ip": "203.0.113.5", "peer_id": "198.51.100.7",
        "peer_ip": "198.51.100.7", "local_subnets": ["192.168.10.0/24"], "peer_subnets": ["10.1.0.0/16"], "psk": KEY,
    }  # fmt: skip
    network.cloud.client.ensure(
        KIND, {"ipsec": {"enabled": True, "tunnels": [tunnel]}}, state="exact", target={"edge": EDGE}
    )
    before = meaning(network)
    moved = {**tunnel, "peer_subnets": ["10.2.0.0/16"], "psk": f"{KEY}-there"}
    network.document("there.yml", {"ipsec": {"enabled": True, "tunnels": [moved]}})
    report = network.run("test", network.plan())
    assert report.verdict == "succeeded", report.failures
    files = [path for path in _folder(network).iterdir() if path.is_file()]
    assert any(path.name.endswith(".edge.json") and b"branch" in path.read_bytes() for path in files)
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in json.dumps(report.as_dict(), default=str)
    assert network.run("cleanup", network.plan()).verdict == "succeeded"
    after = meaning(network)
    assert after["ipsec"]["sites"][0].pop("psk") == f"{KEY}-there", "no server shows a key, so it cannot be put back"
    before["ipsec"]["sites"][0].pop("psk")
    assert after == before


def _folder(network: Network) -> Path:
    settings = network.cloud.client.settings
    return runs_folder(settings) / run_ids(settings)[-1]
