"""Tests of points in time and of refused options with DR 2.x."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.recovery_cloud import name, recovery_cloud
from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.vr.codec import action_body


def test_a_failover_uses_the_selected_point_in_time(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1) as cloud:
        points = cloud.service.points(name(1))
        (result,) = cloud.service.act("failover", options=OperationOptions(point=points[-1].id))
        assert result.verdict == "succeeded"
        assert [request for request in cloud.posts() if request.endswith("/action/failover")]


def test_the_point_in_time_is_between_power_and_synchronization() -> None:
    body = action_body("testFailover", power_on=True, synchronize=False, point_id="replica-<1>").decode()
    assert "<PowerOn>true</PowerOn><InstanceId>replica-&lt;1&gt;</InstanceId><Synchronize>false</Synchronize>" in body


@pytest.mark.parametrize("action", ["migrate", "reverse", "failback", "pause", "resume", "sync"])
def test_actions_of_vcda_are_refused_before_anything_is_sent(tmp_path: Path, action: str) -> None:
    with recovery_cloud(tmp_path, 1) as cloud:
        with pytest.raises(SpecError, match=f"DR 2.x cannot start the action '{action}'"):
            cloud.service.act(action)
        assert cloud.simulator.request_log.entries() == []
