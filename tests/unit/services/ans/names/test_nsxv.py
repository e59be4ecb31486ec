"""Tests of names in firewall rules of NSX-V edge gateways, with the simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.names.clouds import OLD, cloud, raw_rule, urn, writes
from vcloudair_core.errors import PermissionDeniedError, SpecError
from vcloudair_core.services.ans.firewall.model import split_members
from vcloudair_core.services.ans.names.objects import forget_names
from vcloudair_core.services.ans.nsxt.members import split_sides

RULE, POLICY = "ans.firewall_rule", "ans.firewall"


@pytest.mark.parametrize("version", ["33.0", "38.1"])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lan", "network:lan"),
        ("network:web", "network:web"),
        ("Network: web", "network:web"),
        ("old-edge-net1", "network:lan"),
        ("LAN", "network:lan"),
        ("partners", "ipset:partners"),
        ("ipset:net: odd, name", "ipset:net: odd, name"),
        ("group:servers", "group:servers"),
        ("vm:web", "vm:web"),
        ("vm-0001", "vm:vm-0001"),
    ],
)
def test_name_becomes_an_id_and_is_shown_with_a_prefix(tmp_path: Path, version: str, text: str, shown: str) -> None:
    with cloud(tmp_path, version) as (client, simulator):
        spec = {"name": "named", "source": [text], "destination": ["external"]}
        checked = client.ensure(RULE, spec, target=OLD, check=True)
        outcome = client.ensure(RULE, spec, target=OLD)
        assert outcome.plan.as_dict() == checked.plan.as_dict()
        assert outcome.plan.as_dict()["changes"][0]["after"]["source"] == [shown]
        assert outcome.resource[0]["source"] == [shown]
        (identifier,) = raw_rule(simulator, "named")["source"]["groupingObjectId"]
        assert identifier.startswith(("urn:vcloud:", outcome_vdc(simulator)))
        assert not client.ensure(RULE, spec, target=OLD).changed
        assert not client.ensure(RULE, {**spec, "source": [identifier]}, target=OLD).changed
        policy = client.read(POLICY, OLD)
        assert policy["rules"][0]["source"] == [shown]
        exported = {"rules": policy["rules"]}
        assert not client.ensure(POLICY, exported, target=OLD, state="exact_lists").changed


def outcome_vdc(simulator: Any) -> str:
    return next(str(vdc.vdc_id) for vdc in simulator.world.vdcs.values() if vdc.name == "classic")


def test_vapp_stands_for_its_vms(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        outcome = client.ensure(RULE, {"name": "shop", "destination": ["vapp:shop"]}, target=OLD)
        assert sorted(outcome.resource[0]["destination"]) == ["vm:db1", "vm:db2"]
        identifiers = raw_rule(simulator, "shop")["destination"]["groupingObjectId"]
        assert sorted(identifiers) == sorted([urn(simulator, "vm", "db1"), urn(simulator, "vm", "db2")])
        assert not client.ensure(RULE, {"name": "shop", "destination": ["vapp:shop"]}, target=OLD).changed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nowhere", "there is no network, IP set, security group, VM or vApp named 'nowhere'"),
        ("extrenal", "did you mean 'external'"),
        ("vm:db3", "there is no VM named 'db3'; did you mean 'db"),
        ("vm-0002", "write object:vm-0002 if it is an ID"),
        ("network:apart", "known names are network:lan, network:web"),
        ("web", "is the name of several objects; write one of network:web, vm:web"),
        ("vm:twin", "is the name of 2 objects; write the ID of one of them: VM urn:vcloud:vm:"),
        ("twin", "(vApp back)"),
        ("vapp:empty", "a vApp without VMs cannot be used in rules"),
        ("vm:foreign", "there is no VM named 'foreign'"),
        ("network:external-net", "is an external network; write external or vnic-0"),
    ],
)
def test_unknown_or_ambiguous_name_is_refused_before_a_write(tmp_path: Path, text: str, reason: str) -> None:
    with cloud(tmp_path) as (client, simulator):
        spec = {"name": "named", "source": ["10.0.0.1", text]}
        for check in (True, False):
            with pytest.raises(SpecError) as caught:
                client.ensure(RULE, spec, target=OLD, check=check)
            assert reason in caught.value.message
            assert caught.value.written is not True
        with pytest.raises(SpecError, match=r"rules\[0\].source"):
            client.ensure(POLICY, {"rules": [spec]}, target=OLD, state="exact_lists")
        assert client.read(POLICY, OLD)["rules"] == []
        assert writes(simulator) == 0


def test_all_wrong_names_are_in_one_error(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        rules = [{"name": f"r{number}", "source": [f"nowhere{number}"]} for number in range(3)]
        with pytest.raises(SpecError) as caught:
            client.ensure(POLICY, {"rules": rules}, target=OLD)
        assert [problem.path for problem in caught.value.problems] == [f"rules[{number}].source" for number in range(3)]


@pytest.mark.parametrize(
    ("text", "shown", "number"),
    [
        ("HTTPS", "HTTPS", "application-4"),
        ("service:HTTPS", "HTTPS", "application-4"),
        ("app:all web", "app:all web", "application-5"),
        ("appgroup:all web", "appgroup:all web", "applicationgroup-6"),
        ("app:application-99", "app:application-99", "application-7"),
    ],
)
def test_application_is_named(tmp_path: Path, text: str, shown: str, number: str) -> None:
    with cloud(tmp_path) as (client, simulator):
        spec = {"name": "named", "applications": [text]}
        outcome = client.ensure(RULE, spec, target=OLD)
        assert outcome.resource[0]["applications"] == [shown]
        (identifier,) = raw_rule(simulator, "named")["application"]["applicationId"]
        assert identifier == f"{outcome_vdc(simulator)}:{number}"
        assert not client.ensure(RULE, spec, target=OLD).changed
        assert not client.ensure(RULE, {"name": "named", "applications": [shown]}, target=OLD).changed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("HTTP", "there is no application or application group named 'HTTP'; did you mean 'HTTPS'"),
        ("all web", "write one of app:all web, appgroup:all web"),
        ("appgroup:HTTPS", "there is no application group named 'HTTPS'"),
    ],
)
def test_wrong_application_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with cloud(tmp_path) as (client, simulator):
        with pytest.raises(SpecError) as caught:
            client.ensure(RULE, {"name": "named", "applications": [text]}, target=OLD)
        assert reason in caught.value.message
        assert writes(simulator) == 0


def look_ups(simulator: Any) -> list[str]:
    """Return the paths of the requests that read names."""
    entries = [entry for entry in simulator.request_log.entries() if "/firewall/config" not in entry.path]
    return [entry.path for entry in entries if "services/" in entry.path or "vdcNetworks" in entry.path
            or (entry.path == "/api/query" and "type=vm" in entry.query)]  # fmt: skip


@pytest.mark.parametrize("count", [1, 40])
def test_number_of_look_ups_does_not_depend_on_the_number_of_rules(tmp_path: Path, count: int) -> None:
    """Each list is read once in a session.

    The lists are networks, IP sets, groups, VMs, and two lists of applications.
    """
    with cloud(tmp_path) as (client, simulator):
        texts = ["lan", "network:web", "partners", "servers", "vm:db1", "vapp:shop", "vm-0001"]
        rules = [
            {"name": f"r{number}", "source": texts, "destination": [texts[number % 7]], "applications": ["HTTPS"]}
            for number in range(count)
        ]
        client.ensure(POLICY, {"rules": rules}, target=OLD)
        assert len(look_ups(simulator)) == 6
        for rule in rules:
            assert not client.ensure(RULE, rule, target=OLD).changed
        client.read(POLICY, OLD)
        assert len(look_ups(simulator)) == 6


def test_unknown_name_is_looked_up_again_once(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        client.ensure(RULE, {"name": "a", "source": ["vm:db1"]}, target=OLD)
        simulator.request_log.clear()
        vm = next(vm for vm in simulator.world.vms.values() if vm.name == "db2")
        vm.name = "db9"
        client.ensure(RULE, {"name": "a", "source": ["vm:db9", "vm:db1"]}, target=OLD)
        assert len(look_ups(simulator)) == 1
        simulator.request_log.clear()
        with pytest.raises(SpecError):
            client.ensure(RULE, {"name": "a", "source": ["vm:x1", "vm:x2", "vm:x3"]}, target=OLD)
        assert len(look_ups(simulator)) == 1


def test_rules_without_objects_need_no_look_ups(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        client.ensure(RULE, {"name": "a", "source": ["10.0.0.1", "internal", "vnic-0"]}, target=OLD)
        client.read(POLICY, OLD)
        assert look_ups(simulator) == []


def test_ids_are_shown_if_names_cannot_be_read(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        client.ensure(RULE, {"name": "a", "source": ["partners"]}, target=OLD)
        forget_names(client.session)
        simulator.faults.add("status", path="/network/services/", status=403, count=0)
        (text,) = client.read(POLICY, OLD)["rules"][0]["source"]
        assert text.endswith(":ipset-1")
        assert not client.ensure(RULE, {"name": "a", "source": [text]}, target=OLD).changed
        with pytest.raises(PermissionDeniedError, match="names of objects"):
            client.ensure(RULE, {"name": "a", "source": ["ipset:partners"]}, target=OLD)


def test_id_of_a_network_is_shown_on_a_server_without_a_list_of_interfaces(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        network = urn(simulator, "network", "lan")
        simulator.faults.add("status", path="/vdcNetworks", status=404, count=0)
        assert client.ensure(RULE, {"name": "a", "source": [network]}, target=OLD).resource[0]["source"] == [network]
        assert client.read(POLICY, OLD)["rules"][0]["source"] == [network]


def test_interface_of_a_nat_rule_can_have_the_prefix_of_networks(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, _):
        rule = {"action": "snat", "original_address": "10.0.0.0/24", "translated_address": "203.0.113.1"}
        outcome = client.ensure("ans.nat_rule", {**rule, "interface": "network:external-net"}, target=OLD)
        assert outcome.resource[0]["vnic"] == "0"
        assert not client.ensure("ans.nat_rule", {**rule, "interface": "external-net"}, target=OLD).changed
        with pytest.raises(SpecError, match="'lam' is not an interface or network"):
            client.ensure("ans.nat_rule", {**rule, "interface": "network:lam"}, target=OLD)


def test_deleted_object_is_shown_as_an_id(tmp_path: Path) -> None:
    with cloud(tmp_path) as (client, simulator):
        client.ensure(RULE, {"name": "a", "source": ["object:vm-43", "ipset-77"]}, target=OLD)
        assert client.read(POLICY, OLD)["rules"][0]["source"] == ["object:vm-43", "ipset-77"]
        first = len(look_ups(simulator))
        client.read(POLICY, OLD)
        assert len(look_ups(simulator)) == first


def test_name_is_never_written_as_any(tmp_path: Path) -> None:
    """Reject a write if a name was not resolved to an ID.

    Without the name, the rule could match any address.
    """
    for texts in (("lan",), ("10.0.0.1", "vm:db1"), ("any", "group:web")):
        with pytest.raises(SpecError, match="was not looked up"):
            split_members(texts, "vnic-")
        with pytest.raises(SpecError, match="was not looked up"):
            split_sides(texts)
