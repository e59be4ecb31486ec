"""Tests of the firewall lint: findings, costs, warnings and rejected plans."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.app import App
from vcloudair_core.errors import PlanRejectedError
from vcloudair_core.services.ans.firewall.lint import findings
from vcloudair_core.services.ans.firewall.lint.findings import DUPLICATE, OPEN, REDUNDANT, SHADOWED, lint
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import simulator_settings


def rule(name: str, **more: Any) -> dict[str, Any]:
    base = {"name": name, "action": "accept", "enabled": True, "source": ["10.0.0.0/8"], "destination": ["192.0.2.10"]}
    return {**base, "services": [{"protocol": "tcp", "port": ["443"]}], **more}


def kinds(*rules: dict[str, Any]) -> list[tuple[str, int, int | None]]:
    return [(finding.kind, finding.rule, finding.earlier) for finding in lint(rules)]


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ({}, {}, DUPLICATE),
        ({"source": ["10.0.0.0/9", "10.128.0.0/9"]}, {}, DUPLICATE),
        ({"action": "deny"}, {}, SHADOWED),
        ({"action": "deny", "source": ["any"]}, {}, SHADOWED),
        ({"services": [{"protocol": "any"}]}, {}, REDUNDANT),
        ({"services": [{"protocol": "tcp", "port": ["1-1024"]}]}, {}, REDUNDANT),
        ({"services": [{"protocol": "tcp"}]}, {"source": ["10.1.0.0/16"]}, REDUNDANT),
        ({"source": ["internal", "10.0.0.0/8"]}, {"source": ["internal"]}, REDUNDANT),
        ({"source_exclude": True}, {"source_exclude": True}, DUPLICATE),
        ({"services": [{"protocol": "icmp"}]}, {"services": [{"protocol": "icmp", "icmp_type": "redirect"}]}, None),
        ({"applications": ["application-1"], "services": []}, {"applications": ["application-1"], "services": []},
         DUPLICATE),
        ({"source": ["10.0.0.0/9"]}, {}, None),
        ({"source_exclude": True}, {}, None),
        ({"source": ["object:ipset-1"]}, {"source": ["10.1.1.1"]}, None),
        ({"services": [{"protocol": "udp", "port": ["443"]}]}, {}, None),
        ({"services": [{"protocol": "tcp", "port": ["443"], "source_port": ["53"]}]}, {}, None),
        ({"direction": "in"}, {}, None),
        ({"match_translated": True}, {}, None),
        ({"enabled": False}, {}, None),
        ({}, {"enabled": False}, None),
    ],
)  # fmt: skip
def test_findings_about_a_rule_and_an_earlier_one(
    first: dict[str, Any], second: dict[str, Any], kind: str | None
) -> None:
    found = kinds(rule("first", **first), rule("second", **second))
    # Any ICMP type covers a single type. In one pair above, the API default means any type.
    if first.get("services") == [{"protocol": "icmp"}]:
        assert found == [(REDUNDANT, 1, 0)]
    else:
        assert found == ([] if kind is None else [(kind, 1, 0)])


def test_a_rule_that_accepts_everything() -> None:
    open_rule = {"name": "open", "action": "accept", "source": ["any"], "destination": ["0.0.0.0/0"], "services": []}
    assert kinds(open_rule) == [(OPEN, 0, None)]
    assert kinds({**open_rule, "action": "deny"}) == []
    assert kinds({**open_rule, "enabled": False}) == []
    assert kinds({**open_rule, "source_exclude": True}) == []
    assert "'open' accepts all of IPv4" in lint([open_rule])[0].text
    assert "'open' accepts everything" in lint([{**open_rule, "destination": ["any"]}])[0].text
    assert kinds({**open_rule, "source": ["::/0"]}) == []


def test_rules_of_different_ip_versions_do_not_cover_each_other() -> None:
    four, six = {"source": ["0.0.0.0/0"]}, {"source": ["::/0"], "destination": ["2001:db8::1"]}
    assert kinds(rule("four", **four), rule("six", **six)) == []
    assert kinds(rule("none of four", action="deny", destination=["any"], **four), rule("six", **six)) == []
    assert kinds(rule("all", source=["any"], destination=["any"], services=[]), rule("six", **six))[-1][0] == REDUNDANT


def test_findings_about_unchanged_rules_are_not_reported() -> None:
    rules = [rule("a"), rule("b"), rule("new", destination=["192.0.2.99"])]
    assert lint(rules, {"new"}) == []
    assert [finding.rule for finding in lint(rules, {"b"})] == [1]
    assert [finding.rule for finding in lint(rules, {"a"})] == [1]


@pytest.mark.parametrize("shared", [{}, {"source": ["any"]}, {"source": ["10.0.0.0/8", "internal"]}])
def test_long_lists_are_not_compared_pairwise(shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []
    covers = findings._Reach.covers

    def counted(one: Any, other: Any) -> bool:
        compared.append(one)
        return covers(one, other)

    monkeypatch.setattr(findings._Reach, "covers", counted)
    apart = [f"10.{n // 250}.{n % 250}.1" for n in range(2000)]
    rules = [
        rule(f"r{n}", **({"source": [address]} | shared | ({"destination": [address]} if shared else {})))
        for n, address in enumerate(apart)
    ]
    assert lint(rules) == []
    assert len(compared) <= len(rules)


def ensure(simulator: Simulator, app: App, kind: str, specs: Any, **settings: Any) -> Any:
    with app.client(**{**simulator_settings(simulator), **settings}) as client:
        return client.ensure(kind, specs)


OPEN_RULE = {"name": "open", "source": "any", "destination": "any", "protocol": "any"}


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("ans.firewall_rule", OPEN_RULE),
        ("ans.firewall", {"rules": [OPEN_RULE]}),
        ("ans.edge", {"firewall": {"rules": [OPEN_RULE]}}),
    ],
)
def test_findings_are_warnings_by_default(vca_app: App, vca_simulator: Simulator, kind: str, spec: Any) -> None:
    outcome = ensure(vca_simulator, vca_app, kind, spec)
    assert outcome.changed
    assert outcome.warnings == ("The rule 'open' accepts everything from any source to any destination.",)
    assert ensure(vca_simulator, vca_app, kind, spec).warnings == ()


def test_the_lint_can_reject_plans(vca_app: App, vca_simulator: Simulator) -> None:
    with pytest.raises(PlanRejectedError, match="from any source to any destination") as caught:
        ensure(vca_simulator, vca_app, "ans.firewall_rule", OPEN_RULE, firewall_lint="reject")
    assert "firewall_lint" in str(caught.value)
    assert next(iter(vca_simulator.world.edges.values())).firewall["user"] == []


def test_the_lint_can_be_disabled(vca_app: App, vca_simulator: Simulator) -> None:
    assert ensure(vca_simulator, vca_app, "ans.firewall_rule", OPEN_RULE, firewall_lint="off").warnings == ()


def test_rules_of_other_owners_are_compared_too(vca_app: App, vca_simulator: Simulator) -> None:
    ensure(vca_simulator, vca_app, "ans.firewall_rule", {"name": "no", "action": "deny", "source": "10.0.0.0/8"})
    outcome = ensure(vca_simulator, vca_app, "ans.firewall_rule", {"name": "ours", "source": "10.0.0.1"})
    assert outcome.warnings == (
        "The rule 'ours' never applies: the earlier rule 'no' denies all traffic that rule 'ours' matches.",
    )
