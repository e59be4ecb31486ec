"""States of replications, and the actions that change the states.

Source: protocol/dr.md §4, §6. ``SimulatedReplication.trouble`` selects how the next action fails:

``error``, ``abort``, ``cancel``  the task ends with this status, and changes nothing
``hang``                          the task never ends
``progress-100``                  the task shows a progress of 100 % while it runs
``lie``                           the task succeeds, but the replication does not change
``no-vm``                         the task and the replication show success, but no VM appears
``off``                           the task and the replication show success, but the VM stays off
``vanish``                        the task cannot be read after the first poll, but the action continues
``gone``                          the replication does not exist after the task has ended
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.state.entities import SimulatedReplication
from vcloudair_core.simulator.state.simulated_tasks import Owner, SimulatedTask

TROUBLES = ("error", "abort", "cancel", "hang", "progress-100", "lie", "no-vm", "off", "vanish", "gone")
ACTIONS = {"testFailover": "vrTestFailover", "testCleanup": "vrTestCleanup", "failover": "vrFailover"}
DELETE = "delete"
_NAMES = {**ACTIONS, DELETE: "vrDeleteReplication"}
_OPERATIONS = {
    "testFailover": "Performing test failover",
    "testCleanup": "Cleaning up the test",
    "failover": "Performing failover",
    DELETE: "Performing removal",
}
_ENDS = {"abort": "aborted", "cancel": "canceled", "error": "error"}
BUSY_STATES = ("testInProgress", "cleanupInProgress", "inProgress")


def available_actions(replication: SimulatedReplication, now: float) -> list[str]:
    """Return the actions that the visible states of a replication allow."""
    test, recovery = visible_states(replication, now)
    if test in BUSY_STATES or recovery in BUSY_STATES:
        return []
    if replication.recovered_at and now >= replication.hidden_until:
        return [DELETE]
    if test != "none":
        return ["testCleanup"] if test == "complete" else [DELETE, "testCleanup"]
    return [DELETE, "failover"] if recovery == "error" else [DELETE, "testFailover", "failover"]


def visible_states(replication: SimulatedReplication, now: float) -> tuple[str, str]:
    """Return the test state and the recovery state that clients see.

    These states can lag behind the actual states (options ``group_lags`` and ``dr_visible_after_s``).
    """
    if now < replication.hidden_until:
        return replication.hidden_states
    if replication.lagging_polls > 0:
        return replication.lagging_states
    return replication.test_state, replication.recovery_state


def is_busy(replication: SimulatedReplication) -> bool:
    """Return True while an action is in progress.

    The action can be in progress before clients see its state.
    """
    return replication.test_state in BUSY_STATES or replication.recovery_state in BUSY_STATES


def state_error_code(simulator: Any, replication: SimulatedReplication, action: str) -> str:
    """Return the error code for an action that the current state does not allow.

    Return an empty string if the action is allowed. The settings of the VDC are checked first, then running actions,
    then the results of earlier actions. If a code is not documented, the most similar documented code is used. Source:
    protocol/dr.md §6.
    """
    vdc = simulator.world.vdcs[replication.vdc_id]
    enabled = {"testFailover": vdc.is_test_failover_enabled, "failover": vdc.is_failover_enabled}
    if not (enabled.get(action, True) and (vdc.is_recovery_enabled or action not in enabled)):
        return "VdcNotEnabledForRecoveryFault"
    test, recovery = replication.test_state, replication.recovery_state
    if is_busy(replication):
        return "OngoingFailover"
    if action == DELETE:
        return "OngoingFailover" if test == "complete" else ""
    if replication.recovered_at:
        return "AlreadyRecovered"
    if action == "testCleanup":
        return "" if test != "none" else "NotTestRecovered"
    if action == "testFailover":
        return "AlreadyTestRecovered" if test != "none" else "OngoingFailover" if recovery == "error" else ""
    is_allowed = simulator.config.failover_from_test == "allowed" and test == "complete"
    return "" if test == "none" or is_allowed else "OngoingFailover"


def start(simulator: Any, replication: SimulatedReplication, action: str, *, power_on: bool = True) -> SimulatedTask:
    """Start an action, and return its task.

    The replication changes immediately, and again when the task ends. If the current state does not allow the action,
    the task fails.
    """
    code = state_error_code(simulator, replication, action)
    if code == "NotTestRecovered" and simulator.config.cleanup_from_none == "success-noop":
        return _task(simulator, replication, action)
    if code:
        fault = _fault(simulator, f"The operation is not allowed in this state: {code}.", code)
        return _task(simulator, replication, action, end_status="error", error=fault)
    config = simulator.config
    trouble, replication.trouble = replication.trouble, ""
    previous = replication.test_state, replication.recovery_state
    if config.dr_visible_after_s:
        replication.hidden_states = visible_states(replication, simulator.clock.now())
        replication.hidden_until = simulator.clock.now() + config.dr_visible_after_s
    started = _Action(simulator, replication, action, power_on, trouble, previous)
    status = _ENDS.get(trouble, "success")
    started.is_ahead = config.group_ahead and status == "success" and trouble != "hang"
    if not config.dr_start_delay_s:
        started.begin()
    gone = config.task_gone_after or None
    # Clients must see an action before they see its result.
    seconds = max(config.dr_start_delay_s + config.dr_task_s, config.dr_visible_after_s)
    return _task(
        simulator,
        replication,
        action,
        seconds=float("inf") if trouble == "hang" else seconds,
        delay_s=config.dr_start_delay_s,
        on_start=started.begin_late if config.dr_start_delay_s else None,
        end_status=status,
        error=_fault(simulator, "The VM could not be recovered.", "RecoveryFault"),
        progress=100 if trouble == "progress-100" else None,
        gone_after_polls=1 if trouble == "vanish" else gone,
        on_end=started.end,
    )


def _task(simulator: Any, replication: SimulatedReplication, action: str, **options: Any) -> SimulatedTask:
    owner = Owner(
        f"/api/vr/replications/{replication.replication_id}",
        replication.name,
        "application/vnd.vmware.hcs.replicationGroup+xml",
    )
    operation = f"{_OPERATIONS[action]} of replication {replication.name}({replication.replication_id[-36:]})"
    org = simulator.world.vdcs[replication.vdc_id].org
    # The namespace of an extension must differ from that of vCloud. Source: task.xsd, cited in protocol/dr.md §3.2.
    options |= {
        "hidden_s": simulator.config.dr_visible_after_s,
        "is_link_hidden": simulator.config.dr_task_link == "hidden",
    }
    task: SimulatedTask = simulator.tasks.start(
        org, owner, operation, _NAMES[action], namespace="com.vmware.hcs", **options
    )
    return task


def _fault(simulator: Any, message: str, code: str) -> dict[str, Any]:
    """Return the attributes of the Error element of a failed task.

    The option ``error_code_in`` selects the attribute that contains the code. Source: protocol/dr.md §3.4.
    """
    attribute = simulator.config.error_code_in
    return {
        "majorErrorCode": 400,
        "minorErrorCode": "BAD_REQUEST" if attribute == "vendorSpecificErrorCode" else code,
        "message": message,
        "vendorSpecificErrorCode": None if attribute == "minorErrorCode" else code,
    }


@dataclass
class _Action:
    """An action in progress on a replication.

    Only :meth:`begin` and :meth:`end` change the replication.
    """

    simulator: Any
    replication: SimulatedReplication
    name: str
    power_on: bool
    trouble: str
    previous: tuple[str, str]
    is_ahead: bool = False
    """True if the replication shows the result when the action begins.

    The option ``group_ahead`` sets this field.
    """
    has_begun: bool = False

    def begin(self) -> None:
        group = self.replication
        self.has_begun = True
        if self.name == "failover":
            if group.test_state != "none":
                self._remove_vm()  # A failover ends a running test.
            group.recovery_state, group.test_state = "inProgress", "none"
        elif self.name != DELETE:
            group.test_state = "testInProgress" if self.name == "testFailover" else "cleanupInProgress"
        if self.is_ahead:
            self._apply("success")

    def begin_late(self, task: SimulatedTask) -> None:
        """Begin an action after its delay.

        The task fails if the state no longer allows the action, because another action began earlier.
        """
        code = state_error_code(self.simulator, self.replication, self.name)
        if not code:
            self.begin()
            return
        task.end_status, task.seconds = "error", task.delay_s
        task.error = _fault(self.simulator, f"The operation is not allowed in this state: {code}.", code)

    def end(self, status: str) -> None:
        """Apply the result of the action to the replication.

        Nothing changes if :meth:`begin` has already applied the result, or if the action was canceled before it began.
        """
        if self.has_begun and not self.is_ahead:
            self._apply(status)

    def _apply(self, status: str) -> None:
        world, group = self.simulator.world, self.replication
        if self.trouble == "gone":
            world.replications.pop(group.replication_id, None)
        elif self.trouble == "lie":
            group.test_state, group.recovery_state = self.previous
        elif status != "success":
            self._fail()
        elif self.name == DELETE:
            self._delete()
        else:
            group.lagging_polls = self.simulator.config.group_lags
            group.lagging_states = group.test_state, group.recovery_state
            self._succeed()

    def _fail(self) -> None:
        group = self.replication
        if self.name == "failover":
            group.recovery_state = "error"
        elif self.name != DELETE:
            group.test_state = "testError" if self.name == "testFailover" else "cleanupError"

    def _succeed(self) -> None:
        config, group = self.simulator.config, self.replication
        if self.name == "testCleanup":
            group.test_state = "none"
            self._remove_vm()
            return
        if self.name == "failover":
            group.recovery_state, group.recovered_at = config.recovery_done_word, self.simulator.clock.now()
        else:
            group.test_state = "complete"
        if self.trouble != "no-vm":
            network = config.test_network if self.name == "testFailover" else config.recovery_network
            self._add_vm("POWERED_ON" if self.power_on and self.trouble != "off" else "POWERED_OFF", network)

    def _add_vm(self, status: str, network: str) -> None:
        vm = self.simulator.world.recovered_vm(self.replication, status, network)
        self.simulator.world.add_recovered(vm)

    def _remove_vm(self) -> None:
        """Remove the test VM or recovered VM.

        If placeholders are visible, the placeholder VM replaces the VM.
        """
        if self.simulator.config.placeholders == "visible":
            self._add_vm("POWERED_OFF", self.simulator.config.recovery_network)
        else:
            self._discard_vm()

    def _discard_vm(self) -> None:
        world = self.simulator.world
        vm_id = world.recovered_vm(self.replication, "", "").vm_id
        world.remove_recovered(vm_id, keeps_vapp=self.replication.is_seeded)

    def _delete(self) -> None:
        """Delete the replication and its placeholder VM.

        A recovered VM is kept. A vApp that existed before the replication is also kept.

        Source: protocol/dr.md §5.
        """
        group = self.replication
        self.simulator.world.replications.pop(group.replication_id, None)
        if not (group.is_seeded or group.recovered_at):
            self._discard_vm()
