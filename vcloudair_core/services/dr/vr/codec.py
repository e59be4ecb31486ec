"""Parse and write the XML documents of DR 2.x.

Elements are matched by local name, because namespace prefixes differ between servers. Source: protocol/dr.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from vcloudair_core.services.dr.model import PointInTime, RecoveryDetails, Reference
from vcloudair_core.services.dr.vm_codec import document_root
from vcloudair_core.services.dr.vr.vr_replication import VrReplication
from vcloudair_core.session.task_codec import Task, task_of_element
from vcloudair_core.util.xml import count, local, whole

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "http://www.vmware.com/vr/v6.0"

_PARAMS = re.compile(r"application/vnd\.vmware\.hcs\.(\w+)Params\+xml", re.IGNORECASE)


@dataclass(frozen=True)
class ReplicationPage:
    """A page from a list of replications or VDCs.

    ``total`` is the number of entries on all pages, or None if the server does not return the number.
    """

    references: list[Reference]
    total: int | None


def parse_page(body: bytes) -> ReplicationPage:
    """Parse a page from a list of replications or VDCs. Raises DecodeError."""
    root = document_root(body, "References", "the list of replications")
    references = [
        Reference(child.get("href", ""), child.get("name", ""))
        for child in root
        if local(child) == "Reference" and child.get("href")
    ]
    return ReplicationPage(references, count(root.get("total")))


def parse_group(body: bytes, reference: Reference) -> VrReplication:
    """Parse a ReplicationGroup. Raises DecodeError."""
    root = document_root(body, "ReplicationGroup", f"the replication {reference.name or reference.id}")
    values = {local(child): (child.text or "").strip() for child in root}
    points = tuple(_point(child) for child in root if local(child) == "ReplicationGroupInstance")
    return VrReplication(
        id=reference.id,
        name=root.get("name") or reference.name,
        href=reference.href,
        rpo_minutes=whole(values.get("Rpo")),
        state=values.get("ReplicationState", ""),
        is_paused=values.get("Paused", "").lower() in ("true", "1"),
        violation_minutes=whole(values.get("CurrentRpoViolation")) or 0,
        test_state=values.get("TestRecoveryState", ""),
        recovery_state=values.get("RecoveryState", ""),
        recovered_at=values.get("RecoveryCompletionTime", ""),
        placeholder_vapp_id=values.get("PlaceholderVappId", ""),
        points=points,
        tasks=tuple(task_of_element(task) for child in root if local(child) == "Tasks" for task in child),
        offered=tuple(dict.fromkeys(name for child in root if local(child) == "Link" and (name := _operation(child)))),
    )


def parse_points(body: bytes) -> list[PointInTime]:
    """Parse the points in time of a replication.

    Source: protocol/dr.md §2.3. Raises DecodeError.
    """
    root = document_root(body, "ReplicationGroupInstanceList", "the points in time")
    return [_point(child) for child in root if local(child) in ("Instance", "ReplicationGroupInstance")]


def parse_recovery_details(body: bytes) -> RecoveryDetails:
    """Parse the recovery details of a VDC.

    Raises DecodeError. Source: protocol/dr.md §2.5.
    """
    root = document_root(body, "VrRecoveryDetails", "the recovery details of the VDC")
    values = {local(child): (child.text or "").strip().lower() for child in root}
    return RecoveryDetails(_flag(values.get("IsTestFailoverEnabled")), _flag(values.get("IsFailoverEnabled")))


def _flag(text: str | None) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text or "")


def _operation(link: _Element) -> str:
    """Return the operation that a link offers, from its ``rel`` or its ``type``.

    Source: protocol/dr.md §2.3.
    """
    rel = link.get("rel", "")
    if rel.startswith("operation:"):
        return rel.removeprefix("operation:")
    match = _PARAMS.fullmatch(link.get("type", ""))
    return match[1][:1].lower() + match[1][1:] if match else ""


def _point(element: _Element) -> PointInTime:
    values = {local(child): (child.text or "").strip() for child in element}
    return PointInTime(
        values.get("Id", ""),
        _time(values.get("TransferStartTime", "")),
        whole(values.get("TransferSeconds")),
        whole(values.get("TransferBytes")),
    )


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(f"{text[:-1]}+00:00" if text[-1:] in ("Z", "z") else text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def action_body(action: str, *, power_on: bool, synchronize: bool, point_id: str = "") -> bytes:
    """Return the request body of a test or failover.

    A cleanup has no request body. The elements have a fixed order. Source: protocol/dr.md §3.1.
    """
    if action == "testCleanup":
        return b""
    root = "TestFailoverParams" if action == "testFailover" else "FailoverParams"
    parameters = [f"<PowerOn>{str(power_on).lower()}</PowerOn>"]
    if point_id:
        parameters.append(f"<InstanceId>{escape(point_id)}</InstanceId>")
    if action == "testFailover":
        parameters.append(f"<Synchronize>{str(synchronize).lower()}</Synchronize>")
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{NAMESPACE}">{"".join(parameters)}</{root}>'
    return text.encode()


def parse_tasks(body: bytes) -> list[Task]:
    """Parse the task list of an org. Raises DecodeError."""
    root = document_root(body, "TasksList", "the list of tasks")
    return [task_of_element(child) for child in root if local(child) == "Task"]


def parse_task_records(body: bytes) -> tuple[list[Task], int | None]:
    """Return the tasks on a page of query results, and the total number of tasks.

    Records have the name of the operation and the object, but no description. Source: protocol/tasks.md §3.3. Raises
    DecodeError.
    """
    root = document_root(body, "QueryResultRecords", "the tasks")
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
