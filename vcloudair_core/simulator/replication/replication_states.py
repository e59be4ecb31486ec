"""The states of a replication, and how an action changes them: well, or in one of the ways that go wrong.

Source: protocol/dr.md §4, §6. ``SimulatedReplication.trouble`` says how its next action goes:

``error``, ``abort``, ``cancel``  the task ends so, and nothing came of it
``hang``                          the task runs for ever
``progress-100``                  the task says 100 % all the while it runs
``lie``                           the task succeeds, and the replication is as it was before
``no-vm``                         the task succeeds and the replication says so too, but there is no machine
``off``                           the same, but the machine does not come up
``vanish``                        the task cannot be seen after the first look; the action goes on
``gone``                          the replication is not there any more when the task is over
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.state.simulated_tasks import Owner, SimulatedTask
from vcloudair_core.simulator.state.world import SimulatedReplication

TROUBLES = ("error", "abort", "cancel", "hang", "progress-100", "lie", "no-vm", "off", "vanish", "gone")
ACTIONS = {"testFailover": "vrTestFailover", "testCleanup": "vrTestCleanup", "failover": "vrFailover"}
DELETE = "delete"
_NAMES = {**ACTIONS, DELETE: "vrDeleteReplication"}
_WORDS = {
    "testFailover": "Performing test failover",
    "testCleanup": "Cleaning up the test",
    "failover": "Performing failover",
    DELETE: "Performing removal",
}
_ENDS = {"abort": "aborted", "cancel": "canceled", "error": "error"}
BUSY_WORDS = ("testInProgress", "cleanupInProgress", "inProgress")


def offered(replication: SimulatedReplication, now: float) -> list[str]:
    """Return the actions that are possible now."""
    test, recovery = seen(replication, now)
    if test in BUSY_WORDS or recovery in BUSY_WORDS:
        return []
    if replication.recovered_at and now >= replication.hidden_until:
        return [DELETE]
    if test != "none":
        return ["testCleanup"] if test == "complete" else [DELETE, "testCleanup"]
    return [DELETE, "failover"] if recovery == "error" else [DELETE, "testFailover", "failover"]


def seen(replication: SimulatedReplication, now: float) -> tuple[str, str]:
    """Return the states of test and recovery as shown, which may lag (``group_lags``, ``dr_visible_after_s``)."""
    if now < replication.hidden_until:
        return replication.hidden_states
    if replication.lagging_looks > 0:
        return replication.lagging_states
    return replication.test_state, replication.recovery_state


def is_under_way(replication: SimulatedReplication) -> bool:
    """Return whether an action changes the replication now, visible or not."""
    return replication.test_state in BUSY_WORDS or replication.recovery_state in BUSY_WORDS


def refusal(simulator: Any, replication: SimulatedReplication, action: str) -> str:
    """The code of the state machine of protocol/dr.md §6, or nothing. The VDC comes first, then what goes on, then what
    is
    done; codes of cells that no source tells are the nearest known ones."""
    vdc = simulator.world.vdcs[replication.vdc_id]
    enabled = {"testFailover": vdc.is_test_failover_enabled, "failover": vdc.is_failover_enabled}
    if not (enabled.get(action, True) and (vdc.is_recovery_enabled or action not in enabled)):
        return "VdcNotEnabledForRecoveryFault"
    test, recovery = replication.test_state, replication.recovery_state
    if is_under_way(replication):
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
    """The task of an action. It changes the replication now, and again when it is over.

    An action that the state does not allow fails as a task does.
    """
    code = refusal(simulator, replication, action)
    if code == "NotTestRecovered" and simulator.config.cleanup_from_none == "success-noop":
        return _task(simulator, replication, action)
    if code:
        fault = _fault(simulator, f"The operation is not allowed in this state: {code}.", code)
        return _task(simulator, replication, action, end_status="error", error=fault)
    config = simulator.config
    trouble, replication.trouble = replication.trouble, ""
    before = replication.test_state, replication.recovery_state
    if config.dr_visible_after_s:
        replication.hidden_states = seen(replication, simulator.clock.now())
        replication.hidden_until = simulator.clock.now() + config.dr_visible_after_s
    begun = _Action(simulator, replication, action, power_on, trouble, before)
    status = _ENDS.get(trouble, "success")
    begun.is_ahead = config.group_ahead and status == "success" and trouble != "hang"
    if not config.dr_start_delay_s:
        begun.begin()
    gone = config.task_gone_after or None
    # A result is never visible before the action itself is.
    seconds = max(config.dr_start_delay_s + config.dr_task_s, config.dr_visible_after_s)
    return _task(
        simulator,
        replication,
        action,
        seconds=float("inf") if trouble == "hang" else seconds,
        delay_s=config.dr_start_delay_s,
        on_start=begun.begin_late if config.dr_start_delay_s else None,
        end_status=status,
        error=_fault(simulator, "The VM could not be recovered.", "RecoveryFault"),
        progress=100 if trouble == "progress-100" else None,
        gone_after_looks=1 if trouble == "vanish" else gone,
        on_end=begun.end,
    )


def _task(simulator: Any, replication: SimulatedReplication, action: str, **options: Any) -> SimulatedTask:
    owner = Owner(
        f"/api/vr/replications/{replication.replication_id}",
        replication.name,
        "application/vnd.vmware.hcs.replicationGroup+xml",
    )
    operation = f"{_WORDS[action]} of replication {replication.name}({replication.replication_id[-36:]})"
    org = simulator.world.vdcs[replication.vdc_id].org
    # The namespace of an extension must not be vCloud's own. Source: task.xsd, by way of protocol/dr.md §3.2.
    options |= {
        "hidden_s": simulator.config.dr_visible_after_s,
        "is_link_hidden": simulator.config.dr_task_link == "hidden",
    }
    started: SimulatedTask = simulator.tasks.start(
        org, owner, operation, _NAMES[action], namespace="com.vmware.hcs", **options
    )
    return started


def _fault(simulator: Any, message: str, code: str) -> dict[str, Any]:
    """Attributes of an Error; where its code is, is a switch. Source: protocol/dr.md §3.4."""
    place = simulator.config.error_code_in
    return {
        "majorErrorCode": 400,
        "minorErrorCode": "BAD_REQUEST" if place == "vendorSpecificErrorCode" else code,
        "message": message,
        "vendorSpecificErrorCode": None if place == "minorErrorCode" else code,
    }


@dataclass
class _Action:
    """An action on its way. ``begin`` and ``end`` are the only places that change a replication."""

    simulator: Any
    replication: SimulatedReplication
    name: str
    power_on: bool
    trouble: str
    before: tuple[str, str]
    is_ahead: bool = False
    """The replication shows the result as soon as the action begins (``group_ahead``)."""
    has_begun: bool = False

    def begin(self) -> None:
        group = self.replication
        self.has_begun = True
        if self.name == "failover":
            if group.test_state != "none":
                self._put_away()  # the machine of the test is dropped
            group.recovery_state, group.test_state = "inProgress", "none"
        elif self.name != DELETE:
            group.test_state = "testInProgress" if self.name == "testFailover" else "cleanupInProgress"
        if self.is_ahead:
            self._apply("success")

    def begin_late(self, task: SimulatedTask) -> None:
        """Begin an action that waited; the task fails if another one was faster."""
        code = refusal(self.simulator, self.replication, self.name)
        if not code:
            self.begin()
            return
        task.end_status, task.seconds = "error", task.delay_s
        task.error = _fault(self.simulator, f"The operation is not allowed in this state: {code}.", code)

    def end(self, status: str) -> None:
        """Apply the result, unless that was done at the beginning or the action was canceled before."""
        if self.has_begun and not self.is_ahead:
            self._apply(status)

    def _apply(self, status: str) -> None:
        world, group = self.simulator.world, self.replication
        if self.trouble == "gone":
            world.replications.pop(group.replication_id, None)
        elif self.trouble == "lie":
            group.test_state, group.recovery_state = self.before
        elif status != "success":
            self._fail()
        elif self.name == DELETE:
            self._delete()
        else:
            group.lagging_looks = self.simulator.config.group_lags
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
            self._put_away()
            return
        if self.name == "failover":
            group.recovery_state, group.recovered_at = config.recovery_done_word, self.simulator.clock.now()
        else:
            group.test_state = "complete"
        if self.trouble != "no-vm":
            network = config.test_network if self.name == "testFailover" else config.recovery_network
            self._put("POWERED_ON" if self.power_on and self.trouble != "off" else "POWERED_OFF", network)

    def _put(self, status: str, network: str) -> None:
        machine = self.simulator.world.machine_of(self.replication, status, network)
        self.simulator.world.vms[machine.vm_id] = machine

    def _put_away(self) -> None:
        """A placeholder again, or nothing that anybody can see."""
        if self.simulator.config.placeholders == "visible":
            self._put("POWERED_OFF", self.simulator.config.recovery_network)
        else:
            self._drop()

    def _drop(self) -> None:
        world = self.simulator.world
        world.vms.pop(world.machine_of(self.replication, "", "").vm_id, None)

    def _delete(self) -> None:
        """The placeholder goes too; a vApp that was there before and a recovered machine stay.

        Source: protocol/dr.md §5.
        """
        group = self.replication
        self.simulator.world.replications.pop(group.replication_id, None)
        if not (group.is_seeded or group.recovered_at):
            self._drop()
