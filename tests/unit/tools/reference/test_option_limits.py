"""Tests of the texts about options that a backend does not support."""

from __future__ import annotations

from typing import Any

import pytest

from tools.reference.option_limits import limit_notes, support
from vcloudair_core.engine.fields import keys_of
from vcloudair_core.services.ans.edge.backend import BACKENDS
from vcloudair_core.services.ans.firewall.spec import FirewallPolicySpec, FirewallRuleSpec
from vcloudair_core.services.ans.sections import SECTIONS, load_section

FIREWALL = load_section("firewall")
KEYS = {(spec, key.name): key for spec in (FirewallPolicySpec, FirewallRuleSpec) for key in keys_of(spec)}


@pytest.mark.parametrize(
    ("spec", "option", "backend", "text"),
    [
        (FirewallRuleSpec, "name", "nsxt", "works"),
        (FirewallRuleSpec, "tag", "nsxv", "works"),
        (FirewallRuleSpec, "tag", "nsxt", "refused: rules have no tags. Identify"),
        (FirewallRuleSpec, "applied_to", "nsxt", "from API version 37.1. Before: rules apply to the whole"),
        (FirewallRuleSpec, "services", "nsxt", "`source_port` from API version 38.1. Before: port profiles"),
        (FirewallRuleSpec, "services", "nsxt", "<br>refused for ports of protocol `any`: ports need a protocol."),
        (FirewallPolicySpec, "default_action", "nsxt", "only the current value: the default rule is read-only."),
    ],
)
def test_a_cell_shows_the_support_of_an_option(spec: Any, option: str, backend: str, text: str) -> None:
    assert text in support(FIREWALL, spec, KEYS[spec, option], backend)


def test_an_option_of_a_missing_section_is_not_supported() -> None:
    section = load_section("dhcp_relay")
    [key, *_] = keys_of(section.spec_type)
    assert support(section, section.spec_type, key, "vcloudair") == "no section"


def test_backends_with_equal_limits_share_a_sentence() -> None:
    [note] = limit_notes(FirewallRuleSpec, "ip_version")
    assert note == (
        "NSX-V and vCloud Air edge gateways do not support this option, because rules match both IP versions."
    )


def test_notes_name_the_first_version_that_supports_an_option() -> None:
    notes = list(limit_notes(FirewallRuleSpec, "services"))
    assert "NSX-T edge gateways support `source_port` only from API version 38.1." in notes
    assert list(limit_notes(FirewallRuleSpec, "name")) == []


def test_limits_are_declared_for_fields_and_backends_that_exist() -> None:
    for section in map(load_section, SECTIONS):
        for spec, limits in ((section.spec_type, section.setting_limits), (section.rule_type, section.rule_limits)):
            names = {key.name for key in keys_of(spec)}
            assert set(limits) <= set(BACKENDS)
            assert {limit.option for listed in limits.values() for limit in listed} <= names, section.name
