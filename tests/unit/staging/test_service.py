"""Tests of staging: number of requests, commits, failures and discarding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from vcloudair_core import discard_stage, waiting_stages
from vcloudair_core.app import App
from vcloudair_core.client import Client
from vcloudair_core.errors import ConfigurationError, InvalidRequestError, PlanRejectedError, SpecError, StageError
from vcloudair_core.plugin.hooks import hookimpl
from vcloudair_core.services.ans.edge.interfaces import read_interfaces
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.edge.firewall_section import append
from vcloudair_core.staging.service import Staging
from vcloudair_core.staging.stage_file import StageFile
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock

CONFIG = "/firewall/config"
RULE = "ans.firewall_rule"


@pytest.fixture(params=["hybridity", "network_xml", "network_json"])
def client(request: pytest.FixtureRequest, vca_app: App, vca_simulator: Simulator, tmp_path: Path) -> Iterator[Client]:
    settings = {**simulator_settings(vca_simulator), "edge_api": request.param, "state_dir": str(tmp_path)}
    with vca_app.client(**settings) as opened:
        opened.session.clock = opened.session._pipeline.clock = FakeClock()
        yield opened


def names(simulator: Simulator) -> list[str]:
    return [rule["name"] for rule in next(iter(simulator.world.edges.values())).firewall["user"]]


def outside(simulator: Simulator, name: str) -> None:
    append(next(iter(simulator.world.edges.values())), [{"name": name, "action": "deny"}], None)


def edge_calls(journal: RequestView) -> list[str]:
    return [call.split()[0] for call in journal.calls if call.endswith(CONFIG)]


def stage_many(client: Client, count: int = 45) -> list[bool]:
    return [
        client.stage(RULE, {"name": f"rule {n}", "source": f"10.0.0.{n + 1}"}, stage_id="run").changed
        for n in range(count)
    ]


def test_45_staged_changes_cost_two_gets_and_one_put_then_one_get(
    client: Client, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    assert stage_many(client) == [True] * 45
    assert edge_calls(vca_request_log) == ["GET"]
    (outcome,) = client.commit_stage("run")
    assert outcome.changed
    assert outcome.plan.summary() == "45 to create"
    assert edge_calls(vca_request_log) == ["GET", "GET", "PUT", "GET"]
    assert names(vca_simulator) == [f"rule {n}" for n in range(45)]
    vca_request_log.clear()
    assert stage_many(client) == [False] * 45
    (outcome,) = client.commit_stage("run")
    assert not outcome.changed
    assert edge_calls(vca_request_log) == ["GET"]
    assert client.stages() == []


def test_edges_with_the_same_lock_are_staged_separately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = Simulator(SimulatorConfig(profile="all", edges=2))
    monkeypatch.setattr("vcloudair_core.services.ans.section.store.lock_path", lambda edge: "vdcGroup/of-both")
    edges = list(simulator.world.edges.values())
    with simulated_app(simulator).client(**simulator_settings(simulator), state_dir=str(tmp_path)) as client:
        for edge in edges:
            client.stage(RULE, {"name": f"of {edge.name}"}, stage_id="run", target={"edge": edge.name})
        assert [outcome.changed for outcome in client.commit_stage("run")] == [True, True]
    assert [[rule["name"] for rule in edge.firewall["user"]] for edge in edges] == [
        [f"of {edge.name}"] for edge in edges
    ]


def test_each_change_is_planned_on_top_of_earlier_ones(client: Client, vca_simulator: Simulator) -> None:
    client.stage(RULE, {"name": "a"}, stage_id="run")
    before = client.stage(RULE, {"name": "b", "before": "a"}, stage_id="run")
    update = client.stage(RULE, {"name": "a", "action": "deny"}, stage_id="run")
    assert (before.plan.counts()["create"], update.plan.counts()["update"]) == (1, 1)
    assert update.after[0]["action"] == "deny"
    assert not client.stage(RULE, {"name": "a", "action": "deny"}, stage_id="run").changed
    client.commit_stage("run")
    assert names(vca_simulator) == ["b", "a"]


def test_added_and_removed_rules_cause_no_write(client: Client, vca_request_log: RequestView) -> None:
    client.stage(RULE, {"name": "a"}, stage_id="run")
    assert client.stage(RULE, {"name": "a"}, stage_id="run", state="absent").changed
    (outcome,) = client.commit_stage("run")
    assert not outcome.changed
    assert edge_calls(vca_request_log) == ["GET"]


def test_a_rule_added_by_another_client_is_kept(
    client: Client, vca_simulator: Simulator, vca_request_log: RequestView
) -> None:
    client.stage(RULE, {"name": "ours"}, stage_id="run")
    outside(vca_simulator, "theirs")
    client.commit_stage("run")
    assert sorted(names(vca_simulator)) == ["ours", "theirs"]
    assert edge_calls(vca_request_log) == ["GET", "GET", "PUT", "GET"]


def test_a_write_with_a_lost_response_is_resolved_by_reading(client: Client, vca_simulator: Simulator) -> None:
    client.stage(RULE, {"name": "ours"}, stage_id="run")
    vca_simulator.faults.add("reset_after", method="PUT", path=CONFIG, count=1)
    (outcome,) = client.commit_stage("run")
    assert outcome.changed
    assert names(vca_simulator) == ["ours"]


def test_a_failed_commit_keeps_the_stage(client: Client, vca_simulator: Simulator) -> None:
    client.stage(RULE, {"name": "ours"}, stage_id="run")
    vca_simulator.faults.add("status", method="PUT", path=CONFIG, status=400, count=2)
    with pytest.raises(InvalidRequestError):
        client.commit_stage("run")
    assert [stage.as_dict()["waiting"] for stage in client.stages()] == [1]
    vca_simulator.faults.clear()
    client.commit_stage("run")
    assert names(vca_simulator) == ["ours"]
    assert client.stages() == []


def test_check_mode_uses_a_separate_stage_and_writes_nothing(client: Client, vca_request_log: RequestView) -> None:
    client.stage(RULE, {"name": "a"}, stage_id="run", check=True)
    second = client.stage(RULE, {"name": "b", "before": "a"}, stage_id="run", check=True)
    assert second.changed
    (outcome,) = client.commit_stage("run", check=True)
    assert outcome.plan.summary() == "2 to create"
    assert "PUT" not in edge_calls(vca_request_log)
    assert client.stages() == []
    assert client.commit_stage("run") == []


def test_an_uncommitted_stage_of_another_run_is_a_warning(client: Client) -> None:
    client.stage(RULE, {"name": "forgotten"}, stage_id="run-1")
    outcome = client.stage(RULE, {"name": "ours"}, stage_id="run-2")
    assert "run-1" in outcome.warnings[-1]
    assert "1 uncommitted change of" in outcome.warnings[-1]
    # The warning appears once per stage, in whatever process its tasks run.
    assert not any("run-1" in text for text in client.stage(RULE, {"name": "more"}, stage_id="run-2").warnings)
    client.stage(RULE, {"name": "predicted"}, stage_id="run-3", check=True)
    warnings = client.stage(RULE, {"name": "ours"}, stage_id="run-4").warnings
    assert ["1 uncommitted change of" in text for text in warnings if "Stage 'run-1'" in text] == [True]
    assert ["2 uncommitted changes of" in text for text in warnings if "Stage 'run-2'" in text] == [True]
    assert not any("run-3" in text for text in warnings), "a check-mode stage is never committed"
    assert client.discard_stage("run-1")
    assert not any("run-1" in text for text in client.stage(RULE, {"name": "ours"}, stage_id="run-5").warnings)
    assert not client.discard_stage("run-1")


def test_only_the_requested_edge_is_committed(client: Client, vca_simulator: Simulator) -> None:
    edge = str(client.settings.edge)
    client.stage(RULE, {"name": "ours"}, stage_id="run", target={"edge": edge})
    edge_id = next(iter(vca_simulator.world.edges.values())).edge_id
    assert len(client.commit_stage("run", target={"edge": edge_id})) == 1
    assert names(vca_simulator) == ["ours"]


def test_a_commit_looks_up_interface_names_again(client: Client) -> None:
    edge = client.service("ans").list_edges()[0]
    interface = read_interfaces(client.session, edge)[0]
    rule = {"action": "dnat", "original_address": "203.0.113.10", "translated_address": "10.0.0.10"}
    client.stage("ans.nat_rule", {**rule, "interface": interface.names[0]}, stage_id="run")
    outcome = client.commit_stage("run")[0]
    assert (outcome.changed, outcome.after[0][0]["vnic"]) == (True, interface.vnic)


def test_an_invalid_change_leaves_the_stage_unchanged(client: Client) -> None:
    client.stage(RULE, {"name": "ours"}, stage_id="run")
    with pytest.raises(SpecError):
        client.stage(RULE, {"name": "x", "source": "10.0.0.0/99"}, stage_id="run")
    assert [stage.count for stage in client.stages()] == [1]


def test_policies_check_every_change(client: Client, vca_app: App) -> None:
    class Policy:
        @hookimpl
        def vca_plan_ready(self, plan: object, settings: object) -> None:
            raise PlanRejectedError("not on my watch")

    vca_app.plugins.register(Policy(), "watch")
    with pytest.raises(PlanRejectedError, match="not on my watch"):
        client.stage(RULE, {"name": "ours"}, stage_id="run")
    assert client.stages() == []


def test_kinds_without_a_section_cannot_be_staged(client: Client) -> None:
    with pytest.raises(StageError, match="cannot be staged"):
        client.stage("ans.edge", {"firewall": {"enabled": True}}, stage_id="run")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "x" * 101])
def test_an_invalid_stage_name_is_an_error(client: Client, name: str) -> None:
    with pytest.raises(ConfigurationError, match="Invalid stage name"):
        client.stage(RULE, {"name": "ours"}, stage_id=name)


def test_a_damaged_stage_is_an_error_and_can_be_discarded(client: Client, tmp_path: Path) -> None:
    client.stage(RULE, {"name": "ours"}, stage_id="run")
    path = tmp_path / "stages" / "run.stage"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{", encoding="ascii")
    with pytest.raises(StageError, match="damaged"):
        client.commit_stage("run")
    assert StageFile(tmp_path / "stages", "run").discard()


def test_clouds_that_share_a_stage_commit_only_their_changes(tmp_path: Path) -> None:
    """Hosts of one play can use two clouds, and the edge gateways can have equal IDs."""
    with ExitStack() as stack:
        clouds = []
        for number in (1, 2):
            simulator = Simulator(SimulatorConfig(profile="vcd"))
            settings = {
                **simulator_settings(simulator),
                "state_dir": str(tmp_path),
                "url": f"https://cloud{number}.test",
            }
            clouds.append((simulator, stack.enter_context(simulated_app(simulator).client(**settings))))
        for number, (_, client) in enumerate(clouds, 1):
            assert client.stage(RULE, {"name": f"of cloud {number}"}, stage_id="run").changed
        for number, (simulator, client) in enumerate(clouds, 1):
            assert len(client.commit_stage("run")) == 1
            assert names(simulator) == [f"of cloud {number}"]
            assert client.commit_stage("run") == []


def test_discard_waits_for_a_commit(client: Client, vca_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    stage_many(client, 2)
    nat = {"action": "snat", "original_address": "10.9.9.9", "translated_address": "203.0.113.10"}
    client.stage("ans.nat_rule", nat, stage_id="run")
    dropped: list[bool] = []
    discarding = threading.Thread(target=lambda: dropped.append(client.discard_stage("run")))
    real = Staging._commit

    def commit(self: Staging, *arguments: Any) -> Any:
        if not discarding.ident:
            discarding.start()
        assert dropped == []
        return real(self, *arguments)

    monkeypatch.setattr(Staging, "_commit", commit)
    outcomes = client.commit_stage("run")
    discarding.join(60)
    assert [outcome.changed for outcome in outcomes] == [True, True]
    assert names(vca_simulator) == ["rule 0", "rule 1"]
    assert dropped == [False]


def test_discard_keeps_the_lock_file(tmp_path: Path) -> None:
    file = StageFile(tmp_path, "run")
    (tmp_path / "run.stage").write_text("{}")
    assert file.discard()
    assert (tmp_path / "run.lock").exists()


def test_discard_times_out_during_a_long_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcloudair_core.staging.stage_file._LOCK_TIMEOUT_S", 0.0)
    (tmp_path / "run.stage").write_text("{}")
    with StageFile(tmp_path, "run").committing():
        met: list[BaseException] = []

        def discard() -> None:
            try:
                StageFile(tmp_path, "run").discard()
            except StageError as exc:
                met.append(exc)

        other = threading.Thread(target=discard)
        other.start()
        other.join(60)
    assert "in use by another process" in str(met[0])
    assert (tmp_path / "run.stage").exists()


def test_the_check_mode_stage_can_be_discarded_alone(client: Client) -> None:
    client.stage(RULE, {"name": "a"}, stage_id="run")
    client.stage(RULE, {"name": "b"}, stage_id="run", check=True)
    assert [stage["stage_id"] for stage in waiting_stages(client.settings)] == ["run", "run.check"]
    assert discard_stage("run", client.settings, check=True)
    assert not discard_stage("run", client.settings, check=True)
    (stage,) = waiting_stages(client.settings)
    assert (stage["stage_id"], stage["waiting"], stage["sections"][0]["section"]) == ("run", 1, "firewall")
    assert discard_stage("run", client.settings)
    assert waiting_stages(client.settings) == []
