"""JUnit XML report: a test suite for each group, and a suite for the run itself.

The suite of the run includes the steps of the plan.

Jenkins and GitLab can read this format: suites contain cases, and a case contains at most one of ``failure``, ``error``
(an unknown outcome) and ``skipped``. Times are in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from lxml import etree

from vcloudair_core.recovery.report.model import (
    FAILED,
    IN_FLIGHT,
    RETRYING,
    ROLLBACK_FAILED,
    SUCCEEDED,
    UNKNOWN,
    GroupReport,
    Objective,
    StepReport,
    VmReport,
)
from vcloudair_core.recovery.report.report_text import LABELS, duration, location_of, minutes

if TYPE_CHECKING:
    from lxml.etree import _Element

    from vcloudair_core.recovery.report.run_report import RunReport

_FAILURES = frozenset({FAILED, RETRYING, ROLLBACK_FAILED})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_of(report: RunReport) -> bytes:
    """Return a report as JUnit XML in UTF-8.

    Each RTO or RPO target has its own case. The case fails when the target was missed, and is skipped when the result
    is unknown.
    """
    name = _clean(str(report.plan.get("name") or report.run_id or "recovery"))
    root = etree.Element("testsuites", name=f"{name} ({_clean(report.action) or 'run'})")
    plan = _suite(root, f"{name}: the run", report.started, report.seconds)
    _properties(plan, report)
    _run_case(plan, report)
    for step in report.steps:
        _step_case(plan, step)
    for group in report.groups:
        suite = _suite(root, f"{name}: {_clean(group.name) or 'no group'}", group.started, _seconds(group))
        for step in group.steps:
            _step_case(suite, step)
        for vm in group.vms:
            _vm_case(suite, vm)
            _objective_case(suite, vm, "RTO", vm.rto)
            _objective_case(suite, vm, "RPO", vm.rpo)
    for suite in root:
        _count(suite, list(suite))
    _count(root, [case for suite in root for case in suite])
    root.set("time", f"{report.seconds or 0:.3f}")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _suite(root: _Element, name: str, started: datetime | None, seconds: float | None) -> _Element:
    suite = etree.SubElement(root, "testsuite", name=name, time=f"{seconds or 0:.3f}")
    if started is not None:
        suite.set("timestamp", f"{started:%Y-%m-%dT%H:%M:%S}")
    return suite


def _seconds(group: GroupReport) -> float | None:
    if group.started is None or group.ended is None:
        return None
    return max(0.0, (group.ended - group.started).total_seconds())


def _properties(suite: _Element, report: RunReport) -> None:
    """Add the nonempty properties of the run."""
    plan, cloud = report.plan, report.cloud
    properties = {
        "run_id": report.run_id, "action": report.action, "verdict": report.verdict, "user": report.user,
        "host": report.host, "version": report.version, "cloud_url": cloud.get("url"), "cloud_org": cloud.get("org"),
        "cloud_user": cloud.get("user"), "plan_path": plan.get("path"), "plan_digest": plan.get("digest"),
        "rto_target_minutes": report.rto.target_minutes, "rto_reached_s": report.rto.reached_s,
        "rpo_target_minutes": report.rpo.target_minutes, "rpo_reached_s": report.rpo.reached_s,
    }  # fmt: skip
    holder = etree.SubElement(suite, "properties")
    for name, value in properties.items():
        if value not in (None, ""):
            etree.SubElement(holder, "property", name=name, value=_clean(str(value)))


def _run_case(suite: _Element, report: RunReport) -> None:
    """Add a case for the run itself.

    An unfinished run does not pass, regardless of the verdicts of its VMs.
    """
    case = _case(suite, "the run", "run", report.seconds)
    if report.verdict != SUCCEEDED:
        # A failed run is a failure; a run with an unknown end is an error.
        tag = "failure" if report.verdict == FAILED else "error"
        _add_problem(case, tag, report.verdict, report.sentence, [report.reason, *report.doubts])


def _vm_case(suite: _Element, vm: VmReport) -> None:
    case = _case(suite, vm.name, vm.group, vm.seconds)
    if vm.has_succeeded:
        location = location_of(vm)
        if location:
            etree.SubElement(case, "system-out").text = _clean("\n".join(f"{name}: {text}" for name, text in location))
        return
    last = (vm.rollback if vm.verdict == ROLLBACK_FAILED else None) or vm.last
    reason = last.reason if last is not None else ""
    message = f"{LABELS[vm.verdict]}{f': {reason}' if reason else ''}"
    if vm.verdict not in _FAILURES and vm.verdict not in (IN_FLIGHT, UNKNOWN):
        etree.SubElement(case, "skipped", message=_clean(message))
        return
    details = [f"replication: {vm.id}"]
    if last is not None:
        details = [last.hint, f"codes: {', '.join(last.codes)}" if last.codes else "", *details]
        details += [f"request id: {last.request_id}"] if last.request_id else []
    failed = [attempt for attempt in vm.attempts if attempt.reason]
    details += [f"attempt {attempt.number}: {LABELS[attempt.verdict]}, {attempt.reason}" for attempt in failed]
    _add_problem(case, "failure" if vm.verdict in _FAILURES else "error", vm.verdict, message, details)


def _objective_case(suite: _Element, vm: VmReport, name: str, objective: Objective) -> None:
    """Add a case for an objective with a target.

    A missed target is a failure, regardless of the VM's verdict.
    """
    if objective.target_minutes is None:
        return
    case = _case(suite, f"{name} {vm.name}", vm.group, objective.reached_s)
    owner = "VM" if objective.source == "vm" else objective.source
    target = f"the target of the {owner} is {minutes(objective.target_minutes)}"
    if objective.is_met is None:
        etree.SubElement(case, "skipped", message=_clean(f"unknown: {objective.why}; {target}"))
    elif not objective.is_met:
        reached = objective.why if objective.reached_s is None else duration(objective.reached_s)
        _add_problem(case, "failure", f"{name.lower()}_missed", f"{name} missed: {reached}; {target}", [])


def _step_case(suite: _Element, step: StepReport) -> None:
    last = step.last
    case = _case(suite, f"{step.phase}: {step.name}", step.group or "plan", last.seconds)
    message = f"{LABELS[last.verdict]}{f': {last.reason}' if last.reason else ''}"
    if last.verdict == FAILED:
        _add_problem(case, "failure", FAILED, message, [last.hint])
    elif last.verdict == IN_FLIGHT:
        _add_problem(case, "error", IN_FLIGHT, message, [])
    elif last.verdict != SUCCEEDED:
        etree.SubElement(case, "skipped", message=_clean(message))
    output = "\n".join(text for text in (f"approved by {step.by}" if step.by else "", step.output) if text)
    if output:
        etree.SubElement(case, "system-out").text = _clean(output)


def _case(suite: _Element, name: str, class_name: str, seconds: float | None) -> _Element:
    return etree.SubElement(
        suite, "testcase", name=_clean(name), classname=_clean(class_name) or "recovery", time=f"{seconds or 0:.3f}"
    )


def _add_problem(case: _Element, tag: str, kind: str, message: str, details: Iterable[str]) -> None:
    problem = etree.SubElement(case, tag, message=_clean(message), type=kind)
    problem.text = _clean("\n".join([message, *(detail for detail in details if detail)]))


def _count(element: _Element, cases: list[_Element]) -> None:
    cases = [case for case in cases if case.tag == "testcase"]
    element.set("tests", str(len(cases)))
    counted = [("failures", "failure"), ("errors", "error")]
    # The schema of Jenkins has no attribute `skipped` for `testsuites`.
    counted += [("skipped", "skipped")] if element.tag == "testsuite" else []
    for attribute, tag in counted:
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _clean(text: str) -> str:
    """Replace characters that XML does not allow, such as color codes of programs."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
