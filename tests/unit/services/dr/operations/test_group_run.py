"""Tests of the verdicts of actions, and of the requests that were sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vcloudair_core.client import Client
from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, SpecError
from vcloudair_core.services.dr.model import Result
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.service import RecoveryService
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock


class LinkedClock(FakeClock):
    """A clock whose sleeps also advance the clock of the simulator."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self._simulator = simulator

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._simulator.clock.advance(seconds)


class Cloud:
    """A simulated cloud with replications, and its service ``dr``."""

    def __init__(self, client: Client, simulator: Simulator) -> None:
        self.client, self.simulator = client, simulator
        self.service: RecoveryService = client.dr

    def replication(self, number: int = 1) -> SimulatedReplication:
        return next(
            replication
            for replication in self.simulator.world.replications.values()
            if replication.name == f"replicated-{number:04}"
        )

    def act(self, action: str, names: list[str] | None = None, **options: Any) -> list[Result]:
        return self.service.act(action, names, options=OperationOptions(**options))

    def posts(self) -> list[str]:
        return [entry.path for entry in self.simulator.request_log.entries() if "/action/" in entry.path]


@pytest.fixture
def make() -> Iterator[Callable[..., Cloud]]:
    opened: list[Client] = []

    def make_cloud(count: int = 1, **config: Any) -> Cloud:
        simulator = Simulator(SimulatorConfig(**{"profile": "vcd", "replications": count, **config}))
        client = simulated_app(simulator).client(**simulator_settings(simulator))
        client.session.clock = client.session._pipeline.clock = LinkedClock(simulator)
        client.session.login()
        simulator.request_log.clear()
        opened.append(client)
        return Cloud(client, simulator)

    yield make_cloud
    for client in opened:
        client.close()


Make = Callable[..., Cloud]


@pytest.mark.parametrize("word", ["complete", "ok"])
@pytest.mark.parametrize("power_on", [True, False])
@pytest.mark.parametrize("action", ["test", "failover"])
def test_actions_succeed_and_a_second_run_sends_nothing(make: Make, action: str, power_on: bool, word: str) -> None:
    cloud = make(3, recovery_done_word=word)
    results = cloud.act(action, power_on=power_on)
    assert [(result.verdict, result.changed) for result in results] == [("succeeded", True)] * 3
    vms = [vm for vm in cloud.simulator.world.vms.values() if vm.name.startswith("replicated")]
    assert {vm.status for vm in vms} == {"POWERED_ON" if power_on else "POWERED_OFF"}
    assert len(cloud.posts()) == 3
    again = cloud.act(action, power_on=power_on)
    assert [(result.verdict, result.changed) for result in again] == [("unchanged", False)] * 3
    assert len(cloud.posts()) == 3


def test_a_test_is_cleaned_up(make: Make) -> None:
    cloud = make(2)
    before = len(cloud.simulator.world.vms)
    cloud.act("test")
    assert len(cloud.simulator.world.vms) == before + 2
    assert [result.verdict for result in cloud.act("cleanup")] == ["succeeded", "succeeded"]
    assert len(cloud.simulator.world.vms) == before
    assert [result.verdict for result in cloud.act("cleanup")] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("action", ["test", "failover"])
@pytest.mark.parametrize(
    ("trouble", "verdict", "reason"),
    [
        ("error", "failed", "RecoveryFault"),
        ("abort", "failed", "aborted"),
        ("cancel", "failed", "canceled"),
        ("hang", "failed", "nothing changed for 60"),
        ("progress-100", "succeeded", ""),
        ("lie", "failed", "the task succeeded, but the check after 300 s"),
        ("no-vm", "failed", "no VM 'replicated-0001' exists"),
        ("vanish", "succeeded", ""),
        ("gone", "failed", "the replication can no longer be read"),
    ],
)
def test_verdicts_of_failures(make: Make, action: str, trouble: str, verdict: str, reason: str) -> None:
    cloud = make(2)
    cloud.replication().trouble = trouble
    first, second = cloud.act(action)
    assert first.verdict == verdict, first
    assert reason in first.reason
    assert (first.hint != "") == (verdict == "failed")
    assert second.verdict == "succeeded"  # a failure does not affect other VMs
    assert len(cloud.posts()) == 2


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "half_body"])
def test_a_lost_response_is_resolved_by_polling(make: Make, kind: str) -> None:
    cloud = make(1)
    cloud.simulator.faults.add(kind, method="POST", path="/api/vr/replications/", count=1)
    (result,) = cloud.act("failover")
    assert result.verdict == "succeeded"
    assert len(cloud.posts()) == 1


