"""Readiness checks of VMs: replication, newest data and permitted actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.recovery.plan.model import PlannedVm, RecoveryPlan
from vcloudair_core.recovery.readiness.readiness_check import (
    ASK_ADMIN,
    ESSENTIAL,
    IMPORTANT,
    USEFUL,
    Check,
    CheckSubject,
)
from vcloudair_core.recovery.readiness.vcda_checks import vcda_checks, vcda_networks, vcda_state
from vcloudair_core.services.dr.model import FAILOVER, TEST
from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReplication

if TYPE_CHECKING:
    from vcloudair_core.recovery.readiness.evidence import Evidence, PlanMatch
    from vcloudair_core.services.dr.model import Replication

OPERATIONS = {TEST: "testFailover", FAILOVER: "failover"}

_GOOD_STATES = {"ok", "sync"}
_WARNING_STATES = {
    "paused": "no new data arrives while replication is paused",
    "notactive": "no new data arrives because replication is not active; the VM may be off or its host unavailable",
    "fullsync": "a full transfer is in progress; until it ends, only older data can be used",
    "moving": "the replication is being moved",
}
_FAILED_STATES = {
    "error": "the replication has an error",
    "configuring": "the replication is still being set up",
    "initialfullsync": "the first transfer has not finished",
    "recovering": "the VM is being recovered",
    "recovered": "the VM was recovered",
}
"""Reasons why a replication cannot be used, by state.

