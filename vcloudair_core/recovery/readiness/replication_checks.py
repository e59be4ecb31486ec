"""Checks of each VM: its replication, its newest data, and what the server lets be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.recovery.plan.model import PlannedVm, RecoveryPlan
from vcloudair_core.recovery.readiness.readiness_check import ASK, ESSENTIAL, IMPORTANT, USEFUL, About, Check
from vcloudair_core.services.dr.model import FAILOVER, TEST

if TYPE_CHECKING:
    from vcloudair_core.recovery.readiness.evidence import Evidence, PlanMatch
    from vcloudair_core.services.dr.model import Replication

OPERATIONS = {TEST: "testFailover", FAILOVER: "failover"}

_SOUND = {"ok", "sync"}
_UNSOUND = {
    "paused": "no new data arrives while replication is paused",
    "notactive": "no new data arrives: replication is not active, as when the VM is off or its host is gone",
    "fullsync": "everything is being transferred anew; until that is over, only older data can be used",
    "moving": "the replication is being moved",
}
_BROKEN = {
    "error": "replication has an error",
    "configuring": "replication is still being set up",
    "initialfullsync": "the first transfer is not over",
    "recovering": "it is being recovered",
    "recovered": "it was recovered",
}
"""Words of ReplicationState without case and underscores. Source: protocol/dr.md §2.4."""

_KNOWN_TESTS = {"", "none", "complete", "testinprogress", "cleanupinprogress", "testerror", "cleanuperror"}
_KNOWN_RECOVERIES = {"", "notstarted", "inprogress", "error", "complete", "ok", "recovered"}
_SKEW = timedelta(minutes=5)
_SOURCE = "Look at the replication where the VM runs now."
_PORTAL = "Look at its network in the portal."


def vm_checks(plan: RecoveryPlan, action: str, evidence: Evidence) -> Iterator[Check]:
    """Yield the checks of each name, and of the replication of each unambiguous name."""
    listed = About("vm", plan.name or "vms", ESSENTIAL)
    if isinstance(evidence.matches, VcloudAirError):
        yield listed.needs("The list of replications", evidence.matches)
        return
    if plan.all_vms and not evidence.matches:
        yield listed.fail("nothing is replicated into this organization", _SOURCE)
    seen: dict[str, str] = {}
    for match in evidence.matches:
        yield _named(match, seen)
        if len(match.candidates) == 1 and seen[match.candidates[0].href] == match.vm.name:
            yield from _replicated(plan, match, action, evidence)


def _named(match: PlanMatch, seen: dict[str, str]) -> Check:
    name = match.vm.name
    about = About("vm", name, ESSENTIAL)
    if not match.candidates:
        return about.fail("there is no replication of that name", "`vca dr list` shows those that there are.")
    if len(match.candidates) > 1:
        ids = ", ".join(reference.id for reference in match.candidates)
        return about.fail(f"{len(match.candidates)} replications have that name: {ids}", "Give the id in the plan.")
    first = seen.setdefault(match.candidates[0].href, name)
    if first != name:
        return about.warn(f"{first} is the same replication; it is started once", "Name it once.")
    return about.ok("one replication has that name")


def _replicated(plan: RecoveryPlan, match: PlanMatch, action: str, evidence: Evidence) -> Iterator[Check]:
    name, group = match.vm.name, evidence.groups[match.candidates[0].href]
    if isinstance(group, VcloudAirError):
        yield About("replication", name, ESSENTIAL).needs("The replication", group)
        return
    state = _state(name, group, action)
    yield state
    if action == FAILOVER and group.is_recovered:
        return  # nothing would be started: what it was brought over from does not matter any more
    if not (group.obstacle(action) or group.has_come_to(action)):
        yield _right(name, group, action)
    yield _replication(name, group)
    yield _data(name, group)
    if group.points:
        yield _rpo(plan, match.vm, group, action, evidence.now)
    if group.test_state.strip().lower() in ("", "none"):  # else it is the VM of a test that is seen
        yield _network(name, group, evidence)


def _state(name: str, group: Replication, action: str) -> Check:
    """Check that the action can start. Source: protocol/dr.md §2.4, §6."""
    about = About("state", name, ESSENTIAL)
    test, recovery = group.test_state.strip().lower(), group.recovery_state.strip().lower()
    if test not in _KNOWN_TESTS or recovery not in _KNOWN_RECOVERIES:
        return about.unknown(f"the server has a word for it that says nothing: {group.described()}", _SOURCE)
    if group.has_come_to(action):
        return about.warn(f"nothing would be started: the {action} of it is there already", _already(name, action))
    obstacle = group.obstacle(action)
    if obstacle:
        return about.fail(obstacle, _way_out(group, name))
    if recovery == "error":
        return about.warn("an earlier failover of it went wrong", f"Look why, then try: `vca dr list {name}`.")
    if not (test or recovery or OPERATIONS[action] in group.offered):
        return about.unknown("the server does not say what state it is in", _SOURCE)
    return about.ok(f"nothing is under way ({group.described()})")


def _already(name: str, action: str) -> str:
    return f"Clean it up first: `vca dr cleanup {name}`." if action == TEST else "Take it out of the plan."


def _way_out(group: Replication, name: str) -> str:
    if group.is_recovered:
        return "Protect the VM anew; then it can be tested."
    busy = "inprogress" in f"{group.test_state} {group.recovery_state}".lower()
    return "Wait until it is over." if busy else f"Clean it up first: `vca dr cleanup {name}`."


def _right(name: str, group: Replication, action: str) -> Check:
    """Check the rights: servers link what this user may do now. Source: protocol/dr.md §2.3."""
    about, operation = About("right", name, IMPORTANT), OPERATIONS[action]
    offered = {name.lower() for name in group.offered}
    if operation.lower() in offered:
        return about.ok(f"the server offers {operation} to this user")
    if not offered:
        return about.unknown("the server does not say what this user may do with it", ASK)
    return about.fail(f"the server offers {', '.join(group.offered)} to this user, but not {operation}", ASK)


def _replication(name: str, group: Replication) -> Check:
    about = About("replication", name, ESSENTIAL)
    word = group.state.replace("_", "").strip().lower().removesuffix("rpoviolation")
    if word in _BROKEN:
        return about.fail(f"{_BROKEN[word]} (state: {group.state})", _SOURCE)
    if group.is_paused or word in _UNSOUND:
        problem = _UNSOUND["paused" if group.is_paused else word]
        return about.warn(f"{problem} (state: {group.state or 'paused'})", _SOURCE)
    if word in _SOUND:
        return about.ok(f"replication goes on (state: {group.state.strip()})")
    return about.unknown(f"the server does not say how it is (state: {group.state or 'none'})", _SOURCE)


# -- data --------------------------------------------------------------------------------------------------------


def _data(name: str, group: Replication) -> Check:
    about = About("data", name, ESSENTIAL)
    if not group.points:
        return about.fail("no transfer was ever finished: there is nothing to recover from", _SOURCE)
    return about.ok(f"points in time to recover from: {len(group.points)}")


def _rpo(plan: RecoveryPlan, vm: PlannedVm, group: Replication, action: str, now: datetime) -> Check:
    """Check the age of the newest data against the RPO of the plan, else of the replication.

    A test works with data of any age, and breaks no promise.
    """
    about, newest = About("rpo", vm.name, IMPORTANT), group.last_sync
    if newest is None:
        return about.unknown("the server does not say of when the newest data is", _SOURCE)
    if newest - now > _SKEW:
        return about.unknown(f"the newest data is of the future ({newest.isoformat()})", "Compare the clocks.")
    age, own = max(0.0, (now - newest).total_seconds() / 60), group.rpo_minutes
    promised = vm.rpo_minutes if vm.rpo_minutes is not None else plan.rpo_minutes
    message = f"the newest data is {age:.0f} min old"
    if promised is not None and age > promised:
        late = about.warn if action == TEST else about.fail
        return late(f"{message}; the plan promises {promised:g} min", _SOURCE)
    if group.violation_minutes > 0 or (own is not None and age > own):
        since = f", and has been for {group.violation_minutes} min" if group.violation_minutes > 0 else ""
        return about.warn(f"{message}: behind what the replication is set to{since}", _SOURCE)
    if promised is not None and own is not None and own > promised:
        hint = "Set it to less where the VM runs now, or promise less in the plan."
        return about.warn(
            f"{message}, but the replication is set to {own} min and the plan promises {promised:g}", hint
        )
    if promised is None and own is None:
        return about.unknown(f"{message}, and nobody says how old it may be", "Give the plan an `rpo_minutes`.")
    return about.ok(f"{message}, of at most {promised if promised is not None else own:g}")


# -- networks ----------------------------------------------------------------------------------------------------


def _network(name: str, group: Replication, evidence: Evidence) -> Check:
    """Check that the placeholder VM is connected to an existing network."""
    about = About("network", name, USEFUL)
    if isinstance(evidence.placeholders, VcloudAirError):
        return about.unseen("The VMs that stand for replicated ones", evidence.placeholders)
    placeholder = evidence.placeholder_of(group)
    if placeholder is None:
        return about.unknown("no VM that stands for it was seen", _PORTAL)
    network = str(placeholder.get("networkName") or "").strip()
    if not network:
        return about.warn("the VM that stands for it is not connected to a network", _PORTAL)
    if isinstance(evidence.networks, VcloudAirError):
        return about.unseen(f"It is to be connected to {network}; the networks", evidence.networks)
    if network not in {record.name for record in evidence.networks}:
        known: Sequence[str] = sorted(record.name for record in evidence.networks)
        return about.warn(f"{network} is no network of this organisation (there are {', '.join(known)})", _PORTAL)
    return about.ok(f"it is to be connected to {network}")
