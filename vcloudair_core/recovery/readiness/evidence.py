"""Read all data that the readiness checks of a plan need.

If an item cannot be read, the data contains the error instead of the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from vcloudair_core.errors import AuthenticationError, ConfigurationError, TransportError, VcloudAirError
from vcloudair_core.recovery.plan.model import PlannedVm, RecoveryPlan
from vcloudair_core.services.dr.model import FAILOVER, RecoveryDetails, Reference, Replication
from vcloudair_core.services.dr.providers import VCDA

if TYPE_CHECKING:
    from vcloudair_core.client import Client
    from vcloudair_core.services.dr.service import RecoveryService
    from vcloudair_core.services.query.record import Record

_Item = TypeVar("_Item")
_NAMES_PER_REQUEST = 25
"""Number of VM names in one query. The URL must not exceed the limits of proxies."""


@dataclass(frozen=True)
class PlanMatch:
    """A VM of the plan, and the replications that match the name of the VM."""

    vm: PlannedVm
    candidates: tuple[Reference, ...]


@dataclass(frozen=True)
class Place:
    """A VDC that can be the target of replications.

    Attributes:
        reference: The link and name of the VDC.
        is_enabled: True if the VDC is enabled for replications. None if unknown.
        record: The record of the query service, or None.
        details: The recovery details, or the error if reading them failed. None if they were not read.
        replication_ids: IDs of the replications into the VDC, or the error if reading them failed. None if they were
            not read.
    """

    reference: Reference
    is_enabled: bool | None = None
    record: Mapping[str, Any] | None = None
    details: RecoveryDetails | VcloudAirError | None = None
    replication_ids: frozenset[str] | VcloudAirError | None = None

    @property
    def name(self) -> str:
        return self.reference.name or self.reference.id


@dataclass(frozen=True)
class Evidence:
    """The data that the readiness checks of a plan use.

    Attributes:
        now: The time from which ages are measured.
        matches: The VMs of the plan with their replications.
        groups: The replications, or the errors of reading them. The keys are the links of the replications.
        places: The VDCs to which VMs can be recovered.
        placeholders: The records of the placeholder VMs. The keys are the UUIDs of their vApps.
        networks: Records of the organization's networks.
        org: The record of the organization.
        records: Records of the VDCs.
        homes: The VDCs of the replications. The keys are the links of the replications. Replications in unknown VDCs
            are left out.
        has_vdc_permissions: True if the server returns the actions that a VDC allows.
        networks_of: The networks that the settings of a replication select for the recovered VM. The keys are the links
            of the replications. Only with VCDA.
        peer_errors: The result of signing in to the other sites that the action needs. The keys are the names of the
            sites, and the values are errors, or None if the sign-in succeeded. Only with VCDA.
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
    has_vdc_permissions: bool = True
    networks_of: Mapping[str, tuple[str, ...] | VcloudAirError] = field(default_factory=dict)
    peer_errors: Mapping[str, VcloudAirError | None] = field(default_factory=dict)

    def placeholder_of(self, group: Replication) -> Record | None:
        """Return the placeholder VM of a replication, if it was read."""
        if isinstance(self.placeholders, VcloudAirError):
            return None
        return self.placeholders.get(uuid_of(group.placeholder_vapp_id))

    def read_groups(self) -> list[Replication]:
        """Return the readable replications that match VMs of the plan, without duplicates."""
        if isinstance(self.matches, VcloudAirError):
            return []
        hrefs = dict.fromkeys(match.candidates[0].href for match in self.matches if len(match.candidates) == 1)
        groups = (self.groups[href] for href in hrefs)
        return [group for group in groups if isinstance(group, Replication)]


def uuid_of(text: str) -> str:
    """Return the UUID at the end of a link or URN."""
    return text.rstrip("/")[-36:].casefold()


