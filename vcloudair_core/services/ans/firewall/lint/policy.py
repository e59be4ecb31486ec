"""A plan policy that warns about firewall lint findings, or rejects the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.engine.ensure.garbage_collection import paused_collection
from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.services.ans.firewall.lint.findings import lint
from vcloudair_core.services.ans.section.document import SectionDocument

if TYPE_CHECKING:
    from vcloudair_core.engine.plan import Plan
    from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec
    from vcloudair_core.settings.settings import Settings

OFF, REJECT = "off", "reject"
_IN_EDGE = "firewall: "
_SECTIONS = ("ans.firewall", "ans.firewall_rule")
_WITH_RULES = ("ans.firewall", "ans.distributed_firewall", "ans.edge")


@paused_collection()
def check(plan: Plan, settings: Settings) -> list[str]:
    """Return the findings about changed rules as warnings.

    Raises: PlanRejectedError if there are findings and the setting ``firewall_lint`` is ``reject``.
    """
    if settings.firewall_lint == OFF or plan.outlook is None:
        return []
    rules, touched = _rules(plan, plan.outlook), _touched(plan)
    if not rules or not touched:
        return []
    texts = [finding.text for finding in lint(rules, touched)]
    if texts and settings.firewall_lint == REJECT:
        raise PlanRejectedError(
            " ".join(texts),
            hint=f"Change the rules, or set firewall_lint ({settings.origin('firewall_lint')}) to warn.",
        )
    return texts


def _rules(plan: Plan, outlook: Callable[[], Any]) -> Sequence[Mapping[str, Any] | FirewallRuleSpec]:
    """Return the firewall rules after the plan is applied. Empty for other kinds."""
    document = plan.planned() if plan.kind in _SECTIONS and plan.planned is not None else None
    if isinstance(document, SectionDocument):
        # The decoded rules need no conversion to plain data, which takes longer than the lint.
        return [rule.spec for rule in document.decoded.user_rules]
    return _plain_rules(plan.kind, outlook())


def _plain_rules(kind: str, outlook: Any) -> Sequence[Mapping[str, Any]]:
    if kind in ("ans.firewall_rule", "ans.distributed_firewall_rule"):
        return list(outlook)
    if kind == "ans.edge":
        outlook = outlook.get("firewall") or {}
    return list(outlook.get("rules") or ()) if kind in _WITH_RULES else []


def _touched(plan: Plan) -> set[str]:
    return {
        change.identity
        for change in plan.changes
        if change.action != "delete" and (plan.kind != "ans.edge" or change.title.startswith(_IN_EDGE))
    }
