"""Requests for disaster recovery: replications, VDCs, actions, tasks and VMs.

Source: protocol/dr.md §2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from vcloudair_core.errors import IncompleteResultError, NotFoundError
from vcloudair_core.services.dr.codec import (
    action_body,
    parse_addresses,
    parse_group,
    parse_page,
    parse_recovery_details,
    parse_task_records,
    parse_tasks,
    parse_vdc_names,
    parse_vms,
)
from vcloudair_core.services.dr.model import RecoveryDetails, Reference, Replication
from vcloudair_core.services.dr.vm_checks import VmRecord
from vcloudair_core.session.tasks import Task, task_of_response

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session
    from vcloudair_core.transport.messages import Response

_PAGE_SIZE = 128
_MAX_TASK_PAGES = 20
_MAX_PAGES = 1000
_ACTIONS = {"test": "testFailover", "cleanup": "testCleanup", "failover": "failover"}
_NAMES_PER_REQUEST = 25
"""Number of VM names in one URL. Servers and proxies limit the length of URLs."""
_RESERVED = re.compile(r"[,;()*\\]")


def list_replications(session: Session, org_id: str) -> list[Reference]:
    """Return references of all replications into an org, in the order of the server.

    Raises: NotFoundError if disaster recovery is not available, IncompleteResultError, ApiError, TransportError,
    DecodeError.
    """
    try:
        return _references(session, f"/api/org/{quote(org_id, safe='')}/replications", "replications")
    except NotFoundError as exc:
        raise NotFoundError(
            "Reading the list of replications failed. Disaster recovery is not available for this organization, or the "
            "user has no permission to see it.",
            status=exc.status,
            request_id=exc.request_id,
            hint="Ask the provider if the disaster recovery extension is installed.",
        ) from exc


def list_enabled_vdcs(session: Session, org_id: str) -> list[Reference]:
    """Return the VDCs of an org that are enabled for replications.

    Source: protocol/dr.md §2.

    Raises: the errors of :func:`list_replications`.
    """
    return _references(session, f"/api/org/{quote(org_id, safe='')}/enabledForReplicationVdcs", "VDCs")


def list_replications_of_vdc(session: Session, vdc: Reference) -> list[Reference]:
    """Return references of all replications into a VDC.

    Raises the errors of :func:`list_replications`.
    """
    return _references(session, f"{vdc.href.rstrip('/')}/replications", "replications")


def read_recovery_details(session: Session, vdc: Reference) -> RecoveryDetails:
    """Return the actions for which a VDC is enabled. Source: protocol/dr.md §2.5.

    Raises: NotFoundError if the VDC is not enabled for recovery, ApiError, TransportError, DecodeError.
    """
    return parse_recovery_details(session.call("GET", f"{vdc.href.rstrip('/')}/recoveryDetails").body)


def _references(session: Session, path: str, what: str) -> list[Reference]:
    """Read all pages of a list, and return the references.

    If the server returns no total, the list ends at the first page without new entries.
    """
    references: dict[str, Reference] = {}
    for number in range(1, _MAX_PAGES + 1):
        query = [("page", str(number)), ("pageSize", str(_PAGE_SIZE))]
        page = parse_page(session.call("GET", path, query=query).body)
        new = [reference for reference in page.references if reference.href not in references]
        references.update({reference.href: reference for reference in new})
        is_last = len(references) >= page.total if page.total is not None else not new
        if is_last:
            return list(references.values())
        if not new:
            break
    raise _incomplete(what, page.total, len(references))


def _incomplete(what: str, total: int | None, count: int) -> IncompleteResultError:
    reason = f"The server announced {total} entries and returned {count}."
    return IncompleteResultError(f"Reading the list of {what} failed. {reason}", hint="Run the command again.")


def read_replication(session: Session, reference: Reference) -> Replication:
    """Return a replication with its state.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", reference.href)
    return replace(parse_group(response.body, reference), server_time=_server_time(response))


