"""Routes that read and write the network settings of replications.

Source: protocol/vcda.md §4.2.
"""

from __future__ import annotations

from typing import Any

from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication
from vcloudair_core.simulator.vcda.json_checks import BadRequestError, MapOf, check, json_object
from vcloudair_core.simulator.vcda.operations.network_settings import (
    FAILOVER_SETTINGS,
    TEST_SETTINGS,
    VAPP_NETWORKS,
    VM_NETWORKS,
    recovered_nics,
    vapp_networks,
    vm_networks,
)
from vcloudair_core.simulator.vcda.replications.replication_documents import vms_of
from vcloudair_core.simulator.vcda.replications.vcda_replication_routes import not_found, own_vapp, own_vm
from vcloudair_core.simulator.vcda.vcda_responses import error, item, shown
from vcloudair_core.transport.messages import Response

_HALVES = (FAILOVER_SETTINGS, TEST_SETTINGS)


def read_networks(context: Any, *, kind: str) -> Response:
    """Return the network settings of a VM or vApp for failovers and for tests."""
    target = _target(context, kind)
    return not_found(context) if target is None else _document(context, *target, kind)


def write_networks(context: Any, *, kind: str) -> Response:
    """Replace the network settings of a VM or vApp. The method is inferred."""
    method = context.config.vcda_network_settings_method
    if context.request.method not in ("PUT", "POST") or method not in ("both", context.request.method):
        return error(405, "MethodNotAllowed", f"The method {context.request.method} is not allowed here.")
    target = _target(context, kind)
    if target is None:
        return not_found(context)
    try:
        body = json_object(context.request.body, context.request.headers.get("Content-Type", ""))
    except BadRequestError as exc:
        return error(400, "BadRequest", str(exc))
    of_vms = MapOf(VM_NETWORKS) if kind == "vapp" else VM_NETWORKS
    half = {"vAppNetworkSettings": VAPP_NETWORKS, "vmNetworkSettings": of_vms}
    check(body, dict.fromkeys(_HALVES, half), refuses_unknown=context.config.vcda_unknown_fields == "refuse")
    vapp, vms = target
    written = [_written(context, vapp, vms, body.get(name) or {}, name, kind) for name in _HALVES]
    for name, (vapp_settings, vm_settings) in zip(_HALVES, written, strict=True):
        vapp.network_settings[name] = vapp_settings
        for vm in vms:
            vm.network_settings[name] = vm_settings[vm.replication_id]
    return _document(context, vapp, vms, kind)


def _written(
    context: Any,
    vapp: SimulatedVappReplication,
    vms: list[SimulatedVmReplication],
    body: dict[str, Any],
    half: str,
    kind: str,
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the network settings of a vApp and of its VMs after a write.

    The keys of the second mapping are IDs of VM replications. Settings that the body omits do not change.

    Raises ValueError if a network does not exist at the destination.
    """
    vapp_settings = body.get("vAppNetworkSettings") or vapp_networks(context, vapp, vms, half)
    sent, of_vms = body.get("vmNetworkSettings") or {}, {}
    for vm in vms:
        own = sent if kind == "vm" else sent.get(vm.vm_id) or sent.get(vm.replication_id)
        of_vms[vm.replication_id] = own or vm_networks(vm, half)
        recovered_nics(context, vm, of_vms[vm.replication_id], vapp_settings)
    return vapp_settings, of_vms


def _target(context: Any, kind: str) -> tuple[SimulatedVappReplication, list[SimulatedVmReplication]] | None:
    if kind == "vapp":
        vapp = own_vapp(context)
        return None if vapp is None else (vapp, vms_of(context.world, vapp))
    vm = own_vm(context)
    return None if vm is None else (context.world.vapp_replications[vm.vapp_replication_id], [vm])


def _document(context: Any, vapp: SimulatedVappReplication, vms: list[SimulatedVmReplication], kind: str) -> Response:
    """Return the network settings as JSON.

    For a vApp, the settings of its VMs are keyed by VM ID.
    """
    document = {}
    for half in _HALVES:
        of_vms = {vm.vm_id: vm_networks(vm, half) for vm in vms}
        document[half] = {
            "vAppNetworkSettings": vapp_networks(context, vapp, vms, half),
            "vmNetworkSettings": of_vms if kind == "vapp" else of_vms[vms[0].vm_id],
        }
    return item(context.version, shown(context, document))
