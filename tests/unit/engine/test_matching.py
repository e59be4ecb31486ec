"""Tests of matching rules by ID, which is a number or a UUID."""

from __future__ import annotations

import pytest

from vcloudair_core.engine.matching import LiveRule, Matcher
from vcloudair_core.engine.validation import Problems, Reader
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.firewall.parse import parse_rule
from vcloudair_core.services.ans.firewall.spec import FirewallRuleSpec

UUID = "5f3c9a10-2b4d-4e6f-8a9b-0c1d2e3f4a5b"


@pytest.fixture
def matcher() -> Matcher:
    """Return a matcher for three rules: numeric ID, UUID, and a name of digits."""
    specs = (
        FirewallRuleSpec(name="web", rule_id="131080", tag="7"),
        FirewallRuleSpec(name="db", rule_id=UUID),
        FirewallRuleSpec(name="131081", rule_id="131082", tag="131082"),
    )
    return Matcher("firewall rule", [LiveRule(slot, spec, "user") for slot, spec in enumerate(specs)])


@pytest.mark.parametrize(
    ("rule_id", "place"),
    [(131080, 0), ("131080", 0), ("0131080", 0), (UUID, 1), (UUID.upper(), 1), (131081, None), ("5", None)],
)
def test_ids_match_as_number_or_text(matcher: Matcher, rule_id: int | str, place: int | None) -> None:
    spec = parse_rule({"match_by": "rule_id", "rule_id": rule_id, "enabled": False})
    assert matcher.match([spec]) == [place]


@pytest.mark.parametrize(("tag", "place"), [(7, 0), ("7", 0), ("07", 0), (131082, 2), (8, None)])
def test_tags_match_as_number_or_text(matcher: Matcher, tag: int | str, place: int | None) -> None:
    assert matcher.match([parse_rule({"match_by": "tag", "tag": tag, "enabled": False})]) == [place]


@pytest.mark.parametrize(
    ("anchor", "place"),
    [("web", 0), ("131080", 0), ("00131080", 0), ("7", 0), (UUID, 1), (UUID.upper(), 1), ("131081", 2), ("131082", 2)],
)
def test_an_anchor_is_a_name_an_id_or_a_tag(matcher: Matcher, anchor: str, place: int) -> None:
    assert matcher.anchor(anchor, "before", {}) == place


@pytest.mark.parametrize("anchor", ["5", "0", "9" * 30, "5f3c9a10-0000-4e6f-8a9b-0c1d2e3f4a5b", "\u0667"])
def test_a_missing_anchor_is_rejected(matcher: Matcher, anchor: str) -> None:
    with pytest.raises(SpecError, match="there is no firewall rule"):
        matcher.anchor(anchor, "before", {})


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), ("5", "5"), (" 05 ", "5"), (5.0, "5"), (UUID, UUID), (f" {UUID.upper()} ", UUID), (None, None)],
)
def test_ids_are_read_as_text(value: object, text: str | None) -> None:
    problems = Problems()
    assert Reader({"rule_id": value}, "", problems).identifier("rule_id") == text
    assert problems.is_empty
