"""The port of disaster recovery: the requests that operations need from a DR API.

Each DR API has an adapter in its own folder: ``vr/`` for DR 2.x, and ``vcda/`` for VCDA. An adapter declares its
capabilities. :func:`check_capabilities` raises an error for unsupported actions and options before anything is started.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from vcloudair_core.errors import SpecError
from vcloudair_core.services.dr.model import RECOVERIES
from vcloudair_core.services.dr.operation_options import LATEST

if TYPE_CHECKING:
    from vcloudair_core.services.dr.model import PointInTime, RecoveryDetails, Reference, Replication
    from vcloudair_core.services.dr.network_mapping import NetworkMapping
    from vcloudair_core.services.dr.operation_options import OperationOptions
    from vcloudair_core.services.dr.vm_checks import VmRecord
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.task_codec import Task


@dataclass(frozen=True)
class Capabilities:
    """The features of a DR API.

    Attributes:
        actions: The actions that the API can start.
        pointed: The actions that can recover a VM to a point in time.
        can_cancel: True if the API can cancel tasks.
        has_operation_ids: True if the client can set an ID for a request, and search for the task of the request by
            this ID.
        has_vdc_permissions: True if the API returns the actions that a VDC allows.
        can_map_networks: True if a request can contain networks and addresses of the recovered VM.
    """

    actions: frozenset[str]
    pointed: frozenset[str] = frozenset()
    can_cancel: bool = False
    has_operation_ids: bool = False
    can_map_networks: bool = False
    has_vdc_permissions: bool = False


@dataclass(frozen=True)
class StartRequest:
    """The parameters of a request that starts an action.

    Attributes:
        action: The action, such as ``test``.
        power_on: Power on the recovered VM.
        synchronize: Transfer the newest data from the source before a test.
        point_id: The ID of the point in time, or an empty string for the newest one.
        operation_id: The ID of the request, which its task also has. It is empty if the API has no such IDs.
        networks: The networks and addresses of the recovered VM, or None for those of the replication.
        network_settings: ``networks`` in the format of the API, which :meth:`RecoveryProvider.prepare` adds.
    """

    action: str
    power_on: bool = True
    synchronize: bool = False
    point_id: str = ""
    operation_id: str = ""
    networks: NetworkMapping | None = None
    network_settings: Mapping[str, Any] | None = None


class RecoveryProvider(ABC):
    """Adapter of a DR API.

    An adapter lists and reads replications, starts actions and follows their tasks.

    ``name`` is the value of ``provider`` in a recovery plan. ``title`` is the name of the product for messages. All
    methods can raise ApiError, TransportError and DecodeError.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def __init__(self, session: Session) -> None:
        self.session = session

    # -- replications --------------------------------------------------------------------------------------------

    @abstractmethod
    def references(self) -> list[Reference]:
        """Return references of all replications, in the order of the server.

        Raises: NotFoundError if the server does not have this DR API, IncompleteResultError.
        """

    @abstractmethod
    def read(self, reference: Reference) -> Replication:
        """Return a replication with its state."""

    @abstractmethod
    def points(self, reference: Reference) -> list[PointInTime]:
        """Return the points in time of a replication, newest first."""

    def selected(self, references: Sequence[Reference], action: str) -> list[Reference]:
        """Return the references to include if an action selects all replications."""
        return list(references)

    def expand(self, name: str, references: Sequence[Reference]) -> list[Reference]:
        """Return the references of the VMs in the vApp that a name selects.

        Return an empty list if no vApp matches.
        """
        return []

    # -- actions and tasks ---------------------------------------------------------------------------------------

    def prepare(self, replication: Replication, request: StartRequest) -> StartRequest:
        """Prepare a request, for example by signing in to the source site.

        Return the request to pass to :meth:`start`. Nothing is started.
        """
        return request

    @abstractmethod
    def start(self, replication: Replication, request: StartRequest) -> Task | None:
        """Start an action. If the response is lost, the request is not sent again."""

    def why_not_together(self, replications: Sequence[Replication], requests: Sequence[StartRequest]) -> str:
        """Return the reason why one request cannot start the action on all VMs of a vApp.

        Return an empty string if :meth:`start_together` can send this request. ``requests`` has the request for each
        replication, before :meth:`prepare`.
        """
        return f"{self.title} has no actions on vApps"

    def start_together(self, replications: Sequence[Replication], requests: Sequence[StartRequest]) -> Task | None:
        """Start an action on all VMs of a vApp with one request.

        All requests have the same operation ID. If the response is lost, the request is not sent again.
        """
        raise NotImplementedError

    @abstractmethod
    def tasks(self, since: float | None = None) -> list[Task]:
        """Return the recent tasks of the org, including all tasks in progress.

        Tasks that have ended are only needed if they started at ``since`` or later. If ``since`` is None, only tasks in
        progress are needed. ``since`` is in seconds since 1970.
        """

    @abstractmethod
    def query_tasks(self, since: float) -> list[Task]:
        """Return tasks that started at ``since`` or later, or have no start time.

        The result includes old tasks that :meth:`tasks` omits. ``since`` is in seconds since 1970.
        """

    def tasks_of(self, operation_id: str) -> list[Task]:
        """Return the tasks of the request that was sent with an operation ID."""
        return []

    @abstractmethod
    def read_task(self, task: Task) -> Task:
        """Return the current state of a task."""

    @abstractmethod
    def cancel(self, task: Task) -> None:
        """Request the cancellation of a task."""

    # -- the recovered VM ----------------------------------------------------------------------------------------

    @abstractmethod
    def find_vms(self, replications: Sequence[Replication], ids: Iterable[str] = ()) -> list[VmRecord]:
        """Return records of the VMs that can be the recovered VMs of the replications.

        ``ids`` are UUIDs of other VMs to find. Raises: IncompleteResultError.
        """

    def created_vm_ids(self, replication: Replication) -> frozenset[str]:
        """Return the UUIDs of the VMs that the last recovery created.

        The result is empty if the API does not identify recovered VMs. Raises: IncompleteResultError.
        """
        return frozenset({replication.vm_id} - {""})

    def why_vm_not_visible(self, replication: Replication) -> str:
        """Return the reason why the recovered VM is not visible to the session.

        Return an empty string if it is visible.
        """
        return ""

    # -- target VDCs ---------------------------------------------------------------------------------------------

    @abstractmethod
    def enabled_vdcs(self) -> list[Reference]:
        """Return the VDCs that are enabled for replications."""

    @abstractmethod
    def references_of(self, vdc: Reference) -> list[Reference]:
        """Return references of all replications into a VDC."""

    @abstractmethod
    def details_of(self, vdc: Reference) -> RecoveryDetails:
        """Return the actions for which a VDC is enabled.

        Raises: NotFoundError if the VDC is not enabled for recovery.
        """


def check_capabilities(provider: RecoveryProvider, action: str, options: OperationOptions) -> None:
    """Raise SpecError if the DR API cannot start the action with these options.

    No request is sent.
    """
    capabilities = provider.capabilities
    if action not in capabilities.actions:
        raise SpecError(
            "action",
            f"{provider.title} cannot start the action {action!r}",
            hint=f"Use one of: {', '.join(sorted(capabilities.actions))}.",
        )
    if options.point != LATEST and action in RECOVERIES and action not in capabilities.pointed:
        raise SpecError(
            "point",
            f"{provider.title} always uses the newest data for the action {action!r}",
            hint="Remove the point in time.",
        )
    if options.cancel_on_stop and not capabilities.can_cancel:
        raise SpecError(
            "cancel_on_stop",
            f"{provider.title} cannot cancel tasks",
            hint="Remove cancel_on_stop. When the run stops, the tasks continue, and you can resume the run.",
        )
