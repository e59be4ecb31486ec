"""Tests of operations on replications. Source: protocol/vcda.md §4."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.simulated import signed_in
from tests.support.vcda import PEER, RECOVERY, VcdaCaller, state_of, vcda

NAME = "protected-0001"


def test_test_creates_a_vm_that_the_query_service_shows() -> None:
    caller = vcda().sign_in()
    task = caller.start("POST", f"{caller.path()}/failover-test", RECOVERY)
    assert (task["state"], task["endTime"], task["site"]) == ("RUNNING", -1, "site2")
    assert state_of(caller.vm()) == "IN_PROGRESS"
    caller.simulator.clock.advance(2)
    replication = caller.vm()
    info = replication["destinationState"]["recoveryInfo"]
    assert info["recoveryState"] == "TEST"
    rows = signed_in(caller.simulator).xml("/api/query?type=vm")
    (row,) = [row for row in rows if str(row.get("href")).endswith(f"vm-{info['vcdVmId']}")]
    assert (row.get("name"), row.get("status"), row.get("networkName")) == (NAME, "POWERED_ON", "test-lan")
    assert str(row.get("container")).endswith(f"vapp-{info['vAppId']}")
    assert row.get("containerName") == "protected-vapp1-test"
    assert caller.vms(NAME)[0].status == "POWERED_ON"  # The source VM still runs.


def test_cleanup_removes_the_test_vm() -> None:
    caller = vcda().sign_in()
    vapps = set(caller.simulator.world.vapps)
    caller.succeed("POST", f"{caller.path()}/failover-test", RECOVERY)
    caller.succeed("DELETE", f"{caller.path()}/failover-test")
    assert caller.vm()["destinationState"]["recoveryInfo"] == {
        "recoveryState": "NOT_STARTED", "vAppId": None, "vcdVmId": None,
    }  # fmt: skip
    assert len(caller.vms(NAME)) == 1
    assert set(caller.simulator.world.vapps) == vapps


def test_failover_does_not_touch_the_source() -> None:
    caller = vcda(vcda_site_down="site1").sign_in()
    task = caller.succeed("POST", f"{caller.path()}/failover", {**RECOVERY, "powerOn": False})
    source, recovered = caller.vms(NAME)
    assert (source.status, recovered.status, recovered.network) == ("POWERED_ON", "POWERED_OFF", "lan")
    assert task["result"]["source"] == {"vappName": "protected-vapp1"}
    assert task["result"]["destination"]["recoveredVappId"] == recovered.vapp_id
    assert state_of(caller.vm()) == "COMPLETE"


def test_migration_powers_off_the_source() -> None:
    caller = vcda().sign_in()
    assert caller.code("POST", f"{caller.path()}/migrate", RECOVERY) == (401, "RemoteAuthenticationFailure")
    caller.extend()
    before = caller.vm()["destinationState"]["latestInstance"]["sequenceNumber"]
    caller.succeed("POST", f"{caller.path()}/migrate", RECOVERY)
    assert [vm.status for vm in caller.vms(NAME)] == ["POWERED_OFF", "POWERED_ON"]
    replication = caller.vm()
    assert state_of(replication) == "COMPLETE"
    assert replication["destinationState"]["latestInstance"]["sequenceNumber"] == before + 1


def test_plan_runs_forth_and_back() -> None:
    """Run a test, cleanup, migration, reprotect, failback and second reprotect."""
    caller = vcda().sign_in().extend()
    path = caller.path()
    original = caller.vm()
    caller.succeed("POST", f"{path}/failover-test", RECOVERY)
    caller.succeed("DELETE", f"{path}/failover-test")
    caller.succeed("POST", f"{path}/migrate", RECOVERY)
    recovered = caller.vm()["destinationState"]["recoveryInfo"]["vcdVmId"]
    caller.succeed("POST", f"{path}/reverse")
    assert [item["id"] for item in caller.read("/vm-replications")["items"]] != [original["id"]]
    reversed_replication = caller.vm(query="?site=site1")
    assert reversed_replication["isReversed"] is True
    assert reversed_replication["source"]["vmId"] == recovered
    assert reversed_replication["destination"]["site"] == "site1"
    assert [vm.vm_id for vm in caller.vms(NAME)] == [recovered]
    assert caller.code("POST", f"{path}/failover-test", RECOVERY) == (404, "ReplicationNotFound")
    caller.succeed("POST", f"{path}/failover-test?site=site1", RECOVERY)
    caller.succeed("DELETE", f"{path}/failover-test?site=site1")
    task = caller.succeed("POST", f"{path}/migrate?site=site1", RECOVERY)
    assert task["site"] == "site1"
    back = caller.vm(query="?site=site1")["destinationState"]["recoveryInfo"]
    assert back["vAppId"] == caller.simulator.world.vms[back["vcdVmId"]].vapp_id
    assert caller.simulator.world.vapps[back["vAppId"]].name == "protected-vapp1"
    caller.succeed("POST", f"{path}/reverse?site=site1")
    final = next(item for item in caller.read("/vm-replications")["items"] if item["id"] == original["id"])
    assert (final["isReversed"], state_of(final)) == (False, "NOT_STARTED")
    assert {name: final["source"][name] for name in ("site", "vdcId", "vmName", "vappName")} == {
        name: original["source"][name] for name in ("site", "vdcId", "vmName", "vappName")
    }
    assert [vm.vdc_id for vm in caller.vms(NAME)] == [original["source"]["vdcId"]]


def test_failback_at_the_other_site_needs_no_extension() -> None:
    caller = vcda().sign_in().extend()
    caller.succeed("POST", f"{caller.path()}/migrate", RECOVERY)
    caller.succeed("POST", f"{caller.path()}/reverse")
    peer = VcdaCaller(caller.simulator, PEER).sign_in()
    assert peer.read("/vm-replications")["total"] == 1
    caller.simulator.configure(vcda_site_down="site2")
    task = peer.succeed("POST", f"{peer.path()}/failover", RECOVERY)
    assert task["site"] == "site1"


def test_vapp_operations_include_all_vms() -> None:
    caller = vcda().sign_in()
    vapp = caller.read("/vapp-replications")["items"][0]
    path = f"/vapp-replications/{vapp['id']}"
    ids = [vm["id"] for vm in vapp["vmReplications"]]
    key = caller.read(f"/vm-replications/{ids[0]}/instances")[2]["key"]
    body = {**RECOVERY, "instanceMap": {ids[0]: key}, "snapshotOptions": "DO_NOTHING"}
    task = caller.succeed("POST", f"{path}/failover-test", body)
    assert task["workflowInfo"] == {
        "type": "failoverTest", "resourceType": "vappReplication", "resourceId": vapp["id"],
        "resourceName": "protected-vapp1",
    }  # fmt: skip
    assert [state_of(vm) for vm in task["result"]["vmReplications"]] == ["TEST", "TEST"]
    vapps = {caller.vms(f"protected-000{number}")[1].vapp_id for number in (1, 2)}
    assert vapps == {task["result"]["destination"]["recoveredVappId"]}
    assert caller.simulator.world.vm_replications[ids[0]].recovered_instance == key
    caller.succeed("DELETE", f"{path}/failover-test")
    caller.succeed("POST", f"{path}/failover", RECOVERY)


def test_pause_sync_and_resume() -> None:
    caller = vcda().sign_in().extend()
    path = caller.path()
    caller.succeed("POST", f"{path}/pause")
    replication = caller.vm()
    assert (replication["isPaused"], replication["overallHealth"]) == (True, "YELLOW")
    assert replication["destinationState"]["state"] == "paused"
    assert caller.finish("POST", f"{path}/sync")["state"] == "FAILED"
    caller.succeed("POST", f"{path}/resume")
    before = len(caller.read(f"{path}/instances"))
    task = caller.start("POST", f"{path}/sync")
    assert (caller.vm()["destinationState"]["state"], caller.vm()["dataConnectionState"]) == ("lwd", "SYNCING")
    caller.simulator.clock.advance(2)
    assert caller.read(f"/tasks/{task['id']}")["workflowInfo"]["type"] == "sync"
    instances = caller.read(f"{path}/instances")
    assert len(instances) == before
    assert instances[0]["timestamp"] > (caller.simulator.clock.now() - 10) * 1000


def test_settings_can_be_changed() -> None:
    caller = vcda().sign_in().extend()
    body = {
        "description": "gold", "rpo": 15, "dataConnectionType": "ENCRYPTED", "quiesced": True,
        "retentionPolicy": {"rules": [{"numberOfInstances": 6, "distance": 60}]},
    }  # fmt: skip
    task = caller.finish("PATCH", f"{caller.path()}?site=site1", body)
    assert (task["state"], task["site"]) == ("SUCCEEDED", "site1")
    settings = caller.vm()["settings"]
    assert {name: settings[name] for name in body} == body


def test_delete_keeps_the_recovered_vm() -> None:
    caller = vcda().sign_in()
    caller.succeed("POST", f"{caller.path(2)}/failover", RECOVERY)
    vapp_id = caller.vm(2)["vappReplicationId"]
    task = caller.succeed("DELETE", caller.path(2))
    assert task["result"]["vappReplicationId"] == vapp_id
    assert caller.read("/vm-replications")["total"] == 2
    assert caller.code("GET", f"/vapp-replications/{vapp_id}") == (404, "ReplicationNotFound")
    assert len(caller.vms("protected-0003")) == 2


@pytest.mark.parametrize("via", ["task", "http-400", "http-409"])
def test_wrong_state_is_refused(via: str) -> None:
    caller = vcda(vcda_state_error_via=via).sign_in().extend()
    path = caller.path()

    def refuse(method: str, rest: str, body: Any = None) -> None:
        before = caller.read("/vm-replications")
        if via == "task":
            task = caller.start(method, path + rest, body)
            assert (task["state"], task["error"]["code"], task["result"]) == ("FAILED", "BadRequest", None)
        else:
            assert caller.code(method, path + rest, body) == (int(via[5:]), "BadRequest")
        assert caller.read("/vm-replications") == before

    refuse("DELETE", "/failover-test")
    refuse("POST", "/reverse")
    task = caller.start("POST", f"{path}/failover-test", RECOVERY)
    refuse("POST", "/failover-test", RECOVERY)
    refuse("POST", "/pause")
    caller.simulator.clock.advance(2)
    assert caller.read(f"/tasks/{task['id']}")["state"] == "SUCCEEDED"
    for action in ("failover-test", "failover", "migrate"):
        refuse("POST", f"/{action}", RECOVERY)
    caller.succeed("DELETE", f"{path}/failover-test")
    caller.succeed("POST", f"{path}/failover", RECOVERY)
    for action in ("failover-test", "failover", "migrate"):
        refuse("POST", f"/{action}", RECOVERY)
    for action in ("pause", "resume", "sync"):
        refuse("POST", f"/{action}")


def test_migration_during_a_test_is_an_option() -> None:
    caller = vcda(vcda_migrate_from_test="allow").sign_in().extend()
    caller.succeed("POST", f"{caller.path()}/failover-test", RECOVERY)
    caller.succeed("POST", f"{caller.path()}/migrate", RECOVERY)
    assert [vm.network for vm in caller.vms(NAME)] == ["lan", "lan"]


def test_operation_at_the_wrong_site_can_be_forwarded() -> None:
    caller = vcda(vcda_wrong_site="forward").sign_in().extend()
    task = caller.finish("POST", f"{caller.path()}/failover-test?site=site1", RECOVERY)
    assert (task["state"], task["site"]) == ("SUCCEEDED", "site1")


def test_administrators_have_more_routes() -> None:
    caller = vcda().sign_in()
    for method, rest in (("POST", "storage-profile"), ("PATCH", "chown")):
        assert caller.code(method, f"{caller.path()}/{rest}", {}) == (403, "Forbidden")
    assert caller.code("GET", "/policies") == (403, "Forbidden")


def test_peer_of_one_replication_can_be_down() -> None:
    caller = vcda().sign_in().extend()
    next(iter(caller.simulator.world.vm_replications.values())).is_peer_down = True
    assert caller.code("POST", f"{caller.path()}/sync") == (500, "GeneralServerFailure")
    body = {**RECOVERY, "sync": True}
    assert caller.code("POST", f"{caller.path()}/failover-test", body) == (500, "GeneralServerFailure")
    assert caller.vm()["overallHealth"] == "RED"
    caller.succeed("POST", f"{caller.path()}/failover", RECOVERY)
    caller.succeed("POST", f"{caller.path(1)}/sync")


def test_task_fails_if_the_source_goes_down() -> None:
    caller = vcda().sign_in().extend()
    task = caller.start("POST", f"{caller.path()}/migrate", RECOVERY)
    caller.simulator.configure(vcda_site_down="site1")
    caller.simulator.clock.advance(2)
    task = caller.read(f"/tasks/{task['id']}")
    assert (task["state"], task["error"]["code"]) == ("FAILED", "GeneralServerFailure")
    replication = caller.vm()
    assert state_of(replication) == "NOT_STARTED"
    assert replication["destinationState"]["lastError"]["code"] == "GeneralServerFailure"


def test_sync_without_a_source_vm_fails() -> None:
    caller = vcda().sign_in().extend()
    caller.simulator.world.vms.pop(caller.vm()["source"]["vmId"])
    assert caller.finish("POST", f"{caller.path()}/sync")["state"] == "FAILED"
    assert json.dumps(caller.succeed("POST", f"{caller.path()}/failover", RECOVERY))
