"""Property test: the firewall lint reports the same as comparing all rule pairs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vcloudair_core.engine.fields import from_plain, spec_with
from vcloudair_core.services.ans.firewall.lint.findings import OPEN, _Reach, lint
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec

WORDS = [
    "any", "internal", "external", "vnic-1", "object:ipset-1", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.1",
    "10.0.255.250-10.1.1.5", "10.1.1.1-10.1.1.2", "0.0.0.0/1", "128.0.0.0/1", "2001:db8::/32", "2001:db8::1",
]  # fmt: skip
sides = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
rules = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b", "c"]),
        "action": st.sampled_from(["accept", "deny"]),
        "enabled": st.sampled_from([True, True, True, False]),
        "source": sides,
        "destination": sides,
        "source_exclude": st.sampled_from([False, False, True]),
        "destination_exclude": st.sampled_from([False, False, True]),
        "services": st.sampled_from([[], [{"protocol": "tcp", "port": ["443"]}], [{"protocol": "tcp"}]]),
    }
)


def _reach(rule: dict[str, Any]) -> _Reach:
    return _Reach(spec_with(FirewallRuleSpec, dict(rule)))


def first_that_covers(listed: list[dict[str, Any]], at: int, touched: set[str]) -> int | None:
    for earlier in range(at):
        names = {listed[at]["name"], listed[earlier]["name"]}
        if names & touched and _reach(listed[earlier]).covers(_reach(listed[at])):
            return earlier
    return None


@given(st.lists(rules, max_size=12), st.sets(st.sampled_from(["a", "b", "c"])))
def test_lint_reports_every_covering_rule(listed: list[dict[str, Any]], touched: set[str]) -> None:
    earlier_by_rule = {finding.rule: finding.earlier for finding in lint(listed, touched) if finding.kind != OPEN}
    expected = {}
    for at, rule in enumerate(listed):
        earlier = first_that_covers(listed, at, touched) if rule["enabled"] else None
        if earlier is not None:
            expected[at] = earlier
    assert earlier_by_rule == expected
    specs = [from_plain(FirewallRuleSpec, rule) for rule in listed]
    assert lint(specs, touched) == lint(listed, touched)
