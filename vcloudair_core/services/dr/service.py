"""The service ``dr``: what is replicated, and actions on it that end in verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError, SpecError, VcloudAirError
from vcloudair_core.services.dr.model import ACTIONS, RecoveryDetails, Reference, Replication, Result
from vcloudair_core.services.dr.operation_options import OperationOptions, Stop
from vcloudair_core.services.dr.operations.group_run import run_group
from vcloudair_core.services.dr.store import (
    list_enabled_vdcs,
    list_replications,
    list_replications_of_vdc,
    read_recovery_details,
    read_replication,
)

if TYPE_CHECKING:
    from vcloudair_core.session.session import Session

Progress = Callable[[Result], None]


class RecoveryService:
    """Replications into the organisation of a session."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def references(self) -> list[Reference]:
        """Every replication by name and link: one call for 128 of them. Raises what the store's list raises."""
        return list_replications(self.session, self.session.identity.org_id)

    def replications(self, names: Sequence[str] | None = None) -> list[Replication]:
        """Replications with all their state, one call each, several at a time; by name or id, or all of them.

        Raises: NotFoundError, AmbiguousMatchError, IncompleteResultError, ApiError, TransportError, DecodeError.
        """
        return self.read(self.choose(names))

    def choose(self, names: Sequence[str] | None = None) -> list[Reference]:
        """Replications by the name of their VM, by id (UUID) or link; None means all, as listed, and no names mean
        none: a selection that came out empty must not become everything.

        Raises: NotFoundError that names all that are not there, AmbiguousMatchError with the candidates.
        """
        if names is not None and not names:
            return []
        found = self.references()
        if names is None:
            return found
        if any(not one.name for one in found):
            found = [Reference(one.href, one.name) for one in self.read(found)]
        chosen: dict[str, Reference] = {}
        missing = []
        for name in names:
            meant = [one for one in found if one.answers_to(name)]
            if len(meant) > 1:
                raise AmbiguousMatchError(
                    f"There are {len(meant)} replications of a VM {name!r}.",
                    candidates=[{"name": one.name, "id": one.id} for one in meant],
                    hint="Give the id.",
                )
            if not meant:
                missing.append(name)
            chosen.update({one.href: one for one in meant})
        if missing:
            raise NotFoundError(
                f"There is no replication of {', '.join(map(repr, missing))}.",
                hint="`vca dr list` shows those that there are.",
            )
        return list(chosen.values())

    def read(self, references: Iterable[Reference]) -> list[Replication]:
        """Each of them with all its state, several at a time. Raises: ApiError, TransportError, DecodeError."""
        read = []
        for one in self.look(references):
            if isinstance(one, VcloudAirError):
                raise one
            read.append(one)
        return read

    def look(self, references: Iterable[Reference]) -> list[Replication | VcloudAirError]:
        """As :meth:`read`, with the error of each that cannot be read in its place."""
        given = list(references)
        most = max(1, min(int(self.session.settings.parallel_calls), len(given)))
        with ThreadPoolExecutor(max_workers=most, thread_name_prefix="vca-dr") as pool:
            return list(pool.map(self._look, given))

    def _look(self, reference: Reference) -> Replication | VcloudAirError:
        try:
            return read_replication(self.session, reference)
        except VcloudAirError as exc:
            return exc

    def enabled_vdcs(self) -> list[Reference]:
        """The VDCs that take replications. Raises: NotFoundError where there is no disaster recovery, ApiError,
        TransportError, DecodeError."""
        return list_enabled_vdcs(self.session, self.session.identity.org_id)

    def references_of(self, vdc: Reference) -> list[Reference]:
        """Every replication into a VDC. Raises as :meth:`references`."""
        return list_replications_of_vdc(self.session, vdc)

    def details_of(self, vdc: Reference) -> RecoveryDetails:
        """What a VDC is enabled for. Raises: NotFoundError where it is not enabled at all, ApiError, TransportError,
        DecodeError."""
        return read_recovery_details(self.session, vdc)

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
        """Test, clean up or fail over VMs, by name or id, or with None all of them; first in, first out, each
        once.

        A VM that is there already is not touched. ``dry_run``: nothing is started. The results are in the order of
        the VMs; a failure of one is in its result and does not raise. ``progress`` is called with each result as
        it is known. ``stop`` asks, from elsewhere, to come to an end.

        Raises: SpecError before anything is sent; what :meth:`choose` raises before anything is started.
        """
        if action not in ACTIONS:
            raise SpecError("action", f"{action!r} is not one of {', '.join(ACTIONS)}")
        chosen = options or OperationOptions()
        chosen.validate()
        return run_group(
            self.session, action, self.choose(names), chosen, dry_run=dry_run, progress=progress, stop=stop
        )
