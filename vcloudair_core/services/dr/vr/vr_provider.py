"""Adapter for the API of DR 2.x, ``/api/vr``.

Source: protocol/dr.md §2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from vcloudair_core.errors import NotFoundError
from vcloudair_core.services.dr.model import (
    CLEANUP,
    FAILOVER,
    TEST,
    PointInTime,
    RecoveryDetails,
    Reference,
    Replication,
)
from vcloudair_core.services.dr.points_in_time import newest_first
from vcloudair_core.services.dr.port import Capabilities, RecoveryProvider, StartRequest
from vcloudair_core.services.dr.vm_store import find_vms, incomplete_list
from vcloudair_core.services.dr.vr.codec import (
    action_body,
    parse_group,
    parse_page,
    parse_points,
    parse_recovery_details,
    parse_task_records,
    parse_tasks,
)
from vcloudair_core.services.dr.wire_values import path_of, seconds_since_1970, server_time_of
from vcloudair_core.session.tasks import Task, cancel_task, read_task, task_of_response

if TYPE_CHECKING:
    from vcloudair_core.services.dr.vm_checks import VmRecord
    from vcloudair_core.session.session import Session

_PAGE_SIZE = 128
_MAX_TASK_PAGES = 20
_MAX_PAGES = 1000
_ACTIONS = {TEST: "testFailover", CLEANUP: "testCleanup", FAILOVER: "failover"}


class VrProvider(RecoveryProvider):
    """Adapter for DR 2.x.

    ``org_id`` is the org whose replications are listed, by default the org of the session.
    """

    name = "vr"
    title = "DR 2.x"
    capabilities = Capabilities(
        actions=frozenset(_ACTIONS), pointed=frozenset({TEST, FAILOVER}), can_cancel=True, has_vdc_permissions=True
    )

    def __init__(self, session: Session, org_id: str = "") -> None:
        super().__init__(session)
        self._org_id = org_id

    @property
    def org_path(self) -> str:
        """Return the ID of the org, encoded as a path segment."""
        return quote(self._org_id or self.session.identity.org_id, safe="")

    # -- replications --------------------------------------------------------------------------------------------

    def references(self) -> list[Reference]:
        """Return references of all replications into the org, in the order of the server.

        Raises: NotFoundError if disaster recovery is not available, IncompleteResultError, ApiError, TransportError,
        DecodeError.
        """
        try:
            return self._references(f"/api/org/{self.org_path}/replications", "replications")
        except NotFoundError as exc:
            raise NotFoundError(
                "Reading the list of replications failed. Disaster recovery is not available for this organization, "
                "or the user has no permission to see it.",
                status=exc.status,
                request_id=exc.request_id,
                hint="If the cloud has VMware Cloud Director Availability, set vcda_url (VCA_VCDA_URL). Otherwise, ask "
                "the provider if the disaster recovery extension is installed.",
            ) from exc

    def read(self, reference: Reference) -> Replication:
        """Return a replication with its state.

        Raises: ApiError, TransportError, DecodeError.
        """
        response = self.session.call("GET", reference.href)
        return replace(parse_group(response.body, reference), server_time=server_time_of(response))

    def points(self, reference: Reference) -> list[PointInTime]:
        """Return the points in time of a replication, newest first.

        Source: protocol/dr.md §2.

        If the server has no list of instances, the replication contains them.

        Raises: ApiError, TransportError, DecodeError.
        """
        try:
            points = parse_points(self.session.call("GET", f"{reference.href.rstrip('/')}/instances").body)
        except NotFoundError:
            points = list(self.read(reference).points)
        return newest_first(points)

    def _references(self, path: str, what: str) -> list[Reference]:
        """Read all pages of a list, and return the references.

        If the server returns no total, the list ends at the first page without new entries.
        """
        references: dict[str, Reference] = {}
        for number in range(1, _MAX_PAGES + 1):
            query = [("page", str(number)), ("pageSize", str(_PAGE_SIZE))]
            page = parse_page(self.session.call("GET", path, query=query).body)
            new = [reference for reference in page.references if reference.href not in references]
            references.update({reference.href: reference for reference in new})
            is_last = len(references) >= page.total if page.total is not None else not new
            if is_last:
                return list(references.values())
            if not new:
                break
        raise incomplete_list(what, page.total, len(references))

    # -- actions and tasks ---------------------------------------------------------------------------------------

    def start(self, replication: Replication, request: StartRequest) -> Task | None:
        """Start an action. If the response is lost, the request is not sent again.

        Raises: ApiError, TransportError, DecodeError.
        """
        operation = _ACTIONS[request.action]
        media = "" if request.action == CLEANUP else f"application/vnd.vmware.hcs.{operation}Params+xml"
        body = action_body(
            operation, power_on=request.power_on, synchronize=request.synchronize, point_id=request.point_id
        )
        response = self.session.call(
            "POST",
            f"{replication.href.rstrip('/')}/action/{operation}",
            content_type=media or None,
            body=body,
            once=True,
        )
        return task_of_response(response)

    def tasks(self, since: float | None = None) -> list[Task]:
        """Return the task list of the org. Raises: ApiError, TransportError, DecodeError."""
        return parse_tasks(self.session.call("GET", f"/api/tasksList/{self.org_path}").body)

    def query_tasks(self, since: float) -> list[Task]:
        """Query tasks that started at ``since`` or later, or have no start time.

        ``since`` is in seconds since 1970.

        The query also returns old tasks that the task list of an org no longer has. Raises: ApiError, TransportError,
        DecodeError.
        """
        tasks_by_path: dict[str, Task] = {}
        for number in range(1, _MAX_TASK_PAGES + 1):
            query = f"type=task&format=records&page={number}&pageSize={_PAGE_SIZE}&sortDesc=startDate"
            tasks, total = parse_task_records(self.session.call("GET", "/api/query", query=query).body)
            known = len(tasks_by_path)
            tasks_by_path.update({path_of(task.href): task for task in tasks if task.href})
            times = [at for task in tasks if (at := seconds_since_1970(task.start)) is not None]
            is_last = len(tasks_by_path) == known or len(tasks_by_path) >= (total or 0)
            if is_last or (times and max(times) < since):
                break
        starts = ((task, seconds_since_1970(task.start)) for task in tasks_by_path.values())
        return [task for task, at in starts if at is None or at >= since]

    def read_task(self, task: Task) -> Task:
        """Return the current state of a task.

        Raises: ApiError, TransportError, DecodeError.
        """
        return read_task(self.session, task)

    def cancel(self, task: Task) -> None:
        """Request the cancellation of a task. Raises: ApiError, TransportError."""
        cancel_task(self.session, task)

    # -- VMs and VDCs --------------------------------------------------------------------------------------------

    def find_vms(self, replications: Sequence[Replication], ids: Iterable[str] = ()) -> list[VmRecord]:
        """Return the VMs that have the names of the replicated VMs.

        VMs in templates are omitted.

        Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        return find_vms(self.session, [replication.name for replication in replications])

    def enabled_vdcs(self) -> list[Reference]:
        """Return the VDCs of the org that are enabled for replications.

        Raises: the errors of :meth:`references`.
        """
        return self._references(f"/api/org/{self.org_path}/enabledForReplicationVdcs", "VDCs")

    def references_of(self, vdc: Reference) -> list[Reference]:
        """Return references of all replications into a VDC.

        Raises: the errors of :meth:`references`.
        """
        return self._references(f"{vdc.href.rstrip('/')}/replications", "replications")

    def details_of(self, vdc: Reference) -> RecoveryDetails:
        """Return the actions for which a VDC is enabled. Source: protocol/dr.md §2.5.

        Raises: NotFoundError if the VDC is not enabled for recovery, ApiError, TransportError, DecodeError.
        """
        return parse_recovery_details(self.session.call("GET", f"{vdc.href.rstrip('/')}/recoveryDetails").body)
