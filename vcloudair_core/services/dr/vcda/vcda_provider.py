"""Adapter for VMware Cloud Director Availability (VCDA) 4.x.

The client is connected to the site that VMs are recovered to, so that a failover needs no other site. Source:
protocol/vcda.md §2 to §5.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from vcloudair_core.errors import AuthenticationError, NotFoundError, SpecError, VcloudAirError
from vcloudair_core.services.dr.model import (
    ACTIONS,
    CLEANUP,
    FAILBACK,
    FAILOVER,
    RECOVERIES,
    TEST,
    PointInTime,
    RecoveryDetails,
    Reference,
    Replication,
)
from vcloudair_core.services.dr.points_in_time import newest_first
from vcloudair_core.services.dr.port import Capabilities, RecoveryProvider, StartRequest
from vcloudair_core.services.dr.vcda import vcda_lists
from vcloudair_core.services.dr.vcda.codec import (
    parse_object,
    parse_points,
    parse_vapp_members,
    replication_of,
    task_of,
)
from vcloudair_core.services.dr.vcda.peer_cloud import PeerCloud
from vcloudair_core.services.dr.vcda.vcda_networks import mapped_settings, read_settings
from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReference, VcdaReplication
from vcloudair_core.services.dr.vcda.vcda_requests import (
    PATHS,
    body_of,
    path_of_vapp,
    path_of_vm,
    source_needed,
    vapp_body_of,
)
from vcloudair_core.services.dr.vcda.vcda_session import VcdaSession
from vcloudair_core.services.dr.vm_store import find_networks, find_vms, find_vms_by_id
from vcloudair_core.services.dr.wire_values import server_time_of

if TYPE_CHECKING:
    from vcloudair_core.services.dr.vm_checks import VmRecord
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.tasks import Task

_log = logging.getLogger(__name__)


class VcdaProvider(RecoveryProvider):
    """Adapter for VCDA. Creating it sends no request."""

    name = "vcda"
    title = "VMware Cloud Director Availability"
    capabilities = Capabilities(
        actions=frozenset(ACTIONS),
        pointed=frozenset({TEST, FAILOVER}),
        has_operation_ids=True,
        can_map_networks=True,
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.vcda = VcdaSession(session)
        self._peer_cloud = PeerCloud(session)
        self._lock = threading.Lock()
        self._local_site: str | None = None
        self._peers: set[str] = set()
        """Other sites that carry out actions of this client."""

    @property
    def local_site(self) -> str:
        """Return the name of the site of ``vcda_url``.

        Return an empty string if the server does not return it.
        """
        with self._lock:
            if self._local_site is None:
                sites = vcda_lists.read_sites(self.vcda)
                self._local_site = next((site.name for site in sites if site.is_local), "")
            return self._local_site

    # -- replications --------------------------------------------------------------------------------------------

    def references(self) -> list[Reference]:
        """Return references of all replications to and from this site.

        The other sites are read only if credentials for them are set. If another site cannot be read, its replications
        are omitted.

        Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        return list(vcda_lists.read_references(self.vcda, self.local_site))

    def read(self, reference: Reference) -> Replication:
        """Return a replication with its state and the task in progress.

        Raises: ApiError, TransportError, DecodeError.
        """
        tree, server_time = self._read_tree(reference)
        replication = self._replication(tree, None, server_time)
        if not replication.is_busy:
            return replication
        running = self._running_task(replication)
        if running is None:
            # The task can have ended after the replication was read, so the replication shows the result now.
            tree, server_time = self._read_tree(reference)
        return self._replication(tree, running, server_time)

    def _read_tree(self, reference: Reference) -> tuple[dict[str, Any], float | None]:
        """Return the JSON object of a replication, and the server time of the response."""
        path = urlsplit(reference.href).path
        response = self.vcda.call("GET", path[path.rindex("/vm-replications/") :])
        tree = parse_object(response.body, f"the replication {reference.name or reference.id}")
        return tree, server_time_of(response)

    def _replication(self, tree: dict[str, Any], running: Task | None, server_time: float | None) -> VcdaReplication:
        return replication_of(tree, self.vcda.base_url, self.local_site, running=running, server_time=server_time)

    def _running_task(self, replication: VcdaReplication) -> Task | None:
        """Return the task in progress on a replication, or None.

        IN_PROGRESS does not show the action. If the tasks cannot be read, the action is unknown.
        """
        try:
            tasks = self.tasks()
        except AuthenticationError:
            raise
        except VcloudAirError as exc:
            _log.warning("Reading the task of the replication of %s failed. %s", replication.name, exc.message)
            return None
        owners = (replication.id, replication.vapp_id)
        return next(
            (task for task in tasks if not task.is_finished and task.owner_href.rpartition("/")[2] in owners), None
        )

    def points(self, reference: Reference) -> list[PointInTime]:
        """Return the instances of a replication, newest first.

        Raises: ApiError, TransportError, DecodeError.
        """
        path = urlsplit(reference.href).path
        return newest_first(
            parse_points(self.vcda.call("GET", f"{path[path.rindex('/vm-replications/') :]}/instances").body)
        )

    def selected(self, references: Sequence[Reference], action: str) -> list[Reference]:
        """Return the replications to which an action on all replications applies.

        A failback applies to replications that run back to their original site. Actions that recover VMs apply to
        replications to this site.
        """
        if action == FAILBACK:
            return [item for item in references if isinstance(item, VcdaReference) and item.is_reversed]
        if action in (*RECOVERIES, CLEANUP):
            return [item for item in references if not isinstance(item, VcdaReference) or item.is_incoming]
        return list(references)

    def expand(self, name: str, references: Sequence[Reference]) -> list[Reference]:
        """Return the references of the VMs in the vApp with this name or replication ID."""
        return [
            item
            for item in references
            if isinstance(item, VcdaReference) and name and (name == item.vapp_name or name == item.vapp_id)
        ]

    # -- actions and tasks ---------------------------------------------------------------------------------------

    def prepare(self, replication: Replication, request: StartRequest) -> StartRequest:
        """Sign in to the sites that the action needs, and map the networks of the VM.

        Raises: ApiError, TransportError, DecodeError.
        """
        assert isinstance(replication, VcdaReplication)
        for site in {
            self._site_of(replication),
            source_needed(replication, request.action, synchronize=request.synchronize),
        } - {""}:
            self.vcda.extend(site)
        if request.networks is None or request.action not in RECOVERIES:
            return request
        settings = read_settings(self.vcda, replication, site=self._site_of(replication))
        mapped = mapped_settings(
            settings, request.networks, request.action, lambda name: self._network(replication, name)
        )
        return replace(request, network_settings=mapped)

    def _network(self, replication: VcdaReplication, name: str) -> dict[str, str]:
        """Return the ID and name of a network at the destination.

        The networks of another site cannot be read, so only the name is returned. Raises: NotFoundError.
        """
        if not replication.is_incoming:
            return {"name": name}
        networks = find_networks(self.session, name)
        in_vdc = [item for item in networks if item.vdc_id in ("", replication.destination_vdc_id)] or networks
        if not in_vdc:
            raise NotFoundError(
                f"The network {name!r} does not exist at the destination.",
                hint="Correct `networks` of the VM in the plan. Run `vca query orgVdcNetwork` to see the networks.",
            )
        return {"id": in_vdc[0].id, "name": in_vdc[0].name}

    def start(self, replication: Replication, request: StartRequest) -> Task | None:
        """Start an action. If the response is lost, the request is not sent again.

        Raises: ApiError, TransportError, DecodeError.
        """
        assert isinstance(replication, VcdaReplication)
        return self._send(path_of_vm(replication), replication, request, body_of(request))

    def _send(
        self, path: str, replication: VcdaReplication, request: StartRequest, body: dict[str, Any] | None
    ) -> Task | None:
        method, action = PATHS[request.action]
        response = self.vcda.call(
            method,
            f"{path}/{action}",
            site=self._site_of(replication),
            peer=source_needed(replication, request.action, synchronize=request.synchronize),
            body=body,
            operation_id=request.operation_id,
            once=True,
        )
        return self._task(parse_object(response.body, "the task"))

    def why_not_together(self, replications: Sequence[Replication], requests: Sequence[StartRequest]) -> str:
        """Return the reason why one request cannot start the action on the VMs of a vApp.

        The vApp replication must contain exactly these VMs, because the action applies to all of them. The networks of
        a plan are set for each VM, because the keys of the network settings of a vApp are not documented.

        Raises AuthenticationError.
        """
        vms = [item for item in replications if isinstance(item, VcdaReplication)]
        name = vms[0].vapp_name or vms[0].vapp_id
        if any(request.networks is not None and request.action in RECOVERIES for request in requests):
            return f"the plan sets networks of VMs in the vApp {name!r}"
        if len({(request.power_on, request.synchronize) for request in requests}) > 1:
            return f"the VMs of the vApp {name!r} have different options"
        if len({(vm.vapp_id, vm.source_site, vm.destination_site, vm.is_reversed) for vm in vms}) > 1:
            return f"the VMs of the vApp {name!r} are at different sites"
        try:
            response = self.vcda.call("GET", path_of_vapp(vms[0]), site=self._site_of(vms[0]))
            members = parse_vapp_members(response.body)
        except AuthenticationError:
            raise
        except VcloudAirError as exc:
            return f"reading the replication of the vApp {name!r} failed: {exc.message.rstrip('.')}"
        others = len(members ^ {vm.id for vm in vms})
        return f"{others} VMs of the vApp {name!r} are not part of the action" if others else ""

    def start_together(self, replications: Sequence[Replication], requests: Sequence[StartRequest]) -> Task | None:
        """Start an action on all VMs of a vApp.

        If the response is lost, the request is not sent again.

        Raises: ApiError, TransportError, DecodeError.
        """
        vms = [item for item in replications if isinstance(item, VcdaReplication)]
        body = vapp_body_of(vms, requests)
        return self._send(path_of_vapp(vms[0]), vms[0], requests[0], body)

    def _site_of(self, replication: VcdaReplication) -> str:
        """Return the other site that carries out actions, or an empty string."""
        if replication.is_incoming:
            return ""
        with self._lock:
            self._peers.add(replication.destination_site)
        return replication.destination_site

    def tasks(self, since: float | None = None) -> list[Task]:
        """Return the tasks that started at ``since`` or later.

        If ``since`` is None, return the tasks in progress.

        Raises: ApiError, TransportError, DecodeError.
        """
        query = {"state": "RUNNING"} if since is None else {"startTimeAfter": str(int(max(0.0, since) * 1000))}
        return self._tasks(query)

    def query_tasks(self, since: float) -> list[Task]:
        """Return the tasks that started at ``since`` or later. See :meth:`tasks`."""
        return self.tasks(since)

    def tasks_of(self, operation_id: str) -> list[Task]:
        """Return the tasks of the request that was sent with an operation ID.

        Raises: ApiError, TransportError, DecodeError.
        """
        return self._tasks({"operationID": operation_id})

    def _tasks(self, query: dict[str, str]) -> list[Task]:
        with self._lock:
            sites = ["", *sorted(self._peers)]
        return [self._task(tree) for site in sites for tree in vcda_lists.read_tasks(self.vcda, query, site)]

    def _task(self, tree: dict[str, Any]) -> Task:
        return task_of(tree, self.vcda.base_url, self.local_site)

    def read_task(self, task: Task) -> Task:
        """Return the current state of a task.

        Raises: ApiError, TransportError, DecodeError.
        """
        parts = urlsplit(task.href)
        site = (parse_qs(parts.query).get("site") or [""])[0]
        response = self.vcda.call("GET", parts.path[parts.path.rindex("/tasks/") :], site=site)
        return self._task(parse_object(response.body, "the task"))

    def cancel(self, task: Task) -> None:
        """Raise SpecError: the API has no such request (protocol/vcda.md §5)."""
        raise SpecError("cancel_on_stop", f"{self.title} cannot cancel tasks", hint="Wait for the end of the task.")

    # -- the recovered VM ----------------------------------------------------------------------------------------

    def find_vms(self, replications: Sequence[Replication], ids: Iterable[str] = ()) -> list[VmRecord]:
        """Return the recovered VMs of the replications.

        The result includes the VMs with the UUIDs ``ids``. VMs at the other site are read there.

        Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        vms = [item for item in replications if isinstance(item, VcdaReplication)]
        here = {vm.vm_id for vm in vms if vm.vm_id and vm.is_incoming}
        there = {vm.vm_id for vm in vms if vm.vm_id and not vm.is_incoming}
        others = {identifier.casefold() for identifier in ids}
        records = find_vms_by_id(self.session, sorted(here | (others - there)))
        if there:
            records += find_vms_by_id(self._peer_cloud.session(), sorted(there))
        return records

    def created_vm_ids(self, replication: Replication) -> frozenset[str]:
        """Return the UUIDs of the VMs that the last recovery created.

        If the server omits the ID of the VM, the VM is searched for by name in the recovered vApp.

        Raises: IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        assert isinstance(replication, VcdaReplication)
        if replication.vm_id or not (replication.recovered_vapp_id and replication.is_incoming):
            return frozenset({replication.vm_id} - {""})
        vms = find_vms(self.session, [replication.name])
        return frozenset(vm.id for vm in vms if vm.vapp_href.lower().endswith(replication.recovered_vapp_id))

    def why_vm_not_visible(self, replication: Replication) -> str:
        """Return the reason why the recovered VM is not visible to this session.

        A VM at the other site is visible if the settings have the other site's VMware Cloud Director.
        """
        assert isinstance(replication, VcdaReplication)
        if replication.is_incoming or self._peer_cloud.is_known:
            return ""
        return f"the VM is at site {replication.destination_site}, so it was not checked"

    # -- target VDCs ---------------------------------------------------------------------------------------------

    def enabled_vdcs(self) -> list[Reference]:
        """Raise NotFoundError, because the policies of VCDA apply to orgs, not VDCs."""
        raise NotFoundError(f"{self.title} has no list of enabled VDCs.")

    def references_of(self, vdc: Reference) -> list[Reference]:
        """Return references of the replications into a VDC.

        Raises the errors of :meth:`references`.
        """
        return list(vcda_lists.read_references(self.vcda, self.local_site, vdc_id=vdc.id))

    def details_of(self, vdc: Reference) -> RecoveryDetails:
        """Return unknown values, because the policies of VCDA apply to orgs, not VDCs."""
        return RecoveryDetails(None, None)
