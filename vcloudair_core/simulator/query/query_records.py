"""Records of the query service, and the attributes of each record type.

Attributes are computed on access: a page with 128 of 100,000 VMs computes 128 records, and a filter by name computes
one attribute of each VM. Source: protocol/query.md §7, protocol/recorded-responses.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vcloudair_core.simulator.documents.addresses import ADDRESSES, href
from vcloudair_core.simulator.query.query_types import TYPES
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.entities import SimulatedEdge, Template, VApp, Vdc, Vm
from vcloudair_core.simulator.state.hardware import HARDWARE_VERSION, TOOLS_VERSION
from vcloudair_core.simulator.virtual_clock import timestamp_of

Column = Callable[[Any, Any], Any]
"""Function that takes a context and an object, and returns one attribute or None."""


@dataclass(frozen=True)
class Source:
    """Objects and attributes of a query type.

    ``since`` contains the first API version of attributes that older versions lack. ``is_steady`` is true if records
    can be cached until the inventory changes.
    """

    objects: Callable[[Any], Sequence[Any]]
    columns: Mapping[str, Column]
    since: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_steady: bool = True

    def columns_of_version(self, version: str) -> dict[str, Column]:
        """Return the attributes that exist in an API version, by name."""
        numbers = tuple(int(number) for number in version.split("-")[0].split("."))
        return {name: column for name, column in self.columns.items() if numbers >= self.since.get(name, (0,))}


class QueryRow(Mapping[str, Any]):
    """The record of one object. Attributes without a value are omitted."""

    __slots__ = ("_columns", "_context", "subject")

    def __init__(self, context: Any, subject: Any, columns: Mapping[str, Column]) -> None:
        self._context = context
        self._columns = columns
        self.subject = subject

    def __getitem__(self, name: str) -> Any:
        value = self._columns[name](self._context, self.subject)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        column = self._columns.get(name)
        value = column(self._context, self.subject) if column else None
        return default if value is None else value

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes of the record that have a value."""
        cells = ((name, column(self._context, self.subject)) for name, column in self._columns.items())
        return {name: value for name, value in cells if value is not None}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._columns if self.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


# -- objects ----------------------------------------------------------------------------------------------------


def _vdcs(context: Any) -> list[Vdc]:
    vdcs: list[Vdc] = context.world.vdcs_of(context.user.org)
    return vdcs


def _own(context: Any, objects: Mapping[str, Any]) -> list[Any]:
    """Return the objects that are in VDCs of the user's org."""
    vdc_ids = {vdc.vdc_id for vdc in _vdcs(context)}
    return [item for item in objects.values() if item.vdc_id in vdc_ids]


def _vms(context: Any) -> list[Vm]:
    """Return the VMs in vApps, followed by the VMs in templates.

    Source: protocol/recorded-responses.md §3.
    """
    return _own(context, context.world.vms) + _own(context, context.world.template_vms)


def _vapps(context: Any) -> list[VApp]:
    return _own(context, context.world.vapps)


def _catalog_of(context: Any, vm: Vm) -> str | None:
    """Return the name of the catalog that contains a VM of a template, or None."""
    world = context.world
    return world.catalogs[world.templates[vm.vapp_id].catalog_id].name if vm.is_template else None


def _templates(context: Any) -> list[Template]:
    return _own(context, context.world.templates)


def _vdc_href(context: Any, item: Any) -> str:
    return f"{context.root}/api/vdc/{item.vdc_id}"


def _vdc_name(context: Any, item: Any) -> str:
    return str(context.world.vdcs[item.vdc_id].name)


def _owner(context: Any, item: Any) -> str:
    user = context.world.owner(context.user.org)
    return user.name if user else "system"


def _constant(value: Any) -> Column:
    return lambda context, item: value


def _field(name: str) -> Column:
    return lambda context, item: getattr(item, name)


def _vdc_figure(figure: Callable[[Any, Vdc], int]) -> Column:
    return lambda context, vdc: figure(context.world, vdc)


def _org_href(context: Any, item: Any) -> str:
    return f"{context.root}/api/org/{context.world.orgs[context.user.org].org_id}"


def _href(kind: str, field_name: str) -> Column:
    """Return a column with the URL of an object of ``kind``.

    ``field_name`` is the field that contains the ID of the object.
    """
    return lambda context, item: href(context.root, kind, getattr(item, field_name))


