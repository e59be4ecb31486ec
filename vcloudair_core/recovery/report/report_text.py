"""Format texts for a report: labels of verdicts, durations and times."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vcloudair_core.recovery.report.model import (
    FAILED,
    IN_FLIGHT,
    INTERRUPTED,
    NOT_STARTED,
    RETRYING,
    ROLLBACK_FAILED,
    ROLLED_BACK,
    SKIPPED,
    SUCCEEDED,
    UNCHANGED,
    UNFINISHED,
    UNKNOWN,
    Objective,
)

if TYPE_CHECKING:
    from vcloudair_core.recovery.report.model import VmReport

LABELS = {
    SUCCEEDED: "succeeded", UNCHANGED: "unchanged", FAILED: "failed", SKIPPED: "skipped",
    RETRYING: "failed, retry pending",
    IN_FLIGHT: "in progress, outcome unknown", NOT_STARTED: "not started", ROLLED_BACK: "rolled back",
    ROLLBACK_FAILED: "rollback failed", UNKNOWN: "unknown, decision needed",
    INTERRUPTED: "interrupted", UNFINISHED: "unfinished",
}  # fmt: skip
NONE = "\N{EN DASH}"
GLYPHS = {
    SUCCEEDED: "✓", UNCHANGED: "✓", FAILED: "✗", SKIPPED: NONE, RETRYING: "✗", IN_FLIGHT: "?", NOT_STARTED: NONE,
    ROLLED_BACK: "↩", ROLLBACK_FAILED: "✗", INTERRUPTED: "‖", UNFINISHED: "?", UNKNOWN: "?",
}  # fmt: skip
"""Symbols of verdicts. Show them with the label, never instead of it."""
ACTIONS = {
    "test": "test", "cleanup": "cleanup", "failover": "failover", "migrate": "migration", "reverse": "reversal",
    "failback": "failback", "pause": "pause", "resume": "resumption", "sync": "synchronization",
}  # fmt: skip
"""Nouns of the actions."""
OUTCOMES = {
    "cleanup": "cleaned up", "reverse": "reversed", "pause": "paused", "resume": "resumed", "sync": "synchronized",
}  # fmt: skip
"""Results of the actions that recover no VMs.

The result of all other actions is ``recovered``.
"""


def duration(seconds: float | None) -> str:
    """Return a duration as text, such as ``24 min 10 s``, ``3 h 05 min`` or ``0.4 s``."""
    if seconds is None:
        return "unknown"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes:02d} min"


def minutes(value: float | None) -> str:
    """Return a target as text, such as ``60 min``, or ``no target``."""
    return "no target" if value is None else f"{value:g} min"


def clock(at: datetime | None) -> str:
    """Return a time as text, such as ``09:14:05``."""
    return "unknown" if at is None else f"{at:%H:%M:%S}"


def day_and_clock(at: datetime | None) -> str:
    """Return a day and time as text, such as ``14 Mar 09:14:05``."""
    return "unknown" if at is None else f"{at:%d %b %H:%M:%S}"


def date_and_clock(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def met(objective: Objective) -> str:
    """Return ``met``, ``missed``, ``unknown`` or ``no target``."""
    if objective.is_met is None:
        return "unknown" if objective.target_minutes is not None else "no target"
    return "met" if objective.is_met else "missed"


def location_of(vm: VmReport) -> list[tuple[str, str]]:
    """Return the location of the recovered VM as (name, value) pairs.

    The list is empty if the recovered VM is unknown.
    """
    recovered = vm.last.vm if vm.last is not None else {}
    addresses = recovered.get("addresses")
    facts = {
        "VM": recovered.get("id"), "href": recovered.get("href"), "vApp": recovered.get("vapp"),
        "VDC": recovered.get("vdc"),
        "addresses": ", ".join(map(str, addresses)) if isinstance(addresses, list | tuple) else "",
    }  # fmt: skip
    return [(name, str(text)) for name, text in facts.items() if text]
