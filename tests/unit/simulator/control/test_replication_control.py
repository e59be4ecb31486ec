"""Tests of the DR capabilities, usage and VMs of a VDC.

Source: protocol/dr.md §2.5, §4.
"""

from __future__ import annotations

import pytest

from tests.support.recovery_wire import VCLOUD, Cloud, code_of


@pytest.mark.parametrize(
    ("field", "shown", "refused"),
    [
        ("is_test_failover_enabled", ["true", "true", "false"], {"testFailover"}),
        ("is_failover_enabled", ["true", "false", "true"], {"failover"}),
        ("is_planned_migration_enabled", ["false", "true", "true"], set()),
    ],
)
def test_vdc_flags_enable_actions(field: str, shown: list[str], refused: set[str]) -> None:
    cloud = Cloud()
    vdc = next(iter(cloud.simulator.world.vdcs.values()))
    setattr(vdc, field, False)
    assert [child.text for child in cloud.caller.xml(f"/api/vdc/{vdc.vdc_id}/recoveryDetails")] == shown
    for action in ("testFailover", "failover"):
        task = Cloud.began(cloud, action)
        assert (task.get("status") == "error") == (action in refused)
        if action in refused:
            assert code_of(task) == "VdcNotEnabledForRecoveryFault"
        else:
            cloud.simulator.clock.advance(11)
            cloud.done("testCleanup")


def test_vdc_that_rejects_replications() -> None:
    cloud = Cloud()
    vdc, org = next(iter(cloud.simulator.world.vdcs.values())), cloud.simulator.world.orgs["org1"]
    enabled = f"/api/org/{org.org_id}/enabledForReplicationVdcs"
    assert cloud.caller.xml(enabled)[0].get("name") == vdc.name
    vdc.is_recovery_enabled = False
    assert len(cloud.caller.xml(enabled)) == 0
    assert cloud.caller.get(f"/api/vdc/{vdc.vdc_id}/recoveryDetails").status == 404
    assert "vrRecoveryDetails" in cloud.caller.get(f"/api/vdc/{vdc.vdc_id}").text  # The VDC still has the link.
    assert {code_of(cloud.began(action)) for action in ("testFailover", "failover")} == {
        "VdcNotEnabledForRecoveryFault"
    }


def test_failback_and_peer_lists_are_empty() -> None:
    cloud = Cloud()
    vdc, org = next(iter(cloud.simulator.world.vdcs)), cloud.simulator.world.orgs["org1"].org_id
    for path in (f"org/{org}/failbackreplications", f"vdc/{vdc}/failbackreplications", f"vdc/{vdc}/peers"):
        root = cloud.caller.xml(f"/api/{path}")
        assert (root.tag, root.get("total"), [child.get("rel") for child in root]) == (
            f"{VCLOUD}References", "0", ["up"],
        )  # fmt: skip


def test_capacity_follows_the_vms() -> None:
    cloud = Cloud(vms=3, vdc_cpu_limit_mhz=20000, vdc_memory_limit_mb=32768)

    def figures() -> list[int]:
        row = cloud.caller.xml("/api/query?type=orgVdc").find(f"{VCLOUD}OrgVdcRecord")
        names = ("cpuLimitMhz", "cpuUsedMhz", "memoryLimitMB", "memoryUsedMB", "numberOfVApps")
        return [int(row.get(name)) for name in names]

    assert figures() == [20000, 12000, 32768, 12288, 1]
    cloud.done("testFailover")
    assert figures() == [20000, 16000, 32768, 16384, 2]
    vdc = cloud.caller.xml(f"/api/vdc/{next(iter(cloud.simulator.world.vdcs))}")
    capacity = vdc.find(f"{VCLOUD}ComputeCapacity")
    assert [(unit.findtext(f"{VCLOUD}Limit"), unit.findtext(f"{VCLOUD}Used")) for unit in capacity] == [
        ("20000", "16000"), ("32768", "16384"),
    ]  # fmt: skip
    cloud.done("testCleanup")
    assert figures() == [20000, 12000, 32768, 12288, 1]


def test_placeholders_are_visible_or_hidden() -> None:
    hidden, shown = Cloud(), Cloud(placeholders="visible")
    assert hidden.machine() is None
    placeholder = shown.machine()
    assert (placeholder.get("status"), placeholder.get("networkName")) == ("POWERED_OFF", "lan")
    vapp = shown.words()["PlaceholderVappId"].rpartition(":")[2]
    assert placeholder.get("container").endswith(f"/vapp-{vapp}")
    for cloud in (hidden, shown):
        cloud.done("testFailover")
        vm = cloud.machine()
        assert (vm.get("status"), vm.get("networkName")) == ("POWERED_ON", "test-lan")
        assert vm.get("container").endswith(f"/vapp-{vapp}")
        cloud.done("testCleanup")
    assert hidden.machine() is None
    assert dict(shown.machine().attrib) == dict(placeholder.attrib)
    # The vApp of a placeholder is off because it was never deployed.
    vapps = {
        row.get("name"): row.get("status") for row in shown.caller.xml("/api/query?type=vApp") if row.get("status")
    }
    assert vapps["replicated-0001-vapp"] == "POWERED_OFF"
    for cloud in (hidden, shown):
        cloud.done("failover")
        assert (cloud.machine().get("status"), cloud.machine().get("networkName")) == ("POWERED_ON", "lan")


@pytest.mark.parametrize(("trouble", "status"), [("no-vm", "POWERED_OFF"), ("off", "POWERED_OFF"), ("", "POWERED_ON")])
def test_placeholder_stays_off_without_a_recovered_vm(trouble: str, status: str) -> None:
    cloud = Cloud(placeholders="visible")
    cloud.replication.trouble = trouble
    assert cloud.done("failover").get("status") == "success"
    assert cloud.states() == ("none", "complete")
    assert cloud.machine().get("status") == status


@pytest.mark.parametrize(("seeded", "is_left"), [(False, False), (True, True)])
def test_delete_removes_the_placeholder_but_not_a_seed_vapp(seeded: bool, is_left: bool) -> None:
    cloud = Cloud(placeholders="visible")
    cloud.replication.is_seeded = seeded
    cloud.caller.send("DELETE", cloud.path)
    cloud.simulator.clock.advance(11)
    names = [row.get("name") for row in cloud.caller.xml("/api/query?type=vm")]
    assert ("replicated-0001" in names) == is_left
