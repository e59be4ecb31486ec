"""Readiness checks of replications of VMware Cloud Director Availability (VCDA).

Source: protocol/vcda.md §3, §4.2, §4.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vcloudair_core.errors import VcloudAirError
from vcloudair_core.recovery.readiness.readiness_check import ESSENTIAL, IMPORTANT, USEFUL, Check, CheckSubject
from vcloudair_core.services.dr.model import TEST

if TYPE_CHECKING:
    from vcloudair_core.recovery.plan.model import PlannedVm
    from vcloudair_core.recovery.readiness.evidence import Evidence
    from vcloudair_core.services.dr.vcda.vcda_replication import VcdaReplication

_HEALTH = {
    "GREEN": "the replication is healthy",
    "YELLOW": "the replication needs attention",
    "RED": "the replication does not work",
}
_CONNECTED = frozenset({"OK", "SYNCING"})
"""Values of ``dataConnectionState`` of a working connection.

Other values are not documented.
"""
_KNOWN_STATES = frozenset({"NOT_STARTED", "IN_PROGRESS", "TEST", "COMPLETE"})
_SOURCE = "Check the replication in VMware Cloud Director Availability."
_PAIRING = "Check the pairing of the sites, or ask the provider."
_PEER = "Check that the other site is up, and the settings vcda_peer_user, vcda_peer_token and vcda_peer_org."
_CORRECT = "Correct `networks` of the VM in the plan."


def vcda_state(name: str, group: VcdaReplication, action: str) -> Check:
    """Check that the state of the replication allows the action."""
    subject = CheckSubject("state", name, ESSENTIAL)
    if group.recovery_state not in _KNOWN_STATES:
        return subject.unknown(f"the server returned an unknown state: {group.described()}", _SOURCE)
    if group.has_reached(action):
        remedy = f"Run `vca dr cleanup {name}` first." if action == TEST else "Remove the VM from the plan."
        return subject.warn(f"the {action} is already complete, so nothing would be started", remedy)
    blocked_by = group.blocking_reason(action)
    if blocked_by:
        return subject.fail(blocked_by, _remedy(name, group))
    return subject.ok(f"no action is in progress ({group.described()})")


def _remedy(name: str, group: VcdaReplication) -> str:
    """Return the hint for a replication whose state does not allow the action."""
    if group.needs_cleanup:
        return f"Run `vca dr cleanup {name}` first."
    if group.is_recovered:
        return f"Run `vca dr reprotect {name}` to protect the VM again."
    return "Wait until the action ends." if group.is_busy else f"Check the replication with `vca dr list {name}`."


def vcda_checks(name: str, group: VcdaReplication, evidence: Evidence) -> Iterator[Check]:
    """Yield the checks of a replication, its connection and its source site."""
    yield _replication(name, group)
    yield _connection(name, group)
    error = evidence.peer_errors.get(group.source_site)
    if group.source_site in evidence.peer_errors:
        subject = CheckSubject("peer", name, ESSENTIAL)
        if error is None:
            yield subject.ok(f"the session is extended to site {group.source_site}")
        else:
            yield subject.fail(f"the session cannot be extended to site {group.source_site}: {error.message}", _PEER)


def _replication(name: str, group: VcdaReplication) -> Check:
    subject, error = CheckSubject("replication", name, ESSENTIAL), f": {group.last_error}" if group.last_error else ""
    shown = f"{_HEALTH.get(group.state, 'the health of the replication is unknown')}{error} (health: {group.state})"
    if group.state == "RED":
        return subject.fail(shown, _SOURCE)
    if group.is_paused:
        return subject.warn("no new data arrives while replication is paused", f"Run `vca dr unpause {name}`.")
    if group.state == "YELLOW" or error:
        return subject.warn(shown, _SOURCE)
    return subject.ok(shown) if group.state == "GREEN" else subject.unknown(shown, _SOURCE)


def _connection(name: str, group: VcdaReplication) -> Check:
    subject = CheckSubject("connection", name, IMPORTANT)
    if not group.connection:
        return subject.unknown("the server does not return the state of the data connection", _PAIRING)
    message = f"the data connection from site {group.source_site} has the state {group.connection}"
    return subject.ok(message) if group.connection in _CONNECTED else subject.warn(message, _PAIRING)


def vcda_networks(vm: PlannedVm, name: str, group: VcdaReplication, action: str, evidence: Evidence) -> Check:
    """Check that the networks of the recovered VM exist at the destination."""
    subject = CheckSubject("network", name, IMPORTANT if vm.networks else USEFUL)
    planned = [nic.test_network if action == TEST else nic.network for nic in vm.networks]
    configured = evidence.networks_of.get(group.href, ())
    if isinstance(configured, VcloudAirError):
        return subject.unreadable("the network settings of the replication", configured)
    names = list(dict.fromkeys(network for network in (*planned, *configured) if network))
    if not names:
        return subject.unknown("neither the plan nor the replication has a network for the VM", _SOURCE)
    if isinstance(evidence.networks, VcloudAirError):
        return subject.unreadable(f"the networks (to check {', '.join(names)})", evidence.networks)
    known: Sequence[str] = sorted(record.name for record in evidence.networks)
    missing = [network for network in names if network not in known]
    if missing:
        message = f"networks that do not exist: {', '.join(missing)} (available: {', '.join(known)})"
        in_plan = set(missing) & set(planned)
        return subject.fail(message, _CORRECT) if in_plan else subject.warn(message, _SOURCE)
    return subject.ok(f"the VM will be connected to {', '.join(names)}")
