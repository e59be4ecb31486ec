"""A policy: no rule that lets anything go anywhere, and names that nobody may touch."""

from __future__ import annotations

import os
from typing import Any


def objection(plan: Any) -> str:
    """Why this plan is not acceptable, or an empty string. ``VCA_SAMPLE_PROTECTED`` lists protected names."""
    protected = os.environ.get("VCA_SAMPLE_PROTECTED", "").split()
    for change in plan.changes:
        if change.identity in protected:
            return f"{change.identity!r} is protected"
        if plan.kind.startswith("ans.firewall") and change.after and _accepts_anything(change.after):
            return f"rule {change.identity!r} accepts anything from anywhere"
    return ""


def _accepts_anything(rule: Any) -> bool:
    return rule.get("action") == "accept" and rule.get("source") == ["any"] and rule.get("destination") == ["any"]
