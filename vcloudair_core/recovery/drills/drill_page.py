"""HTML page of the drill history: one file without scripts, for screen and print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vcloudair_core.recovery.drills.drill_history import DrillHistory, PlanDrills
from vcloudair_core.recovery.drills.drill_record import (
    BETTER,
    FAILED,
    NEVER,
    OK,
    OVERDUE,
    STEADY,
    WORSE,
    DrillRecord,
)
from vcloudair_core.recovery.report import report_text
from vcloudair_core.recovery.report.html_report import page_template, style_hash

LABELS = {OK: "up to date", OVERDUE: "overdue", FAILED: "last test failed", NEVER: "never tested"}
GLYPHS = {OK: "✓", OVERDUE: "✗", FAILED: "✗", NEVER: "✗"}
_TONES = {OK: "good", OVERDUE: "bad", FAILED: "bad", NEVER: "bad"}
TREND_GLYPHS = {BETTER: "▼", STEADY: "■", WORSE: "▲"}
_TREND_TONES = {BETTER: "good", STEADY: "soft", WORSE: "bad"}
_TOP, _BOTTOM = 3.0, 21.0


@dataclass(frozen=True)
class Card:
    """A card with a count. ``text`` explains it."""

    title: str
    count: int
    total: int
    text: str


@dataclass(frozen=True)
class TrendLine:
    """A line of values in a drawing of 100 by 24 units.

    ``points`` are coordinates of a polyline. ``goal`` is the vertical position of the target, or None. ``text``
    lists the values for readers who do not see the drawing.
    """

    points: str
    goal: float | None
    text: str


def page_of(history: DrillHistory) -> str:
    """Return the HTML page of a history.

    Raises ConfigurationError when jinja2 is not installed.
    """
    template, css = page_template("drills.html.j2", "report.css", "drills.css")
    return template.render(
        history=history, sentence=sentence_of(history), css=css, css_hash=style_hash(str(css)),
        due=[plan for plan in history.plans if plan.is_due], cards=_cards(history), labels=LABELS, glyphs=GLYPHS,
        tones=_TONES, trend_glyphs=TREND_GLYPHS, trend_tones=_TREND_TONES, line_of=line_of, reason_of=reason_of,
        date=_date, duration=report_text.duration, minutes=report_text.minutes,
        date_and_clock=report_text.date_and_clock,
    )  # fmt: skip


def sentence_of(history: DrillHistory) -> str:
    """Return a summary, such as ``1 of 2 plans is due. 3 of 40 VMs are untested.``."""
    if not history.vms and not history.plans:
        return "No drill is known."
    plans, untested = [plan for plan in history.plans if plan.is_due], len(history.untested)
    due = f"{len(plans)} of {len(history.plans)} plans {_be(len(plans))} due. " if history.plans else ""
    return f"{due}{untested} of {len(history.vms)} VMs {_be(untested)} untested."


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def reason_of(plan: PlanDrills) -> str:
    """Return the reason why a drill of a plan is due."""
    last, success = plan.last, plan.last_success
    since = f" The last successful test was on {_date(success.at)}." if success is not None else ""
    if last is None:
        return "No test of this plan is known."
    if plan.state == FAILED:
        return f"The test of {_date(last.at)} has the verdict {last.verdict}.{since}"
    return f"The maximum age of a test is {plan.max_age_days:g} days.{since}"


def line_of(record: DrillRecord) -> TrendLine | None:
    """Return the line of the RTO of the successful tests.

    Return None if there are fewer than two values.
    """
    tests = [(test.at, test.rto_s) for test in record.tests if test.is_success and test.rto_s is not None]
    if len(tests) < 2:
        return None
    values = [seconds for _, seconds in tests]
    goal_s = record.rto_minutes * 60 if record.rto_minutes is not None else None
    # A target far above the values would flatten the line.
    shown = goal_s if goal_s is not None and goal_s <= 3 * max(values) else None
    top = max([*values, *([shown] if shown is not None else [])]) or 1.0
    points = " ".join(f"{100 * at / (len(values) - 1):.1f},{_height(value, top)}" for at, value in enumerate(values))
    text = "RTO of the tests: " + ", ".join(f"{_date(at)} {report_text.duration(seconds)}" for at, seconds in tests)
    return TrendLine(points, _height(shown, top) if shown is not None else None, text)


def _height(value: float, top: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * min(1.0, value / top), 1)


def _cards(history: DrillHistory) -> Sequence[Card]:
    vms, plans = history.vms, history.plans
    return (
        Card(
            "Plans up to date",
            sum(not plan.is_due for plan in plans),
            len(plans),
            "Plans whose last test succeeded in time.",
        ),
        Card("VMs up to date", sum(not vm.is_due for vm in vms), len(vms), "VMs whose last test succeeded in time."),
        Card("VMs tested", len(vms) - len(history.untested), len(vms), "VMs with at least one successful test."),
    )


def _date(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%Y-%m-%d}"
