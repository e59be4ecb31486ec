"""Routes of operations on replications and of their network settings.

Source: protocol/vcda.md §4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication
from vcloudair_core.simulator.vcda.json_checks import BadRequestError
from vcloudair_core.simulator.vcda.operations import operation_states as states
from vcloudair_core.simulator.vcda.operations.operation_states import VcdaOperation, state_error
from vcloudair_core.simulator.vcda.operations.request_bodies import (
    OperationParameters,
    recovery_parameters,
    settings_parameters,
)
from vcloudair_core.simulator.vcda.operations.running_operation import RunningOperation
from vcloudair_core.simulator.vcda.operations.settings_routes import read_networks, write_networks
from vcloudair_core.simulator.vcda.replications.replication_documents import vms_of
from vcloudair_core.simulator.vcda.replications.vcda_replication_routes import may_read, not_found, own_vapp, own_vm
from vcloudair_core.simulator.vcda.vcda_responses import error, item, shown
from vcloudair_core.simulator.vcda.vcda_sessions import ADMINISTRATORS
from vcloudair_core.simulator.vcda.vcda_task_routes import task_document
from vcloudair_core.transport.messages import Response

_ACTIONS = {
    "failover-test": states.FAILOVER_TEST,
    "failover": states.FAILOVER,
    "migrate": states.MIGRATE,
    "reverse": states.REVERSE,
    "sync": states.SYNC,
    "pause": states.PAUSE,
    "resume": states.RESUME,
}
_RECOVERIES = (states.FAILOVER_TEST, states.FAILOVER, states.MIGRATE)


def routes() -> SimulatorRoutes:
    """Return the routes of operations and network settings."""
    table = [route for kind in ("vm", "vapp") for route in (*_operations(kind), *_others(kind))]
    return SimulatorRoutes("vcda-operations", "VCDA operations", tuple(table), versions="all")


_SIMPLIFICATIONS = {
    **dict.fromkeys(("failover-test", "failover", "migrate"), "policies, tags, snapshots and customization do nothing"),
    "reverse": "the old source VM is removed",
}


def _operations(kind: str) -> list[SimulatorRoute]:
    path = f"/{kind}-replications/{{replication_id}}"
    return [
        *[
            SimulatorRoute(
                "POST", f"{path}/{action}", _handler(kind, operation), simplifications=_SIMPLIFICATIONS.get(action, "")
            )
            for action, operation in _ACTIONS.items()
        ],
        SimulatorRoute("DELETE", f"{path}/failover-test", _handler(kind, states.CLEANUP)),
        SimulatorRoute("PATCH", path, _handler(kind, states.SETTINGS)),
        SimulatorRoute("DELETE", path, _handler(kind, states.DELETE)),
    ]


def _others(kind: str) -> list[SimulatorRoute]:
    """Return the routes of network settings, and routes for administrators."""
    path = f"/{kind}-replications/{{replication_id}}"
    networks, versions = f"{path}/network-settings", "4.1 and newer"
    administrators = partial(SimulatorRoute, right=ADMINISTRATORS, simplifications="only the check of the role")
    return [
        SimulatorRoute("GET", networks, partial(read_networks, kind=kind), versions=versions),
        SimulatorRoute("PUT", networks, partial(write_networks, kind=kind), versions=versions),
        SimulatorRoute("POST", networks, partial(write_networks, kind=kind), versions=versions),
        administrators("POST", f"{path}/storage-profile", _refused),
        administrators("PATCH", f"{path}/chown", _refused),
    ]


def _refused(context: Any) -> Response:
    """Return an error, because the body of the request is not documented."""
    return error(400, "BadRequest", "The simulator does not have this operation.")


def _handler(kind: str, operation: VcdaOperation) -> Callable[[Any], Response]:
    def handle(context: Any) -> Response:
        return _start(context, operation, is_vapp=kind == "vapp")

    return handle


def _start(context: Any, operation: VcdaOperation, *, is_vapp: bool) -> Response:
    """Start an operation, and return 202 with its task.

    If the state does not allow the operation, the response has a failed task. The option ``vcda_state_error_via`` can
    select an HTTP error instead.
    """
    target = _target(context, is_vapp)
    if target is None:
        return not_found(context)
    vapp, vms = target
    is_strict = not operation.is_at_both_sites and context.config.vcda_wrong_site == "404"
    if is_strict and any(vm.destination.site != context.site for vm in vms):
        return not_found(context)
    try:
        parameters = _parameters(context, operation, vapp, vms, is_vapp)
    except BadRequestError as exc:
        return error(400, "BadRequest", str(exc))
    rejection = _unreachable(context, operation.needs_source or parameters.is_synchronized, vms)
    if rejection is not None:
        return rejection
    started = RunningOperation(context, operation, vapp, vms, is_vapp, parameters)
    reason = next((text for text in (state_error(context.config, vm, operation) for vm in vms) if text), "")
    via = context.config.vcda_state_error_via
    if reason and via != "task":
        return error(int(via.removeprefix("http-")), "BadRequest", reason)
    task = started.fail_at_once(reason) if reason else started.start()
    return item(context.version, shown(context, task_document(context, task)), 202)


def _target(context: Any, is_vapp: bool) -> tuple[SimulatedVappReplication, list[SimulatedVmReplication]] | None:
    """Return the vApp replication and the VM replications for the path.

    Return None if the session cannot read them.
    """
    world = context.world
    if is_vapp:
        vapp = own_vapp(context)
        return None if vapp is None else (vapp, [vm for vm in vms_of(world, vapp) if may_read(context, vm)])
    vm = own_vm(context)
    return None if vm is None else (world.vapp_replications[vm.vapp_replication_id], [vm])


def _parameters(
    context: Any,
    operation: VcdaOperation,
    vapp: SimulatedVappReplication,
    vms: list[SimulatedVmReplication],
    is_vapp: bool,
) -> OperationParameters:
    if operation in _RECOVERIES:
        return recovery_parameters(context, operation, vapp, vms, is_vapp)
    if operation is states.SETTINGS:
        return settings_parameters(context)
    return OperationParameters()


def _unreachable(context: Any, needs_source: bool, vms: list[SimulatedVmReplication]) -> Response | None:
    """Return the error if a needed source site cannot be reached, or None.

    A failover must not depend on the source. Source: protocol/vcda.md §2.
    """
    if not needs_source:
        return None
    for vm in vms:
        rejection: Response | None = context.endpoint.unreachable(context, vm.source.site)
        if rejection is not None:
            return rejection
        if vm.is_peer_down:
            down: Response = context.endpoint.peer_error(vm.source.site)
            return down
    return None
