"""The verdict table: for each way an action can go, what is said of it, and what was sent."""

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
from vcloudair_core.simulator.state.world import SimulatedReplication
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.util.clock import FakeClock


class LinkedClock(FakeClock):
    """Sleeping lets time pass in the cloud too."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__()
        self._simulator = simulator

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._simulator.clock.advance(seconds)


class Cloud:
    """A simulated cloud with replications, and the service that looks at it."""

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

    def made(count: int = 1, **config: Any) -> Cloud:
        simulator = Simulator(SimulatorConfig(**{"profile": "vcd", "replications": count, **config}))
        client = simulated_app(simulator).client(**simulator_settings(simulator))
        client.session.clock = client.session._pipeline.clock = LinkedClock(simulator)
        client.session.login()
        simulator.request_log.clear()
        opened.append(client)
        return Cloud(client, simulator)

    yield made
    for client in opened:
        client.close()


Make = Callable[..., Cloud]


@pytest.mark.parametrize("word", ["complete", "ok"])
@pytest.mark.parametrize("power_on", [True, False])
@pytest.mark.parametrize("action", ["test", "failover"])
def test_what_goes_well_is_done_and_a_second_run_sends_nothing(
    make: Make, action: str, power_on: bool, word: str
) -> None:
    cloud = make(3, recovery_done_word=word)
    found = cloud.act(action, power_on=power_on)
    assert [(one.verdict, one.changed) for one in found] == [("succeeded", True)] * 3
    vms = [vm for vm in cloud.simulator.world.vms.values() if vm.name.startswith("replicated")]
    assert {vm.status for vm in vms} == {"POWERED_ON" if power_on else "POWERED_OFF"}
    assert len(cloud.posts()) == 3
    again = cloud.act(action, power_on=power_on)
    assert [(one.verdict, one.changed) for one in again] == [("unchanged", False)] * 3
    assert len(cloud.posts()) == 3


def test_a_test_is_cleaned_up(make: Make) -> None:
    cloud = make(2)
    before = len(cloud.simulator.world.vms)
    cloud.act("test")
    assert len(cloud.simulator.world.vms) == before + 2
    assert [one.verdict for one in cloud.act("cleanup")] == ["succeeded", "succeeded"]
    assert len(cloud.simulator.world.vms) == before
    assert [one.verdict for one in cloud.act("cleanup")] == ["unchanged", "unchanged"]


@pytest.mark.parametrize("action", ["test", "failover"])
@pytest.mark.parametrize(
    ("trouble", "verdict", "said"),
    [
        ("error", "failed", "RecoveryFault"),
        ("abort", "failed", "aborted"),
        ("cancel", "failed", "cancelled"),
        ("hang", "failed", "nothing changed for 60"),
        ("progress-100", "succeeded", ""),
        ("lie", "failed", "ended in success, but after 300 s"),
        ("no-vm", "failed", "there is no VM 'replicated-0001'"),
        ("vanish", "succeeded", ""),
        ("gone", "failed", "not there any more"),
    ],
)
def test_each_way_to_go_wrong_has_its_verdict(make: Make, action: str, trouble: str, verdict: str, said: str) -> None:
    cloud = make(2)
    cloud.replication().trouble = trouble
    first, second = cloud.act(action)
    assert first.verdict == verdict, first
    assert said in first.reason
    assert (first.hint != "") == (verdict == "failed")
    assert second.verdict == "succeeded"  # one VM's trouble is its own
    assert len(cloud.posts()) == 2


@pytest.mark.parametrize("kind", ["reset_after", "truncated", "half_body"])
def test_a_lost_answer_is_resolved_by_looking(make: Make, kind: str) -> None:
    cloud = make(1)
    cloud.simulator.faults.add(kind, method="POST", path="/api/vr/replications/", count=1)
    (found,) = cloud.act("failover")
    assert found.verdict == "succeeded"
    assert len(cloud.posts()) == 1


@pytest.mark.parametrize("again", ["fail", "start"])
def test_what_may_have_begun_is_unknown_until_somebody_decides(make: Make, again: str) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("status", method="POST", path="/api/vr/replications/", status=500, count=1)
    (found,) = cloud.act("failover")
    assert (found.verdict, found.is_failed, found.changed) == ("unknown", True, False)
    assert "shows whether the server started it" in found.reason
    assert "nothing was started" not in f"{found.reason} {found.hint}".lower()
    assert "--start-again replicated-0001" in found.hint
    (second,) = cloud.act("failover", on_unknown=again)
    assert second.verdict == {"fail": "unknown", "start": "succeeded"}[again]
    assert len(cloud.posts()) == {"fail": 1, "start": 2}[again]


def test_a_poll_that_fails_says_nothing_of_the_task(make: Make) -> None:
    cloud = make(1)
    cloud.simulator.faults.add("status", method="GET", path="/api/task/", status=503, count=2)
    (found,) = cloud.act("test")
    assert found.verdict == "succeeded"


def test_the_session_may_end_half_way(make: Make) -> None:
    cloud = make(1, dr_task_s=7200)
    (found,) = cloud.act("failover", stuck_after=20000)
    assert found.verdict == "succeeded"
    assert len(cloud.posts()) == 1


def test_what_somebody_else_began_is_seen_to_its_end(make: Make) -> None:
    cloud = make(1, dr_task_s=60)
    (early,) = cloud.act("failover", vm_timeout=5)
    assert early.verdict == "failed"
    assert "Running the same action again" in early.hint
    (late,) = cloud.act("failover")
    assert late.verdict == "succeeded"
    assert len(cloud.posts()) == 1


def test_many_tasks_are_asked_for_together(make: Make) -> None:
    cloud = make(40, dr_task_s=60)
    assert {one.verdict for one in cloud.act("failover", max_concurrent=20)} == {"succeeded"}
    paths = [entry.path for entry in cloud.simulator.request_log.entries()]
    single = [path for path in paths if "/api/task/" in path]
    assert single == []
    looks = len([path for path in paths if "tasksList" in path])
    assert looks < 60, looks
    queries = [path for path in paths if "/api/query" in path]
    assert len(queries) < 20, queries  # VMs are looked at together, too
    begun = sorted(task.started for task in cloud.simulator.tasks.of("org1") if task.operation_name == "vrFailover")
    assert len(begun) == 40
    for start in begun:
        assert len([other for other in begun if other <= start < other + 60]) <= 20


def test_a_failure_may_stop_what_was_not_started(make: Make) -> None:
    cloud = make(3)
    cloud.replication(1).trouble = "error"
    found = cloud.act("failover", max_concurrent=1, on_error="stop")
    assert [one.verdict for one in found] == ["failed", "skipped", "skipped"]
    assert all(one.is_failed for one in found)
    assert len(cloud.posts()) == 1


def test_a_failover_of_what_is_tested_says_to_clean_up_first(make: Make) -> None:
    cloud = make(1)
    cloud.act("test")
    (found,) = cloud.act("failover")
    assert (found.verdict, found.hint) == ("failed", "Clean the test up first.")
    assert len(cloud.posts()) == 1


def test_check_mode_starts_nothing(make: Make) -> None:
    cloud = make(2)
    cloud.act("test", ["replicated-0001"])
    found = cloud.service.act("test", dry_run=True)
    assert [one.verdict for one in found] == ["unchanged", "planned"]
    assert len(cloud.posts()) == 1


def test_vms_are_chosen_by_name_or_id_and_each_once(make: Make) -> None:
    cloud = make(3)
    identifier = cloud.replication(2).replication_id[-36:]
    found = cloud.act("test", ["replicated-0001", identifier, "replicated-0002"])
    assert [one.name for one in found] == ["replicated-0001", "replicated-0002"]


def test_an_empty_selection_is_not_everything(make: Make) -> None:
    cloud = make(2)
    assert cloud.act("failover", []) == []
    assert cloud.service.replications([]) == []
    assert cloud.simulator.request_log.entries() == []


def test_bad_input_starts_nothing(make: Make) -> None:
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


def test_a_list_of_many_pages_is_whole(make: Make) -> None:
    assert len(make(300).service.references()) == 300


def test_all_state_is_read(make: Make) -> None:
    cloud = make(1)
    cloud.replication().lag_minutes, cloud.replication().paused = 500, True
    (found,) = cloud.service.replications()
    shown = found.as_dict()
    assert (shown["rpo_minutes"], shown["rpo_violation_minutes"], shown["is_paused"]) == (240, 260, True)
    assert shown["last_sync"].endswith("+00:00")
