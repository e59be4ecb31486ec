"""Select VMs by query and collect their metrics."""

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
_MAX_NAMES = 40
"""The maximum number of VM names in a server filter.

If more names are requested, all VMs are read, and their names are compared on this host.
"""


class MeasuringClient(Protocol):
    """The properties of a client that the functions of this module use."""

    @property
    def query(self) -> QueryService:
        """Return the query service."""
        ...

    @property
    def metrics(self) -> MetricsService:
        """Return the metrics service."""
        ...


@dataclass(frozen=True)
class Measurement:
    """Selected VMs and their metrics.

    ``vms`` are mappings with ``id``, ``name``, ``vapp``, ``vdc`` and more.
    """

    vms: list[dict[str, Any]]
    collected: Collected

    def name_of(self, vm_id: str) -> str:
        """Return the name of a VM, or its UUID if the name is unknown."""
        return next((vm["name"] for vm in self.vms if vm["id"] == vm_id), vm_id)


def choose(
    client: MeasuringClient,
    names: Sequence[str] = (),
    *,
    where: Mapping[str, Any] | None = None,
    vdc: str = "",
    missing: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Return VMs by name or UUID. If ``names`` is empty, return all VMs.

    VMs of templates, and VMs that do not meet ``where`` and ``vdc``, are left out.

    Args:
        client: The client.
        names: Names or UUIDs of VMs.
        where: Conditions on query attributes.
        vdc: The name or UUID of a VDC.
        missing: A list to which unknown names are added. If the list is None, unknown names raise NotFoundError.

    Raises: NotFoundError with all unknown names, AmbiguousMatchError, SpecError, ApiError, TransportError,
        DecodeError.
    """
    names = [names] if isinstance(names, str) else names
    conditions = dict(where or {})
    plain = [name for name in names if not _UUID.match(name)]
    if names and len(plain) == len(names) <= _MAX_NAMES:
        conditions["name"] = plain
    candidates: list[dict[str, Any]] = client.query.vms.read(conditions, vdc=vdc)
    if not names:
        return candidates
    chosen: dict[str, dict[str, Any]] = {}
    unknown = []
    for name in names:
        uuid = name.rpartition(":")[2].casefold()
        matching = [vm for vm in candidates if vm["name"] == name or vm["id"] == uuid]
        if len(matching) > 1:
            raise AmbiguousMatchError(
                f"{len(matching)} VMs have the name {name!r}.",
                candidates=[{key: vm[key] for key in ("name", "id", "vapp", "vdc")} for vm in matching],
                hint="Use the UUID of the VM, or add a condition on containerName.",
            )
        if not matching:
            unknown.append(name)
        chosen.update({vm["id"]: vm for vm in matching})
    if missing is not None:
        missing += unknown
    elif unknown:
        raise NotFoundError(
            f"VM not found: {', '.join(map(repr, unknown))}.", hint="Run `vca query vm` to list the VMs."
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
    """Select VMs as in :func:`choose`, and collect their metrics.

    Args:
        client: The client.
        names, where, vdc, missing: As in :func:`choose`.
        start, end: A datetime, an ISO 8601 time, or a duration before now, such as ``30m``, ``24h`` or ``7d``.
        metrics: Names, or patterns with ``*``. If empty, all metrics are collected.
        source: ``auto``, ``vca``, ``vcd-historic`` or ``vcd-current``.
        progress: Callback with the number of finished VMs and the total.

    If the metrics of a VM cannot be read, ``collected.failed`` has the error. The metrics of the other VMs are read.

    Raises: SpecError before anything is sent, AuthenticationError, and the errors of :func:`choose`.
    """
    service = client.metrics
    service.check(start=start, end=end, metrics=metrics, source=source)  # before the first request
    chosen = choose(client, names, where=where, vdc=vdc, missing=missing)
    vms = sorted(chosen, key=lambda vm: (vm["name"], vm["id"]))
    ids = [vm["id"] for vm in vms]
    collected = service.collect(ids, start=start, end=end, metrics=metrics, source=source, progress=progress)
    return Measurement(vms, collected)
