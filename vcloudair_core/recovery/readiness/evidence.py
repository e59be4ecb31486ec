"""The evidence for the checks of a plan, read once: an unreadable item is replaced by its error."""

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
class PlanMatch:
    """A VM of the plan and the replications that its name may stand for."""

    vm: PlannedVm
    candidates: tuple[Reference, ...]


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
    """``groups``: by link of the replication. ``placeholders``: by id of the vApp that stands for a VM.
    ``homes``: where each replication is, as far as that is known, by its link.
    """

    now: datetime
    matches: tuple[PlanMatch, ...] | VcloudAirError
    groups: Mapping[str, Replication | VcloudAirError] = field(default_factory=dict)
    places: tuple[Place, ...] | VcloudAirError = ()
    placeholders: Mapping[str, Record] | VcloudAirError = field(default_factory=dict)
    networks: Sequence[Record] | VcloudAirError = ()
    org: Record | VcloudAirError | None = None
    records: Sequence[Record] | VcloudAirError = ()
    homes: Mapping[str, Place] = field(default_factory=dict)

    def placeholder_of(self, group: Replication) -> Record | None:
        """Return the placeholder VM of a replication, if it was read."""
        if isinstance(self.placeholders, VcloudAirError):
            return None
        return self.placeholders.get(uuid_of(group.placeholder_vapp_id))

    def read_groups(self) -> list[Replication]:
        """Return the readable replications that a VM of the plan stands for, each once."""
        if isinstance(self.matches, VcloudAirError):
            return []
        hrefs = dict.fromkeys(match.candidates[0].href for match in self.matches if len(match.candidates) == 1)
        groups = (self.groups[href] for href in hrefs)
        return [group for group in groups if isinstance(group, Replication)]


def uuid_of(text: str) -> str:
    """Return the UUID at the end of a link or URN, which both forms share."""
    return text.rstrip("/")[-36:].casefold()


def gather(client: Client, plan: RecoveryPlan, now: datetime) -> Evidence:
    """Read everything that the checks need: a call per VM, one more for every 25 VMs, and about seven.

    Raises: TransportError when not even the list of replications can be had, AuthenticationError, ConfigurationError.
    """
    service: RecoveryService = client.dr
    listed = tried(lambda: _named(service, service.references()))
    if isinstance(listed, TransportError):
        raise listed
    if isinstance(listed, VcloudAirError):
        return Evidence(now, listed)
    matches = tuple(_matches(plan, listed))
    chosen = list(
        {match.candidates[0].href: match.candidates[0] for match in matches if len(match.candidates) == 1}.values()
    )
    groups = dict(zip((reference.href for reference in chosen), map(_not_over, service.look(chosen)), strict=True))
    query = client.query.query
    evidence = Evidence(
        now,
        matches,
        groups,
        networks=tried(lambda: query("orgVdcNetwork").all()),
        org=tried(lambda: query("organization", {"name": client.session.identity.org_name}).first()),
        records=tried(lambda: query("orgVdc").all()),
    )
    names = [group.name for group in evidence.read_groups()]
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


def _not_over(result: Replication | VcloudAirError) -> Replication | VcloudAirError:
    if isinstance(result, (AuthenticationError, ConfigurationError)):
        raise result
    return result


def _named(service: RecoveryService, listed: Sequence[Reference]) -> list[Reference]:
    """Add missing names; lists may come without them, replications have them. Source: protocol/dr.md §2.2."""
    nameless = [reference for reference in listed if not reference.name]
    known = {
        group.href: group.name for group in map(_not_over, service.look(nameless)) if isinstance(group, Replication)
    }
    return [replace(reference, name=reference.name or known.get(reference.href, "")) for reference in listed]


def _matches(plan: RecoveryPlan, listed: Sequence[Reference]) -> Iterable[PlanMatch]:
    if plan.all_vms:
        return [PlanMatch(PlannedVm(reference.name or reference.id), (reference,)) for reference in listed]
    return [PlanMatch(vm, tuple(reference for reference in listed if reference.answers_to(vm.name))) for vm in plan.vms]


def _placeholders(query: Callable[..., Any], names: Sequence[str]) -> dict[str, Record]:
    """Return placeholder VMs by the id of their vApp. They are queried by name; a replication names its vApp."""
    placeholders: dict[str, Record] = {}
    for start in range(0, len(names), _NAMES_A_CALL):
        where = {"name": list(names[start : start + _NAMES_A_CALL]), "isVAppTemplate": False}
        placeholders.update({uuid_of(str(record.get("container", ""))): record for record in query("vm", where).all()})
    return placeholders


# -- where replications are --------------------------------------------------------------------------------------


def _placed(service: RecoveryService, evidence: Evidence) -> Evidence:
    """Add the VDC of each replication: its placeholder VM names it, and so do the lists of VDCs."""
    places = _places(service, evidence.records)
    if isinstance(places, VcloudAirError):
        return replace(evidence, places=places)
    groups = evidence.read_groups()
    homes = {group.href: home for group in groups if (home := _home(evidence, group, places)) is not None}
    if len(places) > 1 and len(homes) < len(groups):
        places = [replace(place, held=tried(lambda place=place: _held(service, place))) for place in places]  # type: ignore[misc]
        homes = {group.href: home for group in groups if (home := _home(evidence, group, places)) is not None}
    used = {home.reference.id for home in homes.values()}
    places = [_detailed(service, place) if place.reference.id in used else place for place in places]
    by_id = {place.reference.id: place for place in places}
    homes = {href: by_id[home.reference.id] for href, home in homes.items()}
    return replace(evidence, places=tuple(places), homes=homes)


def _places(service: RecoveryService, records: Sequence[Record] | VcloudAirError) -> list[Place] | VcloudAirError:
    """Return VDCs that take replications, and the others that the query service knows."""
    enabled = tried(service.enabled_vdcs)
    known = {} if isinstance(records, VcloudAirError) else {uuid_of(record.href): record for record in records}
    if isinstance(enabled, VcloudAirError):
        if not known:
            return enabled
        return [Place(Reference(record.href, record.name), None, record) for record in known.values()]
    takers = {vdc.id.casefold(): vdc for vdc in enabled}
    places = [Place(vdc, True, known.get(identifier)) for identifier, vdc in takers.items()]
    others = [record for identifier, record in known.items() if identifier not in takers]
    return places + [Place(Reference(record.href, record.name), False, record) for record in others]


def _home(evidence: Evidence, group: Replication, places: Sequence[Place]) -> Place | None:
    placeholder = evidence.placeholder_of(group)
    if placeholder is not None and placeholder.get("vdc"):
        return next((place for place in places if place.reference.id.casefold() == uuid_of(placeholder["vdc"])), None)
    if len(places) == 1:
        return places[0]
    return next((place for place in places if isinstance(place.held, frozenset) and group.id in place.held), None)


def _held(service: RecoveryService, place: Place) -> frozenset[str]:
    return frozenset(reference.id for reference in service.references_of(place.reference))


def _detailed(service: RecoveryService, place: Place) -> Place:
    if place.is_enabled is False:
        return place
    return replace(place, details=tried(lambda: service.details_of(place.reference)))
