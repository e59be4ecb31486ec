"""Each check of where VMs are brought to, in each way that it can end."""

from __future__ import annotations

from dataclasses import replace

from tests.support.readiness import NETWORKS, ONE, ORG, TWO, VDCS, VMS, Make, seen
from vcloudair_core.recovery.plan.model import (
    plan_of_vms,
)
from vcloudair_core.simulator.state.world import Vdc

# -- where it goes -------------------------------------------------------------------------------------------------


def test_a_vdc_that_is_enabled_for_it(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("vdc"))[0] == "ok"
    cloud.vdc.is_failover_enabled = False
    assert seen(cloud.check("vdc"))[0] == "fail"
    assert seen(cloud.check("vdc", action="test"))[0] == "ok"
    cloud.vdc.is_recovery_enabled = False
    status, said = seen(cloud.check("vdc"))
    assert (status, "not enabled for recovery" in said) == ("fail", True)


def test_a_vdc_whose_details_are_missing_or_hidden(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("recoveryDetails", status=404)
    assert seen(cloud.check("vdc"))[0] == "fail"
    cloud.refuse("recoveryDetails")
    found = cloud.assess()
    assert seen(next(check for check in found.checks if check.name == "vdc"))[0] == "unknown"
    assert not found.is_ready


def test_which_vdcs_take_replications_may_be_hidden(make: Make) -> None:
    cloud = make(1)
    cloud.refuse("enabledForReplicationVdcs")
    assert cloud.check("vdc").status == "ok"  # the query service knows the VDC, and its details can be read
    cloud.refuse("enabledForReplicationVdcs")
    cloud.refuse("/api/query", skip=VDCS)
    assert seen(cloud.check("vdc"))[0] == "unknown"


def test_of_two_vdcs_the_one_is_found_that_holds_the_vm(make: Make) -> None:
    cloud = make(1, placeholders="hidden")
    other = Vdc(cloud.simulator.world.make_id("vdc", "other"), "other", cloud.vdc.org)
    cloud.simulator.world.vdcs[other.vdc_id] = other
    assert cloud.check("vdc").subject == cloud.vdc.name
    cloud.replication().vdc_id, other.is_failover_enabled = other.vdc_id, False
    found = cloud.check("vdc")
    assert (found.subject, found.status) == ("other", "fail")
    for vdc in (cloud.vdc, other):
        cloud.refuse(f"{vdc.vdc_id}/replications")
    assert "not known which VDC" in seen(cloud.check("vdc"))[1]


def test_room_for_the_memory(make: Make) -> None:
    cloud = make(2, vms=0)
    plan = plan_of_vms([ONE, TWO])
    needed = 2 * 4096
    for limit, expected in ((0, "ok"), (needed * 2, "ok"), (needed + 10, "warn"), (needed - 1, "fail")):
        cloud.vdc.memory_limit_mb = limit
        assert seen(cloud.check("memory", plan))[0] == expected, limit
    cloud.refuse("/api/query", skip=VDCS)
    assert "may not be read" in seen(cloud.check("memory", plan))[1]
    assert "memory" not in {check.name for check in cloud.assess(replace(plan, power_on=False)).checks}


def test_memory_of_vms_that_are_not_seen_is_not_known(make: Make) -> None:
    cloud = make(1, vms=0, placeholders="hidden", vdc_memory_limit_mb=8192)
    assert "that were not seen" in seen(cloud.check("memory"))[1]


def test_room_for_the_processors(make: Make) -> None:
    cloud = make(1, vms=2)
    assert seen(cloud.check("cpu"))[0] == "ok"
    (record,) = cloud.client.query.query("orgVdc").all()
    used = record["cpuUsedMhz"]
    assert used > 0
    for limit, expected in ((used, "fail"), (used + 1, "warn"), (10 * used, "unknown")):
        cloud.vdc.cpu_limit_mhz = limit
        assert seen(cloud.check("cpu"))[0] == expected, limit


def test_a_quota_of_vms_that_run(make: Make) -> None:
    cloud = make(2, vms=3)
    plan, org = plan_of_vms([ONE, TWO]), next(iter(cloud.simulator.world.orgs.values()))
    for quota, expected in ((0, "ok"), (5, "ok"), (4, "fail")):
        org.deployed_vm_quota = quota
        assert seen(cloud.check("quota", plan))[0] == expected, quota
    cloud.refuse("/api/query", skip=ORG)
    assert "may not be read" in seen(cloud.check("quota", plan))[1]
    old = make(1, api_versions=("5.7",))  # it does not tell how many run
    next(iter(old.simulator.world.orgs.values())).deployed_vm_quota = 5
    assert seen(old.check("quota"))[0] == "unknown"


def test_the_network_of_the_vm_that_stands_for_it(make: Make) -> None:
    cloud = make(1)
    assert seen(cloud.check("network"))[0] == "ok"
    (placeholder,) = (vm for vm in cloud.simulator.world.vms.values() if vm.name == ONE)
    for network in ("moon", ""):
        placeholder.network = network
        assert seen(cloud.check("network"))[0] == "warn"
    placeholder.network = "lan"
    for question in (NETWORKS, VMS):
        cloud.refuse("/api/query", skip=question)
        assert "may not be read" in seen(cloud.check("network"))[1]
    assert seen(make(1, placeholders="hidden").check("network"))[0] == "unknown"
