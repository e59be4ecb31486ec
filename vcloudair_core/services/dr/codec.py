"""Documents of disaster recovery. Matched by local name: prefixes differ from server to server.

Source: protocol/dr.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from vcloudair_core.errors import DecodeError
from vcloudair_core.services.dr.model import PointInTime, RecoveryDetails, Reference, Replication
from vcloudair_core.services.dr.vm_checks import VmRecord
from vcloudair_core.session.task_codec import Task, task_of_element
from vcloudair_core.util.xml import count, local, parse, whole

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "http://www.vmware.com/vr/v6.0"

_PARAMS = re.compile(r"application/vnd\.vmware\.hcs\.(\w+)Params\+xml", re.IGNORECASE)


@dataclass(frozen=True)
class ReplicationPage:
    """``total`` is None where the server does not say."""

    references: list[Reference]
    total: int | None


@dataclass(frozen=True)
class VmPage:
    """``total`` is None where the server does not say."""

    vms: list[VmRecord]
    total: int | None


def parse_page(body: bytes) -> ReplicationPage:
    """A page of the list. Raises DecodeError."""
    root = _root(body, "References", "the list of replications")
    found = [
        Reference(child.get("href", ""), child.get("name", ""))
        for child in root
        if local(child) == "Reference" and child.get("href")
    ]
    return ReplicationPage(found, count(root.get("total")))


def parse_group(body: bytes, reference: Reference) -> Replication:
    """A ReplicationGroup. Raises DecodeError."""
    root = _root(body, "ReplicationGroup", f"the replication {reference.name or reference.id}")
    words = {local(child): (child.text or "").strip() for child in root}
    points = tuple(_point(child) for child in root if local(child) == "ReplicationGroupInstance")
    return Replication(
        id=reference.id,
        name=root.get("name") or reference.name,
        href=reference.href,
        rpo_minutes=whole(words.get("Rpo")),
        state=words.get("ReplicationState", ""),
        is_paused=words.get("Paused", "").lower() in ("true", "1"),
        violation_minutes=whole(words.get("CurrentRpoViolation")) or 0,
        test_state=words.get("TestRecoveryState", ""),
        recovery_state=words.get("RecoveryState", ""),
        recovered_at=words.get("RecoveryCompletionTime", ""),
        placeholder_vapp_id=words.get("PlaceholderVappId", ""),
        points=points,
        tasks=tuple(task_of_element(one) for child in root if local(child) == "Tasks" for one in child),
        offered=tuple(dict.fromkeys(word for child in root if local(child) == "Link" and (word := _operation(child)))),
    )


def parse_recovery_details(body: bytes) -> RecoveryDetails:
    """What a VDC is enabled for. Raises DecodeError. Source: protocol/dr.md §2.5."""
    root = _root(body, "VrRecoveryDetails", "what the VDC is enabled for")
    words = {local(child): (child.text or "").strip().lower() for child in root}
    return RecoveryDetails(_flag(words.get("IsTestFailoverEnabled")), _flag(words.get("IsFailoverEnabled")))


def _flag(text: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text or "")


def _operation(link: _Element) -> str:
    """What a link offers: by its rel, or where that is another, by its type. Source: protocol/dr.md §2.3."""
    rel = link.get("rel", "")
    if rel.startswith("operation:"):
        return rel.removeprefix("operation:")
    typed = _PARAMS.fullmatch(link.get("type", ""))
    return typed[1][:1].lower() + typed[1][1:] if typed else ""


def _point(element: _Element) -> PointInTime:
    words = {local(child): (child.text or "").strip() for child in element}
    return PointInTime(
        words.get("Id", ""),
        _time(words.get("TransferStartTime", "")),
        whole(words.get("TransferSeconds")),
        whole(words.get("TransferBytes")),
    )


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def action_body(action: str, *, power_on: bool, synchronize: bool) -> bytes:
    """What is sent with a test or a failover; nothing with a clean-up. Source: protocol/dr.md §3.1."""
    if action == "testCleanup":
        return b""
    root = "TestFailoverParams" if action == "testFailover" else "FailoverParams"
    words = [f"<PowerOn>{str(power_on).lower()}</PowerOn>"]
    if action == "testFailover":
        words.append(f"<Synchronize>{str(synchronize).lower()}</Synchronize>")
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{NAMESPACE}">{"".join(words)}</{root}>'
    return text.encode()


def parse_tasks(body: bytes) -> list[Task]:
    """The tasks of an org's list. Raises DecodeError."""
    root = _root(body, "TasksList", "the list of tasks")
    return [task_of_element(child) for child in root if local(child) == "Task"]


def parse_task_records(body: bytes) -> tuple[list[Task], int | None]:
    """Parse a page of a query for tasks: the tasks, and how many there are in all. Raises DecodeError.

    Records show the name of the operation and the object, but no sentence. Source: protocol/tasks.md §3.3.
    """
    root = _root(body, "QueryResultRecords", "the tasks")
    rows = [child for child in root if local(child) in ("TaskRecord", "AdminTaskRecord")]
    tasks = [
        Task(
            href=row.get("href", ""),
            status=row.get("status", "").strip(),
            operation_name=row.get("name", "").strip(),
            owner_name=row.get("objectName", "").strip(),
            owner_href=row.get("object", ""),
            start=row.get("startDate", ""),
            end=row.get("endDate", ""),
        )
        for row in rows
    ]
    return tasks, count(root.get("total"))


def parse_vms(body: bytes) -> VmPage:
    """A page of the VMs of a query. Raises DecodeError."""
    root = _root(body, "QueryResultRecords", "the VMs")
    rows = [child for child in root if local(child) in ("VMRecord", "AdminVMRecord")]
    found = [
        VmRecord(
            row.get("href", "").rstrip("/")[-36:],
            row.get("name", ""),
            row.get("status", ""),
            row.get("container", ""),
            href=row.get("href", ""),
            vapp_name=row.get("containerName", "").strip(),
            vdc_href=row.get("vdc", ""),
            vdc_name=row.get("vdcName", "").strip(),
            address=row.get("ipAddress", "").strip(),
        )
        for row in rows
    ]
    return VmPage(found, count(root.get("total")))


def parse_addresses(body: bytes) -> list[str]:
    """Parse a NetworkConnectionSection: the addresses of the interfaces, in their order. Raises DecodeError."""
    root = _root(body, "NetworkConnectionSection", "the network connections of the VM")
    texts = [
        (child.text or "").strip()
        for connection in root
        if local(connection) == "NetworkConnection"
        for child in connection
        if local(child) in ("IpAddress", "SecondaryIpAddress")
    ]
    return list(dict.fromkeys(text for text in texts if text))


def parse_vdc_names(body: bytes) -> dict[str, str]:
    """Parse a query for VDCs: their names by UUID. Raises DecodeError."""
    root = _root(body, "QueryResultRecords", "the VDCs")
    rows = [child for child in root if local(child) in ("OrgVdcRecord", "AdminOrgVdcRecord", "AdminVdcRecord")]
    return {row.get("href", "").rstrip("/")[-36:]: row.get("name", "") for row in rows}


def _root(body: bytes, name: str, what: str) -> _Element:
    root = parse(body, what=what)
    if local(root) != name:
        raise DecodeError(f"{what[:1].upper()}{what[1:]}: the server sent {local(root)} instead of {name}.")
    return root
