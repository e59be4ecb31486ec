"""Select VMs with the query service and collect their metrics with the metrics service."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError

if TYPE_CHECKING:
    from vcloudair_core.services.metrics.model import Collected
    from vcloudair_core.services.metrics.service import MetricsService
    from vcloudair_core.services.query.service import QueryService

_UUID = re.compile(r"(urn:vcloud:vm:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MOST_NAMES = 40
"""Most names in one filter; for more, all VMs are read and compared here."""


class MeasuringClient(Protocol):
    """A client, as far as these functions need it."""

    @property
    def query(self) -> QueryService:
        """The query service."""
        ...

    @property
    def metrics(self) -> MetricsService:
        """The metrics service."""
        ...


@dataclass(frozen=True)
class Measurement:
    """VMs as mappings with ``id``, ``name``, ``vapp``, ``vdc`` and more, and what was collected for them."""

    vms: list[dict[str, Any]]
    collected: Collected

    def name_of(self, vm_id: str) -> str:
        """Return the name of a VM, or its UUID when the name is unknown."""
        return next((vm["name"] for vm in self.vms if vm["id"] == vm_id), vm_id)


def choose(
    client: MeasuringClient,
    names: Sequence[str] = (),
    *,
    where: Mapping[str, Any] | None = None,
    vdc: str = "",
    missing: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Return VMs by name or UUID, or those that meet conditions; without either, every VM that is not a template.

    ``where``: conditions on query attributes. ``vdc``: the name of a VDC to narrow to. ``missing``: a list that takes
    the names that are not found, which is an error otherwise.

    Raises: NotFoundError that names every missing VM, AmbiguousMatchError, SpecError, ApiError, TransportError,
    DecodeError.
    """
    names = [names] if isinstance(names, str) else names
    conditions = dict(where or {})
    plain = [name for name in names if not _UUID.match(name)]
    if names and len(plain) == len(names) <= _MOST_NAMES:
        conditions["name"] = plain
    candidates: list[dict[str, Any]] = client.query.machines.read(conditions, vdc=vdc)
    if not names:
        return candidates
    chosen: dict[str, dict[str, Any]] = {}
    unknown = []
    for name in names:
        uuid = name.rpartition(":")[2].casefold()
        matching = [vm for vm in candidates if vm["name"] == name or vm["id"] == uuid]
        if len(matching) > 1:
            raise AmbiguousMatchError(
                f"There are {len(matching)} machines {name!r}.",
                candidates=[{key: vm[key] for key in ("name", "id", "vapp", "vdc")} for vm in matching],
                hint="Give the id, or narrow it with a condition on containerName.",
            )
        if not matching:
            unknown.append(name)
        chosen.update({vm["id"]: vm for vm in matching})
    if missing is not None:
        missing += unknown
    elif unknown:
        raise NotFoundError(
            f"There is no machine {', '.join(map(repr, unknown))}.", hint="`vca query vm` lists those that there are."
        )
    return list(chosen.values())


def measure(
    client: MeasuringClient,
    names: Sequence[str] = (),
    *,
    where: Mapping[str, Any] | None = None,
    vdc: str = "",
    start: object = "1h",
    end: object = None,
    metrics: Sequence[str] = (),
    source: str = "auto",
    missing: list[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Measurement:
    """Choose VMs as :func:`choose` does, and collect their metrics.

    ``start``, ``end``: a datetime, ISO 8601, or a time ago such as ``30m``, ``24h`` or ``7d``. ``metrics``: names or
    patterns with ``*``; none means all. ``source``: ``auto``, ``vca``, ``vcd-historic`` or ``vcd-current``.
    ``progress`` is called with the numbers of VMs that are done, and of all. A VM that fails is in
    ``collected.failed``; the others are measured.

    Raises: SpecError before anything is sent, AuthenticationError, and every error of :func:`choose`.
    """
    service = client.metrics
    service.check(start=start, end=end, metrics=metrics, source=source)  # bad input sends nothing
    chosen = choose(client, names, where=where, vdc=vdc, missing=missing)
    vms = sorted(chosen, key=lambda vm: (vm["name"], vm["id"]))
    ids = [vm["id"] for vm in vms]
    collected = service.collect(ids, start=start, end=end, metrics=metrics, source=source, progress=progress)
    return Measurement(vms, collected)
