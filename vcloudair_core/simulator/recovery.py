"""The states of a replication, and how an action changes them: well, or in one of the ways that go wrong.

Source: api/dr.md §4, §6. ``Replication.trouble`` says how its next action goes:

``error``, ``abort``, ``cancel``  the task ends so, and nothing came of it
``hang``                          the task runs for ever
``progress-100``                  the task says 100 % all the while it runs
``lie``                           the task succeeds, and the replication is as it was before
``no-vm``                         the task succeeds and the replication says so too, but there is no machine
``vanish``                        the task cannot be seen after the first look; the action goes on
``gone``                          the replication is not there any more when the task is over
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.tasks import Owner, Task
from vcloudair_core.simulator.world import Replication, Vm

TROUBLES = ("error", "abort", "cancel", "hang", "progress-100", "lie", "no-vm", "vanish", "gone")
ACTIONS = {"testFailover": "vrTestFailover", "testCleanup": "vrTestCleanup", "failover": "vrFailover"}
_WORDS = {
    "testFailover": "Performing test failover",
    "testCleanup": "Cleaning up the test",
    "failover": "Performing failover",
}
_ENDS = {"abort": "aborted", "cancel": "canceled", "error": "error"}


def offered(replication: Replication) -> list[str]:
    """What may be done now."""
    test, recovery = replication.test_state, replication.recovery_state
    if "inProgress" in (test, recovery) or test in ("testInProgress", "cleanupInProgress") or replication.recovered_at:
        return []
    if test != "none":
        return ["testCleanup"]
    return ["failover"] if recovery == "error" else ["testFailover", "failover"]


def start(simulator: Any, replication: Replication, action: str, *, power_on: bool) -> Task:
    """The task of an action. It changes the replication now, and again when it is over."""
    org = simulator.world.vdcs[replication.vdc_id].org
    owner = Owner(
        f"/api/vr/replications/{replication.replication_id}",
        replication.name,
        "application/vnd.vmware.hcs.replicationGroup+xml",
    )
    operation = f"{_WORDS[action]} of replication {replication.name}({replication.replication_id[-36:]})"
    code = _refusal(replication, action, simulator.config.failover_from_test == "allowed")
    if code:
        fault = _fault(f"The operation is not allowed in this state: {code}.", code)
        return _task(simulator, org, owner, operation, action, end_status="error", error=fault)
    before = replication.test_state, replication.recovery_state
    trouble, replication.trouble = replication.trouble, ""
    _begin(replication, action)

    def ended(status: str) -> None:
        _end(simulator, replication, action, status, trouble, before, power_on)

    return _task(
        simulator,
        org,
        owner,
        operation,
        action,
        seconds=float("inf") if trouble == "hang" else simulator.config.dr_task_s,
        end_status=_ENDS.get(trouble, "success"),
        error=_fault("The virtual machine could not be recovered.", "RecoveryFault"),
        progress=100 if trouble == "progress-100" else None,
        gone_after_looks=1 if trouble == "vanish" else None,
        on_end=ended,
    )


def _task(simulator: Any, org: str, owner: Owner, operation: str, action: str, **words: Any) -> Task:
    # The namespace of an extension must not be vCloud's own. Source: task.xsd, by way of api/dr.md §3.2.
    started: Task = simulator.tasks.start(org, owner, operation, ACTIONS[action], namespace="com.vmware.hcs", **words)
    return started


def _fault(message: str, code: str) -> dict[str, Any]:
    return {
        "majorErrorCode": 400,
        "minorErrorCode": "BAD_REQUEST",
        "message": message,
        "vendorSpecificErrorCode": code,
    }


def _refusal(replication: Replication, action: str, is_allowed_from_test: bool) -> str:
    """The code of the state machine of api/dr.md §6, or nothing."""
    if replication.recovery_state == "inProgress" or replication.test_state in ("testInProgress", "cleanupInProgress"):
        return "OngoingFailover"
    if replication.recovered_at:
        return "AlreadyRecovered"
    if action == "testCleanup":
        return "" if replication.test_state != "none" else "NotTestRecovered"
    if replication.test_state != "none":
        if action == "testFailover":
            return "AlreadyTestRecovered"
        return "" if is_allowed_from_test and replication.test_state == "complete" else "OngoingFailover"
    return ""


def _begin(replication: Replication, action: str) -> None:
    if action == "failover":
        replication.recovery_state, replication.test_state = "inProgress", "none"
    else:
        replication.test_state = "testInProgress" if action == "testFailover" else "cleanupInProgress"


def _end(
    simulator: Any,
    replication: Replication,
    action: str,
    status: str,
    trouble: str,
    before: tuple[str, str],
    power_on: bool,
) -> None:
    world, machine = simulator.world, _machine(simulator, replication)
    if trouble == "gone":
        world.replications.pop(replication.replication_id, None)
        return
    if trouble == "lie":
        replication.test_state, replication.recovery_state = before
        return
    if status != "success":
        if action == "failover":
            replication.recovery_state = "error"
        else:
            replication.test_state = "testError" if action == "testFailover" else "cleanupError"
        return
    if action == "testCleanup":
        replication.test_state = "none"
        world.vms.pop(machine.vm_id, None)
        return
    if action == "failover":
        replication.recovery_state = simulator.config.recovery_done_word
        replication.recovered_at = simulator.clock.now()
    else:
        replication.test_state = "complete"
    if trouble != "no-vm":
        machine.status = "POWERED_ON" if power_on else "POWERED_OFF"
        world.vms[machine.vm_id] = machine


def _machine(simulator: Any, replication: Replication) -> Vm:
    """The machine that a test or a failover makes of a placeholder."""
    vm_id = simulator.world.make_id("recovered", replication.replication_id)
    vapp = f"{replication.name}-vapp"
    return Vm(vm_id, replication.name, replication.placeholder_vapp_id, vapp, replication.vdc_id)
