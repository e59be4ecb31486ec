"""Tests of the gauges of drills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.drill_runs import write_run
from tests.support.recovery_cloud import recovery_cloud
from vcloudair_core.monitoring.capacity_gauges import gauge_collectors
from vcloudair_core.recovery.drills import drill_values as module
from vcloudair_core.recovery.drills.drill_values import drill_values
from vcloudair_core.recovery.run.history import cloud_of


def test_the_exporter_serves_ages_without_names_of_vms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_GROUPS", 2)
    with recovery_cloud(tmp_path, 1) as cloud:
        of_cloud = cloud_of(cloud.client)
        state = tmp_path / "state"
        groups = {group: [f"vm-{group}"] for group in ("a", "b", "c", "d")}
        write_run(state, "payroll", 10, vms=groups, cloud=of_cloud)
        write_run(state, "payroll", 5, vms=groups, cloud=of_cloud, failed=["vm-b"])
        write_run(state, "mail", 5, vms={"g": ["vm-m"]}, cloud=of_cloud, failed=["vm-m"])
        values = {(name, labels): value for name, labels, value in drill_values(cloud.client)}
        org = of_cloud["org"]
        assert {key: value for key, value in values.items() if key[0] != "dr_test_age_seconds"} == {
            ("dr_test_due", (org, "payroll")): 1.0, ("dr_untested_vms", (org, "payroll")): 0,
            ("dr_test_due", (org, "mail")): 1.0, ("dr_untested_vms", (org, "mail")): 1,
        }  # fmt: skip
        ages = {labels[1:]: value for (name, labels), value in values.items() if name == "dr_test_age_seconds"}
        assert list(ages) == [("payroll", ""), ("payroll", "a"), ("payroll", "b")]
        assert ages["payroll", "b"] - ages["payroll", "a"] == pytest.approx(5 * 86400, abs=60)
        (collector,) = gauge_collectors(cloud.client, ["drills"], drills=drill_values)
        collector.refresh()
        assert collector.is_successful
        families = {family.name: len(family.samples) for family in collector.families()}
        assert families == {"vca_dr_test_age_seconds": 3, "vca_dr_test_due": 2, "vca_dr_untested_vms": 2}
