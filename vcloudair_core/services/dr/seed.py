"""Disaster recovery as the original SDK had it, with verdicts in place of "Done!"."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.plaintext import csv_cell
from vcloudair_core.services.dr.model import CLEANUP, FAILOVER, TEST, Reference, Result
from vcloudair_core.services.dr.run import Options, Run
from vcloudair_core.services.dr.service import RecoveryService
from vcloudair_core.services.dr.store import list_replications, read_replication

_COLUMNS = (
    "id", "name", "state", "test_state", "recovery_state", "is_paused", "rpo_minutes", "rpo_violation_minutes",
    "last_sync", "recovered_at", "href",
)  # fmt: skip


class DisasterRecovery:
    """Replications into an organisation, and tests, clean-ups and failovers of them.

    ``replications[uuid]`` has ``name`` and ``href``. ``action_errors`` has a tuple ``(uuid, name, message)`` for each
    machine that the last action failed for, and is cleared by the next one. A task that shows no change for
    ``stuck_after_s`` seconds is given up. ``org_info`` is what :class:`VCASession` returned; it beats ``vcdurl``,
    ``token`` and ``org_uuid``.
    """

    def __init__(
        self,
        org_info: Mapping[str, Any] | None = None,
        vcdurl: str | None = None,
        token: str | None = None,
        org_uuid: str | None = None,
        version: str = "5.7",
        *,
        stuck_after_s: float = 600.0,
    ) -> None:
        from vcloudair_core.session.facade import session_for

        self._session = session_for(org_info, vcdurl, token, version)
        # A session that was made here knows its org; what a direct login calls org_uuid is that of the VDC.
        own = self._session.identity.org_id if org_info is not None else ""
        self._org = str(own or (org_info or {}).get("org_uuid") or org_uuid or self._session.identity.org_id)
        if not self._org:
            raise ConfigurationError("There is no organisation to ask for.", hint="Pass org_info or org_uuid.")
        self.stuck_after_s = stuck_after_s
        self.replications: dict[str, dict[str, str]] = {}
        self.action_errors: list[tuple[str, str, str]] = []
        self.results: list[Result] = []

    def retrieve_replications(self) -> None:
        """Fill :attr:`replications`. Raises: NotFoundError, ApiError, TransportError, DecodeError."""
        found = list_replications(self._session, self._org)
        if any(not one.name for one in found):
            found = [Reference(one.href, read_replication(self._session, one).name) for one in found]
        self.replications = {one.id: {"name": one.name, "href": one.href} for one in found}

    def dump_replication_details(self, filelocation: str = "details.csv") -> None:
        """Write every replication with all its state as CSV. Raises as :meth:`retrieve_replications`; OSError."""
        self._retrieve_once()
        read = RecoveryService(self._session).read(self._references(()))
        with open(filelocation, "w", newline="", encoding="utf-8") as target:  # noqa: PTH123 - a text, as it was
            writer = csv.DictWriter(target, _COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({key: csv_cell(value) for key, value in one.as_dict().items()} for one in read)

    def do_test_failover(self, *uuids: str, power_on: bool = True, total: bool = False) -> None:
        """Test machines by UUID, or with ``total`` all of them. Failures are in :attr:`action_errors`."""
        self._act(TEST, uuids, total, power_on)

    def do_failover(self, *uuids: str, power_on: bool = True, total: bool = False, test: bool = False) -> None:
        """Fail machines over by UUID, or with ``total`` all of them; ``test`` makes it a test."""
        self._act(TEST if test else FAILOVER, uuids, total, power_on)

    def do_test_cleanup(self, *uuids: str, total: bool = False) -> None:
        """Clean tests up by UUID, or with ``total`` all of them."""
        self._act(CLEANUP, uuids, total, True)

    def _act(self, action: str, uuids: tuple[str, ...], total: bool, power_on: bool) -> None:
        self.action_errors, self.results = [], []
        self._retrieve_once()
        known = [uuid for uuid in dict.fromkeys(uuids) if uuid in self.replications]
        unknown = [uuid for uuid in dict.fromkeys(uuids) if uuid not in self.replications and not total]
        self.action_errors = [
            (uuid, "", "There is no replication of that id; nothing was started.") for uuid in unknown
        ]
        if not known and not total:
            return
        options = Options(power_on=power_on, stuck_after_s=self.stuck_after_s)
        self.results = Run(self._session, action, options).execute(self._references(() if total else known))
        self.action_errors += [(one.id, one.name, one.reason) for one in self.results if one.is_failed]

    def _retrieve_once(self) -> None:
        if not self.replications:
            self.retrieve_replications()

    def _references(self, uuids: tuple[str, ...] | list[str]) -> list[Reference]:
        wanted = uuids or list(self.replications)
        return [Reference(self.replications[uuid]["href"], self.replications[uuid]["name"]) for uuid in wanted]
