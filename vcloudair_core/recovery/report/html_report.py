"""HTML report: one self-contained page without scripts, for screen and print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError
from vcloudair_core.recovery.report import report_text, timeline
from vcloudair_core.recovery.report.model import (
    FAILED,
    IN_FLIGHT,
    RETRYING,
    SUCCEEDED,
    UNCHANGED,
    UNKNOWN,
    Failure,
    GroupReport,
    VmReport,
)
from vcloudair_core.util.install_hint import install_hint

if TYPE_CHECKING:
    from jinja2 import Template

    from vcloudair_core.recovery.report.run_report import RunReport

_TONES = {
    SUCCEEDED: "good",
    UNCHANGED: "good",
    FAILED: "bad",
    RETRYING: "bad",
    "rollback_failed": "bad",
    "rolled_back": "soft",
    "skipped": "soft",
    "not_started": "soft",
}
_MIN_TOGETHER = 4
"""Minimum number of VMs with the same failure reason to combine into one entry."""
_ENDS = {"finished": "finished", "interrupted": "interrupted", "died": "died", "": "end unknown"}


@dataclass(frozen=True)
class FailureEntry:
    """An entry in the list of failures.

    ``names`` contains (name, anchor, request ID) for each VM with the same reason.
    """

    title: str
    verdict: str
    reason: str
    hint: str
    facts: tuple[tuple[str, str], ...] = ()
    anchor: str = ""
    names: tuple[tuple[str, str, str], ...] = ()


def html_of(report: RunReport) -> str:
    """Return the HTML page of a report.

    Raises ConfigurationError when jinja2 is not installed.
    """
    template, css = page_template("report.html.j2", "report.css")
    name = str(report.plan.get("name") or "")
    anchors = {vm.id: f"m{number}" for number, vm in enumerate(report.vms, 1)}
    heading = report_text.ACTIONS.get(report.action, "run").capitalize() + (f" of {name}" if name else "")
    formats = {name: getattr(report_text, name) for name in ("duration", "minutes", "clock", "date_and_clock", "met")}
    if report.started is not None and report.ended is not None and report.started.date() != report.ended.date():
        formats["clock"] = report_text.day_and_clock
    return template.render(
        report=report, heading=heading, sentence=report.sentence,
        upper_first=_upper_first, css=css, css_hash=style_hash(str(css)),
        location_of=report_text.location_of, labels=report_text.LABELS,
        short={**report_text.LABELS, RETRYING: "failed", IN_FLIGHT: "unknown", UNKNOWN: "unknown"},
        glyphs=report_text.GLYPHS, tones=_Tones(), ends=_ENDS, anchors=anchors,
        recovered=sum(vm.has_succeeded for vm in report.vms), failure_entries=_failure_entries(report, anchors),
        panels=timeline.panels_of(report), density=timeline.density_of(report), head=timeline.HEAD,
        foot=timeline.FOOT, waited=_waited, sync=_sync, summary_text=_summary_text, details=_details(report),
        **formats,
    )  # fmt: skip


@cache
def page_template(name: str, *styles: str) -> tuple[Template, Any]:
    """Return a template of this package, and the text of its style sheets.

    Raises ConfigurationError when jinja2 is not installed.
    """
    if find_spec("jinja2") is None:
        raise ConfigurationError("Creating the HTML report failed. jinja2 is not installed.", hint=install_hint("dr"))
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("vcloudair_core.recovery.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    folder = files("vcloudair_core.recovery.report").joinpath("templates")
    css = "".join(folder.joinpath(style).read_text(encoding="utf-8") for style in styles)
    return environment.get_template(name), Markup(css)  # noqa: S704 - a file of this package


def style_hash(css: str) -> str:
    """Return the hash of the style sheet for the content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()


class _Tones(dict[str, str]):
    """A mapping of verdicts to CSS classes that set the color.

    Unknown verdicts have the class ``odd``.
    """

    def __missing__(self, verdict: str) -> str:
        return _TONES.get(verdict, "odd")