@pytest.mark.parametrize("again", ["fail", "start"])
def test_an_action_that_may_have_started_is_unknown_until_the_user_decides(make: Make, again: str) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("status", method="POST", path="/api/vr/replications/", status=500, count=1)
    (result,) = cloud.act("failover")
    assert (result.verdict, result.is_failed, result.changed) == ("unknown", True, False)
    assert "shows whether the server started the action" in result.reason
    assert "nothing was started" not in f"{result.reason} {result.hint}".lower()
    assert "--start-again replicated-0001" in result.hint
    (second,) = cloud.act("failover", on_unknown=again)
    assert second.verdict == {"fail": "unknown", "start": "succeeded"}[again]
    assert len(cloud.posts()) == {"fail": 1, "start": 2}[again]


def test_a_failed_poll_does_not_fail_the_action(make: Make) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("status", method="GET", path="/api/task/", status=503, count=2)
    (result,) = cloud.act("test")
    assert result.verdict == "succeeded"


def test_the_session_can_end_during_an_action(make: Make) -> None:
    cloud = make(1, dr_task_s=7200)
    (result,) = cloud.act("failover", stuck_after=20000)
    assert result.verdict == "succeeded"
    assert len(cloud.posts()) == 1


def test_an_action_in_progress_is_awaited_and_not_started_again(make: Make) -> None:
    cloud = make(1, dr_task_s=60)
    (early,) = cloud.act("failover", vm_timeout=5)
    assert early.verdict == "failed"
    assert "Run the same action again" in early.hint
    (late,) = cloud.act("failover")
    assert late.verdict == "succeeded"
    assert len(cloud.posts()) == 1


def test_many_tasks_are_read_in_one_request(make: Make) -> None:
    cloud = make(40, dr_task_s=60)
    assert {result.verdict for result in cloud.act("failover", max_concurrent=20)} == {"succeeded"}
    paths = [entry.path for entry in cloud.simulator.request_log.entries()]
    single = [path for path in paths if "/api/task/" in path]
    assert single == []
    list_reads = len([path for path in paths if "tasksList" in path])
    assert list_reads < 60, list_reads
    queries = [path for path in paths if "/api/query" in path]
    assert len(queries) < 20, queries  # VMs are read in one request too
    begun = sorted(task.started for task in cloud.simulator.tasks.of("org1") if task.operation_name == "vrFailover")
    assert len(begun) == 40
    for start in begun:
        assert len([other for other in begun if other <= start < other + 60]) <= 20


def test_on_error_stop_skips_the_other_vms(make: Make) -> None:
    cloud = make(3)
    cloud.replication(1).trouble = "error"
    results = cloud.act("failover", max_concurrent=1, on_error="stop")
    assert [result.verdict for result in results] == ["failed", "skipped", "skipped"]
    assert all(result.is_failed for result in results)
    assert len(cloud.posts()) == 1


def test_a_failover_of_a_tested_vm_fails_with_the_hint_to_clean_up(make: Make) -> None:
    cloud = make(1)
    cloud.act("test")
    (result,) = cloud.act("failover")
    assert (result.verdict, result.hint) == ("failed", "Clean up the test first.")
    assert len(cloud.posts()) == 1


def test_a_dry_run_starts_nothing(make: Make) -> None:
    cloud = make(2)
    cloud.act("test", ["replicated-0001"])
    results = cloud.service.act("test", dry_run=True)
    assert [result.verdict for result in results] == ["unchanged", "planned"]
    assert len(cloud.posts()) == 1


def test_vms_are_selected_by_name_or_id_and_each_only_once(make: Make) -> None:
    cloud = make(3)
    identifier = cloud.replication(2).replication_id[-36:]
    results = cloud.act("test", ["replicated-0001", identifier, "replicated-0002"])
    assert [result.name for result in results] == ["replicated-0001", "replicated-0002"]


def test_an_empty_selection_selects_nothing(make: Make) -> None:
    cloud = make(2)
    assert cloud.act("failover", []) == []
    assert cloud.service.replications([]) == []
    assert cloud.simulator.request_log.entries() == []


def test_invalid_input_starts_nothing(make: Make) -> None:
    cloud = make(2)
    with pytest.raises(SpecError, match="action"):
        cloud.act("failback")
    with pytest.raises(SpecError, match="max_concurrent"):
        cloud.act("test", max_concurrent=0)
    assert cloud.simulator.request_log.entries() == []
    with pytest.raises(NotFoundError, match="nobody"):
        cloud.act("test", ["replicated-0001", "nobody"])
    cloud.replication(2).name = "replicated-0001"
    with pytest.raises(AmbiguousMatchError) as caught:
        cloud.act("test", ["replicated-0001"])
    assert len(caught.value.candidates) == 2
    assert cloud.posts() == []


def test_a_list_with_many_pages_is_read_completely(make: Make) -> None:
    assert len(make(300).service.references()) == 300


def test_the_state_of_a_replication_is_read(make: Make) -> None:
    cloud = make(1)
    cloud.replication().lag_minutes, cloud.replication().paused = 500, True
    (replication,) = cloud.service.replications()
    shown = replication.as_dict()
    assert (shown["rpo_minutes"], shown["rpo_violation_minutes"], shown["is_paused"]) == (240, 260, True)
    assert shown["last_sync"].endswith("+00:00")