LINK_TYPES = {True: 1, False: 2}
"""Value of linkType for routed networks (True) and isolated networks (False).

Source: protocol/query.md §7.
"""

# -- types -------------------------------------------------------------------------------------------------------


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


_VMS = Source(
    _vms,
    {
        "name": _field("name"),
        "href": _vm_href,
        "containerName": lambda context, vm: context.world.container_name(vm),
        "container": _vm_container,
        "vdc": _vdc_href,
        "ownerName": _owner,
        "isVAppTemplate": _field("is_template"),
        "isDeleted": _field("is_deleted"),
        "guestOs": _field("guest_os"),
        "numberOfCpus": _field("cpus"),
        "memoryMB": _field("memory_mb"),
        "status": _field("status"),
        "networkName": lambda context, vm: vm.network or None,
        "ipAddress": lambda context, vm: vm.ip_address or None,
        "isBusy": _field("is_busy"),
        "isDeployed": _field("is_deployed"),
        "isPublished": _constant(False),
        "catalogName": lambda context, vm: _catalog_of(context, vm),
        "isVdcEnabled": _constant(True),
        "isInMaintenanceMode": _constant(False),
        "hardwareVersion": _constant(HARDWARE_VERSION),
        "pvdcHighestSupportedHardwareVersion": _constant(HARDWARE_VERSION),
        "vmToolsVersion": _constant(TOOLS_VERSION),
        "storageProfileName": _field("storage_profile"),
        "taskStatusName": lambda context, vm: _task_name(context, vm) if vm.is_busy else None,
        "taskStatus": lambda context, vm: "running" if vm.is_busy else None,
        "taskDetails": lambda context, vm: " " if vm.is_busy else None,
    },
    {"ipAddress": (5, 7), "ownerName": (5, 7)},
)

_VAPPS = Source(
    _vapps,
    {
        "name": _field("name"),
        "href": _href("vapp", "vapp_id"),
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "isBusy": _constant(False),
        "isDeployed": lambda context, vapp: any(vm.is_deployed for vm in context.world.vms_of_vapp(vapp.vapp_id)),
        "isEnabled": _constant(True),
        "isPublic": _constant(False),
        "status": lambda context, vapp: context.world.vapp_status(vapp.vapp_id),
        "ownerName": _owner,
        "creationDate": _field("created"),
    },
)

_TEMPLATES = Source(
    _templates,
    {
        "name": _field("name"),
        "href": _href("template", "template_id"),
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "org": _org_href,
        "catalogName": lambda context, template: context.world.catalogs[template.catalog_id].name,
        "ownerName": _owner,
        "isPublished": _constant(False),
        "isBusy": _constant(False),
        "isGoldMaster": _constant(False),
        "isEnabled": _constant(True),
        "isDeployed": _constant(False),
        "isExpired": _constant(False),
        "status": _constant("RESOLVED"),
        "storageProfileName": lambda context, template: next(
            (vm.storage_profile for vm in context.world.vms_of_template(template.template_id)), None
        ),
        "creationDate": _field("created"),
    },
)


def _last_task(context: Any, edge: SimulatedEdge) -> Any:
    """Return the latest task of an edge gateway, or None."""
    return context.simulator.tasks.last_on(f"{ADDRESSES['edge'].path}{edge.edge_id}")


def _open_task(context: Any, edge: SimulatedEdge) -> Any:
    return context.simulator.tasks.open_on(f"{ADDRESSES['edge'].path}{edge.edge_id}")


def _of_last_task(show: Column) -> Column:
    """Return a column with an attribute of an edge gateway's latest task.

    The attribute is None if the edge gateway never had a task.
    """

    def column(context: Any, edge: SimulatedEdge) -> Any:
        task = _last_task(context, edge)
        return None if task is None else show(context, task)

    return column


_LAST_TASK = {
    "task": _of_last_task(_href("task", "task_id")),
    "taskStatus": _of_last_task(lambda context, task: context.simulator.tasks.status(task)),
    "taskOperation": _of_last_task(_field("operation_name")),
    "taskDetails": _of_last_task(_constant(" ")),
}
"""Attributes of an edge gateway that describe its latest task.

``taskDetails`` is always one space. Source: protocol/recorded-responses.md §3.
"""

