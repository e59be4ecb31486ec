"""Records of what the simulator has, with the attributes of real ones. Source: api/query.md §7."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vcloudair_core.simulator.clock import stamp_of
from vcloudair_core.simulator.world import Vdc, Vm

T = "application/vnd.vmware.vcloud."
Record = dict[str, Any]


@dataclass(frozen=True)
class QueryType:
    """A type of the query service: its record element, its references element, and where records come from."""

    record: str
    media_type: str
    rows: Callable[[Any], list[Record]]
    since: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Attributes that only newer API versions have."""
    also: str = ""
    """Attributes that such records may have and ours have not: a client may ask for them and gets nothing."""

    @property
    def references(self) -> str:
        return self.record.replace("Record", "References")

    def attributes(self, rows: list[Record]) -> set[str]:
        """What may be filtered, sorted and asked for."""
        return {name for row in rows for name in row} | {"href", "id", "type", "name"} | set(self.also.split())

    def records(self, context: Any) -> list[Record]:
        """What the user may see, as the version asked for shows it."""
        hidden = {name for name, version in self.since if _number(context.version) < version}
        return [{key: value for key, value in row.items() if key not in hidden} for row in self.rows(context)]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


def _vdcs(context: Any) -> dict[str, Vdc]:
    return {vdc.vdc_id: vdc for vdc in context.world.vdcs_of(context.user.org)}


def _machines(context: Any) -> list[Vm]:
    vdcs = _vdcs(context)
    return [vm for vm in context.world.vms.values() if vm.vdc_id in vdcs]


def _edges(context: Any) -> list[Record]:
    root, vdcs = context.root, _vdcs(context)
    return [
        {
            "gatewayStatus": "READY",
            "haStatus": "DISABLED",
            "href": f"{root}/api/admin/edgeGateway/{edge.edge_id}",
            "isBusy": False,
            "name": edge.name,
            "numberOfExtNetworks": 1,
            "numberOfOrgNetworks": 1,
            "vdc": f"{root}/api/vdc/{edge.vdc_id}",
            "isSyslogServerSettingInSync": True,
            "advancedNetworkingEnabled": edge.is_advanced,
            "orgVdcName": vdcs[edge.vdc_id].name,
        }
        for edge in context.world.edges.values()
        if edge.vdc_id in vdcs
    ]


def _org_vdcs(context: Any) -> list[Record]:
    return [
        {
            "name": vdc.name,
            "href": f"{context.root}/api/vdc/{vdc.vdc_id}",
            "isEnabled": True,
            "orgName": vdc.org,
            "status": "READY",
            "isBusy": False,
            "numberOfVApps": len({vm.vapp_id for vm in context.world.vms.values() if vm.vdc_id == vdc.vdc_id}),
            "numberOfMedia": 0,
            "numberOfDisks": 0,
            "numberOfVAppTemplates": 0,
        }
        for vdc in _vdcs(context).values()
    ]


def _orgs(context: Any) -> list[Record]:
    org = context.world.orgs[context.user.org]
    return [
        {
            "name": org.name,
            "displayName": org.full_name,
            "isEnabled": True,
            "isReadOnly": False,
            "numberOfVdcs": len(_vdcs(context)),
            "href": f"{context.root}/api/org/{org.org_id}",
        }
    ]


def _vapps(context: Any) -> list[Record]:
    root, vdcs = context.root, _vdcs(context)
    return [
        {
            "name": vm.vapp_name,
            "href": f"{root}/api/vApp/vapp-{vm.vapp_id}",
            "vdc": f"{root}/api/vdc/{vm.vdc_id}",
            "vdcName": vdcs[vm.vdc_id].name,
            "isBusy": False,
            "isDeployed": True,
            "isEnabled": True,
            "isPublic": False,
            "status": "POWERED_ON",
            "ownerName": next((user.name for user in context.world.users if user.org == context.user.org), "system"),
        }
        for vm in {vm.vapp_id: vm for vm in _machines(context)}.values()
    ]


