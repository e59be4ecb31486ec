"""Tests of the JUnit XML report: schema, and outcomes of cases."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.support.recovery_events import run_events
from vcloudair_core.recovery.report.junit_report import junit_of
from vcloudair_core.recovery.report.run_report import report_of

# The format that the readers of Jenkins and GitLab have in common.
_GRAMMAR = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <define name="number"><data type="nonNegativeInteger"/></define>
  <define name="seconds"><data type="decimal"><param name="minInclusive">0</param></data></define>
  <define name="counts">
    <attribute name="tests"><ref name="number"/></attribute>
    <attribute name="failures"><ref name="number"/></attribute>
    <attribute name="errors"><ref name="number"/></attribute>
    <attribute name="time"><ref name="seconds"/></attribute>
    <attribute name="name"/>
  </define>
  <define name="trouble"><attribute name="message"/><attribute name="type"/><text/></define>
  <start>
    <element name="testsuites"><ref name="counts"/>
      <oneOrMore><element name="testsuite"><ref name="counts"/>
        <attribute name="skipped"><ref name="number"/></attribute>
        <optional><attribute name="timestamp"><data type="dateTime"/></attribute></optional>
        <optional><element name="properties"><zeroOrMore><element name="property">
          <attribute name="name"/><attribute name="value"/>
        </element></zeroOrMore></element></optional>
        <zeroOrMore><element name="testcase">
          <attribute name="name"/><attribute name="classname"/>
          <attribute name="time"><ref name="seconds"/></attribute>
          <optional><choice>
            <element name="failure"><ref name="trouble"/></element>
            <element name="error"><ref name="trouble"/></element>
            <element name="skipped"><attribute name="message"/></element>
          </choice></optional>
          <optional><element name="system-out"><text/></element></optional>
        </element></zeroOrMore>
      </element></oneOrMore>
    </element>
  </start>
</grammar>
"""


def junit(**shape: Any) -> Any:
    root = etree.fromstring(junit_of(report_of(run_events(**shape))))
    grammar = etree.RelaxNG(etree.fromstring(_GRAMMAR))
    assert grammar.validate(root), grammar.error_log
    return root


def outcomes(root: Any) -> dict[str, str]:
    """Return the outcome of each case by its name."""
    by_name = {}
    for case in root.iter("testcase"):
        tags = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        by_name[case.get("name")] = tags[0] if tags else "passed"
    return by_name


def test_all_cases_of_a_successful_run_pass() -> None:
    root = junit(vms=20)
    assert [suite.get("name") for suite in root] == [
        "payroll: the run", "payroll: database", "payroll: application", "payroll: web",
    ]  # fmt: skip
    assert set(outcomes(root).values()) == {"passed"}
    # The run, 4 steps, and for each VM itself and its two targets.
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("65", "0", "0")
    properties = {item.get("name"): item.get("value") for item in root[0].iter("property")}
    assert properties["user"] == "maria" and properties["plan_digest"].startswith("9f2c1d7e")
    assert properties["rto_target_minutes"] == "60.0" and float(properties["rto_reached_s"]) > 0


def test_outcomes_of_the_verdicts() -> None:
    root = junit(vms=5, failed=[1], skipped=[3], unchanged=[4], failing_step=True)
    by_name = outcomes(root)
    assert [by_name[name] for name in ("db01", "db02", "db03", "db04", "db05")] == [
        "passed", "failure", "passed", "skipped", "passed",
    ]  # fmt: skip
    assert by_name["the run"] == "failure" and by_name["after: Payroll answers"] == "failure"
    assert by_name["RTO db05"] == "skipped", "an unknown result does not pass"
    failure = root.xpath("//testcase[@name='db02']/failure")[0]
    assert failure.get("message").startswith("failed: the task failed")
    for word in ("codes: ", "request id: req-0001-2", "Check the VM", "attempt 1: failed"):
        assert word in failure.text
    for suite in root:
        kinds = [outcomes_of.tag for outcomes_of in suite.iter("failure", "error", "skipped")]
        assert [int(suite.get(word)) for word in ("failures", "errors", "skipped")] == [
            kinds.count(tag) for tag in ("failure", "error", "skipped")
        ]


def test_a_missed_target_fails_and_its_vm_passes() -> None:
    by_name = outcomes(junit(vms=2, vm_targets={0: {"rto_minutes": 1, "rpo_minutes": 1}}))
    assert [by_name[name] for name in ("db01", "RTO db01", "RPO db01", "db02", "RTO db02", "RPO db02")] == [
        "passed", "failure", "failure", "passed", "passed", "passed",
    ]  # fmt: skip


def test_without_targets_there_are_no_cases_for_them() -> None:
    assert not [name for name in outcomes(junit(vms=2, rto_minutes=None, rpo_minutes=None)) if "RTO" in name]


def test_an_unknown_outcome_is_an_error() -> None:
    by_name = outcomes(junit(vms=2, steps=False, ends_at=5))
    assert (by_name["the run"], by_name["db01"], by_name["RTO db01"]) == ("error", "error", "skipped")
    assert outcomes(etree.fromstring(junit_of(report_of([])))) == {"the run": "error"}


def test_characters_that_xml_does_not_allow_are_replaced() -> None:
    root = junit(vms=2, failed=[1], names={0: "a\x1b[31m<b>\x00", 1: "\ud800&\"'"})
    assert "a\N{REPLACEMENT CHARACTER}[31m<b>\N{REPLACEMENT CHARACTER}" in outcomes(root)
    assert outcomes(root)["\N{REPLACEMENT CHARACTER}&\"'"] == "failure"
