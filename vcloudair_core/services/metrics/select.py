"""Metrics of machines that people name or choose: the query service finds them, the metrics service measures them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from vcloudair_core.errors import AmbiguousMatchError, NotFoundError

if TYPE_CHECKING:
    from vcloudair_core.services.metrics.model import Collected

_UUID = re.compile(r"(urn:vcloud:vm:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MOST_NAMES = 40
"""So many names go into one filter; for more, all machines are read and looked through here."""


class ServiceProvider(Protocol):
    """A client, as far as it is needed here."""

    def service(self, name: str) -> Any:
        """Return a service by its name."""
        ...


@dataclass(frozen=True)
class Measurement:
    """Machines, as :meth:`Machines.read` gives them, and what was collected for them."""

    machines: list[dict[str, Any]]
    collected: Collected

    def name_of(self, vm_id: str) -> str:
        """The name of a machine; its UUID where it is not known."""
        return next((one["name"] for one in self.machines if one["id"] == vm_id), vm_id)


def choose(
    client: ServiceProvider,
    names: Sequence[str] = (),
    *,
    where: Mapping[str, Any] | None = None,
    vdc: str = "",
    missing: list[str] | None = None,
) -> list[dict[str, Any]]:
    """Machines by name or UUID, or those that meet conditions; with neither, every one, templates excepted.

    ``missing`` takes the names that are not there, which are an error otherwise.

    Raises: NotFoundError that names all that are not there, AmbiguousMatchError, and what :meth:`Machines.read` raises.
    """
    names = [names] if isinstance(names, str) else names
    machines = client.service("query").machines
    conditions = dict(where or {})
    plain = [name for name in names if not _UUID.match(name)]
    if names and len(plain) == len(names) <= _MOST_NAMES:
        conditions["name"] = plain
    found: list[dict[str, Any]] = machines.read(conditions, vdc=vdc)
    if not names:
        return found
    chosen: dict[str, dict[str, Any]] = {}
    unknown = []
    for name in names:
        wanted = name.rpartition(":")[2].casefold()
        meant = [one for one in found if one["name"] == name or one["id"] == wanted]
        if len(meant) > 1:
            raise AmbiguousMatchError(
                f"There are {len(meant)} machines {name!r}.",
                candidates=[{key: one[key] for key in ("name", "id", "vapp", "vdc")} for one in meant],
                hint="Give the id, or narrow it with a condition on containerName.",
            )
        if not meant:
            unknown.append(name)
        chosen.update({one["id"]: one for one in meant})
    if missing is not None:
        missing += unknown
    elif unknown:
        raise NotFoundError(
            f"There is no machine {', '.join(map(repr, unknown))}.", hint="`vca query vm` lists those that there are."
        )
    return list(chosen.values())


def measure(
    client: ServiceProvider,
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
    """Choose machines and collect their metrics. Raises what :func:`choose` and ``MetricsService.collect`` raise."""
    service = client.service("metrics")
    service.check(start=start, end=end, metrics=metrics, source=source)  # bad input sends nothing
    chosen = sorted(
        choose(client, names, where=where, vdc=vdc, missing=missing), key=lambda one: (one["name"], one["id"])
    )
    ids = [one["id"] for one in chosen]
    asked = {"start": start, "end": end, "metrics": metrics, "source": source}
    return Measurement(chosen, service.collect(ids, **asked, progress=progress))
