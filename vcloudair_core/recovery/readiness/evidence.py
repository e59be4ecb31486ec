"""What the checks of a plan are made of, read once: what cannot be read has its error in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.errors import AuthenticationError, ConfigurationError, TransportError, VcloudAirError
from vcloudair_core.recovery.plan.model import PlannedVm, RecoveryPlan
from vcloudair_core.services.dr.model import RecoveryDetails, Reference, Replication

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.dr.service import RecoveryService
    from vcloudair_core.services.query.record import Record

_Thing = TypeVar("_Thing")
_NAMES_A_CALL = 25
"""So that the URL stays below what servers and proxies take."""


@dataclass(frozen=True)
class Wanted:
    """A machine of the plan and the replications that its name may mean."""

    machine: PlannedVm
    meant: tuple[Reference, ...]


@dataclass(frozen=True)
class Place:
    """A VDC. ``is_enabled`` (for replications): None when nobody says. ``record``: of the query service, if there is
    one. ``held``: ids of the replications into it, None when nobody asked.
    """

    reference: Reference
    is_enabled: bool | None = None
    record: Mapping[str, Any] | None = None
    details: RecoveryDetails | VcloudAirError | None = None
    held: frozenset[str] | VcloudAirError | None = None

    @property
    def name(self) -> str:
        return self.reference.name or self.reference.id


@dataclass(frozen=True)
class Evidence:
    """``groups``: by link of the replication. ``placeholders``: by id of the vApp that stands for a machine.
    ``homes``: where each replication is, as far as that is known, by its link.
    """

    now: datetime
    wanted: tuple[Wanted, ...] | VcloudAirError
    groups: Mapping[str, Replication | VcloudAirError] = field(default_factory=dict)
    places: tuple[Place, ...] | VcloudAirError = ()
    placeholders: Mapping[str, Record] | VcloudAirError = field(default_factory=dict)
    networks: Sequence[Record] | VcloudAirError = ()
    org: Record | VcloudAirError | None = None
    records: Sequence[Record] | VcloudAirError = ()
    homes: Mapping[str, Place] = field(default_factory=dict)

    def placeholder_of(self, group: Replication) -> Record | None:
        """The machine that stands for a replicated one, if it was seen."""
        if isinstance(self.placeholders, VcloudAirError):
            return None
        return self.placeholders.get(uuid_of(group.placeholder_vapp_id))

    def read_groups(self) -> list[Replication]:
        """The replications that could be read and that one machine of the plan means, each once."""
        if isinstance(self.wanted, VcloudAirError):
            return []
        hrefs = dict.fromkeys(one.meant[0].href for one in self.wanted if len(one.meant) == 1)
        found = (self.groups[href] for href in hrefs)
        return [one for one in found if isinstance(one, Replication)]


def uuid_of(text: str) -> str:
    """What tells links and URNs of one thing alike: the UUID at their end."""
    return text.rstrip("/")[-36:].casefold()


def gather(client: Client, plan: RecoveryPlan, now: datetime) -> Evidence:
    """Everything that the checks look at: one call per machine, one more for 25 of them, and about seven.

    Raises: TransportError when not even the list of replications can be had, AuthenticationError, ConfigurationError.
    """
    service: RecoveryService = client.dr
    listed = tried(lambda: _named(service, service.references()))
    if isinstance(listed, TransportError):
        raise listed
    if isinstance(listed, VcloudAirError):
        return Evidence(now, listed)
    wanted = tuple(_wanted(plan, listed))
    chosen = list({one.meant[0].href: one.meant[0] for one in wanted if len(one.meant) == 1}.values())
    groups = dict(zip((one.href for one in chosen), map(_not_over, service.look(chosen)), strict=True))
    query = client.query.query
    evidence = Evidence(
        now,
        wanted,
        groups,
        networks=tried(lambda: query("orgVdcNetwork").all()),
        org=tried(lambda: query("organization", {"name": client.session.identity.org_name}).first()),
        records=tried(lambda: query("orgVdc").all()),
    )
    names = [one.name for one in evidence.read_groups()]
    evidence = replace(evidence, placeholders=tried(lambda: _placeholders(query, names)))
    return _placed(service, evidence)


def tried(work: Callable[[], _Thing]) -> _Thing | VcloudAirError:
    """What work gives, or its error: but for those that say that nothing at all can be read.

    Raises: AuthenticationError, ConfigurationError.
    """
    try:
        return work()
    except (AuthenticationError, ConfigurationError):
        raise
    except VcloudAirError as exc:
        return exc


def _not_over(found: Replication | VcloudAirError) -> Replication | VcloudAirError:
    if isinstance(found, (AuthenticationError, ConfigurationError)):
        raise found
    return found


def _named(service: RecoveryService, listed: Sequence[Reference]) -> list[Reference]:
    """Lists may come without names, which the replications themselves have. Source: protocol/dr.md §2.2."""
    nameless = [one for one in listed if not one.name]
    known = {one.href: one.name for one in map(_not_over, service.look(nameless)) if isinstance(one, Replication)}
    return [replace(one, name=one.name or known.get(one.href, "")) for one in listed]


def _wanted(plan: RecoveryPlan, listed: Sequence[Reference]) -> Iterable[Wanted]:
    if plan.every_machine:
        return [Wanted(PlannedVm(one.name or one.id), (one,)) for one in listed]
    return [Wanted(one, tuple(known for known in listed if known.answers_to(one.name))) for one in plan.machines]


def _placeholders(query: Callable[..., Any], names: Sequence[str]) -> dict[str, Record]:
    """Machines by the id of their vApp. They are asked for by name; what is meant is in the vApp of a replication."""
    found: dict[str, Record] = {}
    for start in range(0, len(names), _NAMES_A_CALL):
        where = {"name": list(names[start : start + _NAMES_A_CALL]), "isVAppTemplate": False}
        found.update({uuid_of(str(one.get("container", ""))): one for one in query("vm", where).all()})
    return found


# -- where replications are --------------------------------------------------------------------------------------


def _placed(service: RecoveryService, evidence: Evidence) -> Evidence:
    """Replications do not say which VDC they are in; the machines that stand for them do, and so do VDCs."""
    places = _places(service, evidence.records)
    if isinstance(places, VcloudAirError):
        return replace(evidence, places=places)
    groups = evidence.read_groups()
    homes = {one.href: home for one in groups if (home := _home(evidence, one, places)) is not None}
    if len(places) > 1 and len(homes) < len(groups):
        places = [replace(one, held=tried(lambda one=one: _held(service, one))) for one in places]  # type: ignore[misc]
        homes = {one.href: home for one in groups if (home := _home(evidence, one, places)) is not None}
    used = {home.reference.id for home in homes.values()}
    places = [_detailed(service, one) if one.reference.id in used else one for one in places]
    by_id = {one.reference.id: one for one in places}
    homes = {href: by_id[home.reference.id] for href, home in homes.items()}
    return replace(evidence, places=tuple(places), homes=homes)


def _places(service: RecoveryService, records: Sequence[Record] | VcloudAirError) -> list[Place] | VcloudAirError:
    """VDCs that take replications, and those that the query service knows besides."""
    enabled = tried(service.enabled_vdcs)
    known = {} if isinstance(records, VcloudAirError) else {uuid_of(one.href): one for one in records}
    if isinstance(enabled, VcloudAirError):
        if not known:
            return enabled
        return [Place(Reference(one.href, one.name), None, one) for one in known.values()]
    takers = {one.id.casefold(): one for one in enabled}
    found = [Place(one, True, known.get(identifier)) for identifier, one in takers.items()]
    others = [one for identifier, one in known.items() if identifier not in takers]
    return found + [Place(Reference(one.href, one.name), False, one) for one in others]


def _home(evidence: Evidence, group: Replication, places: Sequence[Place]) -> Place | None:
    placeholder = evidence.placeholder_of(group)
    if placeholder is not None and placeholder.get("vdc"):
        return next((one for one in places if one.reference.id.casefold() == uuid_of(placeholder["vdc"])), None)
    if len(places) == 1:
        return places[0]
    return next((one for one in places if isinstance(one.held, frozenset) and group.id in one.held), None)


def _held(service: RecoveryService, place: Place) -> frozenset[str]:
    return frozenset(one.id for one in service.references_of(place.reference))


def _detailed(service: RecoveryService, place: Place) -> Place:
    if place.is_enabled is False:
        return place
    return replace(place, details=tried(lambda: service.details_of(place.reference)))
