"""Readiness of a recovery plan: run its checks and compute a score.

Nothing is started or changed.

The checks cover the plan, its VMs and their newest data, the target VDCs, and the steps.

The score is the weighted share of passed checks in percent, rounded down. ``ok`` counts fully and ``warn`` counts half.
``fail`` and ``unknown`` count zero. Weights are 10 (essential: the recovery fails if the check fails), 5 (important:
the plan promises or uses the checked item) and 2 (useful). The score of a plan that is not ready is at most 70, or at
most 40 when an essential check fails. This limit keeps many good VMs from hiding a VM that cannot be recovered.

A plan is ready when no check fails and the result of every essential check is known.
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
from vcloudair_core.recovery.readiness.replication_checks import vm_checks
from vcloudair_core.recovery.readiness.vdc_checks import place_checks
from vcloudair_core.services.dr.model import FAILOVER, MIGRATE, TEST
from vcloudair_core.services.dr.operation_options import OperationOptions
from vcloudair_core.services.dr.port import check_capabilities

if TYPE_CHECKING:
    from vcloudair_core.client import Client

ACTIONS = (TEST, FAILOVER, MIGRATE)
"""Actions whose readiness can be checked. A migration needs VCDA."""
MAX_NOT_READY, MAX_ESSENTIAL_FAILED = 70, 40
_CREDIT = {OK: 1.0, WARN: 0.5, FAIL: 0.0, UNKNOWN: 0.0}
_ORDER = (FAIL, UNKNOWN, WARN, OK)


@dataclass(frozen=True)
class Readiness:
    """The readiness of a plan.

    ``score`` is 0 to 100. ``checks`` are sorted by status (fail, unknown, warn, ok), then by weight, highest first.
    """

    score: int
    is_ready: bool
    checks: tuple[Check, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of checks by status: ``{"ok", "warn", "fail", "unknown"}``."""
        counts = Counter(check.status for check in self.checks)
        return {status: counts[status] for status in _CREDIT}

    def as_dict(self) -> dict[str, Any]:
        """Return ``{"score", "is_ready", "counts", "checks": [...]}`` as JSON types."""
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
    """Check everything that a test or failover of a plan depends on.

    Nothing is started.

    A failed read becomes the result of its check, and the other checks continue. The checks send one request per VM,
    one more for every 25 VMs, and about seven others. Each network change adds the requests of ``vca edge plan``.

    Args:
        client: The client of the cloud that VMs are recovered to.
        plan: The plan. To check VMs without a plan file, use :func:`plan_of_vms`.
        action: ``test``, ``failover``, or with VCDA ``migrate``.
        now: The time from which the age of the last synchronization is measured. The default is the time of the
            session clock.
        last_test: The time of the last successful test. By default, the time is read from the journals on this host.

    Raises: SpecError for any other ``action``, before a request is sent; AuthenticationError and ConfigurationError;
    TransportError when the list of replications cannot be read.
    """
    if action not in ACTIONS:
        raise SpecError("action", f"{action!r} is not one of {', '.join(ACTIONS)}")
    check_capabilities(client.dr.using(plan.provider).provider, action, OperationOptions())
    if last_test == "from_journals":
        last_test = _last_test(client, plan)
    checked_at = now or datetime.fromtimestamp(client.session.clock.wall(), timezone.utc)
    evidence = gather(client, plan, checked_at, action)
    checks = [
        plan_check(plan),
        *vm_checks(plan, action, evidence),
        *place_checks(plan, action, evidence),
        *step_checks(client, plan, action),
    ]
    if plan.name or last_test is not None:  # VMs selected by name, without a plan, have no tests
        checks.append(last_test_check(plan, action, checked_at, last_test))
    ordered = tuple(sorted(checks, key=lambda check: (_ORDER.index(check.status), -check.weight)))
    return Readiness(score_of(ordered), _is_ready(ordered), ordered)


def _last_test(client: Client, plan: RecoveryPlan) -> datetime | None:
    """Return the time of the last successful test by this user on this host."""
    from vcloudair_core.recovery.run.history import cloud_of, last_test

    return last_test(client.settings, plan.name, cloud_of(client)) if plan.name else None


def score_of(checks: Sequence[Check]) -> int:
    """Return the score, from 0 to 100. The module docstring describes the formula."""
    total = sum(check.weight for check in checks)
    reached = sum(check.weight * _CREDIT[check.status] for check in checks)
    share = int(100 * reached / total) if total else 0
    if any(check.status == FAIL and check.is_essential for check in checks):
        return min(share, MAX_ESSENTIAL_FAILED)
    return share if _is_ready(checks) else min(share, MAX_NOT_READY)


def _is_ready(checks: Sequence[Check]) -> bool:
    has_unknown = any(check.status == UNKNOWN and check.is_essential for check in checks)
    return bool(checks) and not has_unknown and all(check.status != FAIL for check in checks)