_EDGES = Source(
    lambda context: _own(context, context.world.edges),
    {
        "gatewayStatus": _constant("READY"),
        "haStatus": _constant("DISABLED"),
        "href": _href("edge", "edge_id"),
        "isBusy": lambda context, edge: _open_task(context, edge) is not None,
        "name": _field("name"),
        "numberOfExtNetworks": _constant(1),
        "numberOfOrgNetworks": lambda context, edge: len(context.world.networks_of(edge)),
        "vdc": _vdc_href,
        "isSyslogServerSettingInSync": _constant(True),
        "advancedNetworkingEnabled": _field("is_advanced"),
        "orgVdcName": _vdc_name,
        "orgName": lambda context, edge: context.world.vdcs[edge.vdc_id].org,
        "edgeGatewayType": _constant("NSXV_BACKED"),
        **_LAST_TASK,
    },
    # Records have edgeGatewayType since API 32.0. Source: protocol/nsxt.md §2.
    {"advancedNetworkingEnabled": (7, 0), "orgVdcName": (29, 0), "orgName": (32, 0), "edgeGatewayType": (32, 0)},
    is_steady=False,
)

_ORG_VDCS = Source(
    _vdcs,
    {
        "name": _field("name"),
        "href": _vdc_href,
        "isEnabled": _constant(True),
        "orgName": _field("org"),
        "status": _constant("READY"),
        "isBusy": _constant(False),
        "cpuAllocationMhz": _field("cpu_limit_mhz"),
        "cpuLimitMhz": _field("cpu_limit_mhz"),
        "cpuUsedMhz": _vdc_figure(capacity.cpu_used_mhz),
        "memoryAllocationMB": _field("memory_limit_mb"),
        "memoryLimitMB": _field("memory_limit_mb"),
        "memoryUsedMB": _vdc_figure(capacity.memory_used_mb),
        "storageLimitMB": _constant(capacity.STORAGE_LIMIT_MB),
        "storageUsedMB": _vdc_figure(capacity.storage_used_mb),
        "numberOfStorageProfiles": lambda context, vdc: len(
            context.world.in_vdc(vdc.vdc_id, context.world.storage_profiles)
        ),
        "numberOfVMs": lambda context, vdc: len(capacity.vms_of(context.world, vdc)),
        "numberOfRunningVMs": lambda context, vdc: len(capacity.running_in(context.world, vdc)),
        "numberOfVApps": lambda context, vdc: len(context.world.in_vdc(vdc.vdc_id, context.world.vapps)),
        "numberOfMedia": _constant(0),
        "numberOfDisks": _constant(0),
        "numberOfVAppTemplates": lambda context, vdc: sum(
            template.vdc_id == vdc.vdc_id for template in context.world.templates.values()
        ),
    },
    {"numberOfVMs": (30, 0), "numberOfRunningVMs": (30, 0)},
)

_ORGS = Source(
    lambda context: [context.world.orgs[context.user.org]],
    {
        "name": _field("name"),
        "displayName": _field("full_name"),
        "isEnabled": _constant(True),
        "isReadOnly": _constant(False),
        "deployedVMQuota": _field("deployed_vm_quota"),
        "numberOfVdcs": lambda context, org: len(_vdcs(context)),
        "href": _href("org", "org_id"),
    },
)

_NETWORKS = Source(
    lambda context: _own(context, context.world.networks),
    {
        "name": _field("name"),
        "href": _href("network", "network_id"),
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "defaultGateway": _field("gateway"),
        "netmask": _field("netmask"),
        "dns1": lambda context, network: network.dns1 or " ",
        "dns2": lambda context, network: network.dns2 or " ",
        "dnsSuffix": _constant(" "),
        "linkType": lambda context, network: LINK_TYPES[bool(network.edge_id)],
        "connectedTo": lambda context, network: context.world.edges[network.edge_id].name if network.edge_id else " ",
        "isBusy": _constant(False),
        "isShared": _field("is_shared"),
        "isIpScopeInherited": _constant(False),
    },
)

_PROFILES = Source(
    lambda context: _own(context, context.world.storage_profiles),
    {
        "name": _field("name"),
        "href": _href("storage-profile", "profile_id"),
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "isEnabled": _constant(True),
        "isDefaultStorageProfile": _field("is_default"),
        "isVdcBusy": _constant(False),
        "numberOfConditions": _constant(0),
        "storageLimitMB": _field("limit_mb"),
        "storageUsedMB": lambda context, profile: capacity.storage_used_mb(
            context.world, context.world.vdcs[profile.vdc_id], profile.name
        ),
    },
)

