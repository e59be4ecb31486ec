"""The URLs of disaster recovery; nothing else here knows any. Source: protocol/dr.md §2."""

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
_MOST_TASK_PAGES = 20
_MOST_PAGES = 1000
_ACTIONS = {"test": "testFailover", "cleanup": "testCleanup", "failover": "failover"}
_NAMES_A_CALL = 25
"""So that the URL stays below what servers and proxies take."""
_RESERVED = re.compile(r"[,;()*\\]")


def list_replications(session: Session, org_id: str) -> list[Reference]:
    """Every replication into an org, in the order of the server. A page after the last one has no entries.

    Raises: NotFoundError where there is no disaster recovery, IncompleteResultError, ApiError, TransportError,
    DecodeError.
    """
    try:
        return _references(session, f"/api/org/{quote(org_id, safe='')}/replications", "replications")
    except NotFoundError as exc:
        raise NotFoundError(
            "This cloud has no disaster recovery for the organisation, or the user may not see it.",
            status=exc.status,
            request_id=exc.request_id,
            hint="Ask the provider whether the disaster recovery extension is installed.",
        ) from exc


def list_enabled_vdcs(session: Session, org_id: str) -> list[Reference]:
    """The VDCs of an org that take replications. Raises as :func:`list_replications`. Source: protocol/dr.md §2."""
    return _references(session, f"/api/org/{quote(org_id, safe='')}/enabledForReplicationVdcs", "VDCs")


def list_replications_of_vdc(session: Session, vdc: Reference) -> list[Reference]:
    """Every replication into a VDC. Raises as :func:`list_replications`."""
    return _references(session, f"{vdc.href.rstrip('/')}/replications", "replications")


def read_recovery_details(session: Session, vdc: Reference) -> RecoveryDetails:
    """What a VDC is enabled for.

    Raises: NotFoundError where it is not enabled at all, ApiError, TransportError, DecodeError. Source: protocol/dr.md
    §2.5.
    """
    return parse_recovery_details(session.call("GET", f"{vdc.href.rstrip('/')}/recoveryDetails").body)


def _references(session: Session, path: str, what: str) -> list[Reference]:
    """A list of any number of pages."""
    found: dict[str, Reference] = {}
    for number in range(1, _MOST_PAGES + 1):
        query = [("page", str(number)), ("pageSize", str(_PAGE_SIZE))]
        page = parse_page(session.call("GET", path, query=query).body)
        fresh = [one for one in page.references if one.href not in found]
        found.update({one.href: one for one in fresh})
        is_last = len(found) >= page.total if page.total is not None else not fresh
        if is_last:
            return list(found.values())
        if not fresh:
            break
    raise IncompleteResultError(
        f"The list of {what} names {page.total} and ends after {len(found)}.", hint="Try again."
    )


def read_replication(session: Session, reference: Reference) -> Replication:
    """One of them. Raises: ApiError, TransportError, DecodeError."""
    response = session.call("GET", reference.href)
    return replace(parse_group(response.body, reference), server_time=_server_time(response))


def start_action(
    session: Session, reference: Reference, action: str, *, power_on: bool, synchronize: bool
) -> Task | None:
    """Start an action: never twice, whatever happens to the answer. Raises: ApiError, TransportError, DecodeError."""
    word = _ACTIONS[action]
    media = "" if action == "cleanup" else f"application/vnd.vmware.hcs.{word}Params+xml"
    body = action_body(word, power_on=power_on, synchronize=synchronize)
    answer = session.call(
        "POST", f"{reference.href.rstrip('/')}/action/{word}", content_type=media or None, body=body, once=True
    )
    return task_of_response(answer)


def read_tasks(session: Session, org_id: str) -> list[Task]:
    """All tasks of an org in one call. Raises: ApiError, TransportError, DecodeError."""
    return parse_tasks(session.call("GET", f"/api/tasksList/{quote(org_id, safe='')}").body)


def query_tasks(session: Session, since: float) -> list[Task]:
    """Return the tasks of a query that started at ``since`` (seconds since 1970) or later, and those without a time.

    The list of an org forgets what is over after a while, a query does not. Raises: ApiError, TransportError,
    DecodeError.
    """
    found: dict[str, Task] = {}
    for number in range(1, _MOST_TASK_PAGES + 1):
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
    """Return the addresses of all interfaces of a VM. Raises: ApiError, TransportError, DecodeError."""
    response = session.call("GET", f"{vm.href.rstrip('/')}/networkConnectionSection/")
    return parse_addresses(response.body)


def read_vdc_names(session: Session) -> dict[str, str]:
    """Return the names of the VDCs of the org, by UUID. Raises: ApiError, TransportError, DecodeError."""
    response = session.call("GET", "/api/query", query=f"type=orgVdc&format=records&pageSize={_PAGE_SIZE}")
    return parse_vdc_names(response.body)


def find_vms(session: Session, names: Sequence[str]) -> list[VmRecord]:
    """VMs of those names, templates excepted: one call for some dozens of names.

    Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
    """
    found: dict[str, VmRecord] = {}
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), _NAMES_A_CALL):
        some = wanted[start : start + _NAMES_A_CALL]
        found.update({vm.id: vm for vm in _vms_of(session, some)})
    return list(found.values())


def _vms_of(session: Session, names: Sequence[str]) -> list[VmRecord]:
    # A wildcard takes the place of what the filter language cannot hold; the rest is compared here.
    words = ",".join(f"name=={quote(_RESERVED.sub('*', name), safe='*')}" for name in names)
    read: dict[str, VmRecord] = {}
    for number in range(1, _MOST_PAGES + 1):
        query = f"type=vm&format=records&page={number}&pageSize={_PAGE_SIZE}&filter=(({words});isVAppTemplate==false)"
        page = parse_vms(session.call("GET", "/api/query", query=query).body)
        known = len(read)
        read.update({vm.id: vm for vm in page.vms})
        if len(read) >= (page.total or 0):
            return [one for one in read.values() if one.name in names]
        if len(read) == known:
            break
    raise IncompleteResultError(f"The list of VMs names {page.total} and ends after {len(read)}.", hint="Try again.")


def seconds_since_1970(text: str) -> float | None:
    """Return a time of ISO 8601 with an offset; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _server_time(response: Response) -> float | None:
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def path_of(href: str) -> str:
    """What tells links of tasks apart: ports come and go in them. Source: protocol/tasks.md §1."""
    return urlsplit(href).path.rstrip("/")
