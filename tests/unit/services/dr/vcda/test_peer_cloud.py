"""Tests of checks at the other site, and of cleanups without the ID of the VM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.dr.model import Result
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.vcda.peer_cloud import PeerCloud, peer_settings
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulator_settings

OPTIONS = OperationOptions(verify_timeout=30, lost_grace=10)


def act(cloud: VcdaCloud, action: str) -> Result:
    (result,) = cloud.service.act(action, options=OPTIONS)
    return result


def peer(**changes: Any) -> dict[str, Any]:
    """Return the settings of the other site.

    The simulator has one VMware Cloud Director for both sites.
    """
    url = simulator_settings(Simulator(SimulatorConfig(profile="vcd", vcda_replications=1)))["url"]
    return {"vcda_peer_vcd_url": url, **changes}


def fail_back(cloud: VcdaCloud) -> Result:
    for action in ("failover", "reverse"):
        assert act(cloud, action).verdict == "succeeded"
    return act(cloud, "failback")


def test_the_vm_is_checked_at_the_other_site(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings=peer()) as cloud:
        result = fail_back(cloud)
        assert (result.verdict, result.reason) == ("succeeded", "")
        assert result.vm["name"] == result.name
        assert len(cloud.requests("/sessions", "POST")) >= 2
        cloud.client.close()
        assert len(cloud.requests("/sessions/current", "DELETE")) == 2, "both sessions end"


def test_a_vm_that_is_off_at_the_other_site_is_a_failure(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings=peer()) as cloud:
        for action in ("failover", "reverse"):
            act(cloud, action)
        cloud.replication().trouble = "off"
        result = act(cloud, "failback")
        assert result.verdict == "failed"
        assert "POWERED_OFF" in result.reason


def test_without_its_address_the_other_site_is_not_checked(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        result = fail_back(cloud)
        assert (result.verdict, result.reason) == ("succeeded", "the VM is at site site1, so it was not checked")
        assert result.vm == {}


def test_a_refused_sign_in_at_the_other_site_leaves_the_result_unknown(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings=peer()) as cloud:
        for action in ("failover", "reverse"):
            act(cloud, action)
        cloud.simulator.faults.add("status", status=401, method="POST", path="/sessions/provider", count=0)
        cloud.simulator.faults.add("status", status=401, method="POST", path="/cloudapi/1.0.0/sessions", count=0)
        result = act(cloud, "failback")
        assert result.verdict == "unknown"
        assert "Signing in to the VMware Cloud Director of the other site failed" in result.reason
        assert "demo-password" not in str(result.as_dict())
        cloud.simulator.faults.clear()
        assert act(cloud, "failback").verdict == "unchanged"
        assert len(cloud.requests("/migrate", "POST")) == 1


def test_settings_of_the_other_site_have_no_credentials_of_this_site(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1, settings=peer(vcda_peer_user="ops@acme", ca_path="/own.pem")) as cloud:
        settings = peer_settings(cloud.client.settings)
        assert (settings.username, settings.org, settings.vdc, settings.ca_path) == ("ops", "acme", None, None)
        with_token = peer_settings(cloud.client.settings.replace(vcda_peer_token="a-token", token="own"))
        assert with_token.token is not None
        assert (with_token.token.reveal(), with_token.username, with_token.password) == ("a-token", None, None)
        with pytest.raises(ConfigurationError, match="vcda_peer_user"):
            peer_settings(cloud.client.settings.replace(vcda_peer_user="ops"))
        assert PeerCloud(cloud.client.session).is_known


# -- cleanups ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("omitted", "keeps_vm", "verdict", "reason"),
    [
        ((), False, "succeeded", ""),
        (("vcdVmId",), False, "succeeded", ""),
        (("vcdVmId", "vAppId"), False, "succeeded", ""),
        (("vcdVmId",), True, "failed", "of the test is still POWERED_ON"),
        (
            ("vcdVmId", "vAppId", "recoveredVappId"),
            False,
            "unknown",
            "it is unknown whether the VM of the test is gone",
        ),
    ],
)
def test_a_cleanup_checks_that_the_vm_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, omitted: tuple[str, ...], keeps_vm: bool, verdict: str, reason: str
) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        assert act(cloud, "test").verdict == "succeeded"
        cloud.simulator.configure(vcda_absent_fields=omitted)
        if keeps_vm:
            monkeypatch.setattr(
                "vcloudair_core.simulator.vcda.operations.running_operation.discard", lambda world, vm: None
            )
        result = act(cloud, "cleanup")
        assert result.verdict == verdict, result.reason
        assert reason in result.reason
        assert act(cloud, "cleanup").verdict in ("unchanged", verdict)
        assert len([start for start in cloud.starts() if start.startswith("DELETE")]) == 1
