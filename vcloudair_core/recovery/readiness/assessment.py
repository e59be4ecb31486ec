"""Assess whether a recovery plan is going to work: its readiness checks, and a score.

Everything that can be seen without starting anything is looked at: the plan, its VMs and their newest data, where
they are brought to, the steps around them. Nothing is changed.

The score is the share of what is well, in percent, rounded down: each check counts as its weight, a ``warn`` half of
it, ``fail`` and ``unknown`` nothing. Weights are 10 (essential: without it nothing works), 5 (it was promised, or is a
part of the plan) and 2 (good to know). A plan that is not ready has at most 70, and at most 40 when something essential
fails, so that no crowd of sound VMs hides one that is lost. 100 means that all is well.

A plan is ready when no check fails and everything essential is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from vcloudair_core.errors import SpecError
from vcloudair_core.recovery.plan.model import RecoveryPlan
from vcloudair_core.recovery.readiness.evidence import gather
from vcloudair_core.recovery.readiness.plan_checks import last_test_check, plan_check, step_checks
from vcloudair_core.recovery.readiness.readiness_check import FAIL, OK, UNKNOWN, WARN, Check
from vcloudair_core.recovery.readiness.replication_checks import OPERATIONS, vm_checks
from vcloudair_core.recovery.readiness.vdc_checks import place_checks

if TYPE_CHECKING:
    from vcloudair_core.client import Client

MOST_UNREADY, MOST_LOST = 70, 40
_WORTH = {OK: 1.0, WARN: 0.5, FAIL: 0.0, UNKNOWN: 0.0}
_ORDER = (FAIL, UNKNOWN, WARN, OK)


@dataclass(frozen=True)
class Readiness:
    """``score``: 0 to 100. ``checks``: what fails first, then what is not known, warnings, and what is well;
    among these, what weighs most."""

    score: int
    is_ready: bool
    checks: tuple[Check, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of checks by status. Shape: ``{"ok", "warn", "fail", "unknown"}``."""
        counts = Counter(check.status for check in self.checks)
        return {status: counts[status] for status in _WORTH}

    def as_dict(self) -> dict[str, Any]:
        """Plain data. Shape: ``{"score", "is_ready", "counts", "checks": [...]}``."""
        checks = [check.as_dict() for check in self.checks]
        return {"score": self.score, "is_ready": self.is_ready, "counts": self.counts, "checks": checks}


def assess(
    client: Client,
    plan: RecoveryPlan,
    action: str = "failover",
    *,
    now: datetime | None = None,
    last_test: datetime | Literal["from_journals"] | None = "from_journals",
) -> Readiness:
    """Check everything that a test or a failover of the plan depends on, and start nothing.

    A read that fails becomes a check of its own and stops no other. Calls: one per VM, one more for 25 VMs, about seven
    for all of them together, and those of ``vca edge plan`` for each network change.

    Args:
        client: The client of the cloud that VMs are recovered to.
        plan: The plan, or VMs by name from :func:`plan_of_vms`.
        action: ``test`` or ``failover``.
        now: The time to compare the last synchronization with; by default that of the session's clock.
        last_test: The time of the last successful test; by default that of the journals on this host.

    Raises: SpecError for another action, before anything is sent; AuthenticationError and ConfigurationError;
    TransportError when the list of replications cannot be read.
    """
    if action not in OPERATIONS:
        raise SpecError("action", f"{action!r} is not one of {', '.join(OPERATIONS)}")
    if last_test == "from_journals":
        last_test = _last_test(client, plan)
    moment = now or datetime.fromtimestamp(client.session.clock.wall(), timezone.utc)
    evidence = gather(client, plan, moment)
    checks = [
        plan_check(plan),
        *vm_checks(plan, action, evidence),
        *place_checks(plan, action, evidence),
        *step_checks(client, plan, action),
    ]
    if plan.name or last_test is not None:  # VMs that somebody names are no plan that could have been tested
        checks.append(last_test_check(plan, action, moment, last_test))
    ordered = tuple(sorted(checks, key=lambda check: (_ORDER.index(check.status), -check.weight)))
    return Readiness(score_of(ordered), _is_ready(ordered), ordered)


def _last_test(client: Client, plan: RecoveryPlan) -> datetime | None:
    """Return the time of the last successful test of the plan by this user on this host."""
    from vcloudair_core.recovery.run.history import cloud_of, last_test

    return last_test(client.settings, plan.name, cloud_of(client)) if plan.name else None


def score_of(checks: Sequence[Check]) -> int:
    """0 to 100; see the top of this module for the formula."""
    whole = sum(check.weight for check in checks)
    reached = sum(check.weight * _WORTH[check.status] for check in checks)
    share = int(100 * reached / whole) if whole else 0
    if any(check.status == FAIL and check.is_essential for check in checks):
        return min(share, MOST_LOST)
    return share if _is_ready(checks) else min(share, MOST_UNREADY)


def _is_ready(checks: Sequence[Check]) -> bool:
    unseen = any(check.status == UNKNOWN and check.is_essential for check in checks)
    return bool(checks) and not unseen and all(check.status != FAIL for check in checks)
