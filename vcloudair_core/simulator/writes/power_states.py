"""Power actions of VMs and vApps, and the statuses that allow each action.

Source: protocol/vm-writes.md §1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vcloudair_core.simulator.state.entities import VApp, Vm

ON, OFF, SUSPENDED = "POWERED_ON", "POWERED_OFF", "SUSPENDED"
UNDEPLOY_ACTIONS = {"": OFF, "default": OFF, "powerOff": OFF, "shutdown": OFF, "force": OFF, "suspend": SUSPENDED}
"""Status of a VM after undeployment, by value of UndeployPowerAction."""


@dataclass(frozen=True)
class PowerAction:
    """A power action.

    Attributes:
        path: Path of the action, under the path of the VM or vApp.
        rel: ``rel`` attribute of the link to the action.
        operation_name: Name of the operation in tasks.
        verb: First word of the operation text in tasks.
        starts: Statuses in which a VM allows the action.
        status: Status of the VM after the action.
        is_deployed: True if the VM is deployed after the action. None keeps the current value.
        params: Name of the parameter document, or an empty string if the action has no parameters.
    """

    path: str
    rel: str
    operation_name: str
    verb: str
    starts: tuple[str, ...]
    status: str
    is_deployed: bool | None = None
    params: str = ""


DEPLOY, UNDEPLOY = "deploy", "undeploy"
KEEP = "keep"
"""Value of ``status`` that keeps the status of a VM.

A deployment without power uses this value.
"""
ACTIONS = {
    "powerOn": PowerAction(
        "power/action/powerOn", "power:powerOn", "vappDeploy", "Starting", (OFF, SUSPENDED), ON, True
    ),
    "powerOff": PowerAction("power/action/powerOff", "power:powerOff", "vappPowerOff", "Stopping", (ON,), OFF),
    "reset": PowerAction("power/action/reset", "power:reset", "vappReset", "Resetting", (ON,), ON),
    "reboot": PowerAction("power/action/reboot", "power:reboot", "vappRebootGuest", "Rebooting", (ON,), ON),
    "suspend": PowerAction("power/action/suspend", "power:suspend", "vappSuspend", "Suspending", (ON,), SUSPENDED),
    "shutdown": PowerAction(
        "power/action/shutdown", "power:shutdown", "vappShutdownGuest", "Shutting down", (ON,), OFF
    ),
    DEPLOY: PowerAction(
        "action/deploy", "deploy", "vappDeploy", "Starting", (OFF, SUSPENDED), ON, True, "deployVAppParams"
    ),
    UNDEPLOY: PowerAction(
        "action/undeploy", "undeploy", "vappUndeployPowerOff", "Stopping", (ON, OFF, SUSPENDED), OFF, False,
        "undeployVAppParams",
    ),
    "discardSuspendedState": PowerAction(
        "action/discardSuspendedState", "discardState", "vappDiscardSuspendedState",
        "Discarding the suspended state of", (SUSPENDED,), OFF, False,
    ),
}  # fmt: skip


def is_allowed(action: str, vm: Vm) -> bool:
    """Return True if the state of a VM allows the action."""
    if action == UNDEPLOY and not vm.is_deployed:
        return False
    if action == DEPLOY and vm.is_deployed:
        return False
    return vm.status in ACTIONS[action].starts


def allowed_actions(vms: Sequence[Vm]) -> list[str]:
    """Return the actions that the state of at least one VM allows."""
    return [action for action in ACTIONS if any(is_allowed(action, vm) for vm in vms)]


def refusal(action: str, entity: Vm | VApp) -> str:
    """Return the error message for an action that the state does not allow."""
    kind = "VM" if isinstance(entity, Vm) else "vApp"
    if action in ("powerOn", DEPLOY):
        return (
            f'The requested operation could not be executed on {kind} "{entity.name}". Stop the {kind} and try again.'
        )
    state = "powered on" if kind == "VM" and action != UNDEPLOY else "running"
    state = "suspended" if action == "discardSuspendedState" else state
    return f'The requested operation could not be executed since {kind} "{entity.name}" is not {state}.'


def apply_action(action: str, vm: Vm, status: str = "") -> None:
    """Set a VM to the state that results from an action.

    ``status`` overrides the resulting status. ``KEEP`` leaves the status of the VM unchanged.
    """
    power = ACTIONS[action]
    if power.is_deployed is not None:
        vm.deployed = power.is_deployed
    elif vm.deployed is None:
        vm.deployed = vm.is_deployed  # Powering off does not undeploy a VM.
    if status != KEEP:
        vm.status = status or power.status
