"""The service ``dr``: list replications, and run DR actions on their VMs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, SpecError, VcloudAirError
from vcloudair_core.services.dr.model import ACTIONS, PointInTime, RecoveryDetails, Reference, Replication, Result
from vcloudair_core.services.dr.operation_options import OperationOptions, Stop
from vcloudair_core.services.dr.operations.group_run import run_group
from vcloudair_core.services.dr.port import RecoveryProvider, check_capabilities
from vcloudair_core.services.dr.providers import provider_of

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

Progress = Callable[[Result], None]


class RecoveryService:
    """Service for replications into an organization, and for DR actions on their VMs.

    ``provider`` is the adapter of the DR API, by default the one that the settings select.
    """

    def __init__(self, session: Session, provider: RecoveryProvider | None = None) -> None:
        self.session = session
        self.provider = provider or provider_of(session)

    def references(self) -> list[Reference]:
        """Return the name and link of every replication.

        One request returns up to 128 replications.

        Raises: NotFoundError if disaster recovery is not available, IncompleteResultError, ApiError, TransportError,
        DecodeError.
        """
        return self.provider.references()

    def replications(self, names: Sequence[str] | None = None) -> list[Replication]:
        """Return replications with their state.

        Each replication takes one request. The requests run in parallel.

        ``names`` selects replications as in :meth:`choose`. Raises: NotFoundError, AmbiguousMatchError,
        IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        return self.read(self.choose(names))

    def using(self, provider: str) -> RecoveryService:
        """Return a service for a DR API, ``vr`` or ``vcda``.

        An empty string selects the API of this service.

        Raises: SpecError for another name; ConfigurationError if ``vcda_url`` is missing or invalid.
        """
        if provider in ("", self.provider.name):
            return self
        return RecoveryService(self.session, provider_of(self.session, provider))

    def choose(self, names: Sequence[str] | None = None, action: str = "") -> list[Reference]:
        """Return the references of the selected replications.

        Args:
            names: Names of VMs, or UUIDs or links of replications. With VCDA, also names of vApps, or IDs of their
                replications. None selects all replications. An empty sequence selects none.
            action: The action to select replications for. With VCDA, it selects the direction of the replications.

        Raises: NotFoundError, which lists all names without a replication; AmbiguousMatchError with the candidates.
        """
        if names is None:
            listed = self.references()
            return self.provider.selected(listed, action) if action else listed
        matches = self.choose_each(names, action).values()
        return list({reference.href: reference for match in matches for reference in match}.values())

    def choose_each(self, names: Sequence[str], action: str = "") -> dict[str, list[Reference]]:
        """Return the references that each name selects. See :meth:`choose`."""
        if not names:
            return {}
        listed = self.references()
        if any(not reference.name for reference in listed):
            listed = [
                replace(reference, href=replication.href, name=replication.name)
                for reference, replication in zip(listed, self.read(listed), strict=True)
            ]
        chosen = {name: self._match(name, listed, action) for name in names}
        missing = [name for name, references in chosen.items() if not references]
        if missing:
            raise NotFoundError(
                f"Replication not found: {', '.join(map(repr, missing))}.",
                hint="Run `vca dr list` to see the available replications.",
            )
        return chosen

    def _match(self, name: str, listed: Sequence[Reference], action: str) -> list[Reference]:
        """Return the reference that a name selects, or those of the VMs in a vApp."""
        candidates = [reference for reference in listed if reference.matches(name)]
        if len(candidates) > 1 and action:
            # A VM that was failed over before can have a replication in each direction.
            candidates = self.provider.selected(candidates, action) or candidates
        if len(candidates) > 1:
            raise AmbiguousMatchError(
                f"{len(candidates)} replications have the name {name!r}.",
                candidates=[{"name": reference.name, "id": reference.id} for reference in candidates],
                hint="Use the UUID of the replication.",
            )
        return candidates or self.provider.expand(name, listed)

    def points(self, name: str) -> list[PointInTime]:
        """Return the points in time of a VM, newest first.

        Raises: the errors of :meth:`choose`.
        """
        (reference,) = self.choose([name])[:1]
        return self.provider.points(reference)

    def read(self, references: Iterable[Reference]) -> list[Replication]:
        """Return replications with their state, read in parallel.

        Raises: ApiError, TransportError, DecodeError.
        """
        replications = []
        for replication in self.read_each(references):
            if isinstance(replication, VcloudAirError):
                raise replication
            replications.append(replication)
        return replications

    def read_each(self, references: Iterable[Reference]) -> list[Replication | VcloudAirError]:
        """Return, for each reference in order, the replication or the read error."""
        listed = list(references)
        workers = max(1, min(int(self.session.settings.parallel_calls), len(listed)))
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-dr") as pool:
            return list(pool.map(self._read_one, listed))

    def _read_one(self, reference: Reference) -> Replication | VcloudAirError:
        try:
            return self.provider.read(reference)
        except VcloudAirError as exc:
            return exc

    def enabled_vdcs(self) -> list[Reference]:
        """Return the VDCs that are enabled for replications.

        Raises: NotFoundError if disaster recovery is not available, ApiError, TransportError, DecodeError.
        """
        return self.provider.enabled_vdcs()

    def references_of(self, vdc: Reference) -> list[Reference]:
        """Return references of all replications into a VDC.

        Raises: the errors of :meth:`references`.
        """
        return self.provider.references_of(vdc)

    def details_of(self, vdc: Reference) -> RecoveryDetails:
        """Return the actions for which a VDC is enabled.

        Raises: NotFoundError if the VDC is not enabled for recovery, ApiError, TransportError, DecodeError.
        """
        return self.provider.details_of(vdc)

    def act(
        self,
        action: str,
        names: Sequence[str] | None = None,
        *,
        options: OperationOptions | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
        stop: Stop | None = None,
    ) -> list[Result]:
        """Run a DR action on VMs. Each action is started at most once.

        VMs that are already in the target state are not changed. If an action fails, the result of the VM has the
        reason. No error is raised.

        Args:
            action: ``test``, ``cleanup`` or ``failover``. With VCDA also ``migrate``, ``reverse``, ``failback``,
                ``pause``, ``resume`` or ``sync``.
            names: As in :meth:`choose`. VMs start in this order.
            options: Options of the action.
            dry_run: Start nothing.
            progress: Callback that receives each result.
            stop: The stop request, which a signal handler or another thread can set.

        Returns: the results in the order of the VMs.

        Raises: SpecError before anything is sent; the errors of :meth:`choose` before anything is started.
        """
        if action not in ACTIONS:
            raise SpecError("action", f"{action!r} is not one of {', '.join(ACTIONS)}")
        options = options or OperationOptions()
        options.validate()
        check_capabilities(self.provider, action, options)
        return run_group(
            self.provider, action, self.choose(names, action), options, dry_run=dry_run, progress=progress, stop=stop
        )
