"""The port of disaster recovery: the requests that operations need from a DR API.

Each DR API has an adapter in a folder of its own. ``vr/`` is the adapter for DR 2.x. An adapter declares its
capabilities. :func:`check_capabilities` refuses what the API cannot do before anything is started.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from vcloudair_core.errors import SpecError

if TYPE_CHECKING:
    from vcloudair_core.services.dr.model import RecoveryDetails, Reference, Replication
    from vcloudair_core.services.dr.operation_options import OperationOptions
    from vcloudair_core.services.dr.vm_checks import VmRecord
    from vcloudair_core.session.session import Session
    from vcloudair_core.session.task_codec import Task


@dataclass(frozen=True)
class Capabilities:
    """The features of a DR API.

    Attributes:
        actions: The actions that the API can start.
        synchronized: The actions that can transfer the newest data from the source first.
        can_cancel: True if the API can cancel tasks.
    """

    actions: frozenset[str]
    synchronized: frozenset[str] = frozenset()
    can_cancel: bool = False


@dataclass(frozen=True)
class StartRequest:
    """The parameters of a request that starts an action.

    Attributes:
        action: The action, such as ``test``.
        power_on: Power on the recovered VM.
        synchronize: Transfer the newest data from the source first.
    """

    action: str
    power_on: bool = True
    synchronize: bool = False


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

    # -- actions and tasks ---------------------------------------------------------------------------------------

    @abstractmethod
    def start(self, reference: Reference, request: StartRequest) -> Task | None:
        """Start an action. If the response is lost, the request is not sent again."""

    @abstractmethod
    def tasks(self) -> list[Task]:
        """Return the recent tasks of the org, including all tasks in progress."""

    @abstractmethod
    def query_tasks(self, since: float) -> list[Task]:
        """Return tasks that started at ``since`` or later, or have no start time.

        The result includes old tasks that :meth:`tasks` omits. ``since`` is in seconds since 1970.
        """

    @abstractmethod
    def read_task(self, task: Task) -> Task:
        """Return the current state of a task."""

    @abstractmethod
    def cancel(self, task: Task) -> None:
        """Request the cancellation of a task."""

    # -- the recovered VM ----------------------------------------------------------------------------------------

    @abstractmethod
    def find_vms(self, replications: Sequence[Replication]) -> list[VmRecord]:
        """Return records of the VMs that can be the recovered VMs of the replications.

        Raises: IncompleteResultError.
        """

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
    if options.cancel_on_stop and not capabilities.can_cancel:
        raise SpecError(
            "cancel_on_stop",
            f"{provider.title} cannot cancel tasks",
            hint="Remove cancel_on_stop. When the run stops, the tasks continue, and you can resume the run.",
        )
