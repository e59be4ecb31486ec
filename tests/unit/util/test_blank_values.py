"""Tests of blank and masked values in specs and module parameters."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner, _section_arguments

from vcloudair_core import SpecError
from vcloudair_core.services.ans.document.kind import EdgeKind
from vcloudair_core.services.ans.firewall.parse import parse_policy, parse_rule
from vcloudair_core.services.ans.ipsec.parse import parse_tunnel
from vcloudair_core.services.ans.nat.parse import parse_nat_rule
from vcloudair_core.util.blank_values import is_blank, is_masked

MASKS = ("********", "web ******** in", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
RULE = {"name": "a", "source": "internal"}
NAT_RULE = {"action": "dnat", "original_address": "192.0.2.1"}


@pytest.mark.parametrize("value", [None, "", " \t", [""], [None, " "], {"a": ""}, [{"a": None}], [[""], ""]])
def test_blank_values_are_recognized(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, "0", "x", [], {}, [0], {"a": 0}])
def test_other_values_are_not_blank(value: Any) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize("blank", [None, "", "  ", [""], [None]])
def test_blank_fields_count_as_unset(blank: Any) -> None:
    firewall = ("action", "enabled", "logging", "description", "destination", "services", "tag", "rule_id", "index")
    assert parse_rule({**RULE, **dict.fromkeys(firewall, blank)}) == parse_rule(RULE)
    assert parse_rule({**RULE, "services": [{"protocol": blank, "port": blank}]}) == parse_rule(RULE)
    nat = ("vnic", "protocol", "original_port", "translated_address", "description", "tag", "enabled", "before")
    assert parse_nat_rule({**NAT_RULE, **dict.fromkeys(nat, blank)}) == parse_nat_rule(NAT_RULE)
    tunnel = ("psk", "psk_file", "peer_id", "mtu", "pfs", "encryption", "dh_group", "local_subnets", "enabled")
    assert parse_tunnel({"name": "t", **dict.fromkeys(tunnel, blank)}) == parse_tunnel({"name": "t"})


def test_blank_items_and_rows_are_skipped() -> None:
    spec = parse_policy({"rules": [{**RULE, "source": ["", "internal", None]}, {"name": "", "action": ""}]})
    assert spec.rules == (parse_rule(RULE),)


def test_an_unknown_field_is_refused_even_if_it_is_blank() -> None:
    with pytest.raises(SpecError, match="unknown field"):
        parse_rule({**RULE, "portt": ""})


@pytest.mark.parametrize(
    ("word", "value"),
    [("TRUE", True), ("yes", True), (1, True), ("0", False), ("No", False), (0.0, False), ("f", False)],
)
def test_booleans_of_spreadsheets(word: Any, value: bool) -> None:
    assert parse_rule({**RULE, "enabled": word}).enabled is value


def test_zero_is_a_value() -> None:
    assert parse_rule({**RULE, "index": 0}).index == 0
    assert parse_nat_rule({**NAT_RULE, "vnic": 0}).vnic == "0"


def test_clear_empties_a_text_field() -> None:
    assert parse_rule({**RULE, "clear": ["description"]}).description == ""
    assert parse_nat_rule({**NAT_RULE, "clear": "description"}).description == ""
    tunnel = parse_tunnel({"name": "t", "clear": ["description", "extension"]})
    assert (tunnel.description, tunnel.extension) == ("", "")
    with pytest.raises(SpecError, match="cannot be combined with clear"):
        parse_rule({**RULE, "clear": ["description"], "description": "x"})
    with pytest.raises(SpecError, match="'source' is not one of description"):
        parse_rule({**RULE, "clear": ["source"]})


@pytest.mark.parametrize("mask", MASKS)
def test_masked_values_are_rejected_in_every_field(mask: str) -> None:
    assert is_masked([["x", mask]])
    for name in ("name", "description", "source", "applications", "before"):
        with pytest.raises(SpecError, match="contains a mask"):
            parse_rule({**RULE, name: [mask] if name in ("source", "applications") else mask})
    with pytest.raises(SpecError, match="contains a mask"):
        parse_nat_rule({**NAT_RULE, "description": mask})
    for name in ("name", "psk", "peer_id", "description"):
        with pytest.raises(SpecError, match="contains a mask"):
            parse_tunnel({"name": "t", name: mask})
    with pytest.raises(SpecError, match=r"firewall.rules\[0\].services\[0\].icmp_type: contains a mask"):
        rule = {**RULE, "services": [{"protocol": "icmp", "icmp_type": mask}]}
        EdgeKind().parse({"firewall": {"rules": [rule]}})


@pytest.mark.parametrize("text", ["***", "*******", "*********", "*** do not touch ***"])
def test_other_asterisks_are_text(text: str) -> None:
    assert not is_masked(text)


def test_empty_cells_are_removed_from_module_parameters() -> None:
    declared = {
        "rules": _section_arguments.firewall_arguments()["rules"],
        "where": {"type": "dict"},
        "purge": {"type": "bool"},
    }
    row = {"name": "a", "tag": "", "source_ip": ["", "x"], "services": [{"protocol": "", "port": ""}], "index": 0}
    given = {"fw_rules": [row, {"name": " "}], "where": {"a": ""}, "purge": "", "_ansible_x": ""}
    assert _runner.without_empty_cells(given, declared) == {
        "fw_rules": [{"name": "a", "source_ip": ["x"], "index": 0}],
        "where": {"a": ""},
        "_ansible_x": "",
    }
    assert _runner.without_empty_cells({"rules": []}, declared) == {"rules": []}
