"""Bodies of requests that start operations.

Source: protocol/vcda.md §4.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication
from vcloudair_core.simulator.vcda.json_checks import MapOf, Required, check, json_object, number_from
from vcloudair_core.simulator.vcda.operations.network_settings import (
    FAILOVER_SETTINGS,
    TEST_SETTINGS,
    VAPP_NETWORKS,
    VM_NETWORKS,
    recovered_nics,
    vapp_networks,
    vm_networks,
)
from vcloudair_core.simulator.vcda.operations.operation_states import FAILOVER, FAILOVER_TEST, VcdaOperation
from vcloudair_core.simulator.vcda.replications.instances import MAX_INSTANCES, refresh_instances

_COMMON: dict[str, Any] = {
    "type": Required(("vcloud", "vcenter")),
    "powerOn": bool,
    "vAppNetworkSettings": VAPP_NETWORKS,
    "placementPolicy": {},
    "sizingPolicy": {},
    "copySecurityTags": bool,
}
_VM: dict[str, Any] = {**_COMMON, "vmNetworkSettings": VM_NETWORKS}
_VAPP: dict[str, Any] = {
    **_COMMON,
    "vmNetworkSettings": MapOf(VM_NETWORKS),
    "snapshotOptions": ("DO_NOTHING", "EXPOSE_PITS", "CONSOLIDATE"),
}
_YEAR_IN_MINUTES = 525_600
_RULE = {
    "numberOfInstances": Required(number_from(1, MAX_INSTANCES)),
    "distance": Required(number_from(0, _YEAR_IN_MINUTES)),
}
_SETTINGS: dict[str, Any] = {
    "description": str,
    "rpo": number_from(5, 1440),
    "dataConnectionType": ("ENCRYPTED", "ENCRYPTED_COMPRESSED"),
    "quiesced": bool,
    "retentionPolicy": {"rules": [_RULE]},
}


@dataclass(frozen=True)
class OperationParameters:
    """The parameters of an operation.

    The keys of ``instances`` and ``nics`` are IDs of VM replications. ``instances`` contains the instances to recover,
    and ``nics`` contains the interfaces of the recovered VMs.
    """

    power_on: bool = True
    is_synchronized: bool = False
    instances: dict[str, str] = field(default_factory=dict)
    nics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


def recovery_parameters(
    context: Any,
    operation: VcdaOperation,
    vapp: SimulatedVappReplication,
    vms: list[SimulatedVmReplication],
    is_vapp: bool,
) -> OperationParameters:
    """Return the parameters of a test, failover or migration.

    Raises BadRequestError or ValueError for an invalid body.
    """
    body = json_object(context.request.body, context.request.headers.get("Content-Type", ""))
    check(body, _shape(operation, is_vapp), refuses_unknown=context.config.vcda_unknown_fields == "refuse")
    if body["type"] != "vcloud":
        raise ValueError("The destination is a cloud, so the field 'type' must be vcloud.")
    is_synchronized = bool(body.get("sync"))
    instances = _instances(context, operation, body, vms, is_vapp)
    if is_synchronized and instances:
        raise ValueError("The fields 'sync' and 'instanceId' are mutually exclusive.")
    half = TEST_SETTINGS if operation is FAILOVER_TEST else FAILOVER_SETTINGS
    vapp_settings = body.get("vAppNetworkSettings") or vapp_networks(context, vapp, vms, half)
    nics = {}
    for vm in vms:
        settings = _own_networks(body.get("vmNetworkSettings"), vm, is_vapp) or vm_networks(vm, half)
        nics[vm.replication_id] = recovered_nics(context, vm, settings, vapp_settings)
    return OperationParameters(body.get("powerOn") is True, is_synchronized, instances, nics)


def settings_parameters(context: Any) -> OperationParameters:
    """Return the parameters of a change of settings.

    Raises BadRequestError or ValueError for an invalid body.
    """
    body = json_object(context.request.body, context.request.headers.get("Content-Type", ""))
    check(body, _SETTINGS, refuses_unknown=context.config.vcda_unknown_fields == "refuse")
    rules = (body.get("retentionPolicy") or {}).get("rules") or []
    if sum(rule["numberOfInstances"] for rule in rules) > MAX_INSTANCES:
        message = f"A retention policy keeps at most {MAX_INSTANCES} instances."
        raise ValueError(message)
    return OperationParameters(settings={name: body[name] for name in _SETTINGS if body.get(name) is not None})


def _shape(operation: VcdaOperation, is_vapp: bool) -> dict[str, Any]:
    """Return the shape of the request body of an operation.

    Only a test has the field ``sync``. A migration has no field for the instance.
    """
    shape = dict(_VAPP if is_vapp else _VM)
    if operation is FAILOVER_TEST:
        shape["sync"] = bool
    elif not is_vapp:
        shape["consolidate"] = bool
    if operation in (FAILOVER_TEST, FAILOVER):
        shape |= {"instanceMap": MapOf(str)} if is_vapp else {"instanceId": str}
    return shape


def _instances(
    context: Any, operation: VcdaOperation, body: dict[str, Any], vms: list[SimulatedVmReplication], is_vapp: bool
) -> dict[str, str]:
    """Return a mapping from IDs of VM replications to the selected instances.

    Raises ValueError for an unknown instance.
    """
    if operation not in (FAILOVER_TEST, FAILOVER):
        return {}
    chosen = body.get("instanceMap") or {} if is_vapp else {vms[0].replication_id: body.get("instanceId")}
    known = {vm.replication_id: vm for vm in vms}
    instances = {}
    for identifier, key in chosen.items():
        if key is None:
            continue
        if identifier not in known:
            message = f"The vApp replication has no VM replication '{identifier}'."
            raise ValueError(message)
        refresh_instances(context.world, known[identifier], context.simulator.clock.now())
        if key not in [instance.key for instance in known[identifier].instances]:
            message = f"The replication '{identifier}' has no instance '{key}'."
            raise ValueError(message)
        instances[identifier] = key
    return instances


def _own_networks(settings: dict[str, Any] | None, vm: SimulatedVmReplication, is_vapp: bool) -> dict[str, Any] | None:
    """Return the network settings of one VM from a request body.

    In the body for a vApp, the keys are IDs of VMs or of VM replications.
    """
    if not is_vapp or settings is None:
        return settings
    return settings.get(vm.vm_id) or settings.get(vm.replication_id)
