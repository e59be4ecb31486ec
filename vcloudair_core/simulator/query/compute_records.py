"""Records of VMs, vApps, VDCs and storage profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vcloudair_core.simulator.documents.addresses import ADDRESSES, href
from vcloudair_core.simulator.query.query_columns import (
    Column,
    Source,
    constant,
    from_field,
    href_column,
    last_task_columns,
    owner_href,
    owner_name,
    vdc_href,
    vdc_name,
    visible,
)
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import VApp, Vdc, Vm
from vcloudair_core.simulator.state.hardware import HARDWARE_VERSION, TOOLS_VERSION


def _vms(context: Any) -> list[Vm]:
    """Return the VMs in vApps, followed by the VMs in templates.

    Source: protocol/recorded-responses.md §3.
    """
    return [*visible("vms")(context), *visible("template_vms")(context)]


def _vdcs(context: Any) -> list[Vdc]:
    return list(visible("vdcs")(context))


def _catalog_of(context: Any, vm: Vm) -> str | None:
    """Return the name of the catalog that contains a VM of a template, or None."""
    world = context.world
    return world.catalogs[world.templates[vm.vapp_id].catalog_id].name if vm.is_template else None


def _vdc_figure(figure: Callable[[Any, Vdc], int]) -> Column:
    return lambda context, vdc: figure(context.world, vdc)


def _number_in(shelf: str) -> Column:
    """Return a column that counts the objects of a VDC in the registry ``shelf``."""
    return lambda context, vdc: len(context.world.in_vdc(vdc.vdc_id, getattr(context.world, shelf)))


def _network_href(context: Any, vm: Vm) -> str | None:
    """Return the URL of the network of a VM's primary interface.

    The attribute ``networkName`` has the name of this network.
    """
    network = context.world.network_named(vm.vdc_id, vm.network) if vm.network else None
    return href(context.root, "network", network.network_id) if network else None


def _vapp_path(vapp: VApp) -> str:
    return f"{ADDRESSES['vapp'].path}{vapp.vapp_id}"


def _vdc_path(vdc: Vdc) -> str:
    return f"{ADDRESSES['admin-vdc'].path}{vdc.vdc_id}"


def _is_busy(path: Callable[[Any], str]) -> Column:
    return lambda context, item: context.simulator.tasks.open_on(path(item)) is not None


def _task_columns(path: Callable[[Any], str]) -> dict[str, Column]:
    """Return the columns for the latest task of an object.

    The column ``taskStatusName`` has the operation of the task.
    """
    columns = last_task_columns(path)
    return {"taskStatusName": columns.pop("taskOperation"), **columns}


def _vm_href(context: Any, vm: Vm) -> str:
    return f"{context.root}/api/{'vAppTemplate' if vm.is_template else 'vApp'}/vm-{vm.vm_id}"


def _vm_container(context: Any, vm: Vm) -> str:
    if vm.is_template:
        return f"{context.root}/api/vAppTemplate/vappTemplate-{vm.vapp_id}"
    return f"{context.root}/api/vApp/vapp-{vm.vapp_id}"


def _task_name(context: Any, vm: Vm) -> str:
    """Return the name of the operation that is in progress on a busy VM.

    The operation changes the VM or its vApp. Without a task, the name is ``vappDeploy``.
    """
    paths = f"/api/vApp/vm-{vm.vm_id}", f"/api/vApp/vapp-{vm.vapp_id}"
    tasks = [context.simulator.tasks.open_on(path) for path in paths]
    return next((task.operation_name for task in tasks if task), "vappDeploy")


VMS = Source(
    _vms,
    {
        "name": from_field("name"),
        "href": _vm_href,
        "containerName": lambda context, vm: context.world.container_name(vm),
        "container": _vm_container,
        "vdc": vdc_href,
        "ownerName": owner_name,
        "owner": owner_href,
        "isVAppTemplate": from_field("is_template"),
        "isDeleted": from_field("is_deleted"),
        "guestOs": from_field("guest_os"),
        "numberOfCpus": from_field("cpus"),
        "memoryMB": from_field("memory_mb"),
        "status": from_field("status"),
        "networkName": lambda context, vm: vm.network or None,
        "network": _network_href,
        "ipAddress": lambda context, vm: vm.ip_address or None,
        "isBusy": from_field("is_busy"),
        "isDeployed": from_field("is_deployed"),
        "isPublished": constant(False),
        "catalogName": lambda context, vm: _catalog_of(context, vm),
        "isVdcEnabled": constant(True),
        "isInMaintenanceMode": constant(False),
        "hardwareVersion": constant(HARDWARE_VERSION),
        "pvdcHighestSupportedHardwareVersion": constant(HARDWARE_VERSION),
        "vmToolsVersion": constant(TOOLS_VERSION),
        "storageProfileName": from_field("storage_profile"),
        "taskStatusName": lambda context, vm: _task_name(context, vm) if vm.is_busy else None,
        "taskStatus": lambda context, vm: "running" if vm.is_busy else None,
        "taskDetails": lambda context, vm: " " if vm.is_busy else None,
    },
    {"ipAddress": (5, 7), "ownerName": (5, 7), "owner": (5, 7), "network": (5, 7)},
)

VAPPS = Source(
    visible("vapps"),
    {
        "name": from_field("name"),
        "href": href_column("vapp", "vapp_id"),
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "isBusy": _is_busy(_vapp_path),
        "isDeployed": lambda context, vapp: any(vm.is_deployed for vm in context.world.vms_of_vapp(vapp.vapp_id)),
        "isEnabled": constant(True),
        "isPublic": constant(False),
        "status": lambda context, vapp: context.world.vapp_status(vapp.vapp_id),
        "ownerName": owner_name,
        "creationDate": from_field("created"),
        **_task_columns(_vapp_path),
    },
    is_steady=False,
)

ORG_VDCS = Source(
    _vdcs,
    {
        "name": from_field("name"),
        "href": vdc_href,
        "isEnabled": constant(True),
        "orgName": from_field("org"),
        "description": lambda context, vdc: vdc.description or None,
        "status": constant("READY"),
        "isBusy": _is_busy(_vdc_path),
        "cpuAllocationMhz": from_field("cpu_limit_mhz"),
        "cpuLimitMhz": from_field("cpu_limit_mhz"),
        "cpuUsedMhz": _vdc_figure(capacity.cpu_used_mhz),
        "memoryAllocationMB": from_field("memory_limit_mb"),
        "memoryLimitMB": from_field("memory_limit_mb"),
        "memoryUsedMB": _vdc_figure(capacity.memory_used_mb),
        "storageLimitMB": constant(capacity.STORAGE_LIMIT_MB),
        "storageUsedMB": _vdc_figure(capacity.storage_used_mb),
        "numberOfStorageProfiles": _number_in("storage_profiles"),
        "numberOfVMs": lambda context, vdc: len(capacity.vms_of(context.world, vdc)),
        "numberOfRunningVMs": lambda context, vdc: len(capacity.running_in(context.world, vdc)),
        "numberOfVApps": _number_in("vapps"),
        "numberOfMedia": _number_in("media"),
        "numberOfDisks": constant(0),
        "numberOfVAppTemplates": _number_in("templates"),
        **_task_columns(_vdc_path),
    },
    {"numberOfVMs": (30, 0), "numberOfRunningVMs": (30, 0), "description": (29, 0)},
    is_steady=False,
)

PROFILES = Source(
    visible("storage_profiles"),
    {
        "name": from_field("name"),
        "href": href_column("storage-profile", "profile_id"),
        "vdc": vdc_href,
        "vdcName": vdc_name,
        "isEnabled": constant(True),
        "isDefaultStorageProfile": from_field("is_default"),
        "isVdcBusy": constant(False),
        "numberOfConditions": constant(0),
        "storageLimitMB": from_field("limit_mb"),
        "storageUsedMB": lambda context, profile: capacity.storage_used_mb(
            context.world, context.world.vdcs[profile.vdc_id], profile.name
        ),
    },
)
