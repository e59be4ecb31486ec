"""Tests of the power actions of VMs and vApps. Source: protocol/vm-writes.md §1."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from tests.support.roles import PASSWORD, roles_config
from tests.support.simulated import signed_in
from tests.support.vm_writes import (
    TASK_S,
    VCLOUD,
    error_of,
    finish_task,
    first_vm,
    link_rels,
    vapp_path,
    vm_path,
    writing_caller,
)
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.faults.fault_rules import SocketFaultError

UNDEPLOY = (
    f'<UndeployVAppParams xmlns="{VCLOUD[1:-1]}"><UndeployPowerAction>{{}}</UndeployPowerAction></UndeployVAppParams>'
)


@pytest.mark.parametrize(
    ("action", "start", "status", "is_deployed", "operation"),
    [
        ("power/action/powerOn", "POWERED_OFF", "POWERED_ON", True, "vappDeploy"),
        ("power/action/powerOn", "SUSPENDED", "POWERED_ON", True, "vappDeploy"),
        ("power/action/powerOff", "POWERED_ON", "POWERED_OFF", True, "vappPowerOff"),
        ("power/action/shutdown", "POWERED_ON", "POWERED_OFF", True, "vappShutdownGuest"),
        ("power/action/suspend", "POWERED_ON", "SUSPENDED", True, "vappSuspend"),
        ("power/action/reset", "POWERED_ON", "POWERED_ON", True, "vappReset"),
        ("power/action/reboot", "POWERED_ON", "POWERED_ON", True, "vappRebootGuest"),
        ("action/deploy", "POWERED_OFF", "POWERED_ON", True, "vappDeploy"),
        ("action/undeploy", "POWERED_ON", "POWERED_OFF", False, "vappUndeployPowerOff"),
        ("action/discardSuspendedState", "SUSPENDED", "POWERED_OFF", False, "vappDiscardSuspendedState"),
    ],
)
def test_an_action_changes_the_state_when_its_task_ends(
    action: str, start: str, status: str, is_deployed: bool, operation: str
) -> None:
    caller = writing_caller()
    vm = first_vm(caller)
    vm.status = start
    response = caller.send("POST", f"{vm_path(caller)}/{action}")
    assert etree.fromstring(response.body).get("operationName") == operation
    assert (vm.status, vm.is_busy) == (start, True)
    assert finish_task(caller, response) == "success"
    assert (vm.status, vm.is_deployed, vm.is_busy) == (status, is_deployed, False)


@pytest.mark.parametrize(
    ("action", "start", "message"),
    [
        ("power/action/powerOff", "POWERED_OFF", 'since VM "vm-0001" is not powered on.'),
        ("power/action/reboot", "SUSPENDED", 'since VM "vm-0001" is not powered on.'),
        ("action/undeploy", "POWERED_OFF", 'since VM "vm-0001" is not running.'),
        ("power/action/powerOn", "POWERED_ON", 'on VM "vm-0001". Stop the VM and try again.'),
        ("action/deploy", "POWERED_ON", 'on VM "vm-0001". Stop the VM and try again.'),
        ("action/discardSuspendedState", "POWERED_ON", 'since VM "vm-0001" is not suspended.'),
    ],
)
def test_a_wrong_state_is_refused_without_a_task(action: str, start: str, message: str) -> None:
    caller = writing_caller()
    first_vm(caller).status = start
    status, code, text = error_of(caller.send("POST", f"{vm_path(caller)}/{action}"))
    assert (status, code) == (400, "BAD_REQUEST")
    assert text == f"The requested operation could not be executed {message}"
    assert not first_vm(caller).is_busy


def test_a_wrong_state_is_a_conflict_in_newer_releases() -> None:
    caller = writing_caller()
    caller.simulator.configure(wrong_state_status=409)
    status, code, _ = error_of(caller.send("POST", f"{vm_path(caller)}/power/action/powerOn"))
    assert (status, code) == (409, "CONFLICT")


def test_a_vapp_follows_its_vms() -> None:
    caller = writing_caller()
    vms = list(caller.simulator.world.vms.values())
    vms[0].status = "POWERED_OFF"
    assert caller.xml(vapp_path(caller)).get("status") == "10"  # The status 10 is MIXED.
    response = caller.send("POST", f"{vapp_path(caller)}/power/action/powerOff")
    assert all(vm.is_busy for vm in vms)
    assert finish_task(caller, response) == "success"
    assert {vm.status for vm in vms} == {"POWERED_OFF"}
    root = caller.xml(vapp_path(caller))
    assert (root.get("status"), root.get("deployed")) == ("8", "true")
    message = error_of(caller.send("POST", f"{vapp_path(caller)}/power/action/reset"))[2]
    assert message == 'The requested operation could not be executed since vApp "org1-vdc1-vapp1" is not running.'


@pytest.mark.parametrize(
    ("action", "status"), [("suspend", "SUSPENDED"), ("powerOff", "POWERED_OFF"), ("", "POWERED_OFF")]
)
def test_undeploy_releases_the_resources(action: str, status: str) -> None:
    caller = writing_caller()
    media = "application/vnd.vmware.vcloud.undeployVAppParams+xml"
    response = caller.send("POST", f"{vapp_path(caller)}/action/undeploy", UNDEPLOY.format(action), Content_Type=media)
    assert finish_task(caller, response) == "success"
    assert (first_vm(caller).status, first_vm(caller).is_deployed) == (status, False)


def test_deploy_without_power_reserves_the_resources() -> None:
    caller = writing_caller()
    first_vm(caller).status = "POWERED_OFF"
    body = f'<DeployVAppParams xmlns="{VCLOUD[1:-1]}" powerOn="false"/>'
    assert finish_task(caller, caller.send("POST", f"{vm_path(caller)}/action/deploy", body)) == "success"
    assert (first_vm(caller).status, first_vm(caller).is_deployed) == ("POWERED_OFF", True)


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("<wrong", "", 400),
        ("<Other/>", "", 400),
        (UNDEPLOY.format("explode"), "", 400),
        (UNDEPLOY.format("powerOff"), "text/plain", 415),
    ],
)
def test_a_wrong_body_is_refused(body: str, media: str, status: int) -> None:
    caller = writing_caller()
    response = caller.send("POST", f"{vm_path(caller)}/action/undeploy", body, Content_Type=media)
    assert error_of(response)[0] == status
    assert not first_vm(caller).is_busy


def test_a_busy_entity_refuses_other_writes_and_names_the_task() -> None:
    """Source: protocol/tasks.md §5."""
    caller = writing_caller()
    response = caller.send("POST", f"{vm_path(caller)}/power/action/powerOff")
    task_id = str(etree.fromstring(response.body).get("id")).rpartition(":")[2]
    for path in (vm_path(caller), vapp_path(caller)):
        status, code, message = error_of(caller.send("POST", f"{path}/power/action/reset"))
        assert (status, code) == (400, "BUSY_ENTITY")
        assert " is busy completing an operation " in message
    status, code, message = error_of(caller.send("POST", f"{vm_path(caller)}/power/action/reset"))
    assert message.endswith(f"VAPP_POWER_OFF. VAPP_POWER_OFF(com.vmware.vcloud.entity.task:{task_id})")
    record = caller.xml("/api/query?type=vm&filter=name==vm-0001")[-1]
    assert (record.get("isBusy"), record.get("taskStatusName")) == ("true", "vappPowerOff")


def test_a_task_of_a_vapp_holds_its_vms() -> None:
    caller = writing_caller()
    caller.send("POST", f"{vapp_path(caller)}/power/action/powerOff")
    assert error_of(caller.send("POST", f"{vm_path(caller)}/power/action/reset"))[1] == "BUSY_ENTITY"


def test_a_failed_task_changes_nothing() -> None:
    caller = writing_caller()
    caller.simulator.tasks.fail_next["vappPowerOff"] = "INTERNAL_SERVER_ERROR"
    response = caller.send("POST", f"{vm_path(caller)}/power/action/powerOff")
    assert finish_task(caller, response) == "error"
    assert (first_vm(caller).status, first_vm(caller).is_busy) == ("POWERED_ON", False)


def test_a_lost_answer_does_not_stop_the_action() -> None:
    """The task runs even if its response is lost, and the task list contains the task.

    Source: protocol/tasks.md §3.3.
    """
    caller = writing_caller()
    caller.simulator.faults.add("reset_after", method="POST", path=f"{vm_path(caller)}/power/action/powerOff")
    with pytest.raises(SocketFaultError):
        caller.send("POST", f"{vm_path(caller)}/power/action/powerOff")
    assert first_vm(caller).is_busy
    caller.simulator.clock.advance(TASK_S)
    record = caller.xml("/api/query?type=task&filter=name==vappPowerOff")[-1]
    assert (record.get("status"), record.get("objectName")) == ("success", "vm-0001")
    assert first_vm(caller).status == "POWERED_OFF"


def test_a_canceled_task_changes_nothing() -> None:
    """Source: protocol/tasks.md §3.2."""
    caller = writing_caller()
    response = caller.send("POST", f"{vm_path(caller)}/power/action/powerOff")
    href = str(etree.fromstring(response.body).get("href"))
    assert caller.send("POST", f"{href}/action/cancel").status == 204
    assert (first_vm(caller).status, first_vm(caller).is_busy) == ("POWERED_ON", False)


def test_a_task_belongs_to_the_user_who_started_it(tmp_path: Path) -> None:
    caller = signed_in(Simulator(roles_config(tmp_path)), "user@acme", PASSWORD)
    response = caller.send("POST", f"{vm_path(caller)}/power/action/powerOff")
    user = etree.fromstring(response.body).find(f"{VCLOUD}User")
    assert user is not None
    assert user.get("name") == "user"


def test_too_many_tasks_are_refused() -> None:
    """Source: protocol/tasks.md §4.3."""
    caller = writing_caller()
    caller.simulator.configure(limit_per_user=1)
    vms = [f"/api/vApp/vm-{vm_id}" for vm_id in caller.simulator.world.vms]
    assert caller.send("POST", f"{vms[0]}/power/action/powerOff").status == 202
    assert error_of(caller.send("POST", f"{vms[1]}/power/action/powerOff"))[1] == "OPERATION_LIMITS_EXCEEDED"
    assert not caller.simulator.world.vms[vms[1][13:]].is_busy


def test_records_counts_and_metrics_follow_the_state() -> None:
    """Only VMs that are powered on have current metrics.

    Source: protocol/metrics.md §B.3.
    """
    caller = writing_caller(version="33.0")
    query = "/api/query?type=orgVdc"
    assert caller.xml(query)[-1].get("numberOfRunningVMs") == "3"
    finish_task(caller, caller.send("POST", f"{vm_path(caller)}/power/action/powerOff"))
    assert caller.xml(query)[-1].get("numberOfRunningVMs") == "2"
    record = caller.xml("/api/query?type=vm&filter=name==vm-0001")[-1]
    assert (record.get("status"), record.get("isDeployed")) == ("POWERED_OFF", "true")
    assert caller.get(f"{vm_path(caller)}/metrics/current").status == 400
    tasks = [node.get("name") for node in caller.xml("/api/query?type=task")]
    assert "vappPowerOff" in tasks


def test_links_follow_the_state() -> None:
    """Source: protocol/recorded-responses.md §5."""
    caller = writing_caller()
    running = {f"power:{name}" for name in ("powerOff", "reset", "reboot", "suspend", "shutdown")} | {"undeploy"}
    powers = {*running, "power:powerOn", "deploy", "discardState"}
    assert link_rels(caller, vm_path(caller)) & powers == running
    first_vm(caller).status = "POWERED_OFF"
    assert link_rels(caller, vm_path(caller)) & powers == {"power:powerOn", "deploy"}
    first_vm(caller).deployed = True
    assert link_rels(caller, vm_path(caller)) & powers == {"power:powerOn", "undeploy"}


def test_an_unknown_entity_is_forbidden() -> None:
    caller = writing_caller()
    path = "/api/vApp/vm-00000000-0000-4000-8000-000000000000"
    assert error_of(caller.send("POST", f"{path}/power/action/powerOn"))[:2] == (403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN")
