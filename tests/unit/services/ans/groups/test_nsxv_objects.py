"""Tests of NSX-V IP sets and applications with the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.groups.clouds import OLD, cloud
from vcloudair_core import Client
from vcloudair_core.errors import ConfigurationError, ObjectInUseError, SpecError
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge_services.entities import GroupingObject
from vcloudair_core.testing.simulated_cloud import make_simulator, simulated_app, simulator_settings

PARTNERS = {"name": "partners", "addresses": ["198.51.100.0/24", "192.0.2.1-192.0.2.9"], "description": "ticket 4711"}
WEB = {"name": "web", "services": [{"protocol": "tcp", "port": [80, "8000-8010"]}]}
FORCED = {"name": "partners", "force": True}


@pytest.mark.parametrize(
    ("kind", "spec", "change"),
    [
        ("ans.ip_set", PARTNERS, {"addresses": ["10.0.0.0/8", "192.0.2.1"]}),
        ("ans.ip_set", PARTNERS, {"clear": ["description"]}),
        ("ans.application_profile", WEB, {"services": [{"protocol": "udp", "port": [53], "source_port": [53]}]}),
        ("ans.application_profile", WEB, {"services": [{"protocol": "tcp"}]}),
        ("ans.application_profile", WEB, {"services": [{"protocol": "icmp", "icmp_type": "echo-request"}]}),
    ],
)
def test_object_is_created_changed_and_deleted(
    tmp_path: Path, kind: str, spec: dict[str, Any], change: dict[str, Any]
) -> None:
    with cloud(tmp_path, "33.0") as (client, _):
        checked = client.ensure(kind, spec, target=OLD, check=True)
        created = client.ensure(kind, spec, target=OLD)
        assert created.plan.as_dict() == checked.plan.as_dict()
        assert created.resource[0]["id"]
        assert not client.ensure(kind, spec, target=OLD).changed
        changed = client.ensure(kind, {"name": spec["name"], **change}, target=OLD)
        assert changed.plan.counts()["update"] == 1
        assert not client.ensure(kind, changed.resource, target=OLD).changed
        assert client.read(kind, {"edge": "old-edge-2"}) == changed.resource
        assert client.ensure(kind, {"name": spec["name"]}, target=OLD, state="absent").changed
        assert client.read(kind, OLD) == []


def test_old_revision_is_planned_again(tmp_path: Path) -> None:
    with cloud(tmp_path, "33.0") as (client, simulator):
        client.ensure("ans.ip_set", PARTNERS, target=OLD)
        (item,) = simulator.world.grouping_objects.values()
        item.revision += 1
        client.ensure("ans.ip_set", {"name": "partners", "addresses": ["10.0.0.1"]}, target=OLD)
        assert client.read("ans.ip_set", OLD)[0]["addresses"] == ["10.0.0.1"]
        assert next(iter(simulator.world.grouping_objects.values())).revision == 2


def test_several_services_and_security_groups_are_refused(tmp_path: Path) -> None:
    with cloud(tmp_path, "33.0") as (client, _):
        two = {"name": "web", "services": [{"protocol": "tcp", "port": [80]}, {"protocol": "udp", "port": [80]}]}
        with pytest.raises(SpecError, match="an application has one protocol"):
            client.ensure("ans.application_profile", two, target=OLD)
        with pytest.raises(ConfigurationError, match="supports them only on NSX-T") as error:
            client.ensure("ans.security_group", {"name": "a", "members": []}, target=OLD)
        assert all(text in str(error.value.hint) for text in ("vca_ip_set", "vm:db1", "group:db"))


@pytest.mark.parametrize(
    ("kind", "spec", "way_out"),
    [
        ("ans.ip_set", {"name": "a", "addresses": ["192.0.2.1"]}, "the ID of an IP set"),
        ("ans.security_group", {"name": "a", "members": []}, "the ID of a group"),
        ("ans.application_profile", {"name": "a", "services": [{"protocol": "tcp", "port": [80]}]}, "application"),
    ],
)
def test_the_error_of_vcloud_air_names_an_alternative(kind: str, spec: dict[str, object], way_out: str) -> None:
    simulator = make_simulator(profile="vca")
    with simulated_app(simulator).client(**simulator_settings(simulator)) as client:
        edge = next(iter(simulator.world.edges.values())).name
        with pytest.raises(ConfigurationError, match="supports them only on") as error:
            client.ensure(kind, spec, target={"edge": edge})
    assert way_out in str(error.value.hint)


def used_ip_set(client: Client, *, exclude: bool = False) -> str:
    """Create an IP set that rules of two edge gateways use. Return its ID."""
    set_id = str(client.ensure("ans.ip_set", PARTNERS, target=OLD).resource[0]["id"])
    rules = [
        {"name": "only", "source": [set_id], "destination": ["10.0.0.2"], "source_exclude": exclude},
        {"name": "both", "source": [set_id, "10.0.0.1"]},
        {"name": "other", "source": ["10.0.0.3"]},
    ]
    for edge in ("old-edge", "old-edge-2"):
        client.ensure("ans.firewall", {"rules": rules}, target={"edge": edge})
    return set_id


@pytest.mark.parametrize("edge_api", ["network_xml", "network_json"])
def test_force_removes_references_from_all_edges_of_the_vdc(tmp_path: Path, edge_api: str) -> None:
    with cloud(tmp_path, "33.0", edge_api=edge_api) as (client, simulator):
        set_id = used_ip_set(client)
        relay = {"ip_sets": [set_id], "ip_addresses": ["10.0.0.11"], "agents": [{"vnic": 1}]}
        client.ensure("ans.dhcp_relay", relay, target=OLD)
        with pytest.raises(ObjectInUseError, match="5 rules use it") as caught:
            client.ensure("ans.ip_set", {"name": "partners"}, target=OLD, state="absent")
        assert "DHCP relay of edge gateway old-edge" in str(caught.value)
        outcome = client.ensure("ans.ip_set", FORCED, target=OLD, state="absent")
        assert outcome.plan.counts() == {"create": 0, "update": 3, "move": 0, "delete": 3}
        for edge in ("old-edge", "old-edge-2"):
            rules = client.read("ans.firewall", {"edge": edge})["rules"]
            assert [(rule["name"], rule["source"]) for rule in rules] == [
                ("both", ["10.0.0.1"]),
                ("other", ["10.0.0.3"]),
            ]
        assert client.read("ans.dhcp_relay", OLD)["ip_sets"] == []
        assert not simulator.world.grouping_objects


def test_references_that_cannot_be_removed_are_refused(tmp_path: Path) -> None:
    with cloud(tmp_path, "33.0") as (client, simulator):
        set_id = used_ip_set(client, exclude=True)
        client.ensure("ans.dhcp_relay", {"ip_sets": [set_id], "agents": [{"vnic": 1}]}, target=OLD)
        _put_into_group(simulator, set_id)
        with pytest.raises(ObjectInUseError) as caught:
            client.ensure("ans.ip_set", FORCED, target=OLD, state="absent")
        for text in ("would match more traffic", "no other DHCP server", "group 'partners and friends'"):
            assert text in str(caught.value)
        assert caught.value.written is False
        assert len(client.read("ans.firewall", OLD)["rules"]) == 3


def _put_into_group(simulator: Simulator, set_id: str) -> None:
    vdc_id, _, object_id = set_id.rpartition(":")
    group = GroupingObject("securitygroup-9", "securitygroup", vdc_id, "partners and friends", member_ids=[object_id])
    simulator.world.grouping_objects[group.object_id] = group


def test_force_removes_applications_from_rules(tmp_path: Path) -> None:
    with cloud(tmp_path, "33.0") as (client, _):
        app_id = str(client.ensure("ans.application_profile", WEB, target=OLD).resource[0]["id"])
        rules = [
            {"name": "only", "applications": [app_id]},
            {"name": "both", "applications": [app_id], "protocol": "udp", "dest_port": "53"},
        ]
        client.ensure("ans.firewall", {"rules": rules}, target=OLD)
        client.ensure("ans.application_profile", {"name": "web", "force": True}, target=OLD, state="absent")
        (left,) = client.read("ans.firewall", OLD)["rules"]
        assert left["name"] == "both"
        assert "applications" not in left or left["applications"] == []
