"""Test every result of the readiness checks for target VDCs and the quota."""

from __future__ import annotations

from dataclasses import replace

from tests.support.readiness import NETWORKS, ONE, ORG, TWO, VDCS, VMS, Make, seen
from vcloudair_core.recovery.plan.model import (
    plan_of_vms,
)
from vcloudair_core.simulator.state.entities import Vdc


def test_a_vdc_must_be_enabled_for_the_action(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("vdc"))[0] == "ok"
    cloud.vdc.is_failover_enabled = False
    assert seen(cloud.check("vdc"))[0] == "fail"
    assert seen(cloud.check("vdc", action="test"))[0] == "ok"
    cloud.vdc.is_recovery_enabled = False
    status, message = seen(cloud.check("vdc"))
    assert (status, "not enabled for recovery" in message) == ("fail", True)


def test_a_vdc_with_missing_or_unreadable_details(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("recoveryDetails", status=404)
    assert seen(cloud.check("vdc"))[0] == "fail"
    cloud.refuse("recoveryDetails")
    found = cloud.assess()
    assert seen(next(check for check in found.checks if check.name == "vdc"))[0] == "unknown"
    assert not found.is_ready


def test_the_list_of_enabled_vdcs_is_unreadable(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("enabledForReplicationVdcs")
    assert cloud.check("vdc").status == "ok"  # the query service returns the VDC, and its details are readable
    cloud.refuse("enabledForReplicationVdcs")
    cloud.refuse("/api/query", skip=VDCS)
    assert seen(cloud.check("vdc"))[0] == "unknown"


def test_the_target_among_two_vdcs_is_found(make: Make) -> None:
    cloud = make(1, placeholders="hidden")
    other = Vdc(cloud.simulator.world.make_id("vdc", "other"), "other", cloud.vdc.org)
    cloud.simulator.world.vdcs[other.vdc_id] = other
    assert cloud.check("vdc").subject == cloud.vdc.name
    cloud.replication().vdc_id, other.is_failover_enabled = other.vdc_id, False
    found = cloud.check("vdc")
    assert (found.subject, found.status) == ("other", "fail")
    for vdc in (cloud.vdc, other):
        cloud.refuse(f"{vdc.vdc_id}/replications")
    assert "the target VDC of the replication is unknown" in seen(cloud.check("vdc"))[1]


def test_free_memory(make: Make) -> None:
    cloud = make(2, vms=0)
    plan = plan_of_vms([ONE, TWO])
    needed = 2 * 4096
    for limit, expected in ((0, "ok"), (needed * 2, "ok"), (needed + 10, "warn"), (needed - 1, "fail")):
        cloud.vdc.memory_limit_mb = limit
        assert seen(cloud.check("memory", plan))[0] == expected, limit
    cloud.refuse("/api/query", skip=VDCS)
    assert "is not permitted" in seen(cloud.check("memory", plan))[1]
    assert "memory" not in {check.name for check in cloud.assess(replace(plan, power_on=False)).checks}


def test_the_memory_of_invisible_vms_is_unknown(make: Make) -> None:
    cloud = make(1, vms=0, placeholders="hidden", vdc_memory_limit_mb=8192)
    assert "plus the unknown memory of 1 VMs" in seen(cloud.check("memory"))[1]


def test_free_cpu(make: Make) -> None:
    cloud = make(1, vms=2)
    assert seen(cloud.check("cpu"))[0] == "ok"
    (record,) = cloud.client.query.query("orgVdc").all()
    used = record["cpuUsedMhz"]
    assert used > 0
    for limit, expected in ((used, "fail"), (used + 1, "warn"), (10 * used, "unknown")):
        cloud.vdc.cpu_limit_mhz = limit
        assert seen(cloud.check("cpu"))[0] == expected, limit


def test_the_quota_of_running_vms(make: Make) -> None:
    cloud = make(2, vms=3)
    plan, org = plan_of_vms([ONE, TWO]), next(iter(cloud.simulator.world.orgs.values()))
    for quota, expected in ((0, "ok"), (5, "ok"), (4, "fail")):
        org.deployed_vm_quota = quota
        assert seen(cloud.check("quota", plan))[0] == expected, quota
    cloud.refuse("/api/query", skip=ORG)
    assert "is not permitted" in seen(cloud.check("quota", plan))[1]
    old = make(1, api_versions=("5.7",))  # does not return the number of running VMs
    next(iter(old.simulator.world.orgs.values())).deployed_vm_quota = 5
    assert seen(old.check("quota"))[0] == "unknown"


def test_the_network_of_the_placeholder_vm(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("network"))[0] == "ok"
    (placeholder,) = (vm for vm in cloud.simulator.world.vms.values() if vm.name == ONE)
    for network in ("moon", ""):
        placeholder.network = network
        assert seen(cloud.check("network"))[0] == "warn"
    placeholder.network = "lan"
    for question in (NETWORKS, VMS):
        cloud.refuse("/api/query", skip=question)
        assert "is not permitted" in seen(cloud.check("network"))[1]
    assert seen(make(1, placeholders="hidden").check("network"))[0] == "unknown"
