"""The class ``DisasterRecovery`` with the API of vcloudair 0.5."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin
from xml.etree.ElementTree import ParseError

from vcloudair_core.compat.connection import Connection
from vcloudair_core.compat.sdk_errors import compatible_errors
from vcloudair_core.errors import ConfigurationError
from vcloudair_core.services.dr.model import CLEANUP, FAILOVER, TEST, Reference, Result
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.operations.group_run import run_group
from vcloudair_core.services.dr.service import RecoveryService
from vcloudair_core.services.dr.vr.vr_provider import VrProvider
from vcloudair_core.util.escaping import csv_cell

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

nsmap = {"vcd": "http://www.vmware.com/vcloud/v1.5"}

_COLUMNS = (
    "id", "name", "state", "test_state", "recovery_state", "is_paused", "rpo_minutes", "rpo_violation_minutes",
    "last_sync", "recovered_at", "href",
)  # fmt: skip
_PATH = "api/org/"


class TaskPool:
    """The task queue of vcloudair 0.5.

    The queue is always empty, because DR actions finish before their methods return.
    """

    def add(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Call ``target`` immediately instead of queuing it."""
        target(*args, **kwargs)

    def join(self) -> None:
        """Return immediately, because the queue is empty."""


class DisasterRecovery:
    """List, test, clean up and fail over the replications of an organization.

    ``replications[uuid]`` has ``name`` and ``href``. ``action_errors`` has a tuple ``(uuid, name, message)`` for each
    VM whose last action failed. The next action clears ``action_errors`` in place. ``results`` has the verdicts of the
    last action. Changes to ``headers`` and ``base_api_url`` apply to the next call.

    Args:
        org_info: Result of :class:`VCASession`. Its values take precedence over ``vcdurl``, ``token``, ``org_uuid`` and
            ``version``.
        stuck_after: Seconds without progress after which a task counts as failed.
        on_unknown: What to do if it is unknown whether an action was started. ``fail`` reports an error. ``start``
            starts the action again.
    """

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
        org_uuid: str | None = None,
        version: str = "5.7",
        *,
        stuck_after: float = 600.0,
        on_unknown: str = "fail",
    ) -> None:
        accept = "application/*+xml;version={version}"
        self._connection = Connection(org_info, vcdurl, token, version, accept=accept)
        self.headers = self._connection.headers
        self.version = self._connection.version
        session = self._connection.session(self._connection.url, self.headers)
        # Prefer the org ID of the session. After a direct login, org_uuid is the ID of the VDC.
        own = session.identity.org_id if org_info is not None else ""
        org = str(own or (org_info or {}).get("org_uuid") or org_uuid or session.identity.org_id)
        if not org:
            raise ConfigurationError("No organization selected.", hint="Pass org_info or org_uuid.")
        self.base_api_url = self._initial_url = urljoin(self._connection.url or "", f"{_PATH}{org}/")
        self.stuck_after = stuck_after
        self.on_unknown = on_unknown
        self.replications: dict[str, dict[str, str]] = {}
        self.task_pool = TaskPool()
        self.action_errors: list[tuple[str, str, str]] = []
        self.results: list[Result] = []

    @compatible_errors(ParseError)
    def retrieve_replications(self) -> None:
        """Fill :attr:`replications`.

        Raises: NotFoundError, ApiError, TransportError, DecodeError.
        """
        provider = VrProvider(self._session(), unquote(self.base_api_url.rpartition(_PATH)[2].strip("/")))
        references = provider.references()
        if any(not reference.name for reference in references):
            references = [Reference(reference.href, provider.read(reference).name) for reference in references]
        self.replications.clear()
        self.replications.update(
            {reference.id: {"name": reference.name, "href": reference.href} for reference in references}
        )

    @compatible_errors(ParseError)
    def dump_replication_details(self, filelocation: str = "details.csv", *, all_columns: bool = False) -> None:
        """Write the ID and name of each replication as CSV without a header.

        If ``all_columns`` is true, write the full state of each replication, with a header.

        Raises: OSError, and the errors of :meth:`retrieve_replications`.
        """
        self._retrieve_once()
        if not all_columns:
            with open(filelocation, "w", newline="", encoding="utf-8") as target:  # noqa: PTH123 - a string, as in 0.5
                writer = csv.writer(target, lineterminator="\n")
                writer.writerows([uuid, csv_cell(entry["name"])] for uuid, entry in self.replications.items())
            return
        read = RecoveryService(self._session(), VrProvider(self._session())).read(self._references(()))
        with open(filelocation, "w", newline="", encoding="utf-8") as target:  # noqa: PTH123 - as above
            table = csv.DictWriter(target, _COLUMNS, extrasaction="ignore")
            table.writeheader()
            table.writerows(
                {key: csv_cell(value) for key, value in replication.as_dict().items()} for replication in read
            )

    def do_test_failover(self, *uuids: str, power_on: bool = True, total: bool = False) -> None:
        """Run test failovers of VMs by UUID. If ``total`` is true, test all VMs.

        Failures are added to :attr:`action_errors`.
        """
        self._act(TEST, uuids, total, power_on)

    def do_failover(self, *uuids: str, power_on: bool = True, total: bool = False, test: bool = False) -> None:
        """Fail over VMs by UUID. If ``total`` is true, fail over all VMs.

        If ``test`` is true, run test failovers instead.
        """
        self._act(TEST if test else FAILOVER, uuids, total, power_on)

    def do_test_cleanup(self, *uuids: str, total: bool = False) -> None:
        """Clean up test failovers of VMs by UUID. If ``total`` is true, clean up all."""
        self._act(CLEANUP, uuids, total, True)

    def _act(self, action: str, uuids: tuple[str, ...], total: bool, power_on: bool) -> None:
        self.action_errors.clear()
        self.results = []
        self._retrieve_once()
        known = [uuid for uuid in dict.fromkeys(uuids) if uuid in self.replications]
        unknown = [uuid for uuid in dict.fromkeys(uuids) if uuid not in self.replications and not total]
        self.action_errors += [(uuid, "", "Replication not found. Nothing was started.") for uuid in unknown]
        if not known and not total:
            return
        options = OperationOptions(power_on=power_on, stuck_after=self.stuck_after, on_unknown=self.on_unknown)
        self.results = run_group(VrProvider(self._session()), action, self._references(() if total else known), options)
        self.action_errors += [(result.id, result.name, result.reason) for result in self.results if result.is_failed]

    def _session(self) -> Session:
        base = self.base_api_url.rpartition(_PATH)[0]
        is_changed = base != self._initial_url.rpartition(_PATH)[0]
        return self._connection.session(base if is_changed else self._connection.url, self.headers)

    def _retrieve_once(self) -> None:
        if not self.replications:
            self.retrieve_replications()

    def _references(self, uuids: tuple[str, ...] | list[str]) -> list[Reference]:
        selected = uuids or list(self.replications)
        return [Reference(self.replications[uuid]["href"], self.replications[uuid]["name"]) for uuid in selected]
