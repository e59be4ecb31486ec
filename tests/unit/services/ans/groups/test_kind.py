"""Tests of NSX-T groups and profiles with the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.groups.clouds import GW, PAIR, cloud, external_address
from vcloudair_core import Client
from vcloudair_core.errors import NotFoundError, ObjectInUseError, SpecError

VERSIONS = ("37.2", "38.1", "39.1")
PARTNERS = {"name": "partners", "addresses": ["198.51.100.0/24", "192.0.2.1-192.0.2.9"], "description": "ticket 4711"}
WEB = {"name": "web", "services": [{"protocol": "tcp", "port": [80, "8000-8010"]}, {"protocol": "icmp"}]}
DYNAMIC = {
    "name": "web vms",
    "criteria": [
        {"rules": [{"attribute": "vm_name", "operator": "starts_with", "value": "web"}]},
        {"rules": [{"attribute": "vm_tag", "operator": "equals", "value": "web"}]},
    ],
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "target", "spec", "change"),
    [
        ("ans.ip_set", GW, PARTNERS, {"addresses": ["2001:db8::/64"]}),
        ("ans.ip_set", PAIR, PARTNERS, {"description": "ticket 4712"}),
        ("ans.ip_set", {"edge": "left-edge"}, PARTNERS, {"clear": ["description"]}),
        ("ans.security_group", GW, {"name": "lans", "members": ["lan"]}, {"members": ["dmz", "lan"]}),
        ("ans.security_group", PAIR, DYNAMIC, {"criteria": DYNAMIC["criteria"][:1]}),
        ("ans.application_profile", GW, WEB, {"services": [{"protocol": "udp", "port": [53]}]}),
        ("ans.application_profile", PAIR, WEB, {"description": "all web ports"}),
    ],
)
def test_object_is_created_changed_and_deleted(
    tmp_path: Path, version: str, kind: str, target: dict[str, Any], spec: dict[str, Any], change: dict[str, Any]
) -> None:
    with cloud(tmp_path, version) as (client, _):
        checked = client.ensure(kind, spec, target=target, check=True)
        assert checked.changed
        assert client.read(kind, target) == []
        created = client.ensure(kind, spec, target=target)
        assert created.plan.as_dict() == checked.plan.as_dict()
        assert not client.ensure(kind, spec, target=target).changed
        (shown,) = client.read(kind, target)
        assert shown == created.resource[0]
        assert not client.ensure(kind, shown, target=target).changed
        changed = client.ensure(kind, {"name": spec["name"], **change}, target=target)
        assert changed.plan.counts()["update"] == 1
        assert not client.ensure(kind, {"name": spec["name"], **change}, target=target).changed
        assert client.ensure(kind, {"name": spec["name"]}, target=target, state="absent").changed
        assert client.read(kind, target) == []
        assert not client.ensure(kind, {"name": spec["name"]}, target=target, state="absent").changed


def test_addresses_are_compared_by_meaning(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        client.ensure("ans.ip_set", {"name": "a", "addresses": ["10.0.0.0/25", "10.0.0.128-10.0.0.255"]}, target=GW)
        same = {"name": "a", "addresses": ["10.0.0.0/24"]}
        assert not client.ensure("ans.ip_set", same, target=GW).changed


def test_members_show_names(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        outcome = client.ensure("ans.security_group", {"name": "lans", "members": ["lan", "dmz"]}, target=GW)
        assert outcome.plan.as_dict()["changes"][0]["after"]["members"] == ["lan", "dmz"]
        assert outcome.resource[0]["members"] == ["lan", "dmz"]
        with pytest.raises(NotFoundError, match="Network not found: 'lam'") as caught:
            client.ensure("ans.security_group", {"name": "lans", "members": ["lam"]}, target=GW)
        assert "lan" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "target", "spec", "reason"),
    [
        ("ans.ip_set", GW, {"name": "a"}, "addresses: is required for the new IP set 'a'"),
        ("ans.ip_set", GW, {"name": "a", "addresses": ["10.0.0.300"]}, "'10.0.0.300' is not an address"),
        ("ans.ip_set", GW, {"name": "vca-0123456789abcdef", "addresses": ["10.0.0.1"]}, "is reserved"),
        ("ans.security_group", GW, DYNAMIC, "edge gateway gw cannot own a dynamic security group"),
        ("ans.security_group", GW, {"name": "a", "members": ["x"], "criteria": []}, "cannot be combined with members"),
        (
            "ans.security_group",
            PAIR,
            {"name": "a", "criteria": [{"rules": [{"attribute": "vm_name", "operator": "equals", "value": "x"}]}]},
            "the operators of vm_name",
        ),
        ("ans.application_profile", GW, {"name": "a", "services": [{"protocol": "esp"}]}, "is not one of tcp"),
        (
            "ans.application_profile",
            GW,
            {"name": "a", "services": [{"protocol": "tcp", "source_port": [1]}]},
            "profiles have no source ports",
        ),
    ],
)
def test_invalid_input_is_refused(
    tmp_path: Path, kind: str, target: dict[str, Any], spec: dict[str, Any], reason: str
) -> None:
    with cloud(tmp_path) as (client, _), pytest.raises(SpecError, match=reason):
        client.ensure(kind, spec, target=target)


def test_type_of_group_is_kept(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        client.ensure("ans.security_group", DYNAMIC, target=PAIR)
        with pytest.raises(SpecError, match="its type cannot be changed"):
            client.ensure("ans.security_group", {"name": "web vms", "members": ["left-lan"]}, target=PAIR)


def test_objects_of_rules_and_of_the_system_are_kept(tmp_path: Path) -> None:
    with cloud(tmp_path, "37.2") as (client, _):
        rule = {"name": "in", "source": ["10.0.0.1"], "protocol": "tcp", "dest_port": "4444"}
        client.ensure("ans.firewall_rule", rule, target=GW)
        client.ensure("ans.ip_set", PARTNERS, target=GW)
        client.ensure("ans.ip_set", {**PARTNERS, "name": "only"}, state="exact", target=GW)
        client.ensure("ans.application_profile", WEB, state="exact", target=GW)
        assert [item["name"] for item in client.read("ans.ip_set", GW)] == ["only"]
        assert client.read("ans.firewall", GW)["rules"][0]["source"] == ["10.0.0.1"]


def created_id(client: Client, spec: dict[str, Any], target: dict[str, str]) -> str:
    """Create an IP set, and return its ID."""
    return str(client.ensure("ans.ip_set", spec, target=target).resource[0]["id"])


def rule(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "action": "accept", **fields}


@pytest.mark.parametrize("version", VERSIONS)
def test_group_in_use_is_not_deleted(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, _):
        set_id = created_id(client, PARTNERS, GW)
        client.ensure("ans.firewall_rule", rule("in", source=[set_id]), target=GW)
        for check in (True, False):
            with pytest.raises(ObjectInUseError) as caught:
                client.ensure("ans.ip_set", {"name": "partners"}, state="absent", target=GW, check=check)
            assert "1 rule uses it: firewall rule 'in' of edge gateway gw" in str(caught.value)
            assert caught.value.uses == [
                {
                    "owner": "edge gateway gw",
                    "section": "firewall",
                    "rule": "in",
                    "fields": ["source"],
                    "removal": "delete",
                }
            ]
        assert caught.value.written is False
        assert len(client.read("ans.ip_set", GW)) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_force_removes_references_and_keeps_other_rules(tmp_path: Path, version: str) -> None:
    with cloud(tmp_path, version) as (client, _):
        partners = created_id(client, PARTNERS, PAIR)
        others = created_id(client, {**PARTNERS, "name": "others"}, PAIR)
        rules = [
            rule("first", source=["10.0.0.1"]),
            rule("both", source=[partners, others]),
            rule("only", source=[partners], destination=["10.0.0.2"]),
            rule("last", destination=[others]),
        ]
        for edge in ("left-edge", "right-edge"):
            client.ensure("ans.firewall", {"rules": rules}, target={"edge": edge})
        client.ensure("ans.distributed_firewall", {"enabled": True, "rules": rules}, state="exact_lists", target=PAIR)
        absent = {"name": "partners", "force": True}
        checked = client.ensure("ans.ip_set", absent, state="absent", target=PAIR, check=True)
        outcome = client.ensure("ans.ip_set", absent, state="absent", target=PAIR)
        assert checked.plan.as_dict() == outcome.plan.as_dict()
        assert [(change.action, change.identity) for change in outcome.plan.changes] == [
            ("update", "firewall rule 'both' of edge gateway left-edge"),
            ("delete", "firewall rule 'only' of edge gateway left-edge"),
            ("update", "firewall rule 'both' of edge gateway right-edge"),
            ("delete", "firewall rule 'only' of edge gateway right-edge"),
            ("update", "distributed firewall rule 'both' of VDC group pair"),
            ("delete", "distributed firewall rule 'only' of VDC group pair"),
            ("delete", "partners"),
        ]
        for kind, target in [
            ("ans.firewall", {"edge": "left-edge"}),
            ("ans.firewall", {"edge": "right-edge"}),
            ("ans.distributed_firewall", PAIR),
        ]:
            left = client.read(kind, target)["rules"]
            assert [item["name"] for item in left] == ["first", "both", "last"]
            assert left[1]["source"] == left[2]["destination"]
        assert [item["name"] for item in client.read("ans.ip_set", PAIR)] == ["others"]


def test_force_keeps_rules_that_exclude_the_group(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        partners = created_id(client, PARTNERS, PAIR)
        excluding = rule("not partners", source=[partners], source_exclude=True)
        client.ensure("ans.distributed_firewall", {"enabled": True, "rules": [excluding]}, target=PAIR)
        with pytest.raises(ObjectInUseError, match="would match more traffic") as caught:
            client.ensure("ans.ip_set", {"name": "partners", "force": True}, state="absent", target=PAIR)
        assert caught.value.written is False
        assert client.read("ans.distributed_firewall", PAIR)["rules"][0]["source_exclude"] is True


@pytest.mark.parametrize("version", VERSIONS)
def test_force_removes_profiles_from_all_edges_of_the_vdc(tmp_path: Path, version: str) -> None:
    profile = {"name": "app", "services": [{"protocol": "tcp", "port": [8443]}]}
    with cloud(tmp_path, version) as (client, simulator):
        client.ensure("ans.application_profile", profile, target=GW)
        client.ensure("ans.application_profile", {**profile, "name": "kept"}, target=GW)
        rules = [
            rule("both", applications=["app", "kept"]),
            rule("only", applications=["app"]),
        ]
        client.ensure("ans.firewall", {"rules": rules}, target={"edge": "gw2"})
        nat = {
            "name": "web",
            "action": "dnat",
            "original_address": external_address(simulator, "gw"),
            "translated_address": "192.168.10.20",
            "application": "app",
        }
        client.ensure("ans.nat_rule", nat, target=GW)
        with pytest.raises(ObjectInUseError, match="3 rules use it"):
            client.ensure("ans.application_profile", {"name": "app"}, state="absent", target=GW)
        client.ensure("ans.application_profile", {"name": "app", "force": True}, state="absent", target=GW)
        assert [item["name"] for item in client.read("ans.application_profile", GW)] == ["kept"]
        assert [item["name"] for item in client.read("ans.firewall", {"edge": "gw2"})["rules"]] == ["both"]
        assert client.read("ans.nat", GW)["rules"] == []


@pytest.mark.parametrize("target", [GW, PAIR, {"edge": "old-edge"}])
def test_list_has_the_rules_that_use_each_object(tmp_path: Path, target: dict[str, str]) -> None:
    with cloud(tmp_path) as (client, _):
        client.ensure("ans.ip_set", PARTNERS, target=target)
        client.ensure("ans.ip_set", {**PARTNERS, "name": "unused"}, target=target)
        web = {**WEB, "services": [{"protocol": "tcp", "port": [8443]}]}
        created = client.ensure("ans.application_profile", web, target=target)
        if target == PAIR:
            rules = [rule("in", source=[client.read("ans.ip_set", target)[0]["id"]])]
            client.ensure("ans.distributed_firewall", {"enabled": True, "rules": rules}, target=target)
        else:
            set_id = client.read("ans.ip_set", target)[0]["id"]
            both = rule("in", source=[set_id], applications=[created.resource[0]["id"]] if target != GW else ["web"])
            client.ensure("ans.firewall", {"rules": [both]}, target=target)
        rows = client.edges.list_groups(**target)
        names = [(row["type"], row["name"], row["rules"]) for row in rows]
        assert names[:2] == [("ip_set", "partners", 1), ("ip_set", "unused", 0)]
        assert names[2][:2] == ("application_profile", "web")
        assert rows[0]["uses"][0]["removal"] == "delete"
        assert rows[1]["uses"] == []
