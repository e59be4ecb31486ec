"""Records of the query service: objects of the simulator, and a column for each attribute.

An attribute is worked out when somebody looks: a page of 128 out of 100,000 machines costs 128 rows, a filter by name
one attribute of each. Source: protocol/query.md §7, protocol/recorded-responses.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vcloudair_core.simulator.query.query_types import TYPES
from vcloudair_core.simulator.state import capacity
from vcloudair_core.simulator.state.world import Template, Vdc, Vm
from vcloudair_core.simulator.virtual_clock import stamp_of

Column = Callable[[Any, Any], Any]
"""(context, object) -> value; None for an attribute that this object lacks."""


@dataclass(frozen=True)
class Source:
    """Source of the records of a type. ``is_steady``: they change only with the inventory.

    ``since`` names attributes that only newer API versions have.
    """

    objects: Callable[[Any], Sequence[Any]]
    columns: Mapping[str, Column]
    since: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    is_steady: bool = True

    def shown(self, version: str) -> dict[str, Column]:
        """The columns that a version shows."""
        asked = tuple(int(number) for number in version.split("-")[0].split("."))
        return {name: column for name, column in self.columns.items() if asked >= self.since.get(name, (0,))}


class QueryRow(Mapping[str, Any]):
    """One object as a record; attributes that it lacks are not in it."""

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
        """All of it, worked out once."""
        cells = ((name, column(self._context, self.subject)) for name, column in self._columns.items())
        return {name: value for name, value in cells if value is not None}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._columns if self.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


# -- where things are --------------------------------------------------------------------------------------------


def _vdcs(context: Any) -> list[Vdc]:
    vdcs: list[Vdc] = context.world.vdcs_of(context.user.org)
    return vdcs


def _own(context: Any, things: Mapping[str, Any]) -> list[Any]:
    """Those in VDCs of the user's org."""
    known = {vdc.vdc_id for vdc in _vdcs(context)}
    return [thing for thing in things.values() if thing.vdc_id in known]


def _machines(context: Any) -> list[Vm]:
    """Machines, then those of templates. Source: protocol/recorded-responses.md §3."""
    return _own(context, context.world.vms) + _own(context, context.world.template_vms)


def _vapps(context: Any) -> list[Vm]:
    """The first machine of each vApp stands for it."""
    return list({vm.vapp_id: vm for vm in reversed(_own(context, context.world.vms))}.values())[::-1]


def _templates(context: Any) -> list[Template]:
    return _own(context, context.world.templates)


def _vdc_href(context: Any, thing: Any) -> str:
    return f"{context.root}/api/vdc/{thing.vdc_id}"


def _vdc_name(context: Any, thing: Any) -> str:
    return str(context.world.vdcs[thing.vdc_id].name)


def _owner(context: Any, thing: Any) -> str:
    return next((user.name for user in context.world.users if user.org == context.user.org), "system")


def _is(value: Any) -> Column:
    return lambda context, thing: value


def _of(name: str) -> Column:
    return lambda context, thing: getattr(thing, name)


def _in_vdc(figure: Callable[[Any, Vdc], int]) -> Column:
    return lambda context, vdc: figure(context.world, vdc)


def _org_href(context: Any, thing: Any) -> str:
    return f"{context.root}/api/org/{context.world.orgs[context.user.org].org_id}"


def _id(kind: str, path: str) -> Column:
    return lambda context, thing: f"{context.root}{path}{context.world.make_id(kind, str(thing))}"


# -- types -------------------------------------------------------------------------------------------------------


def _vm_href(context: Any, vm: Vm) -> str:
    return f"{context.root}/api/{'vAppTemplate' if vm.is_template else 'vApp'}/vm-{vm.vm_id}"


def _vm_container(context: Any, vm: Vm) -> str:
    if vm.is_template:
        return f"{context.root}/api/vAppTemplate/vappTemplate-{vm.vapp_id}"
    return f"{context.root}/api/vApp/vapp-{vm.vapp_id}"


_VMS = Source(
    _machines,
    {
        "name": _of("name"),
        "href": _vm_href,
        "containerName": _of("vapp_name"),
        "container": _vm_container,
        "vdc": _vdc_href,
        "ownerName": _owner,
        "isVAppTemplate": _of("is_template"),
        "isDeleted": _of("is_deleted"),
        "guestOs": _of("guest_os"),
        "numberOfCpus": _of("cpus"),
        "memoryMB": _of("memory_mb"),
        "status": _of("status"),
        "networkName": lambda context, vm: vm.network or None,
        "ipAddress": lambda context, vm: vm.ip_address or None,
        "isBusy": _of("is_busy"),
        "isDeployed": lambda context, vm: vm.status == "POWERED_ON",
        "isPublished": _is(False),
        "catalogName": lambda context, vm: vm.catalog or None,
        "isVdcEnabled": _is(True),
        "isInMaintenanceMode": _is(False),
        "hardwareVersion": _is(10),
        "pvdcHighestSupportedHardwareVersion": _is(10),
        "vmToolsVersion": _is("2147483647"),
        "storageProfileName": _of("storage_profile"),
        "taskStatusName": lambda context, vm: "vappDeploy" if vm.is_busy else None,
        "taskStatus": lambda context, vm: "running" if vm.is_busy else None,
        "taskDetails": lambda context, vm: " " if vm.is_busy else None,
    },
    {"ipAddress": (5, 7), "ownerName": (5, 7)},
)

