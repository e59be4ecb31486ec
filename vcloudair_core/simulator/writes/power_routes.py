"""Routes for power actions, such as on, off, suspend, deploy and undeploy.

Source: protocol/vm-writes.md §1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator import responses
from vcloudair_core.simulator.writes.entity_tasks import (
    BadBodyError,
    bad_body,
    child_text,
    find_target,
    no_target,
    read_body,
    start_write,
)
from vcloudair_core.simulator.writes.power_states import (
    ACTIONS,
    DEPLOY,
    KEEP,
    UNDEPLOY,
    UNDEPLOY_ACTIONS,
    apply_action,
    is_allowed,
    refusal,
)
from vcloudair_core.transport.messages import Response

T = "application/vnd.vmware.vcloud."


def routes(prefix: str = "") -> SimulatorRoutes:
    """Return the routes of all power actions of VMs and vApps."""
    base = f"{prefix}/api/vApp/{{entity_id}}"
    made = [SimulatorRoute("POST", f"{base}/{power.path}", _handler(name)) for name, power in ACTIONS.items()]
    about = "All VMs of a vApp change at the same time. Guests always have VMware Tools."
    return SimulatorRoutes(
        f"power{prefix}", "Power actions of VMs and vApps", tuple(made), versions="all", simplifications=about
    )


def _handler(action: str) -> Callable[[Any], Response]:
    return lambda context: _act(context, action)


def _act(context: Any, action: str) -> Response:
    """Start a power action on a VM, or on the VMs of a vApp.

    The action changes only those VMs whose state allows it. If there are none, return an error.
    """
    target = find_target(context)
    if target is None:
        return no_target(context)
    try:
        status = _status_of_body(context, action)
    except BadBodyError as exc:
        return bad_body(context, exc)
    vms = [vm for vm in target.vms if is_allowed(action, vm)]
    if not vms:
        code = context.simulator.config.wrong_state_status
        minor = "BAD_REQUEST" if code == 400 else "CONFLICT"
        return responses.error(code, minor, refusal(action, target.entity), context.version)
    power = ACTIONS[action]

    def apply() -> None:
        for vm in vms:
            apply_action(action, vm, status)

    name = "vappUndeploySuspend" if action == UNDEPLOY and status == "SUSPENDED" else power.operation_name
    return start_write(context, target, power.verb, name, apply)


def _status_of_body(context: Any, action: str) -> str:
    """Return the VM status that the request body selects, or an empty string.

    Raises BadBodyError for an invalid body.
    """
    params = ACTIONS[action].params
    if not params:
        return ""
    root = read_body(context, f"{params[0].upper()}{params[1:]}", f"{T}{params}+xml", is_required=False)
    if root is None:
        return ""
    if action == DEPLOY:
        return KEEP if root.get("powerOn", "true") in ("false", "0") else ""
    value = child_text(root, "UndeployPowerAction") or ""
    if value not in UNDEPLOY_ACTIONS:
        raise BadBodyError(f"Bad request: UndeployPowerAction {value!r} is unknown.")
    return UNDEPLOY_ACTIONS[value]
