"""Parse the JSON documents of VCDA. Source: protocol/vcda.md §2, §3, §5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.dr.model import PointInTime
from vcloudair_core.services.dr.vcda.vcda_replication import WORKFLOWS, VcdaReference, VcdaReplication
from vcloudair_core.services.dr.vcda.vcda_values import (
    inner,
    iso_of,
    json_mapping,
    json_value,
    text_of,
    time_of,
    uuid_of_vm,
    whole_of,
)
from vcloudair_core.session.task_codec import Task

_TASK_STATES = {"SUCCEEDED": "success", "FAILED": "error"}
"""Final states of tasks, and the statuses that they have in :class:`Task`.

Any other state means that the task is in progress.
"""


@dataclass(frozen=True)
class VcdaPage:
    """A page of a list.

    ``total`` is the number of entries on all pages, or None if it is not returned.
    """

    items: list[dict[str, Any]]
    total: int | None


@dataclass(frozen=True)
class VcdaSite:
    """A site. ``is_local`` is true for the site that returned the list."""

    name: str
    is_local: bool


def parse_page(body: bytes, what: str) -> VcdaPage:
    """Parse a page of a list. Raises DecodeError."""
    tree = json_mapping(json_value(body, what), what)
    items = tree.get("items")
    if not isinstance(items, list):
        raise DecodeError(f"Reading {what} failed. The server sent no list of items.")
    return VcdaPage([item for item in items if isinstance(item, dict)], whole_of(tree, "total"))


def parse_sites(body: bytes) -> list[VcdaSite]:
    """Parse the list of sites. Raises DecodeError."""
    sites = json_value(body, "the sites")
    if not isinstance(sites, list):
        raise DecodeError("Reading the sites failed. The server sent no list.")
    return [
        VcdaSite(name, site.get("isLocal") is True)
        for site in sites
        if isinstance(site, dict) and (name := text_of(site, "site"))
    ]


def parse_object(body: bytes, what: str) -> dict[str, Any]:
    """Parse a document with one object. Raises DecodeError."""
    return json_mapping(json_value(body, what), what)


def reference_of(tree: Mapping[str, Any], base_url: str, local_site: str) -> VcdaReference:
    """Return the reference of a VM replication."""
    destination, vapp_id = text_of(inner(tree, "destination"), "site"), text_of(tree, "vappReplicationId")
    return VcdaReference(
        replication_href(base_url, text_of(tree, "id")),
        _name_of(tree),
        vapp_href(base_url, vapp_id) if vapp_id else "",
        vapp_id=vapp_id,
        vapp_name=text_of(inner(tree, "source"), "vappName"),
        is_incoming=destination in ("", local_site) or not local_site,
        is_reversed=tree.get("isReversed") is True,
    )


def replication_of(
    tree: Mapping[str, Any], base_url: str, local_site: str, *, running: Task | None, server_time: float | None
) -> VcdaReplication:
    """Return a VM replication. ``running`` is the task in progress, if it is known."""
    identifier = text_of(tree, "id")
    source, destination = inner(tree, "source"), inner(tree, "destination")
    state = inner(tree, "destinationState")
    recovery = inner(state, "recoveryInfo")
    newest = inner(state, "latestInstance")
    word = text_of(recovery, "recoveryState").upper()
    return VcdaReplication(
        id=identifier,
        name=_name_of(tree),
        href=replication_href(base_url, identifier),
        rpo_minutes=whole_of(inner(tree, "settings"), "rpo"),
        state=text_of(tree, "overallHealth"),
        is_paused=tree.get("isPaused") is True,
        violation_minutes=max(0, whole_of(state, "currentRpoViolation") or 0),
        test_state={"TEST": "complete", "NOT_STARTED": "none", "COMPLETE": "none"}.get(word, ""),
        recovery_state=word,
        recovered_at="",
        placeholder_vapp_id="",
        points=(point_of(newest),) if text_of(newest, "key") else (),
        tasks=(running,) if running is not None else (),
        server_time=server_time,
        vm_id=uuid_of_vm(recovery, "vcdVmId"),
        source_site=text_of(source, "site"),
        source_org=text_of(source, "org"),
        destination_site=text_of(destination, "site"),
        destination_org=text_of(destination, "org"),
        destination_vdc_id=text_of(destination, "vdcId")[-36:],
        destination_vdc=text_of(destination, "vdcName"),
        local_site=local_site,
        vapp_id=text_of(tree, "vappReplicationId"),
        vapp_name=text_of(source, "vappName"),
        is_reversed=tree.get("isReversed") is True,
        recovered_vapp_id=uuid_of_vm(recovery, "vAppId") or uuid_of_vm(destination, "recoveredVappId"),
        engine=text_of(state, "state"),
        connection=text_of(tree, "dataConnectionState"),
        last_error=error_of(state.get("lastError")),
        omitted=_omitted_fields(tree, state, recovery),
        running=WORKFLOWS.get(running.operation_name.lower(), running.operation_name) if running is not None else "",
    )


def _omitted_fields(tree: Mapping[str, Any], state: Mapping[str, Any], recovery: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the fields for results that a replication lacks."""
    names = {"isPaused": tree, "latestInstance": state, "recoveryState": recovery, "vcdVmId": recovery}
    return frozenset(name for name, fields in names.items() if name not in fields)