def _failure_entries(report: RunReport, anchors: Mapping[str, str]) -> list[FailureEntry]:
    """Return an entry for each failure. Many VMs with the same reason share an entry."""
    together: dict[tuple[object, ...], list[Failure]] = {}
    for position, failure in enumerate(report.failures):
        shared = (failure.what, failure.verdict, failure.reason, failure.hint, failure.codes)
        together.setdefault(shared if failure.what != "step" else (position,), []).append(failure)
    items: list[FailureEntry] = []
    for members in together.values():
        first = members[0]
        if len(members) < _MIN_TOGETHER and (first.reason or first.what == "step"):
            items += [_single_entry(failure, anchors) for failure in members]
            continue
        names = tuple((failure.name, anchors[failure.vm_id], failure.request_id) for failure in members)
        title = f"{len(members)} VM{'s' if len(members) > 1 else ''}"
        facts = _facts(codes=", ".join(first.codes))
        items.append(FailureEntry(title, first.verdict, first.reason, first.hint, facts, names=names))
    return items


def _single_entry(failure: Failure, anchors: Mapping[str, str]) -> FailureEntry:
    is_step = failure.what == "step"
    owner = {"step of": failure.place or "the plan"} if is_step else {"group": failure.place}
    more = {"codes": ", ".join(failure.codes), "request id": failure.request_id, "replication": failure.vm_id}
    title = (
        f"Step \N{LEFT DOUBLE QUOTATION MARK}{failure.name}\N{RIGHT DOUBLE QUOTATION MARK}" if is_step else failure.name
    )
    anchor = "steps" if is_step else anchors[failure.vm_id]
    return FailureEntry(title, failure.verdict, failure.reason, failure.hint, _facts(**owner, **more), anchor)


def _facts(**values: str) -> tuple[tuple[str, str], ...]:
    """Return the nonempty values as (label, value) pairs."""
    return tuple((name, value) for name, value in values.items() if value)


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _waited(group: GroupReport, vm: VmReport) -> str:
    """Return the waiting time of a VM as text, such as ``5 min``.

    The VM waits from the start of its group to its first attempt, and between attempts.
    """
    pairs = [(group.started, vm.started)]
    pairs += [(attempt.ended, following.started) for attempt, following in pairwise(vm.attempts)]
    known = [(until - since).total_seconds() for since, until in pairs if since is not None and until is not None]
    return report_text.duration(sum(known)) if sum(known) >= 1 else report_text.NONE


def _sync(vm: VmReport) -> str:
    return f"{vm.last_sync:%Y-%m-%d %H:%M:%S}" if vm.last_sync is not None else "unknown"


def _summary_text(summary: object) -> str:
    """Return the summary of a network change as text."""
    if isinstance(summary, Mapping):
        return ", ".join(f"{key}: {value}" for key, value in summary.items())
    return str(summary)


def _details(report: RunReport) -> Iterable[tuple[str, str]]:
    plan, cloud = report.plan, report.cloud
    yield "Run", report.run_id
    yield "Started by", " on ".join(text for text in (report.user, report.host) if text)
    yield "Cloud", str(cloud.get("url") or "")
    yield "Cloud user", str(cloud.get("user") or "")
    yield "Organization", str(cloud.get("org") or "")
    yield "API version", str(cloud.get("api_version") or "")
    yield "vcloudair-core version", report.version
    yield "Plan", " · ".join(str(plan.get(key)) for key in ("name", "description") if plan.get(key))
    yield "Plan file", str(plan.get("path") or "")
    yield "Plan digest", f"SHA-256 {plan['digest']}" if plan.get("digest") else ""
    yield "On error", str(plan.get("on_error") or "")
    yield "Maximum concurrent VMs", str(plan.get("max_concurrent") or "")
