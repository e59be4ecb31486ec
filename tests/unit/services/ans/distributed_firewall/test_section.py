"""Tests of the distributed firewall of a VDC group with a fake server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.distributed_firewall.fakes import (
    DEFAULT_NAME,
    GROUP,
    GROUP_ID,
    HTTPS,
    WEB_GROUP,
    FakeVdcGroup,
    stored,
)
from vcloudair_core.engine.desired import Absent, Desired, ExactLists, Present
from vcloudair_core.engine.ensure import ensure
from vcloudair_core.engine.outcome import Outcome
from vcloudair_core.errors import ConfigurationError, ConflictError, NotFoundError, SpecError
from vcloudair_core.services.ans.distributed_firewall.section import (
    SECTION,
    DistributedFirewallKind,
    DistributedFirewallRuleKind,
)

WHOLE, RULE = DistributedFirewallKind(SECTION), DistributedFirewallRuleKind(SECTION)
VERSIONS = ("37.2", "38.1", "39.1")
RULES = "vdcGroups/{group}/dfwPolicies/default/rules"
WEB = {
    "name": "web",
    "action": "reject",
    "source": ["internal"],
    "destination": ["10.0.1.10", "group:web servers"],
    "services": [{"protocol": "tcp", "port": [443]}],
}


def whole(server: FakeVdcGroup, spec: dict[str, Any], state: type[Desired] = Present, **options: Any) -> Outcome:
    store = WHOLE.open(server, {"vdc_group": "dc-group"})  # type: ignore[arg-type]
    return ensure(WHOLE, store, state((WHOLE.parse(spec),)), **options)


def rule(server: FakeVdcGroup, *specs: dict[str, Any], state: type[Desired] = Present, **options: Any) -> Outcome:
    store = RULE.open(server, {"vdc_group": "dc-group"})  # type: ignore[arg-type]
    return ensure(RULE, store, state(tuple(RULE.parse(spec) for spec in specs)), **options)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_list_is_applied_once_and_removed_without_a_trace(tmp_path: Path, version: str) -> None:
    server = FakeVdcGroup(tmp_path, version)
    spec = {"rules": [WEB, {"name": "dns", "protocol": "udp", "dest_port": [53], "source": ["10.0.0.0/24"]}]}
    assert whole(server, spec).changed
    assert server.names == ["web", "dns", DEFAULT_NAME]
    assert [call for call in server.writes if call[1] == RULES] == [("PUT", RULES)]
    assert not whole(server, spec).changed
    assert not whole(server, spec, ExactLists).changed
    whole(server, {"rules": [], "allow_empty": True}, ExactLists)
    assert server.names == [DEFAULT_NAME]
    assert list(server.groups) == [WEB_GROUP["id"]]
    assert len(server.profiles) == 2


def test_a_new_rule_has_addresses_and_refers_to_profiles(tmp_path: Path) -> None:
    """In all API versions, rules refer to port profiles and contain no ports.

    Source: protocol/nsxt.md §8.
    """
    server = FakeVdcGroup(tmp_path, "38.1")
    rule(server, WEB)
    made = server.rule("web")
    assert made["actionValue"] == "REJECT"
    assert made["enabled"] is True
    assert made["sourceFirewallGroups"] == [{"id": "urn:vcloud:firewallGroup:internal"}]
    assert made["destinationFirewallIpAddresses"] == ["10.0.1.10"]
    assert made["destinationFirewallGroups"] == [{"id": WEB_GROUP["id"]}]
    assert made["applicationPortProfiles"] == [{"id": HTTPS["id"], "name": "HTTPS"}]


def test_a_rule_of_an_older_version_refers_to_an_ip_set_of_the_group(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "37.2")
    rule(server, WEB)
    addresses = [group for group in server.groups.values() if group.get("ipAddresses")]
    assert [group["ownerRef"] for group in addresses] == [{"id": GROUP}]
    assert addresses[0]["ipAddresses"] == ["10.0.1.10"]
    assert addresses[0]["id"] in [item["id"] for item in server.rule("web")["destinationFirewallGroups"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_exclusion_applies_to_groups(tmp_path: Path, version: str) -> None:
    """Excluded addresses become an IP set, because the API can exclude only groups.

    Source: protocol/nsxt.md §8.
    """
    server = FakeVdcGroup(tmp_path, version)
    spec = {"name": "outside", "action": "deny", "source": ["10.0.0.0/8"], "source_exclude": True}
    assert rule(server, spec).changed
    made = server.rule("outside")
    assert made["sourceGroupsExcluded"] is True
    assert not made.get("sourceFirewallIpAddresses")
    assert [server.groups[item["id"]]["ipAddresses"] for item in made["sourceFirewallGroups"]] == [["10.0.0.0/8"]]
    assert not rule(server, spec).changed

    assert rule(server, {"name": "outside", "source_exclude": False}).changed
    made = server.rule("outside")
    assert made["sourceGroupsExcluded"] is False
    if version != "37.2":
        assert made["sourceFirewallIpAddresses"] == ["10.0.0.0/8"]
        assert list(server.groups) == [WEB_GROUP["id"]]


def test_internal_traffic_is_read_and_written_by_both_names(tmp_path: Path) -> None:
    """Source: protocol/nsxt.md §8 (``urn:vcloud:firewallGroup:internal``)."""
    urn = "urn:vcloud:firewallGroup:internal"
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "mesh", sourceFirewallGroups=[{"id": urn, "name": "Internal"}]))
    assert not rule(server, {"name": "mesh", "source": ["internal"]}).changed
    assert not rule(server, {"name": "mesh", "source": [urn]}).changed
    assert RULE.project(RULE.open(server, {"vdc_group": GROUP}).read())[0]["source"] == ["internal"]  # type: ignore[arg-type]


def test_the_default_rule_is_shown_and_never_changed(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1")
    default = dict(server.rules[-1])
    rule(server, {"name": "first", "position": "bottom"}, {"name": "second", "position": "bottom"})
    assert server.names == ["first", "second", DEFAULT_NAME]
    assert server.rules[-1] == default
    shown = WHOLE.project(WHOLE.open(server, {"vdc_group": GROUP_ID}).read())  # type: ignore[arg-type]
    assert [item["name"] for item in shown["internal_rules"]] == [DEFAULT_NAME]
    with pytest.raises(SpecError, match="belongs to the default rule"):
        rule(server, {"name": DEFAULT_NAME, "action": "accept"})


def test_other_rules_keep_their_ids_versions_and_order(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "a", version={"version": 4}), stored("b", "b", futureKey=None))
    del server.rules[1]["futureKey"]
    before = [dict(item) for item in server.rules]
    rule(server, {"name": "middle", "before": "b", "protocol": "tcp", "dest_port": [443]})
    assert server.names == ["a", "middle", "b", DEFAULT_NAME]
    assert [item for item in server.rules if item["name"] != "middle"] == before


def test_one_changed_or_deleted_rule_is_written_alone(tmp_path: Path) -> None:
    """The request contains no other rules, so it keeps changes by other clients."""
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "a"), stored("b", "b"))
    rule(server, {"name": "a", "logging": True, "enabled": False})
    rule(server, {"name": "b"}, state=Absent)
    assert server.writes == [("PUT", f"{RULES}/a"), ("DELETE", f"{RULES}/b")]
    assert (server.rule("a")["enabled"], server.rule("a")["logging"]) == (False, True)


def test_a_rule_that_another_client_adds_before_the_write_is_kept(tmp_path: Path) -> None:
    """The rules are read again immediately before the write."""
    server = FakeVdcGroup(tmp_path, "38.1")
    reads = 0
    answer = server._answer

    def add_at_second_read(method: str, path: str, body: Any, query: Any) -> Any:
        nonlocal reads
        if method == "GET" and path.endswith("/rules"):
            reads += 1
            if reads == 2:
                server.rules.insert(0, stored("theirs", "theirs"))
        return answer(method, path, body, query)

    server._answer = add_at_second_read  # type: ignore[method-assign]
    outcome = rule(server, {"name": "ours", "source": ["10.0.0.1"]})
    assert outcome.changed
    assert sorted(server.names[:-1]) == ["ours", "theirs"]
    assert len([call for call in server.writes if call == ("PUT", RULES)]) == 1


def test_a_rule_that_another_client_changes_during_the_write_is_not_overwritten(tmp_path: Path) -> None:
    """The server rejects the old version of the rule. Source: protocol/nsxt.md §1.3."""
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "a"))

    def change(group: FakeVdcGroup) -> None:
        group.rules[0] = {**group.rules[0], "logging": True, "version": {"version": 1}}

    server.before_write = [change]
    rule(server, {"name": "b"})
    assert server.names == ["a", "b", DEFAULT_NAME]
    assert server.rule("a")["logging"] is True


def test_a_failed_write_leaves_no_helper_objects(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "37.2")

    def fail(group: FakeVdcGroup) -> None:
        raise ConflictError("changed", status=409)

    server.before_write = [fail] * 40
    with pytest.raises(ConflictError):
        rule(server, {**WEB, "services": [{"protocol": "tcp", "port": [8443]}]})
    assert list(server.groups) == [WEB_GROUP["id"]]
    assert len(server.profiles) == 2


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"source": ["external"]}, "'external' is not supported on NSX-T distributed firewalls: rules have no interf"),
        ({"source": ["vnic-1", "internal"]}, "'vnic-1' is not supported"),
        ({"source": ["ipset-2"]}, "the object exists only on NSX-V"),
        ({"applied_to": "net1"}, "rules apply to the whole VDC group"),
        ({"tag": 5}, "rules have no tags"),
        ({"match_translated": True}, "is not supported on NSX-T distributed firewalls"),
        ({"applications": ["application-5"]}, "the application exists only on NSX-V"),
        ({"services": [{"protocol": "tcp", "source_port": [1024]}]}, "port profiles have no source ports"),
        ({"services": [{"protocol": "icmp", "icmp_type": "8"}]}, "ICMP types"),
    ],
)
@pytest.mark.parametrize("version", ["37.2", "39.1"])
def test_what_has_no_equivalent_is_refused_before_the_rules_are_read(
    tmp_path: Path, spec: dict[str, Any], text: str, version: str
) -> None:
    server = FakeVdcGroup(tmp_path, version)
    for check in (False, True):
        with pytest.raises(SpecError, match="(?s)" + text.replace("(", r"\(")):
            rule(server, {"name": "x", **spec}, check=check)
        with pytest.raises(SpecError, match=r"rules\[0\]"):
            whole(server, {"rules": [{"name": "x", **spec}]}, check=check)
    assert not [call for call in server.calls if "dfwPolicies" in call[1]]


def test_defaults_of_edge_gateways_are_accepted(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "37.2")
    spec = {"name": "x", "match_translated": False, "applied_to": "", "source_exclude": False, "direction": "inout"}
    assert rule(server, spec).changed
    assert not rule(server, spec).changed


def test_enabled_activates_the_firewall_and_keeps_the_default_rule(tmp_path: Path) -> None:
    """Source: protocol/nsxt.md §8."""
    server = FakeVdcGroup(tmp_path, "38.1")
    server.is_active, server.is_enabled, server.rules = False, False, []
    spec = {"enabled": True, "rules": [{"name": "web", "source": ["10.0.0.1"]}]}
    outcome = whole(server, spec)
    assert outcome.changed
    assert (server.is_active, server.is_enabled) == (True, True)
    assert server.names == ["web", DEFAULT_NAME]
    assert server.bodies["default"]["version"] == {"version": 3}
    assert not whole(server, spec).changed

    whole(server, {"enabled": False})
    assert (server.is_active, server.is_enabled) == (True, False)
    assert server.names == ["web", DEFAULT_NAME]
    assert not whole(server, {"enabled": False}).changed


def test_enabled_is_read_for_facts_and_not_for_single_rules(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "a"))
    shown = WHOLE.project(WHOLE.open(server, {"vdc_group": "dc-group"}).read())  # type: ignore[arg-type]
    assert shown["enabled"] is True
    assert [item["name"] for item in shown["rules"]] == ["a"]
    server.calls.clear()
    rule(server, {"name": "a"})
    assert [path.rpartition("/")[2] for _, path in server.calls] == ["rules"]


def test_an_inactive_firewall_is_explained(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1")
    server.is_active = False
    with pytest.raises(NotFoundError, match="not active.*set enabled to true"):
        rule(server, {"name": "x"})


def test_groups_without_nsx_t_are_refused(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1")
    server.provider_type = "NSX_V"
    with pytest.raises(ConfigurationError, match="not NSX-T networks"):
        RULE.open(server, {"vdc_group": "dc-group"})  # type: ignore[arg-type]


def test_a_staged_change_needs_no_look_up(tmp_path: Path) -> None:
    server = FakeVdcGroup(tmp_path, "38.1", stored("a", "a"))
    store = RULE.open(server, {"vdc_group": "dc-group"})  # type: ignore[arg-type]
    document = store.read()
    assert store.load(store.dump(document)) == document
    server.calls.clear()
    again = RULE.open(server, store.lasting_target)  # type: ignore[arg-type]
    assert server.calls == []
    assert (again.target, again.lock_key) == (store.target, store.lock_key)
    assert store.lock_key == f"https://cloud.example.test:443/vdcGroup/{GROUP_ID}"