_VAPPS = Source(
    _vapps,
    {
        "name": _of("vapp_name"),
        "href": lambda context, vm: f"{context.root}/api/vApp/vapp-{vm.vapp_id}",
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "isBusy": _is(False),
        "isDeployed": lambda context, vm: vm.status == "POWERED_ON",
        "isEnabled": _is(True),
        "isPublic": _is(False),
        "status": _of("status"),
        "ownerName": _owner,
    },
)

_TEMPLATES = Source(
    _templates,
    {
        "name": _of("name"),
        "href": lambda context, template: f"{context.root}/api/vAppTemplate/vappTemplate-{template.template_id}",
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "org": _org_href,
        "catalogName": _of("catalog"),
        "ownerName": _owner,
        "isPublished": _is(False),
        "isBusy": _is(False),
        "isGoldMaster": _is(False),
        "isEnabled": _is(True),
        "isDeployed": _is(False),
        "isExpired": _is(False),
        "status": _is("RESOLVED"),
        "storageProfileName": _is("SSD-Accelerated"),
        "creationDate": _is("2015-11-08T12:00:00.000+01:00"),
    },
)

_EDGES = Source(
    lambda context: _own(context, context.world.edges),
    {
        "gatewayStatus": _is("READY"),
        "haStatus": _is("DISABLED"),
        "href": lambda context, edge: f"{context.root}/api/admin/edgeGateway/{edge.edge_id}",
        "isBusy": _is(False),
        "name": _of("name"),
        "numberOfExtNetworks": _is(1),
        "numberOfOrgNetworks": _is(1),
        "vdc": _vdc_href,
        "isSyslogServerSettingInSync": _is(True),
        "advancedNetworkingEnabled": _of("is_advanced"),
        "orgVdcName": _vdc_name,
    },
    {"advancedNetworkingEnabled": (7, 0), "orgVdcName": (29, 0)},
)

_ORG_VDCS = Source(
    _vdcs,
    {
        "name": _of("name"),
        "href": _vdc_href,
        "isEnabled": _is(True),
        "orgName": _of("org"),
        "status": _is("READY"),
        "isBusy": _is(False),
        "cpuAllocationMhz": _of("cpu_limit_mhz"),
        "cpuLimitMhz": _of("cpu_limit_mhz"),
        "cpuUsedMhz": _in_vdc(capacity.cpu_used_mhz),
        "memoryAllocationMB": _of("memory_limit_mb"),
        "memoryLimitMB": _of("memory_limit_mb"),
        "memoryUsedMB": _in_vdc(capacity.memory_used_mb),
        "storageLimitMB": _is(capacity.STORAGE_LIMIT_MB),
        "storageUsedMB": _in_vdc(capacity.storage_used_mb),
        "numberOfStorageProfiles": _is(1),
        "numberOfVMs": lambda context, vdc: len(capacity.machines_of(context.world, vdc)),
        "numberOfRunningVMs": lambda context, vdc: len(capacity.running_in(context.world, vdc)),
        "numberOfVApps": lambda context, vdc: len({vm.vapp_id for vm in capacity.machines_of(context.world, vdc)}),
        "numberOfMedia": _is(0),
        "numberOfDisks": _is(0),
        "numberOfVAppTemplates": lambda context, vdc: sum(
            template.vdc_id == vdc.vdc_id for template in context.world.templates.values()
        ),
    },
    {"numberOfVMs": (30, 0), "numberOfRunningVMs": (30, 0)},
)

_ORGS = Source(
    lambda context: [context.world.orgs[context.user.org]],
    {
        "name": _of("name"),
        "displayName": _of("full_name"),
        "isEnabled": _is(True),
        "isReadOnly": _is(False),
        "deployedVMQuota": _of("deployed_vm_quota"),
        "numberOfVdcs": lambda context, org: len(_vdcs(context)),
        "href": lambda context, org: f"{context.root}/api/org/{org.org_id}",
    },
)

_NETWORKS = Source(
    _vdcs,
    {
        "name": _is("lan"),
        "href": lambda context, vdc: f"{context.root}/api/network/{context.world.make_id('lan', vdc.vdc_id)}",
        "vdc": _vdc_href,
        "vdcName": _of("name"),
        "defaultGateway": _is("192.168.10.1"),
        "netmask": _is("255.255.255.0"),
        "dns1": _is("192.168.10.1"),
        "dns2": _is(" "),
        "dnsSuffix": _is(" "),
        "linkType": _is(1),
        "connectedTo": lambda context, vdc: next(
            (edge.name for edge in context.world.edges.values() if edge.vdc_id == vdc.vdc_id), " "
        ),
        "isBusy": _is(False),
        "isShared": _is(False),
        "isIpScopeInherited": _is(False),
    },
)