States are values of ReplicationState in lower case, without underscores. Source: protocol/dr.md §2.4.
"""

_KNOWN_TESTS = {"", "none", "complete", "testinprogress", "cleanupinprogress", "testerror", "cleanuperror"}
_KNOWN_RECOVERIES = {"", "notstarted", "inprogress", "error", "complete", "ok", "recovered"}
_SKEW = timedelta(minutes=5)
_SOURCE = "Check the replication at the source site of the VM."
_PORTAL = "Check the network of the VM in the portal."


def vm_checks(plan: RecoveryPlan, action: str, evidence: Evidence) -> Iterator[Check]:
    """Yield the readiness checks for the VMs in a plan.

    Each name is checked. If exactly one replication has the name, the replication is checked too.
    """
    listed = CheckSubject("vm", plan.name or "vms", ESSENTIAL)
    if isinstance(evidence.matches, VcloudAirError):
        yield listed.required_unreadable("the list of replications", evidence.matches)
        return
    if plan.all_vms and not evidence.matches:
        yield listed.fail("no VM is replicated into this organization", _SOURCE)
    seen: dict[str, str] = {}
    for match in evidence.matches:
        yield _named(match, seen)
        if len(match.candidates) == 1 and seen[match.candidates[0].href] == match.vm.name:
            yield from _replicated(plan, match, action, evidence)


def _named(match: PlanMatch, seen: dict[str, str]) -> Check:
    name = match.vm.name
    subject = CheckSubject("vm", name, ESSENTIAL)
    if not match.candidates:
        return subject.fail("no replication has this name", "Run `vca dr list` to see the available replications.")
    if len(match.candidates) > 1:
        ids = ", ".join(reference.id for reference in match.candidates)
        return subject.fail(f"{len(match.candidates)} replications have this name: {ids}", "Use the ID in the plan.")
    first = seen.setdefault(match.candidates[0].href, name)
    if first != name:
        return subject.warn(
            f"the plan also names this replication as {first}, and the action is started only once",
            "Remove one of the names.",
        )
    return subject.ok("one replication has this name")


def _replicated(plan: RecoveryPlan, match: PlanMatch, action: str, evidence: Evidence) -> Iterator[Check]:
    name, group = match.vm.name, evidence.groups[match.candidates[0].href]
    if isinstance(group, VcloudAirError):
        yield CheckSubject("replication", name, ESSENTIAL).required_unreadable("the replication", group)
        return
    if isinstance(group, VcdaReplication):
        yield vcda_state(name, group, action)
        yield from vcda_checks(name, group, evidence)
        yield _data(name, group)
        if group.points:
            yield _rpo(plan, match.vm, group, action, evidence.now)
        yield vcda_networks(match.vm, name, group, action, evidence)
        return
    yield _state(name, group, action)
    if action == FAILOVER and group.is_recovered:
        return  # after a failover, the state of the source does not matter
    if not (group.blocking_reason(action) or group.has_reached(action)):
        yield _right(name, group, action)
    yield _replication(name, group)
    yield _data(name, group)
    if group.points:
        yield _rpo(plan, match.vm, group, action, evidence.now)
    if group.test_state.strip().lower() in ("", "none"):  # during a test, the query returns the VM of the test
        yield _network(name, group, evidence)


def _state(name: str, group: Replication, action: str) -> Check:
    """Check that the action can start. Source: protocol/dr.md §2.4, §6."""
    subject = CheckSubject("state", name, ESSENTIAL)
    test, recovery = group.test_state.strip().lower(), group.recovery_state.strip().lower()
    if test not in _KNOWN_TESTS or recovery not in _KNOWN_RECOVERIES:
        return subject.unknown(f"the server returned an unknown state: {group.described()}", _SOURCE)
    if group.has_reached(action):
        return subject.warn(f"the {action} is already complete, so nothing would be started", _already(name, action))
    blocked_by = group.blocking_reason(action)
    if blocked_by:
        return subject.fail(blocked_by, _hint_for_blocked(group, name))
    if recovery == "error":
        return subject.warn("an earlier failover failed", f"Check the reason with `vca dr list {name}`.")
    if not (test or recovery or OPERATIONS[action] in group.offered):
        return subject.unknown("the server does not return the state", _SOURCE)
    return subject.ok(f"no action is in progress ({group.described()})")


def _already(name: str, action: str) -> str:
    return f"Run `vca dr cleanup {name}` first." if action == TEST else "Remove the VM from the plan."


def _hint_for_blocked(group: Replication, name: str) -> str:
    if group.is_recovered:
        return "Set up replication again, then test the VM."
    is_busy = "inprogress" in f"{group.test_state} {group.recovery_state}".lower()
    return "Wait until the action ends." if is_busy else f"Run `vca dr cleanup {name}` first."


def _right(name: str, group: Replication, action: str) -> Check:
    """Check that the user has the permission for the action.

    A server offers links for the actions that the user may start now. Source: protocol/dr.md §2.3.
    """
    subject, operation = CheckSubject("right", name, IMPORTANT), OPERATIONS[action]
    offered = {name.lower() for name in group.offered}
    if operation.lower() in offered:
        return subject.ok(f"the server offers {operation} to this user")
    if not offered:
        return subject.unknown("the server does not return the actions that this user may start", ASK_ADMIN)
    return subject.fail(f"the server offers {', '.join(group.offered)} to this user, but not {operation}", ASK_ADMIN)


def _replication(name: str, group: Replication) -> Check:
    subject = CheckSubject("replication", name, ESSENTIAL)
    state = group.state.replace("_", "").strip().lower().removesuffix("rpoviolation")
    if state in _FAILED_STATES:
        return subject.fail(f"{_FAILED_STATES[state]} (state: {group.state})", _SOURCE)
    if group.is_paused or state in _WARNING_STATES:
        problem = _WARNING_STATES["paused" if group.is_paused else state]
        return subject.warn(f"{problem} (state: {group.state or 'paused'})", _SOURCE)
    if state in _GOOD_STATES:
        return subject.ok(f"replication is active (state: {group.state.strip()})")
    return subject.unknown(f"the state of the replication is unknown (state: {group.state or 'none'})", _SOURCE)


# -- data --------------------------------------------------------------------------------------------------------


def _data(name: str, group: Replication) -> Check:
    subject = CheckSubject("data", name, ESSENTIAL)
    if not group.points:
        return subject.fail("no transfer has finished yet, so the VM cannot be recovered", _SOURCE)
    return subject.ok(f"recovery points: {len(group.points)}")


def _rpo(plan: RecoveryPlan, vm: PlannedVm, group: Replication, action: str, now: datetime) -> Check:
    """Check the age of the newest data against the RPO.

    The RPO of the plan takes precedence over the RPO of the replication.

    If ``action`` is ``test``, old data is only a warning.
    """
    subject, newest = CheckSubject("rpo", vm.name, IMPORTANT), group.last_sync
    if newest is None:
        return subject.unknown("the server does not return the time of the newest data", _SOURCE)
    if newest - now > _SKEW:
        return subject.unknown(
            f"the newest data is from the future ({newest.isoformat()})",
            "Compare the clocks of this host and the cloud.",
        )
    age, configured = max(0.0, (now - newest).total_seconds() / 60), group.rpo_minutes
    target = vm.rpo_minutes if vm.rpo_minutes is not None else plan.rpo_minutes
    message = f"the newest data is {age:.0f} min old"
    if target is not None and age > target:
        too_old = subject.warn if action == TEST else subject.fail
        return too_old(f"{message}; the RPO of the plan is {target:g} min", _SOURCE)
    if group.violation_minutes > 0 or (configured is not None and age > configured):
        since = f" for {group.violation_minutes} min" if group.violation_minutes > 0 else ""
        return subject.warn(f"{message}; the RPO of the replication has been violated{since}", _SOURCE)
    if target is not None and configured is not None and configured > target:
        hint = "Lower the RPO of the replication at the source site, or raise the RPO of the plan."
        return subject.warn(
            f"{message}; the RPO of the replication ({configured} min) is above the RPO of the plan ({target:g} min)",
            hint,
        )
    if target is None and configured is None:
        return subject.unknown(f"{message}; neither the plan nor the replication has an RPO", "Set `rpo_minutes`.")
    return subject.ok(f"{message}; allowed: {target if target is not None else configured:g} min")


# -- networks ----------------------------------------------------------------------------------------------------


def _network(name: str, group: Replication, evidence: Evidence) -> Check:
    """Check that the placeholder VM is connected to an existing network."""
    subject = CheckSubject("network", name, USEFUL)
    if isinstance(evidence.placeholders, VcloudAirError):
        return subject.unreadable("the placeholder VMs", evidence.placeholders)
    placeholder = evidence.placeholder_of(group)
    if placeholder is None:
        return subject.unknown("the placeholder VM is not visible", _PORTAL)
    network = str(placeholder.get("networkName") or "").strip()
    if not network:
        return subject.warn("the placeholder VM is not connected to a network", _PORTAL)
    if isinstance(evidence.networks, VcloudAirError):
        return subject.unreadable(f"the networks (to check {network})", evidence.networks)
    if network not in {record.name for record in evidence.networks}:
        known: Sequence[str] = sorted(record.name for record in evidence.networks)
        message = f"the placeholder VM is connected to the unknown network {network} (available: {', '.join(known)})"
        return subject.warn(message, _PORTAL)
    return subject.ok(f"the VM will be connected to {network}")
