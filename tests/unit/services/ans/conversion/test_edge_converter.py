"""Tests of the conversion of whole edge documents."""

from __future__ import annotations

from typing import Any

import pytest

from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.conversion.edge_converter import convert_edge
from vcloudair_core.services.ans.conversion.report import CHANGED, Conversion


def results(conversion: Conversion) -> list[tuple[str, str]]:
    return [(item.path, item.result) for item in conversion.items]


def test_a_document_without_losses_is_complete() -> None:
    conversion = convert_edge({"firewall": {"rules": [{"name": "web", "destination": ["10.0.0.5"], "rule_id": 131}]}})
    assert conversion.is_complete
    assert conversion.document == {"firewall": {"rules": [{"name": "web", "destination": ["10.0.0.5"]}]}}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"firewall": {"rules": [{"name": "web", "shape": "round"}]}},
        {"firewall": {"rules": [{"name": "web", "position": "top"}]}},
    ],
)
def test_an_invalid_document_is_rejected(data: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        convert_edge(data)


def test_items_are_plain_data() -> None:
    conversion = convert_edge(
        {"firewall": {"rules": [{"name": "web", "rule_id": 131}, {"name": "web", "rule_id": 132}]}}
    )
    assert conversion.is_complete
    assert [item.as_dict() for item in conversion.items] == [
        {
            "path": "firewall.rules[1].name",
            "name": "web",
            "result": CHANGED,
            "value": "web",
            "reason": "the name becomes 'web (2)', because each rule needs a unique name",
            "hint": "",
        }
    ]


def test_an_explicit_permission_to_empty_a_list_is_kept() -> None:
    conversion = convert_edge({"firewall": {"rules": [], "allow_empty": True}})
    assert conversion.document["firewall"] == {"allow_empty": True, "rules": []}
