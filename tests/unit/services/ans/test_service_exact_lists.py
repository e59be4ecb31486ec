"""Check that ``state: exact`` and whole documents reset omitted fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, harness
from tests.unit.services.ans.nat_harness import OUT, WEB
from vcloudair_core.client import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.simulator import Simulator

RULES: dict[str, dict[str, Any]] = {
    "firewall": {"name": "web", "protocol": "tcp", "dest_port": 443, "destination": "203.0.113.10"},
    "nat": {name: value for name, value in WEB.items() if name not in ("description", "translated_port", "vnic")},
    "ipsec": {name: value for name, value in BRANCH.items() if name not in ("peer_id", "local_id")},
}
LISTS = {"firewall": "rules", "nat": "rules", "ipsec": "tunnels"}
DRIFT: dict[str, dict[str, Any]] = {
    "firewall": {
        "enabled": False,
        "logging": True,
        "description": "changed",
        "action": "deny",
        "direction": "in",
        "source": ["10.0.0.0/8"],
        "source_exclude": True,
        "destination_exclude": True,
        "match_translated": True,
        "applications": ["application-7"],
    },
    "nat": {"enabled": False, "logging": True, "description": "changed", "translated_port": "8443", "vnic": "3"},
    "ipsec": {
        "enabled": False,
        "description": "changed",
        "encryption": "3des",
        "pfs": False,
        "dh_group": "dh2",
        "extension": "passthroughSubnets=10.9.0.0/16",
        "local_id": "somebody",
        "peer_id": "else",
    },
}
CASES = [(section, field) for section, fields in DRIFT.items() for field in fields]


@pytest.fixture(params=EDGE_APIS)
def client(request: pytest.FixtureRequest, vca_simulator: Simulator) -> Iterator[Client]:
    with harness(vca_simulator, request.param) as made:
        yield made.client


def whole(section: str, **more: Any) -> dict[str, Any]:
    """Return a document with one section that has one rule or tunnel."""
    return {section: {LISTS[section]: [RULES[section]], **more}}


@pytest.mark.parametrize(("section", "field"), CASES)
def test_drift_in_a_field_that_is_not_set_is_repaired(client: Client, section: str, field: str) -> None:
    client.ensure("ans.edge", whole(section), state="exact")
    before = client.read(f"ans.{section}")[LISTS[section]][0]
    drifted = {**RULES[section], field: DRIFT[section][field]}
    if section == "nat":
        number = before["rule_id"]
        drifted |= {"match_by": "rule_id", "rule_id": number}
    client.ensure(f"ans.{section}", {LISTS[section]: [drifted]})
    assert not client.ensure("ans.edge", whole(section)).changed, "single rules keep what they do not give"
    for kind, spec, state in (
        ("ans.edge", whole(section), "exact"),
        (f"ans.{section}", whole(section)[section], "exact_lists"),
    ):
        plan = client.ensure(kind, spec, state=state, check=True).plan
        assert [(change.action, change.fields) for change in plan.changes] == [("update", (field,))]
    client.ensure("ans.edge", whole(section), state="exact")
    assert not client.ensure("ans.edge", whole(section), state="exact").changed
    # A rule for any direction may omit the field.
    assert {"direction": "inout", **client.read(f"ans.{section}")[LISTS[section]][0]} == {
        "direction": "inout",
        **before,
    }


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        ("firewall", {"enabled": False}),
        ("firewall", {"default_action": "accept"}),
        ("firewall", {"default_logging": True}),
        ("firewall", {"global_settings": {"udp_timeout": 90, "drop_invalid_traffic": False}}),
        ("nat", {"enabled": False}),
        ("ipsec", {"logging": False}),
        ("ipsec", {"log_level": "debug"}),
    ],
)
def test_documents_reset_settings_and_exact_lists_keep_them(
    client: Client, section: str, settings: dict[str, Any]
) -> None:
    client.ensure("ans.edge", whole(section), state="exact")
    client.ensure(f"ans.{section}", settings)
    exact_list = whole(section)[section]
    assert not client.ensure(f"ans.{section}", exact_list, state="exact_lists").changed
    assert client.ensure(f"ans.{section}", exact_list, state="exact", check=True).changed
    assert client.ensure("ans.edge", whole(section), state="exact").plan.summary() == "1 to update"
    assert not client.ensure("ans.edge", whole(section), state="exact").changed


def test_a_document_without_enabled_keeps_a_service_with_tunnels(client: Client) -> None:
    client.ensure("ans.edge", whole("ipsec", enabled=True), state="exact")
    assert not client.ensure("ans.edge", whole("ipsec"), state="exact").changed
    assert client.read("ans.ipsec")["enabled"] is True


def test_the_output_as_an_exact_list_changes_nothing(client: Client) -> None:
    client.ensure("ans.firewall", {"rules": [RULES["firewall"], {"name": "b", "applications": ["application-1"]}]})
    client.ensure("ans.nat", {"rules": [RULES["nat"], OUT]})
    client.ensure("ans.ipsec", {"tunnels": [RULES["ipsec"]]})
    assert not client.ensure("ans.edge", client.read("ans.edge"), state="exact").changed


@pytest.mark.parametrize("section", list(LISTS))
def test_emptying_a_section_requires_allow_empty(client: Client, section: str) -> None:
    empty: dict[str, Any] = {section: {LISTS[section]: []}}
    assert not client.ensure("ans.edge", empty, state="exact").changed, "nothing is deleted, so nothing is asked"
    client.ensure("ans.edge", whole(section), state="exact")
    for state, kind, spec in (
        ("exact", "ans.edge", empty),
        ("exact", f"ans.{section}", empty[section]),
        ("exact_lists", f"ans.{section}", empty[section]),
    ):
        with pytest.raises(SpecError, match="the list is empty, which would delete the only .* Set allow_empty: true"):
            client.ensure(kind, spec, state=state)
    assert client.ensure("ans.edge", {**empty, "allow_empty": True}, state="exact", check=True).changed
    assert client.ensure("ans.edge", {section: {**empty[section], "allow_empty": True}}, state="exact").changed
    assert client.read(f"ans.{section}")[LISTS[section]] == []


@pytest.mark.parametrize("part", [{}, {"rules": None}, {"allow_empty": True}])
def test_a_section_without_settings_is_rejected(client: Client, part: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="nat: is empty"):
        client.ensure("ans.edge", {"firewall": {"enabled": True}, "nat": part}, state="exact")
