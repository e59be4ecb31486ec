"""Routes that read replications and their instances.

Source: protocol/vcda.md §3.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from vcloudair_core.plugin.records import SimulatorRoute, SimulatorRoutes
from vcloudair_core.simulator.vcda.entities import SimulatedVappReplication, SimulatedVmReplication
from vcloudair_core.simulator.vcda.replications.instances import instance_document, refresh_instances
from vcloudair_core.simulator.vcda.replications.replication_documents import health, vapp_document, vm_document, vms_of
from vcloudair_core.simulator.vcda.vcda_responses import error, item, page, shown
from vcloudair_core.transport.messages import Response


def routes() -> SimulatorRoutes:
    """Return the routes that read replications."""
    instances = "/vm-replications/{replication_id}/instances"
    return SimulatorRoutes(
        "vcda-replications",
        "VCDA replications",
        (
            SimulatorRoute("GET", "/vm-replications", list_vms),
            SimulatorRoute("GET", "/vm-replications/{replication_id}", read_vm),
            SimulatorRoute("GET", instances, list_instances),
            SimulatorRoute("GET", f"{instances}/{{key}}", read_instance, versions="4.5 and newer"),
            SimulatorRoute("GET", "/vapp-replications", list_vapps),
            SimulatorRoute("GET", "/vapp-replications/{replication_id}", read_vapp),
        ),
        versions="all",
    )


def may_read(context: Any, vm: SimulatedVmReplication) -> bool:
    """Return True if the session may read a replication.

    Tenants can read the replications from and to their orgs, at each site to which the session is extended.
    """
    sites = context.session.sites
    return context.session.is_provider or any(sites.get(end.site) == end.org for end in (vm.source, vm.destination))


def own_vm(context: Any) -> SimulatedVmReplication | None:
    """Return the VM replication in the path, or None if the session cannot read it."""
    vm: SimulatedVmReplication | None = context.world.vm_replications.get(context.path_params["replication_id"])
    return vm if vm is not None and may_read(context, vm) else None


def own_vapp(context: Any) -> SimulatedVappReplication | None:
    """Return the vApp replication in the path, or None if the session cannot read it."""
    identifier = context.path_params["replication_id"]
    vapp: SimulatedVappReplication | None = context.world.vapp_replications.get(identifier)
    vms = vms_of(context.world, vapp) if vapp is not None else []
    return vapp if any(may_read(context, vm) for vm in vms) else None


def not_found(context: Any) -> Response:
    """Return 404 for an unknown replication.

    The code is inferred. Source: protocol/vcda.md §6.
    """
    identifier = context.path_params["replication_id"]
    return error(404, "ReplicationNotFound", f"The replication '{identifier}' does not exist.", identifier)


def read_vm(context: Any) -> Response:
    """Return a VM replication."""
    vm = own_vm(context)
    return not_found(context) if vm is None else item(context.version, shown(context, vm_document(context, vm)))


def read_vapp(context: Any) -> Response:
    """Return a vApp replication with its VM replications."""
    vapp = own_vapp(context)
    return not_found(context) if vapp is None else item(context.version, shown(context, vapp_document(context, vapp)))


def list_instances(context: Any) -> Response:
    """Return the instances of a VM replication, newest first."""
    vm = own_vm(context)
    if vm is None:
        return not_found(context)
    refresh_instances(context.world, vm, context.simulator.clock.now())
    return item(context.version, [instance_document(instance) for instance in vm.instances])


def read_instance(context: Any) -> Response:
    """Return an instance of a VM replication with its disks."""
    vm, key = own_vm(context), context.path_params["key"]
    if vm is None:
        return not_found(context)
    refresh_instances(context.world, vm, context.simulator.clock.now())
    instance = next((entry for entry in vm.instances if entry.key == key), None)
    if instance is None:
        return error(404, "InstanceNotFound", f"The instance '{key}' does not exist.", key)
    disks = [{"diskKey": 2000, "label": "Hard disk 1", "capacity": 16 * 1024**3}]
    return item(context.version, {**instance_document(instance), "disksInfo": disks})


def list_vms(context: Any) -> Response:
    """Return a page of the VM replications to a site that match the parameters."""
    vms = _to_site(context)
    name, vm_id = context.parameter("vmName"), context.parameter("vmId")
    vms = [vm for vm in vms if not name or matches_name(vm.vm_name, name)]
    vms = [vm for vm in vms if vm_id in ("", vm.vm_id)]
    ids = context.parameter("ids").split(",")
    vms = [vm for vm in vms if ids == [""] or vm.replication_id in ids]
    return page(context, vms, lambda vm: vm_document(context, vm))


def list_vapps(context: Any) -> Response:
    """Return a page of the vApp replications to a site that match the parameters."""
    vms = {vm.vapp_replication_id: vm for vm in reversed(_to_site(context))}
    vapps = [vapp for vapp in context.world.vapp_replications.values() if vapp.replication_id in vms]
    name, ids = context.parameter("vappName"), context.parameter("ids").split(",")
    vapps = [vapp for vapp in vapps if not name or matches_name(vapp.name, name)]
    vapps = [vapp for vapp in vapps if ids == [""] or vapp.replication_id in ids]
    vapp_id, recovered = context.parameter("vappId"), context.parameter("recoveredVappId")
    vapps = [vapp for vapp in vapps if vapp_id in ("", vms[vapp.replication_id].source.vapp_id)]
    vapps = [vapp for vapp in vapps if recovered in ("", vms[vapp.replication_id].recovered_vapp_id)]
    return page(context, vapps, lambda vapp: vapp_document(context, vapp))


def matches_name(name: str, text: str) -> bool:
    """Return True if a name contains ``text``.

    ``%`` in ``text`` matches any characters.
    """
    escaped = "".join(f"[{character}]" if character in "*?[" else character for character in text)
    return fnmatchcase(name, f"*{escaped.replace('%', '*')}*")


_FILTERS: dict[str, Callable[[Any, SimulatedVmReplication], str]] = {
    "sourceSite": lambda context, vm: vm.source.site,
    "sourceSiteType": lambda context, vm: "vcloud",
    "destinationSiteType": lambda context, vm: "vcloud",
    "sourceOrg": lambda context, vm: vm.source.org,
    "sourceVdcId": lambda context, vm: vm.source.vdc_id,
    "sourceVdcName": lambda context, vm: context.world.vdcs[vm.source.vdc_id].name,
    "destinationOrg": lambda context, vm: vm.destination.org,
    "destinationVdcId": lambda context, vm: vm.destination.vdc_id,
    "destinationVdcName": lambda context, vm: context.world.vdcs[vm.destination.vdc_id].name,
    "owner": lambda context, vm: context.world.vapp_replications[vm.vapp_replication_id].owner,
    "isMigration": lambda context, vm: str(vm.is_migration).lower(),
    "overallHealth": lambda context, vm: health(vm, context.simulator.clock.now()),
}
"""Values that the parameters of both lists are compared with."""


def _to_site(context: Any) -> list[SimulatedVmReplication]:
    """Return the replications to the site of the request.

    Replications that the session cannot read are omitted. The parameters that both lists support filter the result.
    """
    vms = [
        vm
        for vm in context.world.vm_replications.values()
        if vm.destination.site == context.site and may_read(context, vm)
    ]
    now = context.simulator.clock.now()
    for vm in vms:
        refresh_instances(context.world, vm, now)
    values = {name: context.parameter(name) for name in _FILTERS}
    return [vm for vm in vms if all(not text or _FILTERS[name](context, vm) == text for name, text in values.items())]
