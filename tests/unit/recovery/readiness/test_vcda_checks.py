"""Tests of readiness checks of VCDA replications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.errors import SpecError
from vcloudair_core.recovery import Group, PlannedVm, RecoveryPlan, assess
from vcloudair_core.services.dr.network_mapping import NicMapping


def statuses(cloud: VcdaCloud, action: str = "failover", **vm: Any) -> dict[str, tuple[str, str]]:
    """Return the status and message of each check of a plan with one VM."""
    plan = RecoveryPlan("payroll", (Group("g", (PlannedVm(vcda_name(1), **vm),)),), rpo_minutes=1000)
    readiness = assess(cloud.client, plan, action, last_test=None)
    return {check.name: (check.status, check.message) for check in readiness.checks}


def test_a_healthy_replication_is_ready(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        checks = statuses(cloud)
        names = ("state", "replication", "connection", "data", "rpo", "network", "vdc")
        assert {name: checks[name][0] for name in names} == dict.fromkeys(names, "ok")
        assert "peer" not in checks
        plan = RecoveryPlan("p", (Group("g", (PlannedVm("protected-vapp1"),)),))
        assert assess(cloud.client, plan, "failover").is_ready


def test_a_migration_needs_the_source_site(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        assert statuses(cloud, "migrate")["peer"] == ("ok", "the session is extended to site site1")
    with vcda_cloud(tmp_path, 1, vcda_site_down="site1") as cloud:
        assert statuses(cloud, "migrate")["peer"][0] == "fail"
        assert statuses(cloud)["state"][0] == "ok"


@pytest.mark.parametrize(
    ("change", "name", "status"),
    [
        ({"health": "RED"}, "replication", "fail"),
        ({"is_paused": True}, "replication", "warn"),
        ({"health": "YELLOW"}, "replication", "warn"),
        ({"health": "BLUE"}, "replication", "unknown"),
        ({"lag_minutes": 2000}, "rpo", "fail"),
        ({"recovery_state": "COMPLETE"}, "state", "warn"),
        ({"recovery_state": "TEST"}, "state", "fail"),
        ({"recovery_state": "SOMETHING"}, "state", "unknown"),
        ({"last_error": {"code": "LwdFailed", "msg": "broken", "stacktrace": "com.vmware"}}, "replication", "fail"),
    ],
)
def test_states_of_replications(tmp_path: Path, change: dict[str, Any], name: str, status: str) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        for field, value in change.items():
            setattr(cloud.replication(), field, value)
        result = statuses(cloud)[name]
        assert result[0] == status, result
        assert "com.vmware" not in result[1]


def test_networks_of_the_plan_must_exist(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        status, message = statuses(cloud, networks=(NicMapping(0, "nowhere"),))["network"]
        assert (status, message.partition(" (")[0]) == ("fail", "networks that do not exist: nowhere")
        assert statuses(cloud, "test", networks=(NicMapping(0, "nowhere"),))["network"][0] == "ok"


def test_dr_2_has_no_migrations_to_check(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud, pytest.raises(SpecError, match="DR 2.x cannot start the action 'migrate'"):
        assess(cloud.client, RecoveryPlan("p", (), provider="vr"), "migrate")