_PROFILES = Source(
    _vdcs,
    {
        "name": _is("SSD-Accelerated"),
        "href": lambda context, vdc: f"{context.root}/api/vdcStorageProfile/{context.world.make_id('ssd', vdc.vdc_id)}",
        "vdc": _vdc_href,
        "vdcName": _of("name"),
        "isEnabled": _is(True),
        "isDefaultStorageProfile": _is(True),
        "isVdcBusy": _is(False),
        "numberOfConditions": _is(0),
        "storageLimitMB": _is(capacity.STORAGE_LIMIT_MB),
        "storageUsedMB": _in_vdc(capacity.storage_used_mb),
    },
)

_CATALOGS = Source(
    lambda context: sorted({template.catalog for template in _templates(context)}),
    {
        "name": lambda context, name: name,
        "href": _id("catalog", "/api/catalog/"),
        "creationDate": _is("2015-11-08T12:00:00.000+01:00"),
        "isPublished": _is(False),
        "isShared": _is(True),
        "numberOfMedia": _is(0),
        "numberOfVAppTemplates": lambda context, name: sum(
            template.catalog == name for template in _templates(context)
        ),
        "orgName": lambda context, name: context.user.org,
        "ownerName": _owner,
    },
)

_ITEMS = Source(
    _templates,
    {
        "name": _of("name"),
        "href": lambda context, template: (
            f"{context.root}/api/catalogItem/{context.world.make_id('item', template.name)}"
        ),
        "entity": lambda context, template: f"{context.root}/api/vAppTemplate/vappTemplate-{template.template_id}",
        "entityName": _of("name"),
        "entityType": _is("vapptemplate"),
        "catalogName": _of("catalog"),
        "ownerName": _owner,
        "vdc": _vdc_href,
        "vdcName": _vdc_name,
        "isPublished": _is(False),
        "isVdcEnabled": _is(True),
        "isExpired": _is(False),
        "status": _is("RESOLVED"),
        "creationDate": _is("2015-11-08T12:00:00.000+01:00"),
    },
)

_USERS = Source(
    lambda context: [user for user in context.world.users if user.org == context.user.org],
    {
        "name": _of("name"),
        "href": lambda context, user: f"{context.root}/api/admin/user/{user.user_id}",
        "fullName": _of("name"),
        "isEnabled": _is(True),
        "isLdapUser": _is(False),
        "numberOfDeployedVMs": _is(0),
        "deployedVMQuota": _is(0),
        "numberOfStoredVMs": _is(0),
        "storedVMQuota": _is(0),
    },
)

_ROLES = Source(
    lambda context: ("Organization Administrator", "vApp Author", "Console Access Only"),
    {
        "name": lambda context, name: name,
        "href": _id("role", "/api/admin/role/"),
        "isReadOnly": _is(True),
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
        "name": _of("operation_name"),
        "href": lambda context, task: f"{context.root}/api/task/{task.task_id}",
        "status": _task_status,
        "startDate": lambda context, task: stamp_of(task.started),
        "endDate": lambda context, task: (
            None if _task_status(context, task) in ("queued", "running") else stamp_of(task.ended())
        ),
        "ownerName": _of("user"),
        "object": lambda context, task: context.root + task.owner.path,
        "objectName": lambda context, task: task.owner.name,
        "objectType": lambda context, task: task.owner.media_type.rsplit(".", 1)[-1].removesuffix("+xml"),
        "org": _org_href,
        "orgName": lambda context, task: context.user.org,
        "serviceNamespace": _of("namespace"),
        "progress": lambda context, task: context.simulator.tasks.progress(task),
    },
    {"progress": (9, 0)},
    is_steady=False,
)

_NOTHING = Source(lambda context: (), {"name": _is(""), "href": _is("")})

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
    """Return the source of the records of a type; types without a source have no records."""
    assert kind in TYPES
    return _SOURCES.get(kind, _NOTHING)


def has_records(kind: str) -> bool:
    """Return True for a type of which the simulated cloud can have records; all others are empty."""
    return kind in _SOURCES


_KINDS_OF_PATHS = {
    "edgeGateway": "gateway", "vdc": "vdc", "org": "org", "task": "task", "vdcStorageProfile": "vdcstorageProfile",
    "catalogItem": "catalogitem",
}  # fmt: skip


def urn_of(href: str) -> str:
    """``urn:vcloud:<kind>:<uuid>`` of an entity's address. Source: protocol/recorded-responses.md §4."""
    *_, folder, tail = href.split("/")
    kind = tail.split("-", 1)[0].lower() if folder in ("vApp", "vAppTemplate") else _KINDS_OF_PATHS.get(folder, folder)
    return f"urn:vcloud:{kind}:{tail[-36:]}"
