"""Checks of where VMs are brought to: whether the VDC takes them, and whether there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcloudair_core.errors import NotFoundError, VcloudAirError
from vcloudair_core.recovery.readiness.readiness_check import ESSENTIAL, USEFUL, About, Check
from vcloudair_core.services.dr.model import RecoveryDetails

if TYPE_CHECKING:
    from vcloudair_core.recovery.plan.model import RecoveryPlan
    from vcloudair_core.recovery.readiness.evidence import Evidence, Place
    from vcloudair_core.services.dr.model import Replication

_ENABLE = "Ask the provider to enable the VDC for recovery."
_ROOM = "Free some, or ask the provider for more."
_CLOSE = 0.9
"""So much of a limit used is worth a word."""


def place_checks(plan: RecoveryPlan, action: str, evidence: Evidence) -> Iterator[Check]:
    """Yield the checks of each VDC that VMs of the plan are replicated into, and of the organization."""
    coming = [group for group in evidence.read_groups() if not (group.is_recovered or group.has_come_to(action))]
    if not coming:
        return
    if isinstance(evidence.places, VcloudAirError):
        yield About("vdc", "", ESSENTIAL).unseen("Which VDCs take replications", evidence.places)
        return
    homes: dict[str, tuple[Place, list[Replication]]] = {}
    for group in coming:
        home = evidence.homes.get(group.href)
        if home is None:
            hint = "Look at its replication in the portal."
            yield About("vdc", group.name, ESSENTIAL).unknown("it is not known which VDC it is replicated into", hint)
        else:
            homes.setdefault(home.reference.id, (home, []))[1].append(group)
    running = _to_run(plan, evidence)
    for home, groups in homes.values():
        yield _enabled(home, action)
        started = [group for group in groups if group.href in running]
        if started:
            yield _memory(home, started, evidence)
            yield _processors(home, evidence)
    starting = [group for group in coming if group.href in running]
    if starting:
        yield _quota(starting, evidence)


def _to_run(plan: RecoveryPlan, evidence: Evidence) -> set[str]:
    """Return links of the replications whose VMs are to be powered on."""
    if isinstance(evidence.matches, VcloudAirError):
        return set()
    is_on = {True: True, False: False, None: plan.power_on}
    return {
        match.candidates[0].href
        for match in evidence.matches
        if len(match.candidates) == 1 and is_on[match.vm.power_on]
    }


def _enabled(place: Place, action: str) -> Check:
    """Source: protocol/dr.md §2.5, §3.4."""
    about = About("vdc", place.name, ESSENTIAL)
    record, details = place.record or {}, place.details
    if record.get("isEnabled") is False:
        return about.fail("the VDC is disabled", "Ask the provider to enable it.")
    if place.is_enabled is False or isinstance(details, NotFoundError):
        return about.fail("the VDC is not enabled for recovery", _ENABLE)
    if not isinstance(details, RecoveryDetails):
        assert isinstance(details, VcloudAirError)
        return about.unseen("What the VDC is enabled for", details)
    allowed = details.allows(action)
    if allowed is None:
        return about.unknown(f"the server does not say whether the VDC is enabled for a {action}", _ENABLE)
    if not allowed:
        return about.fail(f"the VDC is not enabled for a {action}", _ENABLE)
    return about.ok(f"the VDC is enabled for a {action}")


def _memory(place: Place, groups: Sequence[Replication], evidence: Evidence) -> Check:
    """Check the memory of a VDC; a limit of 0 is none. Source: protocol/query.md §7.1."""
    about = About("memory", place.name, USEFUL)
    room = _room(place, "memoryLimitMB", "memoryUsedMB", evidence, about)
    if not isinstance(room, tuple):
        return room
    limit, used = room
    sizes = [
        record.get("memoryMB") if (record := evidence.placeholder_of(group)) is not None else None for group in groups
    ]
    needed = sum(int(size) for size in sizes if size is not None)
    unseen = sum(1 for size in sizes if size is None)
    message = f"{used} MB of {limit} are used, and the VMs need {needed}"
    message += f" and what {unseen} of them need that were not seen" if unseen else ""
    if used + needed > limit:
        return about.fail(message, _ROOM)
    if unseen:
        return about.unknown(message, "Look at their size where the VMs run now.")
    if used + needed > _CLOSE * limit:
        return about.warn(message, _ROOM)
    return about.ok(message)


def _processors(place: Place, evidence: Evidence) -> Check:
    about = About("cpu", place.name, USEFUL)
    room = _room(place, "cpuLimitMhz", "cpuUsedMhz", evidence, about)
    if not isinstance(room, tuple):
        return room
    limit, used = room
    message = f"{used} MHz of {limit} are used"
    if used >= limit:
        return about.fail(message, _ROOM)
    if used > _CLOSE * limit:
        return about.warn(message, _ROOM)
    return about.unknown(f"{message}; records do not say how many a VM needs", "Compare with where they run now.")


def _room(place: Place, limit: str, used: str, evidence: Evidence, about: About) -> tuple[int, int] | Check:
    """(limit, used), or what there is to say without them."""
    if place.record is None:
        if isinstance(evidence.records, VcloudAirError):
            return about.unseen("The limits of the VDC", evidence.records)
        return about.unknown("the query service does not show this VDC", "Look at its limits in the portal.")
    most, now = place.record.get(limit), place.record.get(used)
    if most == 0:
        return about.ok("there is no limit")
    if not isinstance(most, int) or not isinstance(now, int):
        return about.unknown("the server does not say what the limit is and what is used", "Look in the portal.")
    return most, now


def _quota(coming: Sequence[Replication], evidence: Evidence) -> Check:
    """Check the number of VMs that may run at a time; a quota of 0 is none. Source: protocol/query.md §7.1."""
    org = evidence.org
    about = About("quota", org.name if org is not None and not isinstance(org, VcloudAirError) else "", USEFUL)
    if isinstance(org, VcloudAirError):
        return about.unseen("The quota of the organisation", org)
    most = org.get("deployedVMQuota") if org is not None else None
    if most is None:
        return about.unknown("the server does not say how many VMs may run", "Look in the portal.")
    if most == 0:
        return about.ok("any number of VMs may run")
    records = () if isinstance(evidence.records, VcloudAirError) else evidence.records
    counts = [count for record in records if isinstance(count := record.get("numberOfRunningVMs"), int)]
    if not counts or len(counts) < len(records):
        return about.unknown(f"{most} VMs may run; how many do, the server does not say", "Look in the portal.")
    running = sum(counts)
    message = f"{running} VMs run, {len(coming)} would be added, and {most} may run"
    return about.ok(message) if running + len(coming) <= most else about.fail(message, _ROOM)