def start_action(
    session: Session, reference: Reference, action: str, *, power_on: bool, synchronize: bool
) -> Task | None:
    """Start an action. If the response is lost, the request is not sent again.

    Raises: ApiError, TransportError, DecodeError.
    """
    operation = _ACTIONS[action]
    media = "" if action == "cleanup" else f"application/vnd.vmware.hcs.{operation}Params+xml"
    body = action_body(operation, power_on=power_on, synchronize=synchronize)
    response = session.call(
        "POST", f"{reference.href.rstrip('/')}/action/{operation}", content_type=media or None, body=body, once=True
    )
    return task_of_response(response)


def read_tasks(session: Session, org_id: str) -> list[Task]:
    """Return the task list of an org. Raises: ApiError, TransportError, DecodeError."""
    return parse_tasks(session.call("GET", f"/api/tasksList/{quote(org_id, safe='')}").body)


def query_tasks(session: Session, since: float) -> list[Task]:
    """Query tasks that started at ``since`` or later, or have no start time.

    ``since`` is in seconds since 1970.

    The query also returns old tasks that the task list of an org no longer has. Raises: ApiError, TransportError,
    DecodeError.
    """
    found: dict[str, Task] = {}
    for number in range(1, _MAX_TASK_PAGES + 1):
        query = f"type=task&format=records&page={number}&pageSize={_PAGE_SIZE}&sortDesc=startDate"
        tasks, total = parse_task_records(session.call("GET", "/api/query", query=query).body)
        known = len(found)
        found.update({path_of(task.href): task for task in tasks if task.href})
        times = [at for task in tasks if (at := seconds_since_1970(task.start)) is not None]
        if len(found) == known or len(found) >= (total or 0) or (times and max(times) < since):
            break
    starts = ((task, seconds_since_1970(task.start)) for task in found.values())
    return [task for task, at in starts if at is None or at >= since]


def read_addresses(session: Session, vm: VmRecord) -> list[str]:
    """Return the addresses of all interfaces of a VM.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", f"{vm.href.rstrip('/')}/networkConnectionSection/")
    return parse_addresses(response.body)


def read_vdc_names(session: Session) -> dict[str, str]:
    """Return the names of the VDCs of the org, by UUID.

    Raises: ApiError, TransportError, DecodeError.
    """
    response = session.call("GET", "/api/query", query=f"type=orgVdc&format=records&pageSize={_PAGE_SIZE}")
    return parse_vdc_names(response.body)


def find_vms(session: Session, names: Sequence[str]) -> list[VmRecord]:
    """Return the VMs with these names, without VMs of templates.

    One request covers 25 names.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    vms: dict[str, VmRecord] = {}
    unique = list(dict.fromkeys(names))
    for start in range(0, len(unique), _NAMES_PER_REQUEST):
        batch = unique[start : start + _NAMES_PER_REQUEST]
        vms.update({vm.id: vm for vm in _vms_of(session, batch)})
    return list(vms.values())


def _vms_of(session: Session, names: Sequence[str]) -> list[VmRecord]:
    # Characters with a meaning in filters are sent as wildcards, so the names are compared again below.
    conditions = ",".join(f"name=={quote(_RESERVED.sub('*', name), safe='*')}" for name in names)
    vm_filter = f"(({conditions});isVAppTemplate==false)"
    read: dict[str, VmRecord] = {}
    for number in range(1, _MAX_PAGES + 1):
        query = f"type=vm&format=records&page={number}&pageSize={_PAGE_SIZE}&filter={vm_filter}"
        page = parse_vms(session.call("GET", "/api/query", query=query).body)
        known = len(read)
        read.update({vm.id: vm for vm in page.vms})
        if len(read) >= (page.total or 0):
            return [vm for vm in read.values() if vm.name in names]
        if len(read) == known:
            break
    raise _incomplete("VMs", page.total, len(read))


def seconds_since_1970(text: str) -> float | None:
    """Return an ISO 8601 time with an offset as seconds since 1970.

    Return None for other text.
    """
    try:
        time = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return time.timestamp() if time.tzinfo else None


def _server_time(response: Response) -> float | None:
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def path_of(href: str) -> str:
    """Return the path of a link. Links to a task can differ in their port.

    Source: protocol/tasks.md §1.
    """
    return urlsplit(href).path.rstrip("/")