def _vms(context: Any) -> list[Record]:
    root = context.root
    return [
        {
            "name": vm.name,
            "href": f"{root}/api/vApp/vm-{vm.vm_id}",
            "containerName": vm.vapp_name,
            "container": f"{root}/api/vApp/vapp-{vm.vapp_id}",
            "vdc": f"{root}/api/vdc/{vm.vdc_id}",
            "isVAppTemplate": False,
            "isDeleted": False,
            "guestOs": "Ubuntu Linux (64-bit)",
            "numberOfCpus": 2,
            "memoryMB": 4096,
            "status": vm.status,
            "networkName": "lan",
            "isBusy": False,
            "isDeployed": True,
            "isPublished": False,
            "isVdcEnabled": True,
            "isInMaintenanceMode": False,
            "hardwareVersion": 10,
            "pvdcHighestSupportedHardwareVersion": 10,
            "vmToolsVersion": "2147483647",
            "storageProfileName": "SSD-Accelerated",
        }
        for vm in _machines(context)
    ]


def _tasks(context: Any) -> list[Record]:
    root, tasks = context.root, context.simulator.tasks
    org = context.world.orgs[context.user.org]
    found = []
    for task in tasks.of(org.name):
        status = tasks.status(task)
        record = {
            "name": task.operation_name,
            "href": f"{root}/api/task/{task.task_id}",
            "status": status,
            "startDate": stamp_of(task.started),
            "endDate": stamp_of(task.started + task.seconds),
            "ownerName": task.user,
            "object": root + task.owner.path,
            "objectName": task.owner.name,
            "objectType": task.owner.media_type.rsplit(".", 1)[-1].removesuffix("+xml"),
            "org": f"{root}/api/org/{org.org_id}",
            "orgName": org.name,
            "serviceNamespace": "com.vmware.vcloud",
            "progress": 100 if status == "success" else 50,
        }
        if status in ("queued", "running"):
            del record["endDate"]
        found.append(record)
    return found


_VM_ALSO = (
    "catalogName gcStatus ipAddress isAutoNature network owner ownerName task taskDetails taskStatus taskStatusName "
    "vmToolsStatus autoUndeployDate autoDeleteDate isAutoUndeployNotified isAutoDeleteNotified vdcName"
)
_ORG_VDC_ALSO = (
    "description cpuAllocationMhz cpuLimitMhz cpuUsedMhz cpuReservedMhz memoryAllocationMB memoryLimitMB memoryUsedMB "
    "memoryReservedMB storageAllocationMB storageLimitMB storageUsedMB providerVdcName providerVdc isSystemVdc "
    "numberOfDatastores numberOfStorageProfiles numberOfVMs numberOfRunningVMs networkPoolUniversalId "
    "numberOfDeployedVApps"
)
_ORG_ALSO = (
    "deployedVMQuota storedVMQuota canPublishCatalogs numberOfCatalogs numberOfVApps numberOfGroups numberOfDisks"
)

TYPES = {
    "edgeGateway": QueryType(
        "EdgeGatewayRecord",
        "application/vnd.vmware.admin.edgeGateway+xml",
        _edges,
        (("advancedNetworkingEnabled", (7, 0)), ("orgVdcName", (29, 0))),
        "availableNetCount distributedRoutingEnabled task taskDetails taskOperation taskStatus",
    ),
    "orgVdc": QueryType("OrgVdcRecord", f"{T}vdc+xml", _org_vdcs, also=_ORG_VDC_ALSO),
    "vm": QueryType("VMRecord", f"{T}vm+xml", _vms, also=_VM_ALSO),
    "vApp": QueryType(
        "VAppRecord", f"{T}vApp+xml", _vapps, also="creationDate isInMaintenanceMode isAutoNature isExpired"
    ),
    "organization": QueryType("OrgRecord", f"{T}org+xml", _orgs, also=_ORG_ALSO),
    "task": QueryType("TaskRecord", f"{T}task+xml", _tasks, (("progress", (9, 0)),)),
}
"""What a tenant can ask for here; the names of elements do not all follow the pattern. Source: api/query.md §6."""

_KINDS_OF_PATHS = {"edgeGateway": "gateway", "vdc": "vdc", "org": "org", "task": "task"}


def urn_of(href: str) -> str:
    """``urn:vcloud:<kind>:<uuid>`` of an entity's address. Source: api/real-world-notes.md §4."""
    *_, folder, tail = href.split("/")
    kind = tail.split("-", 1)[0] if folder == "vApp" else _KINDS_OF_PATHS.get(folder, folder)
    return f"urn:vcloud:{kind}:{tail[-36:]}"