def gather(client: Client, plan: RecoveryPlan, now: datetime, action: str = FAILOVER) -> Evidence:
    """Read everything that the checks need.

    Sends one request per VM, one more for every 25 VMs, and about seven others.

    Raises: TransportError when the list of replications cannot be read, AuthenticationError, ConfigurationError.
    """
    service: RecoveryService = client.dr.using(plan.provider)
    listed = tried(lambda: _named(service, service.references()))
    if isinstance(listed, TransportError):
        raise listed
    if isinstance(listed, VcloudAirError):
        return Evidence(now, listed)
    matches = tuple(_matches(plan, listed, service, action))
    chosen = list(
        {match.candidates[0].href: match.candidates[0] for match in matches if len(match.candidates) == 1}.values()
    )
    groups = dict(zip((reference.href for reference in chosen), map(_or_raise, service.read_each(chosen)), strict=True))
    query = client.query.query
    evidence = Evidence(
        now,
        matches,
        groups,
        networks=tried(lambda: query("orgVdcNetwork").all()),
        org=tried(lambda: query("organization", {"name": client.session.identity.org_name}).first()),
        records=tried(lambda: query("orgVdc").all()),
    )
    if service.provider.name == VCDA:
        return _placed(service, with_vcda(service, evidence, action))
    names = [group.name for group in evidence.read_groups()]
    evidence = replace(evidence, placeholders=tried(lambda: _placeholders(query, names)))
    return _placed(service, evidence)


def tried(work: Callable[[], _Item]) -> _Item | VcloudAirError:
    """Call ``work``, and return its result or the error that it raised.

    Raises: AuthenticationError and ConfigurationError, because all other reads would fail too.
    """
    try:
        return work()
    except (AuthenticationError, ConfigurationError):
        raise
    except VcloudAirError as exc:
        return exc


def _or_raise(result: Replication | VcloudAirError) -> Replication | VcloudAirError:
    if isinstance(result, (AuthenticationError, ConfigurationError)):
        raise result
    return result


def _named(service: RecoveryService, listed: Sequence[Reference]) -> list[Reference]:
    """Return the listed replications with missing VM names added.

    The list of replications can omit names. Missing names are read from the replications.

    Source: protocol/dr.md §2.2.
    """
    nameless = [reference for reference in listed if not reference.name]
    known = {
        group.href: group.name
        for group in map(_or_raise, service.read_each(nameless))
        if isinstance(group, Replication)
    }
    return [replace(reference, name=reference.name or known.get(reference.href, "")) for reference in listed]


def _matches(
    plan: RecoveryPlan, listed: Sequence[Reference], service: RecoveryService, action: str
) -> Iterable[PlanMatch]:
    """Yield the VMs of the plan with their replications.

    If the plan names a vApp, yield each VM of the vApp.
    """
    provider = service.provider
    if plan.all_vms:
        for reference in provider.selected(listed, action):
            yield PlanMatch(PlannedVm(reference.name or reference.id), (reference,))
        return
    for vm in plan.vms:
        candidates = [reference for reference in listed if reference.matches(vm.name)]
        if len(candidates) > 1:
            candidates = provider.selected(candidates, action) or candidates
        of_vapp = [] if candidates else provider.expand(vm.name, listed)
        if of_vapp:
            yield from (PlanMatch(replace(vm, name=reference.name), (reference,)) for reference in of_vapp)
        else:
            yield PlanMatch(vm, tuple(candidates))


def _placeholders(query: Callable[..., Any], names: Sequence[str]) -> dict[str, Record]:
    """Return the placeholder VMs named ``names`` as ``{UUID of the vApp: record}``.

    A replication contains the ID of the vApp of its placeholder VM.
    """
    placeholders: dict[str, Record] = {}
    for start in range(0, len(names), _NAMES_PER_REQUEST):
        where = {"name": list(names[start : start + _NAMES_PER_REQUEST]), "isVAppTemplate": False}
        placeholders.update({uuid_of(str(record.get("container", ""))): record for record in query("vm", where).all()})
    return placeholders


