"""Check that results and reports show the recovered VM with all its addresses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.recovery_cloud import RecoveryCloud, name, recovery_cloud
from vcloudair_core.errors import DecodeError
from vcloudair_core.recovery.plan.model import Group, PlannedVm, RecoveryPlan
from vcloudair_core.recovery.report.run_report import RunReport
from vcloudair_core.recovery.run.runner import RunOptions, start
from vcloudair_core.services.dr.vm_codec import parse_addresses

SECTION = b"""<?xml version="1.0" encoding="UTF-8"?>
<NetworkConnectionSection xmlns="http://www.vmware.com/vcloud/v1.5" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    type="application/vnd.vmware.vcloud.networkConnectionSection+xml" ovf:required="false">
  <ovf:Info>Specifies the available VM network connections</ovf:Info>
  <PrimaryNetworkConnectionIndex>1</PrimaryNetworkConnectionIndex>
  <NetworkConnection network="lan" needsCustomization="false">
    <NetworkConnectionIndex>0</NetworkConnectionIndex>
    <IpAddress> 10.0.0.5 </IpAddress>
    <SecondaryIpAddress>2001:db8::5</SecondaryIpAddress>
    <ExternalIpAddress>203.0.113.5</ExternalIpAddress>
    <IsConnected>true</IsConnected>
  </NetworkConnection>
  <NetworkConnection network="dmz" needsCustomization="false">
    <NetworkConnectionIndex>1</NetworkConnectionIndex>
    <IpAddress>10.0.1.5</IpAddress>
  </NetworkConnection>
  <NetworkConnection network="none" needsCustomization="false">
    <NetworkConnectionIndex>2</NetworkConnectionIndex>
    <IpAddress/>
  </NetworkConnection>
  <Link rel="edit" href="https://vcd.example.test/api/vApp/vm-1/networkConnectionSection/"/>
</NetworkConnectionSection>"""


def give_addresses(cloud: RecoveryCloud) -> None:
    """Give recovered VMs two interfaces."""
    world: Any = cloud.simulator.world
    made = world.recovered_vm

    def vm_of(*arguments: Any) -> Any:
        more = [{"network": "dmz", "ip_address": "10.0.1.5"}, {"network": "none", "ip_address": ""}]
        return replace(made(*arguments), ip_address="10.0.0.5", more_nics=more)

    world.recovered_vm = vm_of


def test_addresses_of_all_interfaces_are_read_in_their_order() -> None:
    assert parse_addresses(SECTION) == ["10.0.0.5", "2001:db8::5", "10.0.1.5"]


def test_other_documents_are_rejected() -> None:
    with pytest.raises(DecodeError):
        parse_addresses(b"<Weather/>")


def test_a_result_has_the_vm_with_its_addresses(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=5) as cloud:
        give_addresses(cloud)
        (result,) = cloud.service.act("failover")
        assert result.vm["name"] == name(1)
        assert result.vm["addresses"] == ["10.0.0.5", "10.0.1.5"]
        assert result.vm["id"] and result.vm["href"].endswith(result.vm["id"][-36:])
        assert result.vm["vapp"] and result.vm["vdc"]
        (again,) = cloud.service.act("failover")
        assert (again.verdict, again.vm) == ("unchanged", result.vm)


def test_the_record_has_the_address_of_the_primary_interface(tmp_path: Path) -> None:
    with recovery_cloud(tmp_path, 1, dr_task_s=5) as cloud:
        give_addresses(cloud)
        cloud.simulator.faults.add(method="GET", path="/networkConnectionSection", count=0, kind="status", status=403)
        (result,) = cloud.service.act("failover")
        assert (result.verdict, result.vm["addresses"]) == ("succeeded", ["10.0.0.5"])


def test_a_report_has_the_vm_with_its_addresses(tmp_path: Path) -> None:
    plan = RecoveryPlan("payroll", (Group("g", (PlannedVm(name(1)),)),))
    with recovery_cloud(tmp_path, 1, dr_task_s=5) as cloud:
        give_addresses(cloud)
        report: RunReport = start(cloud.client, plan, "failover", RunOptions())
        (vm,) = report.vms
        assert vm.last is not None and vm.last.vm["addresses"] == ["10.0.0.5", "10.0.1.5"]
        assert '"10.0.1.5"' in json.dumps(report.as_dict())