def replication_href(base_url: str, identifier: str) -> str:
    """Return the link of a VM replication."""
    return f"{base_url}/vm-replications/{quote(identifier, safe='')}"


def vapp_href(base_url: str, identifier: str) -> str:
    """Return the link of a vApp replication."""
    return f"{base_url}/vapp-replications/{quote(identifier, safe='')}"


def parse_vapp_members(body: bytes) -> frozenset[str]:
    """Return the IDs of the VM replications in a vApp replication.

    Source: protocol/vcda.md §3. Raises DecodeError.
    """
    vms = parse_object(body, "the vApp replication").get("vmReplications")
    if not isinstance(vms, list):
        raise DecodeError("Reading the vApp replication failed. The server sent no list of VM replications.")
    return frozenset(text_of(vm, "id") for vm in vms if isinstance(vm, dict))


def _name_of(tree: Mapping[str, Any]) -> str:
    return text_of(inner(tree, "source"), "vmName") or text_of(tree, "computerName")


def parse_points(body: bytes) -> list[PointInTime]:
    """Parse the instances of a replication. Raises DecodeError."""
    instances = json_value(body, "the points in time")
    if not isinstance(instances, list):
        raise DecodeError("Reading the points in time failed. The server sent no list.")
    return [point_of(instance) for instance in instances if isinstance(instance, dict)]


def point_of(tree: Mapping[str, Any]) -> PointInTime:
    """Convert an instance of a replication to a point in time."""
    return PointInTime(
        text_of(tree, "key"), time_of(tree, "timestamp"), whole_of(tree, "transferSeconds"),
        whole_of(tree, "transferBytes"), is_pinned=tree.get("isPinned") is True,
    )  # fmt: skip


def task_of(tree: Mapping[str, Any], base_url: str, local_site: str) -> Task:
    """Return a task.

    The link of a task at another site contains the name of the site. Source: protocol/vcda.md §5.
    """
    identifier, site = text_of(tree, "id"), text_of(tree, "site")
    workflow, state, error = inner(tree, "workflowInfo"), text_of(tree, "state").upper(), inner(tree, "error")
    resource = text_of(workflow, "resourceId")
    is_of_vapp = text_of(workflow, "resourceType").lower() == "vappreplication"
    owner = vapp_href(base_url, resource) if is_of_vapp else replication_href(base_url, resource)
    at_site = f"?site={quote(site, safe='')}" if site and local_site and site != local_site else ""
    progress = whole_of(tree, "progress")
    return Task(
        href=f"{base_url}/tasks/{quote(identifier, safe='')}{at_site}" if identifier else "",
        status=_TASK_STATES.get(state, "running"),
        id=identifier,
        operation=f"{text_of(workflow, 'type')} of {text_of(workflow, 'resourceName')}",
        operation_name=text_of(workflow, "type"),
        progress=progress if progress is not None and 0 <= progress <= 100 else None,
        error_message=text_of(error, "msg"),
        error_code=text_of(error, "code"),
        owner_name=text_of(workflow, "resourceName"),
        owner_href=owner if resource else "",
        start=iso_of(tree, "startTime"),
        end=iso_of(tree, "endTime"),
    )


def error_of(value: Any) -> str:
    """Return the code and message of an error, or an empty string.

    The stack trace is left out. Source: protocol/vcda.md §6.
    """
    if not isinstance(value, Mapping):
        return ""
    return " ".join(filter(None, (text_of(value, "code"), text_of(value, "msg"))))[:400]


def items_with_id(page: VcdaPage) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ID and object of each entry that has an ID."""
    for item in page.items:
        if identifier := text_of(item, "id"):
            yield identifier, item
