"""Check that rules with repeated or missing names converge in one run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans.firewall.test_section import Harness
from vcloudair_core import AmbiguousMatchError, SpecError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS


def rule(name: str | None, port: int, **more: Any) -> dict[str, Any]:
    words = {"name": name, "action": "deny", "destination": ["192.168.20.0/24"], "protocol": "tcp", "dest_port": port}
    return {key: value for key, value in {**words, **more}.items() if value is not None}


def ports(harness: Harness) -> list[str]:
    return [item["services"][0]["port"][0] for item in harness.read()["rules"]]


@pytest.mark.parametrize("edge_api", EDGE_APIS)
@pytest.mark.parametrize("state", ["present", "exact"])
@pytest.mark.parametrize("name", ["db", None, ""])
def test_rules_of_one_name_are_created_in_order(edge_api: str, state: str, name: str | None) -> None:
    harness = Harness(edge_api)
    rules = [rule(name, 1433), rule("web", 443), rule(name, 3306)]
    assert harness.ensure({"rules": rules}, state).plan.summary() == "3 to create"
    assert ports(harness) == ["1433", "443", "3306"]
    assert not harness.ensure({"rules": rules}, state).changed
    turned = [rules[2], rules[1], rules[0]]
    assert "to move" in harness.ensure({"rules": turned}, state).plan.summary()
    assert ports(harness) == ["3306", "443", "1433"]
    assert not harness.ensure({"rules": turned}, state).changed


def test_changed_rules_of_one_name_keep_their_ids() -> None:
    harness = Harness("hybridity")
    harness.ensure({"rules": [rule("db", 1433), rule("db", 3306)]}, "exact")
    ids = [item["rule_id"] for item in harness.read()["rules"]]
    outcome = harness.ensure({"rules": [rule("db", 1433, enabled=False), rule("db", 5432)]}, "exact")
    assert outcome.plan.summary() == "2 to update"
    assert [item["rule_id"] for item in harness.read()["rules"]] == ids


def test_surplus_rules_of_one_name_are_purged_or_ambiguous() -> None:
    harness = Harness("hybridity")
    harness.ensure({"rules": [rule("db", 1433), rule("db", 3306)]}, "exact")
    with pytest.raises(AmbiguousMatchError):
        harness.ensure({"rules": [rule("db", 3306)]}, "present")
    assert harness.ensure({"rules": [rule("db", 3306)]}, "exact").plan.summary() == "1 to delete"
    assert ports(harness) == ["3306"]


def test_a_rule_without_a_name_is_identified_by_its_content() -> None:
    harness = Harness("hybridity")
    harness.ensure({"rules": [rule(None, 1433)]}, "present")
    assert harness.ensure({"rules": [rule(None, 1433, logging=True)]}, "present").plan.summary() == "1 to update"
    assert harness.ensure({"rules": [rule(None, 3306)]}, "present").plan.summary() == "1 to create"
    assert harness.ensure({"rules": [rule(None, 3306)]}, "exact").plan.summary() == "1 to delete"


def test_a_repeated_rule_is_rejected() -> None:
    with pytest.raises(SpecError, match="already listed"):
        Harness("hybridity").ensure({"rules": [rule("db", 1433), rule("db", 1433)]}, "exact")


@pytest.mark.parametrize("protocol", ["Other", "other"])
def test_the_protocol_other_is_rejected_with_a_hint(protocol: str) -> None:
    with pytest.raises(SpecError, match="not a protocol; write any, or create an application"):
        Harness("hybridity").ensure({"rules": [rule("db", 1433, protocol=protocol)]}, "present")
