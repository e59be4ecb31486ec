"""Tests of the summaries, diffs and JSON of plans."""

from __future__ import annotations

import difflib
from typing import Any

from vcloudair_core.engine.plan import Change, Plan

CHANGES = (
    Change("delete", "old", {"name": "old", "action": "deny"}, None, (), (4, None)),
    Change(
        "update",
        "web in",
        {"name": "web in", "from": ["any"]},
        {"name": "web in", "from": ["external"]},
        ("from",),
    ),
    Change("move", "web in", {"name": "web in"}, {"name": "web in"}, (), (3, 0)),
    Change("create", "yes", None, {"name": "yes", "services": [{"protocol": "tcp", "port": ["443"]}]}, (), (None, 1)),
)


def test_the_summary_of_an_empty_plan() -> None:
    plan = Plan("k")
    assert plan.is_empty
    assert plan.summary() == "nothing to change"
    assert plan.diff()["before"] == plan.diff()["after"] == ""


def test_the_summary_counts_by_action() -> None:
    assert Plan("k", CHANGES).summary() == "1 to create, 1 to update, 1 to move, 1 to delete"


def test_the_diff_shows_changed_objects_with_positions() -> None:
    diff = Plan("ans.firewall", CHANGES, target="edge gateway e").diff()
    assert diff["before_header"] == "edge gateway e, ans.firewall"
    assert diff["before"] == "old:\n  position: 4\n  action: deny\nweb in:\n  position: 3\n  from: [any]\n"
    assert diff["after"] == (
        "web in:\n  position: 0\n  from: [external]\n"
        '"yes":\n  position: 1\n  services:\n    - {protocol: tcp, port: ["443"]}\n'
    )


def test_deleting_and_creating_one_name_are_two_objects() -> None:
    diff = Plan("k", (Change("delete", "a", {"x": 1}), Change("create", "a", None, {"x": 2}))).diff()
    assert (diff["before"], diff["after"]) == ("a:\n  x: 1\n", "a:\n  x: 2\n")


def test_no_output_contains_a_secret() -> None:
    plan = Plan("k", (Change("update", "t", {"psk": "canary-1"}, {"psk": "canary-2", "note": 'x psk="canary-3"'}),))
    shown = f"{plan.diff()}{plan.as_dict()}"
    assert "canary" not in shown
    assert "***" in shown


def test_as_dict_is_plain_data() -> None:
    shown = Plan("k", CHANGES, target="t").as_dict()
    assert shown["summary"].startswith("1 to create")
    assert shown["changes"][0]["positions"] == {"before": 4, "after": None}
    assert shown["changes"][1]["fields"] == ["from"]
    assert "positions" not in shown["changes"][1]


def test_the_diff_of_a_changed_rule_names_the_rule_within_three_lines_of_context() -> None:
    before: dict[str, Any] = {f"field_{at:02}": at for at in range(20)}
    change = Change("update", "web in", before, {**before, "field_15": "new"}, ("field_15",))
    diff = Plan("ans.firewall", (change,)).diff()
    shown = list(difflib.unified_diff(diff["before"].splitlines(), diff["after"].splitlines(), n=3))
    assert " web in:" in shown
    assert "-  field_15: 15" in shown