def with_vcda(service: RecoveryService, evidence: Evidence, action: str) -> Evidence:
    """Return the evidence with the data that only VCDA has."""
    from vcloudair_core.services.dr.vcda.vcda_networks import configured_networks, read_settings
    from vcloudair_core.services.dr.vcda.vcda_provider import VcdaProvider
    from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReplication
    from vcloudair_core.services.dr.vcda.vcda_requests import source_needed

    provider = service.provider
    assert isinstance(provider, VcdaProvider)
    groups = [group for group in evidence.read_groups() if isinstance(group, VcdaReplication)]
    vcda = provider.vcda

    def networks_of(group: VcdaReplication) -> tuple[str, ...]:
        return configured_networks(read_settings(vcda, group), action)

    networks = {group.href: tried(partial(networks_of, group)) for group in groups}
    sites = {site for group in groups if (site := source_needed(group, action))}
    errors = {site: tried(partial(vcda.extend, site)) for site in sites}
    return replace(evidence, has_vdc_permissions=False, networks_of=networks, peer_errors=errors)


# -- where replications are --------------------------------------------------------------------------------------


def _placed(service: RecoveryService, evidence: Evidence) -> Evidence:
    """Return the evidence with the VDC of each replication added.

    A replication is in the VDC of its placeholder VM. If the placeholder VM is not known, the replications of each VDC
    are searched.
    """
    places = _places(service, evidence.records)
    if isinstance(places, VcloudAirError):
        return replace(evidence, places=places)
    groups = evidence.read_groups()
    homes = {group.href: home for group in groups if (home := _home(evidence, group, places)) is not None}
    if evidence.has_vdc_permissions and len(places) > 1 and len(homes) < len(groups):
        places = [_with_replication_ids(service, place) for place in places]
        homes = {group.href: home for group in groups if (home := _home(evidence, group, places)) is not None}
    used = {home.reference.id for home in homes.values()}
    places = [_detailed(service, place) if place.reference.id in used else place for place in places]
    by_id = {place.reference.id: place for place in places}
    homes = {href: by_id[home.reference.id] for href, home in homes.items()}
    return replace(evidence, places=tuple(places), homes=homes)


def _places(service: RecoveryService, records: Sequence[Record] | VcloudAirError) -> list[Place] | VcloudAirError:
    """Return the VDCs that the query service lists.

    VDCs that are enabled for replications come first.
    """
    enabled = tried(service.enabled_vdcs)
    known = {} if isinstance(records, VcloudAirError) else {uuid_of(record.href): record for record in records}
    if isinstance(enabled, VcloudAirError):
        if not known:
            return enabled
        return [Place(Reference(record.href, record.name), None, record) for record in known.values()]
    enabled_by_id = {vdc.id.casefold(): vdc for vdc in enabled}
    places = [Place(vdc, True, known.get(identifier)) for identifier, vdc in enabled_by_id.items()]
    not_enabled = [record for identifier, record in known.items() if identifier not in enabled_by_id]
    return places + [Place(Reference(record.href, record.name), False, record) for record in not_enabled]


def _home(evidence: Evidence, group: Replication, places: Sequence[Place]) -> Place | None:
    if group.target_vdc_id:
        return next((place for place in places if place.reference.id.casefold() == group.target_vdc_id), None)
    placeholder = evidence.placeholder_of(group)
    if placeholder is not None and placeholder.get("vdc"):
        return next((place for place in places if place.reference.id.casefold() == uuid_of(placeholder["vdc"])), None)
    if len(places) == 1:
        return places[0]
    return next((place for place in places if _has_replication(place, group.id)), None)


def _has_replication(place: Place, replication_id: str) -> bool:
    return isinstance(place.replication_ids, frozenset) and replication_id in place.replication_ids


def _with_replication_ids(service: RecoveryService, place: Place) -> Place:
    ids = tried(lambda: frozenset(reference.id for reference in service.references_of(place.reference)))
    return replace(place, replication_ids=ids)


def _detailed(service: RecoveryService, place: Place) -> Place:
    if place.is_enabled is False or not service.provider.capabilities.has_vdc_permissions:
        return place
    return replace(place, details=tried(lambda: service.details_of(place.reference)))
