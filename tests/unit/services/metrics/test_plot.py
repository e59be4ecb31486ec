"""Tests of the units, limits and legends of plots."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.metrics.model import Series
from vcloudair_core.services.metrics.plot import plot

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
TIMES = tuple(START + timedelta(minutes=5 * step) for step in range(4))
NAMES = {"1": "web", "2": "database"}


def series(vm_id: str, name: str, unit: str, *values: float) -> Series:
    return Series(vm_id, name, unit, None, 300, TIMES[: len(values)], values, "vcd-historic")


def texts(file: Path) -> list[str]:
    """Return the texts of an SVG file, which matplotlib writes as comments."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.strip()[5:-4] for line in lines if line.strip().startswith("<!-- ")]


def test_one_vm_has_readable_units_and_no_legend(tmp_path: Path) -> None:
    file = tmp_path / "one.svg"
    used = series("1", "disk.used.latest", "KB", 8e6, 8.1e6, 8.2e6, 8.1e6)
    read = series("1", "disk.read.average", "KBps", 100, 200, 300, 200)
    plot(str(file), [used, read], NAMES, "web, 20 minutes")
    shown = texts(file)
    assert {"GiB", "KiB/s", "web, 20 minutes"} <= set(shown)
    assert "web" not in shown, "a legend repeats the title"
    assert not any("1e" in text for text in shown)


def test_two_vms_have_a_legend(tmp_path: Path) -> None:
    file = tmp_path / "two.svg"
    members = [series(vm_id, "cpu.usage.average", "percent", 1, 2, 3, 2) for vm_id in NAMES]
    plot(str(file), members, NAMES, "2 VMs")
    assert {"web", "database", "percent"} <= set(texts(file))


def test_without_samples_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "none.png"
    with pytest.raises(NotFoundError, match="No plot written"):
        plot(str(file), [series("1", "cpu.usage.average", "percent")], NAMES, "web")
    assert not file.exists()
