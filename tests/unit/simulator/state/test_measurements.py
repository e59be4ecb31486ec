"""Check that the simulated metrics of a VM are consistent with each other."""

from __future__ import annotations

import pytest

from vcloudair_core.simulator.state.measurements import ADAPTER, DIRECTOR, Size, curve

MINUTES = range(29_000_000, 29_000_000 + 1440, 5)
METRICS = {metric.name: metric for metric in (*ADAPTER, *DIRECTOR)}


def values(vm_id: str, name: str, size: Size) -> list[float]:
    value = curve("seed", vm_id, METRICS[name], size)
    return [value(minute) for minute in MINUTES]


@pytest.mark.parametrize("size", [Size(1, 1024), Size(2, 4096), Size(16, 65536)])
@pytest.mark.parametrize("vm_id", ["one", "two", "three"])
def test_cpu_metrics_follow_from_one_load(vm_id: str, size: Size) -> None:
    average, highest, mhz, ready, idle = (
        values(vm_id, f"cpu.{name}", size)
        for name in ("usage.average", "usage.maximum", "usagemhz.average", "ready.summation", "idle.summation")
    )
    assert all(low <= high <= 100 for low, high in zip(average, highest, strict=True))
    for percent, clock in zip(average, mhz, strict=True):
        assert clock == pytest.approx(percent / 100 * size.cpus * 2000, abs=size.cpus + 1)
    for percent, waiting, free in zip(average, ready, idle, strict=True):
        assert percent / 100 * 60_000 * size.cpus + waiting + free == pytest.approx(
            60_000 * size.cpus, abs=31 * size.cpus
        )
    assert len(set(average)) > 50


@pytest.mark.parametrize("size", [Size(1, 1024), Size(16, 65536)])
def test_active_memory_is_the_share_of_the_configured_memory(size: Size) -> None:
    shares, active = values("one", "mem.usage.average", size), values("one", "mem.active.average", size)
    for share, kilobytes in zip(shares, active, strict=True):
        assert kilobytes == pytest.approx(share / 100 * size.memory_mb * 1024, rel=0.005)


def test_disk_use_is_limited_by_its_size() -> None:
    used, provisioned = (values("one", f"disk.{name}.latest", Size()) for name in ("used", "provisioned"))
    assert set(provisioned) == {20 * 1024 * 1024}
    assert max(used) < min(provisioned)
    assert max(used) - min(used) < 0.02 * provisioned[0], "a disk does not fill up and empty itself in a day"
