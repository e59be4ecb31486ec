"""Tests of the instances of replications. Source: protocol/vcda.md §3."""

from __future__ import annotations

from tests.support.vcda import VcdaCaller, vcda
from vcloudair_core.simulator.vcda.replications.instances import set_lag

HOUR = 3600


def timestamps(caller: VcdaCaller) -> list[int]:
    now = round(caller.simulator.clock.now())
    return [(now - instance["timestamp"] // 1000) // 60 for instance in caller.read(f"{caller.path()}/instances")]


def test_new_instances_replace_old_ones() -> None:
    caller = vcda(vcda_idle_s=1e9).sign_in()
    assert timestamps(caller) == [60, 420, 780, 1140]
    caller.simulator.clock.advance(2 * HOUR)
    assert timestamps(caller) == [60, 180, 540, 900]
    caller.simulator.clock.advance(100 * HOUR)
    assert timestamps(caller) == [60, 180, 300, 420]


def test_pinned_instances_stay() -> None:
    caller = vcda(vcda_idle_s=1e9).sign_in()
    caller.vm()
    replication = next(iter(caller.simulator.world.vm_replications.values()))
    replication.instances[-1].is_pinned = True
    caller.simulator.clock.advance(100 * HOUR)
    assert len(timestamps(caller)) == 5
    assert caller.read(f"{caller.path()}/instances")[-1]["isPinned"] is True


def test_lag_stops_new_instances() -> None:
    caller = vcda(vcda_idle_s=1e9).sign_in()
    replication = next(iter(caller.simulator.world.vm_replications.values()))
    set_lag(caller.simulator.world, replication, 300, caller.simulator.clock.now())
    assert timestamps(caller) == [300, 420, 780, 1140]
    caller.simulator.clock.advance(HOUR)
    assert timestamps(caller)[0] == 360
    assert caller.vm()["destinationState"]["currentRpoViolation"] == 120
    set_lag(caller.simulator.world, replication, None, caller.simulator.clock.now())
    assert timestamps(caller)[0] == 0


def test_paused_replication_gets_no_instances() -> None:
    caller = vcda(vcda_idle_s=1e9).sign_in().extend()
    caller.succeed("POST", f"{caller.path()}/pause")
    newest = timestamps(caller)[0]
    caller.simulator.clock.advance(5 * HOUR)
    assert timestamps(caller)[0] == newest + 300
