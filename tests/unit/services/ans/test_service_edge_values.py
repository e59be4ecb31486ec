"""Check that invalid values are rejected before the write and in check mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ans import ipsec_harness, nat_harness
from tests.unit.services.ans.ipsec_harness import BRANCH
from tests.unit.services.ans.nat_harness import WEB
from vcloudair_core.client import Client
from vcloudair_core.errors import SpecError
from vcloudair_core.simulator import Simulator
from vcloudair_core.testing import RequestView

KINDS = {"firewall": "ans.firewall_rule", "nat": "ans.nat_rule", "ipsec": "ans.ipsec_tunnel"}


def refusal(simulator: Simulator, client: Client, section: str, specs: Any, *, check: bool) -> SpecError:
    """Return the error for a rejected change, and assert that nothing was written."""
    edge = next(iter(simulator.world.edges.values())).name
    with pytest.raises(SpecError) as met:
        client.ensure(KINDS[section], specs, target={"edge": edge}, check=check)
    assert RequestView(simulator).count("PUT", f"/{section}/config") == 0
    return met.value


@pytest.mark.parametrize(
    ("field", "value"),
    [("dh_group", "dh99"), ("dh_group", 21), ("encryption", "aes192"), ("digest", "sha-512"), ("ike_version", "ikev9")],
)
@pytest.mark.parametrize("check", [True, False])
def test_an_unsupported_algorithm_is_rejected(vca_simulator: Simulator, field: str, value: object, check: bool) -> None:
    with ipsec_harness.harness(vca_simulator, "network_json") as made:
        error = refusal(vca_simulator, made.client, "ipsec", {**BRANCH, field: value}, check=check)
        assert error.field == field


@pytest.mark.parametrize("name", ["two\nlines", "x" * 10_000])
@pytest.mark.parametrize("section", ["firewall", "ipsec"])
@pytest.mark.parametrize("check", [True, False])
def test_an_invalid_name_is_rejected(vca_simulator: Simulator, section: str, name: str, check: bool) -> None:
    spec = {**BRANCH, "name": name} if section == "ipsec" else {"name": name}
    with ipsec_harness.harness(vca_simulator, "network_json") as made:
        error = refusal(vca_simulator, made.client, section, spec, check=check)
        assert error.field == "name"
        assert len(str(error)) < 200


@pytest.mark.parametrize("check", [True, False])
def test_two_rules_with_one_tag_are_rejected(vca_simulator: Simulator, check: bool) -> None:
    with nat_harness.harness(vca_simulator, "network_json") as made:
        rules = [{"name": "a", "tag": 7}, {"name": "b", "tag": 7}]
        error = refusal(vca_simulator, made.client, "firewall", rules, check=check)
        assert error.field == "tag"
        tagged = [{**WEB, "tag": 70000}, {**WEB, "original_port": 80, "tag": 70000}]
        assert refusal(vca_simulator, made.client, "nat", tagged, check=check).field == "tag"


def warnings_of_change(client: Client, simulator: Simulator, kind: str, spec: dict[str, Any]) -> tuple[str, ...]:
    """Return the warnings of a change. Assert that check mode gives the same warnings."""
    target = {"edge": next(iter(simulator.world.edges.values())).name}
    expected = client.ensure(kind, spec, target=target, check=True).warnings
    assert client.ensure(kind, spec, target=target).warnings == expected
    return expected


def test_host_bits_are_accepted_with_a_warning(vca_simulator: Simulator) -> None:
    with ipsec_harness.harness(vca_simulator, "network_json") as made:
        rule = {"name": "lan", "source": ["10.0.0.9/24", "10.0.0.0/24", "10.0.0.1"]}
        warnings = warnings_of_change(made.client, vca_simulator, "ans.firewall_rule", rule)
        assert "lan: source 10.0.0.9/24 means the network 10.0.0.0/24." in warnings
        tunnel = {**BRANCH, "local_subnets": ["192.168.10.5/24"]}
        warnings = warnings_of_change(made.client, vca_simulator, "ans.ipsec_tunnel", tunnel)
        assert "branch: local_subnets 192.168.10.5/24 means the network 192.168.10.0/24." in warnings


@pytest.mark.parametrize(("address", "is_warned"), [("198.51.100.99", True), ("203.0.113.99", False), ("any", False)])
def test_a_dnat_rule_for_a_foreign_address_is_a_warning(
    vca_simulator: Simulator, address: str, is_warned: bool
) -> None:
    with nat_harness.harness(vca_simulator, "network_xml") as made:
        warnings = warnings_of_change(made.client, vca_simulator, "ans.nat_rule", {**WEB, "original_address": address})
        assert any("is not in any network of" in text for text in warnings) == is_warned