_CATALOGS = Source(
    lambda context: [catalog for catalog in context.world.catalogs.values() if catalog.org == context.user.org],
    {
        "name": _field("name"),
        "href": _href("catalog", "catalog_id"),
        "creationDate": _field("created"),
        "isPublished": _constant(False),
        "isShared": _constant(True),
        "numberOfMedia": _constant(0),
        "numberOfVAppTemplates": lambda context, catalog: sum(
            template.catalog_id == catalog.catalog_id for template in context.world.templates.values()
        ),
        "orgName": _field("org"),
        "ownerName": _owner,
    },
)

_ITEMS = Source(
    _templates,
    {
        "name": _field("name"),
        "href": _href("catalog-item", "item_id"),
        "entity": lambda context, template: f"{context.root}/api/vAppTemplate/vappTemplate-{template.template_id}",
        "entityName": _field("name"),
        "entityType": _constant("vapptemplate"),
        "catalogName": lambda context, template: context.world.catalogs[template.catalog_id].name,
        "ownerName": _owner,
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "isPublished": _constant(False),
        "isVdcEnabled": _constant(True),
        "isExpired": _constant(False),
        "status": _constant("RESOLVED"),
        "creationDate": _field("created"),
    },
)

_USERS = Source(
    lambda context: [user for user in context.world.users if user.org == context.user.org],
    {
        "name": _field("name"),
        "href": _href("user", "user_id"),
        "fullName": _field("name"),
        "isEnabled": _constant(True),
        "isLdapUser": _constant(False),
        "numberOfDeployedVMs": _constant(0),
        "deployedVMQuota": _constant(0),
        "numberOfStoredVMs": _constant(0),
        "storedVMQuota": _constant(0),
    },
)

_ROLES = Source(
    lambda context: context.world.roles_of(context.user.org),
    {
        "name": _field("name"),
        "href": _href("role", "role_id"),
        "isReadOnly": _constant(True),
    },
)


def _tasks(context: Any) -> list[Any]:
    tasks: list[Any] = context.simulator.tasks.of(context.user.org)
    return tasks


def _task_status(context: Any, task: Any) -> str:
    return str(context.simulator.tasks.status(task))


_TASKS = Source(
    _tasks,
    {
        "name": _field("operation_name"),
        "href": _href("task", "task_id"),
        "status": _task_status,
        "startDate": lambda context, task: timestamp_of(task.started),
        "endDate": lambda context, task: (
            None if _task_status(context, task) in ("queued", "running") else timestamp_of(task.ended())
        ),
        "ownerName": _field("user"),
        "object": lambda context, task: context.root + task.owner.path,
        "objectName": lambda context, task: task.owner.name,
        "objectType": lambda context, task: task.owner.media_type.rsplit(".", 1)[-1].removesuffix("+xml"),
        "org": _org_href,
        "orgName": lambda context, task: context.user.org,
        "serviceNamespace": _field("namespace"),
        "progress": lambda context, task: context.simulator.tasks.progress(task),
    },
    {"progress": (9, 0)},
    is_steady=False,
)

_NOTHING = Source(lambda context: (), {"name": _constant(""), "href": _constant("")})

_SOURCES = {
    "vm": _VMS,
    "vApp": _VAPPS,
    "vAppTemplate": _TEMPLATES,
    "edgeGateway": _EDGES,
    "orgVdc": _ORG_VDCS,
    "organization": _ORGS,
    "orgVdcNetwork": _NETWORKS,
    "orgVdcStorageProfile": _PROFILES,
    "catalog": _CATALOGS,
    "catalogItem": _ITEMS,
    "user": _USERS,
    "role": _ROLES,
    "task": _TASKS,
}


@cache
def source_of(kind: str) -> Source:
    """Return the objects and attributes of a built-in query type.

    The result is empty if the simulator has no records of the type.
    """
    assert kind in TYPES
    return _SOURCES.get(kind, _NOTHING)


def has_records(kind: str) -> bool:
    """Return True if the simulator can have records of a query type."""
    return kind in _SOURCES
