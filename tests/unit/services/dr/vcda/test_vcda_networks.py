"""Tests of networks and addresses of recovered VMs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.errors import SpecError
from vcloudair_core.recovery import Group, PlannedVm, RecoveryPlan, start
from vcloudair_core.services.dr.network_mapping import NetworkMapping, NicMapping
from vcloudair_core.services.dr.vcda.vcda_networks import mapped_settings


def run(cloud: VcdaCloud, action: str, *nics: NicMapping) -> Any:
    """Run a plan with one VM, and return the report of the VM."""
    vm = PlannedVm(vcda_name(1), networks=nics)
    (report,) = start(cloud.client, RecoveryPlan("payroll", (Group("g", (vm,)),)), action).vms
    return report


def network_names(cloud: VcdaCloud) -> list[str]:
    vdc = cloud.simulator.world.vdcs[cloud.replication().destination.vdc_id]
    return [network.name for network in cloud.simulator.world.networks_for(vdc)]


def test_a_failover_gets_the_network_and_address_of_the_plan(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        network = next(name for name in network_names(cloud) if "test" in name)
        report = run(cloud, "failover", NicMapping(0, network, "192.168.109.77", test_network="unused"))
        assert (report.verdict, report.reason) == ("succeeded", "")
        assert (cloud.vm().network, cloud.vm().ip_address) == (network, "192.168.109.77")


def test_a_test_never_gets_the_network_of_a_failover(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 2) as cloud:
        cloud.service.act("test", [vcda_name(2)])
        configured = cloud.vm(2).network
        assert run(cloud, "test", NicMapping(0, "production", "10.0.0.1")).verdict == "succeeded"
        assert cloud.vm().network == configured


@pytest.mark.parametrize(
    ("nic", "reason"),
    [
        (NicMapping(0, "missing"), "The network 'missing' does not exist at the destination"),
        (NicMapping(7, "any"), "the VM has no interface 7 (interfaces: 0)"),
    ],
)
def test_a_wrong_mapping_starts_nothing(tmp_path: Path, nic: NicMapping, reason: str) -> None:
    with vcda_cloud(tmp_path, 1) as cloud:
        report = run(cloud, "failover", nic)
        assert report.verdict == "failed"
        assert reason in report.reason
        assert cloud.starts() == []


def test_interfaces_of_one_network_have_one_target() -> None:
    half = {"vmNetworkSettings": {"nics": [{"nicIndex": number, "network": "lan"} for number in (0, 1)]}}
    mapping = NetworkMapping((NicMapping(0, "a"), NicMapping(1, "b")))
    with pytest.raises(SpecError, match="interfaces in the network 'lan' must have the same network"):
        mapped_settings({"failoverSettings": half}, mapping, "failover", lambda name: {"name": name})


def test_other_settings_are_kept() -> None:
    nic = {"nicIndex": 0, "network": "lan", "ipAddress": "10.0.0.1", "macAddress": "00:50:56:00:00:01"}
    vapp = {"networkMappings": [{"sourceNetworkName": "dmz"}], "resolutionType": "EXPLICIT"}
    settings = {"failoverSettings": {"vmNetworkSettings": {"nics": [nic]}, "vAppNetworkSettings": vapp}}
    mapping = NetworkMapping((NicMapping(0, "dr-lan"),))
    assert mapped_settings(settings, mapping, "migrate", lambda name: {"id": "1", "name": name}) == {
        "vmNetworkSettings": {"nics": [{**nic, "isConnected": True}]},
        "vAppNetworkSettings": {
            "networkMappings": [
                {"sourceNetworkName": "dmz"},
                {"sourceNetworkName": "lan", "destinationOrgVdcNetwork": {"id": "1", "name": "dr-lan"}},
            ],
            "resolutionType": "EXPLICIT",
        },
    }
    for action in ("test", "failback"):
        assert mapped_settings(settings, mapping, action, lambda name: {"name": name}) is None


def test_dr_2_refuses_networks_before_anything_is_started(tmp_path: Path) -> None:
    with vcda_cloud(tmp_path, 1) as cloud, pytest.raises(SpecError, match="DR 2.x cannot change the networks"):
        vm = PlannedVm("replicated-0001", networks=(NicMapping(0, "lan"),))
        start(cloud.client, RecoveryPlan("p", (Group("g", (vm,)),), provider="vr"), "failover")
