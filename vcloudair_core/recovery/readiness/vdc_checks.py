"""Readiness checks of the target VDCs: recovery enabled, memory, CPU and VM quota."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcloudair_core.errors import NotFoundError, VcloudAirError
from vcloudair_core.recovery.readiness.readiness_check import ESSENTIAL, USEFUL, Check, CheckSubject
from vcloudair_core.services.dr.model import RecoveryDetails

if TYPE_CHECKING:
    from vcloudair_core.recovery.plan.model import RecoveryPlan
    from vcloudair_core.recovery.readiness.evidence import Evidence, Place
    from vcloudair_core.services.dr.model import Replication

_ENABLE = "Ask the provider to enable the VDC for recovery."
_MORE_RESOURCES = "Free resources, or ask the provider for more."
_NEAR_LIMIT = 0.9
"""The checks warn if more than this share of a limit is used."""


def place_checks(plan: RecoveryPlan, action: str, evidence: Evidence) -> Iterator[Check]:
    """Yield the checks for the organization and for each target VDC of the plan."""
    to_recover = [group for group in evidence.read_groups() if not (group.is_recovered or group.has_reached(action))]
    if not to_recover:
        return
    if isinstance(evidence.places, VcloudAirError):
        yield CheckSubject("vdc", "", ESSENTIAL).unreadable("the list of VDCs", evidence.places)
        return
    homes: dict[str, tuple[Place, list[Replication]]] = {}
    for group in to_recover:
        home = evidence.homes.get(group.href)
        if home is None:
            hint = "Check the replication in the portal."
            yield CheckSubject("vdc", group.name, ESSENTIAL).unknown(
                "the target VDC of the replication is unknown", hint
            )
        else:
            homes.setdefault(home.reference.id, (home, []))[1].append(group)
    running = _to_run(plan, evidence)
    for home, groups in homes.values():
        yield _enabled(home, action, has_permissions=evidence.has_vdc_permissions)
        started = [group for group in groups if group.href in running]
        if started:
            yield _memory(home, started, evidence)
            yield _processors(home, evidence)
    starting = [group for group in to_recover if group.href in running]
    if starting:
        yield _quota(starting, evidence)


def _to_run(plan: RecoveryPlan, evidence: Evidence) -> set[str]:
    """Return the links of the replications whose VMs the plan powers on."""
    if isinstance(evidence.matches, VcloudAirError):
        return set()
    is_on = {True: True, False: False, None: plan.power_on}
    return {
        match.candidates[0].href
        for match in evidence.matches
        if len(match.candidates) == 1 and is_on[match.vm.power_on]
    }


def _enabled(place: Place, action: str, *, has_permissions: bool) -> Check:
    """Check that a VDC allows the action. Source: protocol/dr.md §2.5, §3.4."""
    subject = CheckSubject("vdc", place.name, ESSENTIAL)
    record, details = place.record or {}, place.details
    if record.get("isEnabled") is False:
        return subject.fail("the VDC is disabled", "Ask the provider to enable the VDC.")
    if not has_permissions:
        return subject.ok("the VDC is enabled")
    if place.is_enabled is False or isinstance(details, NotFoundError):
        return subject.fail("the VDC is not enabled for recovery", _ENABLE)
    if not isinstance(details, RecoveryDetails):
        assert isinstance(details, VcloudAirError)
        return subject.unreadable("the recovery details of the VDC", details)
    allowed = details.allows(action)
    if allowed is None:
        return subject.unknown(f"the server does not return whether the VDC allows the action {action!r}", _ENABLE)
    if not allowed:
        return subject.fail(f"the VDC does not allow the action {action!r}", _ENABLE)
    return subject.ok(f"the VDC allows the action {action!r}")


def _memory(place: Place, groups: Sequence[Replication], evidence: Evidence) -> Check:
    """Check that a VDC has enough memory for the VMs.

    A limit of 0 means unlimited. Source: protocol/query.md §7.1.
    """
    subject = CheckSubject("memory", place.name, USEFUL)
    usage = _usage(place, "memoryLimitMB", "memoryUsedMB", evidence, subject)
    if not isinstance(usage, tuple):
        return usage
    limit, used = usage
    sizes = [
        record.get("memoryMB") if (record := evidence.placeholder_of(group)) is not None else None for group in groups
    ]
    needed = sum(int(size) for size in sizes if size is not None)
    unseen = sum(1 for size in sizes if size is None)
    message = f"{used} MB of {limit} MB are used, and the VMs need {needed} MB"
    message += f" plus the unknown memory of {unseen} VMs" if unseen else ""
    if used + needed > limit:
        return subject.fail(message, _MORE_RESOURCES)
    if unseen:
        return subject.unknown(message, "Check the memory of the VMs at their source site.")
    if used + needed > _NEAR_LIMIT * limit:
        return subject.warn(message, _MORE_RESOURCES)
    return subject.ok(message)


def _processors(place: Place, evidence: Evidence) -> Check:
    subject = CheckSubject("cpu", place.name, USEFUL)
    usage = _usage(place, "cpuLimitMhz", "cpuUsedMhz", evidence, subject)
    if not isinstance(usage, tuple):
        return usage
    limit, used = usage
    message = f"{used} MHz of {limit} MHz are used"
    if used >= limit:
        return subject.fail(message, _MORE_RESOURCES)
    if used > _NEAR_LIMIT * limit:
        return subject.warn(message, _MORE_RESOURCES)
    return subject.unknown(f"{message}; the CPU needs of the VMs are unknown", "Check the CPU use at the source site.")


def _usage(place: Place, limit: str, used: str, evidence: Evidence, subject: CheckSubject) -> tuple[int, int] | Check:
    """Return ``(limit, used amount)`` of a VDC, or the result of the check.

    If the VDC has no limit, the result of the check is ``ok``. If the limit or the used amount is unknown, it is
    ``unknown``.
    """
    if place.record is None:
        if isinstance(evidence.records, VcloudAirError):
            return subject.unreadable("the limits of the VDC", evidence.records)
        return subject.unknown(
            "the query service does not return this VDC", "Check the limits of the VDC in the portal."
        )
    maximum, current = place.record.get(limit), place.record.get(used)
    if maximum == 0:
        return subject.ok("unlimited")
    if not isinstance(maximum, int) or not isinstance(current, int):
        return subject.unknown(
            "the server does not return the limit and the use", "Check the limit and the use in the portal."
        )
    return maximum, current


def _quota(starting: Sequence[Replication], evidence: Evidence) -> Check:
    """Check the quota of running VMs against the VMs that the plan starts.

    A quota of 0 means unlimited. Source: protocol/query.md §7.1.
    """
    org = evidence.org
    subject = CheckSubject("quota", org.name if org is not None and not isinstance(org, VcloudAirError) else "", USEFUL)
    if isinstance(org, VcloudAirError):
        return subject.unreadable("the quota of the organization", org)
    quota = org.get("deployedVMQuota") if org is not None else None
    if quota is None:
        return subject.unknown("the server does not return the quota of running VMs", "Check the quota in the portal.")
    if quota == 0:
        return subject.ok("unlimited running VMs")
    records = () if isinstance(evidence.records, VcloudAirError) else evidence.records
    counts = [count for record in records if isinstance(count := record.get("numberOfRunningVMs"), int)]
    if not counts or len(counts) < len(records):
        message = f"the quota is {quota} running VMs; the number of running VMs is unknown"
        return subject.unknown(message, "Check the number in the portal.")
    running = sum(counts)
    message = f"{running} VMs are running, {len(starting)} would be added, and the quota is {quota}"
    return subject.ok(message) if running + len(starting) <= quota else subject.fail(message, _MORE_RESOURCES)
