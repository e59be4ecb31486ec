"""Tests of DHCP pools and static bindings on a simulated NSX-T edge gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans import nsxt_nat_harness
from tests.unit.services.ans.nsxt_nat_harness import NsxtHarness, nsxt_harness
from tests.unit.simulator.nsxt.harness import INVENTORY
from vcloudair_core.errors import AmbiguousMatchError, ConfigurationError, PermissionDeniedError, SpecError
from vcloudair_core.services.ans.dhcp.nsxt.document import linked
from vcloudair_core.services.ans.dhcp.nsxt.store import NsxtDhcpStore, config_in
from vcloudair_core.simulator.state.entities import OrgVdcNetwork
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.testing.linked_clock import LinkedClock

POOL_KIND, BINDING_KIND, KIND = "ans.dhcp_pool", "ans.dhcp_binding", "ans.dhcp"
POOL = {"ip_range": "192.168.10.100-192.168.10.149"}
NEXT_POOL = {"ip_range": "192.168.10.150-192.168.10.159"}
SERVICE_POOL = {"ip_range": "192.168.20.100-192.168.20.109"}
BINDING = {"mac_address": "00:50:56:01:02:03", "host_name": "web1", "ip_address": "192.168.10.20"}
SHOWN_POOL = {
    **POOL,
    "default_gateway": "192.168.10.1",
    "subnet_mask": "255.255.255.0",
    "auto_configure_dns": True,
    "dns_servers": [],
    "lease_time": "86400",
    "network": "lan",
}


@pytest.fixture(params=("37.2", "39.1"))
def cloud(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NsxtHarness]:
    inventory = INVENTORY
    for text in ("name: lan, edge: gw1", "gateway: 192.168.20.1"):
        prefix = "192.168.10" if "lan" in text else "192.168.20"
        inventory = inventory.replace(text, f"{text}, static_pools: [{prefix}.2-{prefix}.99]")
    monkeypatch.setattr(nsxt_nat_harness, "INVENTORY", inventory)
    with nsxt_harness(tmp_path, request.param) as made:
        yield made


def network(cloud: NsxtHarness, name: str = "lan") -> OrgVdcNetwork:
    networks = cloud.simulator.world.networks.values()
    return next(item for item in networks if item.name == name and item.vdc_id == cloud.edge.vdc_id)


def config(cloud: NsxtHarness, name: str = "lan") -> dict[str, Any]:
    """Return the DHCP service of a network on the server."""
    made: dict[str, Any] = network(cloud, name).services["dhcp"]["config"]
    return made


def bindings(cloud: NsxtHarness, name: str = "lan") -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = network(cloud, name).services["dhcp"]["bindings"]
    return made


def ranges(cloud: NsxtHarness, name: str = "lan") -> list[str]:
    pools = [pool["ipRange"] for pool in config(cloud, name)["dhcpPools"] or ()]
    return [f"{ends['startAddress']}-{ends['endAddress']}" for ends in pools]


def ensure(cloud: NsxtHarness, kind: str, spec: Any, state: str = "present", *, check: bool = False) -> Any:
    cloud.journal.clear()
    return cloud.client.ensure(kind, spec, state=state, check=check)


def writes(cloud: NsxtHarness) -> list[str]:
    """Return the method and the end of the path of each write since the last ensure."""
    return [re.sub(r"/cloudapi/1.0.0/orgVdcNetworks/[^/]+/|/[0-9a-f-]{36}", "", call) for call in cloud.journal.writes]


def refused(cloud: NsxtHarness, kind: str, spec: Any, path: str, reason: str) -> SpecError:
    """Assert that a spec is refused at ``path`` before anything is written."""
    with pytest.raises(SpecError, match=re.escape(reason)) as caught:
        ensure(cloud, kind, spec)
    assert [problem.path for problem in caught.value.problems] == [path]
    assert writes(cloud) == []
    return caught.value


# -- pools ---------------------------------------------------------------------------------------------------------


def test_a_pool_is_created_read_and_deleted(cloud: NsxtHarness) -> None:
    predicted = ensure(cloud, POOL_KIND, POOL, check=True)
    assert (predicted.changed, writes(cloud)) == (True, [])
    outcome = ensure(cloud, POOL_KIND, POOL)
    assert (outcome.plan.summary(), outcome.warnings, writes(cloud)) == ("1 to create", (), ["PUT dhcp"])
    assert outcome.plan.as_dict() == predicted.plan.as_dict()
    assert cloud.client.read(POOL_KIND) == [SHOWN_POOL]
    assert config(cloud) == {
        "enabled": True,
        "leaseTime": 86400,
        "dhcpPools": [
            {
                "enabled": True,
                "ipRange": {"startAddress": "192.168.10.100", "endAddress": "192.168.10.149"},
                "maxLeaseTime": None,
                "defaultLeaseTime": None,
            }
        ],
        "mode": "EDGE",
        "ipAddress": None,
        "dnsServers": [],
    }
    assert not ensure(cloud, POOL_KIND, SHOWN_POOL).changed
    assert ensure(cloud, POOL_KIND, POOL, "absent").changed
    assert writes(cloud) == ["DELETE dhcp"]
    assert not ensure(cloud, POOL_KIND, POOL, "absent").changed


def test_values_of_the_network_are_kept(cloud: NsxtHarness) -> None:
    ensure(cloud, POOL_KIND, {**POOL, "lease_time": "3600", "dns_servers": ["10.0.0.53"]})
    config(cloud)["dhcpPools"][0] |= {"enabled": False, "maxLeaseTime": 7200}
    outcome = ensure(cloud, POOL_KIND, NEXT_POOL)
    assert (outcome.plan.summary(), outcome.warnings) == ("1 to create", ())
    assert ranges(cloud) == [POOL["ip_range"], NEXT_POOL["ip_range"]]
    assert (config(cloud)["leaseTime"], config(cloud)["dnsServers"]) == (3600, ["10.0.0.53"])
    first = config(cloud)["dhcpPools"][0]
    assert (first["enabled"], first["maxLeaseTime"]) == (False, 7200)
    assert ensure(cloud, POOL_KIND, NEXT_POOL, "absent").changed
    assert ranges(cloud) == [POOL["ip_range"]]


def test_unknown_keys_of_services_and_pools_are_kept() -> None:
    config = {"enabled": True, "mode": "EDGE", "leaseTime": 86400, "newer": "kept"}
    network = {"name": "lan", "subnets": ["192.168.10.1/24"], "static_pools": [], "config": config}
    record = {"network": "lan", "networkId": "urn", "pool": {"ipRange": {}, "newer": "kept"}}
    tree = {"dhcp": {"networks": {"urn": network}, "pools": [record], "bindings": []}}
    assert config_in(linked(tree, tree), "urn") == {**config, "dhcpPools": [record["pool"]]}
    without = {"dhcp": {**tree["dhcp"], "pools": []}}
    assert config_in(linked(tree, without), "urn") == {**config, "dhcpPools": []}
    plain = {key: value for key, value in config.items() if key != "newer"}
    without["dhcp"]["networks"] = {"urn": {**network, "config": plain}}
    assert config_in(linked(tree, without), "urn") is None


def test_a_service_with_other_content_is_not_deleted_with_its_last_pool(cloud: NsxtHarness) -> None:
    ensure(cloud, POOL_KIND, {**POOL, "dns_servers": ["10.0.0.53"]})
    ensure(cloud, POOL_KIND, POOL, "absent")
    assert writes(cloud) == ["PUT dhcp"]
    assert (config(cloud)["enabled"], config(cloud)["dnsServers"]) == (True, ["10.0.0.53"])


def test_pools_of_a_network_share_the_lease_time_and_the_dns_servers(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL, NEXT_POOL, SERVICE_POOL]})
    outcome = ensure(cloud, POOL_KIND, {**POOL, "lease_time": "infinite", "dns_servers": ["10.0.0.53"]})
    assert "all pools of the network 'lan'" in outcome.warnings[0]
    assert writes(cloud) == ["PUT dhcp"]
    assert config(cloud)["leaseTime"] == 4294967295
    assert [pool["lease_time"] for pool in cloud.client.read(POOL_KIND)] == ["infinite", "infinite", "86400"]
    ensure(cloud, KIND, {"pools": [{**POOL, "lease_time": "7200"}, NEXT_POOL]})
    assert not ensure(cloud, KIND, {"pools": [{**POOL, "lease_time": 7200}, NEXT_POOL]}).changed
    assert ensure(cloud, POOL_KIND, {**NEXT_POOL, "auto_configure_dns": True}).changed
    assert config(cloud)["dnsServers"] == []
    values = [{**POOL, "lease_time": "3600"}, {**NEXT_POOL, "lease_time": "7200"}]
    refused(cloud, KIND, {"pools": values}, "pools[1].lease_time", "differs from the value of another pool")


@pytest.mark.parametrize(
    ("spec", "path", "reason"),
    [
        ({**POOL, "default_gateway": "192.168.10.9"}, "default_gateway", "must be 192.168.10.1, the value of the"),
        ({**POOL, "subnet_mask": "255.255.0.0"}, "subnet_mask", "must be 255.255.255.0"),
        ({**POOL, "network": "nowhere"}, "network", "no network 'nowhere' is connected"),
        ({**POOL, "network": "alone"}, "network", "no network 'alone' is connected"),
        ({**POOL, "network": "service"}, "ip_range", "is not in a subnet of the network 'service'"),
        ({"ip_range": "192.168.30.10-192.168.30.19"}, "ip_range", "is not in the subnet of a network"),
        ({"ip_range": "192.168.10.90-192.168.10.109"}, "ip_range", "overlaps the static IP pool"),
        ({"ip_range": "192.168.10.1-192.168.10.1"}, "ip_range", "contains the gateway"),
        ({**POOL, "domain_name": "corp.example"}, "domain_name", "sends no domain name"),
        ({**POOL, "lease_time": "59"}, "lease_time", "from 60 to 4294967295 seconds"),
    ],
)
def test_a_pool_that_the_server_refuses_is_refused_before_the_write(
    cloud: NsxtHarness, spec: dict[str, Any], path: str, reason: str
) -> None:
    refused(cloud, POOL_KIND, spec, path, reason)


def test_networks_can_be_named_by_urn(cloud: NsxtHarness) -> None:
    urn = f"urn:vcloud:network:{network(cloud).network_id}"
    assert ensure(cloud, POOL_KIND, {**POOL, "network": urn}).changed
    assert not ensure(cloud, POOL_KIND, {**POOL, "network": "lan"}).changed


def test_networks_with_the_same_subnet_are_ambiguous(cloud: NsxtHarness) -> None:
    network(cloud, "service").gateway = "192.168.10.2"
    refused(cloud, POOL_KIND, POOL, "network", "several networks contain the ip_range: 'lan', 'service'")
    network(cloud, "service").name = "lan"
    with pytest.raises(SpecError, match="urn:vcloud:network"):
        ensure(cloud, POOL_KIND, POOL)
    assert ensure(cloud, POOL_KIND, {**POOL, "network": f"urn:vcloud:network:{network(cloud).network_id}"}).changed


def test_a_network_that_relays_requests_gets_no_pools(cloud: NsxtHarness) -> None:
    cloud.client.ensure("ans.dhcp_relay", {"ip_addresses": ["10.9.0.2"]})
    ensure(cloud, POOL_KIND, POOL)
    config(cloud).update(mode="RELAY", dhcpPools=None)
    refused(cloud, POOL_KIND, POOL, "network", "relays DHCP requests")


def test_ipv6_entries_are_kept_and_not_shown(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [BINDING]})
    ends = {"startAddress": "2001:db8::10", "endAddress": "2001:db8::19"}
    document = cloud.client.read(KIND)
    config(cloud)["dhcpPools"].append({"enabled": True, "ipRange": ends})
    bindings(cloud).append({**bindings(cloud)[0], "id": "v6", "bindingType": "IPV6", "ipAddress": "2001:db8::9"})
    assert cloud.client.read(KIND) == document
    outcome = ensure(cloud, KIND, {"bindings": [], "allow_empty": True}, "exact_lists")
    assert outcome.plan.summary() == "1 to delete"
    assert [binding["id"] for binding in bindings(cloud)] == ["v6"]
    assert config(cloud)["dhcpPools"][1]["ipRange"] == ends


# -- the settings --------------------------------------------------------------------------------------------------


def test_dhcp_is_disabled_and_enabled_in_networks_with_pools(cloud: NsxtHarness) -> None:
    assert not ensure(cloud, KIND, {"enabled": True}).changed
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL]})
    assert ensure(cloud, KIND, {"enabled": False}).changed
    assert writes(cloud) == ["PUT dhcp", "PUT dhcp"]
    assert not ensure(cloud, KIND, {"enabled": False}).changed
    config(cloud, "service")["enabled"] = True
    assert "enabled" not in cloud.client.read(KIND)
    assert not ensure(cloud, KIND, cloud.client.read(KIND)).changed
    assert ensure(cloud, POOL_KIND, NEXT_POOL).warnings
    assert config(cloud)["enabled"] is False
    assert ensure(cloud, KIND, {"enabled": True}).changed
    assert writes(cloud) == ["PUT dhcp"]
    assert cloud.client.read(KIND)["enabled"] is True


def test_a_changed_static_binding_follows_the_write_that_enables_dhcp(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [BINDING]})
    config(cloud)["enabled"] = False
    refused(cloud, BINDING_KIND, {**BINDING, "lease_time": "3600"}, "network", "DHCP is not enabled")
    assert ensure(cloud, KIND, {"enabled": True, "bindings": [{**BINDING, "lease_time": "3600"}]}).changed
    assert writes(cloud) == ["PUT dhcp", "PUT dhcp/bindings"]


def test_a_first_pool_contradicts_a_disabled_service(cloud: NsxtHarness) -> None:
    refused(cloud, KIND, {"enabled": False, "pools": [POOL]}, "enabled", "enables DHCP there")


def test_settings_of_the_log_are_refused(cloud: NsxtHarness) -> None:
    refused(cloud, KIND, {"logging": True, "pools": [POOL]}, "logging", "no log on the edge gateway")


# -- static bindings -----------------------------------------------------------------------------------------------


def test_a_static_binding_is_created_changed_and_deleted(cloud: NsxtHarness) -> None:
    reason = "DHCP is not enabled in the network 'lan'"
    assert "Add a DHCP pool" in str(refused(cloud, BINDING_KIND, BINDING, "network", reason).problems[0].hint)
    ensure(cloud, POOL_KIND, POOL)
    assert ensure(cloud, BINDING_KIND, BINDING, check=True).changed
    assert ensure(cloud, BINDING_KIND, BINDING).changed
    assert writes(cloud) == ["POST dhcp/bindings"]
    [binding] = bindings(cloud)
    binding["description"] = "ticket 4711"
    assert (binding["name"], binding["dhcpV4BindingConfig"]) == ("web1", {"hostName": "web1"})
    spelled = {**BINDING, "mac_address": "00-50-56-01-02-03", "default_gateway": "192.168.10.1"}
    assert not ensure(cloud, BINDING_KIND, spelled).changed
    changed = {
        **BINDING,
        "ip_address": "192.168.10.21",
        "dns_servers": ["10.0.0.53"],
        "default_gateway": "192.168.10.3",
    }
    assert ensure(cloud, BINDING_KIND, changed).changed
    assert writes(cloud) == ["PUT dhcp/bindings"]
    [binding] = bindings(cloud)
    assert (binding["version"], binding["description"], binding["ipAddress"]) == (1, "ticket 4711", "192.168.10.21")
    assert binding["dhcpV4BindingConfig"] == {"hostName": "web1", "gatewayIpAddress": "192.168.10.3"}
    assert ensure(cloud, POOL_KIND, POOL, "absent").changed
    assert (config(cloud)["enabled"], ranges(cloud)) == (True, [])
    assert ensure(cloud, BINDING_KIND, BINDING, "absent").changed
    assert writes(cloud) == ["DELETE dhcp/bindings"]
    assert bindings(cloud) == []


@pytest.mark.parametrize(
    ("spec", "path", "reason"),
    [
        ({"ip_address": "192.168.10.120"}, "ip_address", "contains 192.168.10.120, the address of a static binding"),
        ({"ip_address": "192.168.10.1"}, "ip_address", "is the gateway of the network 'lan'"),
        ({"ip_address": "192.168.30.9"}, "ip_address", "is not in the subnet of a network"),
        ({"ip_address": "192.168.10.20", "network": "service"}, "ip_address", "is not in a subnet of the network"),
        ({"ip_address": "192.168.10.30"}, "ip_address", "would be the ip_address of two static bindings"),
    ],
)
def test_a_static_binding_that_the_server_refuses_is_refused_before_the_write(
    cloud: NsxtHarness, spec: dict[str, Any], path: str, reason: str
) -> None:
    other = {"mac_address": "00:50:56:01:02:04", "host_name": "web1", "ip_address": "192.168.10.30"}
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL], "bindings": [other]})
    refused(cloud, BINDING_KIND, {**BINDING, **spec}, path, reason)


def test_a_new_pool_must_not_contain_a_static_binding(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [{**BINDING, "ip_address": "192.168.10.155"}]})
    refused(cloud, POOL_KIND, NEXT_POOL, "ip_range", "contains 192.168.10.155")


def test_a_static_binding_moves_to_the_network_of_its_address(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL], "bindings": [BINDING]})
    bindings(cloud)[0]["description"] = "ticket 4711"
    assert ensure(cloud, BINDING_KIND, {**BINDING, "ip_address": "192.168.20.20"}).changed
    assert writes(cloud) == ["DELETE dhcp/bindings", "POST dhcp/bindings"]
    assert bindings(cloud) == []
    assert [binding["description"] for binding in bindings(cloud, "service")] == ["ticket 4711"]


def test_a_mac_address_with_static_bindings_in_two_networks_needs_the_network(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL], "bindings": [BINDING]})
    second = {**BINDING, "ip_address": "192.168.20.20", "network": "service"}
    assert ensure(cloud, BINDING_KIND, second).plan.summary() == "1 to create"
    with pytest.raises(AmbiguousMatchError, match="2 static bindings") as caught:
        ensure(cloud, BINDING_KIND, {"mac_address": BINDING["mac_address"], "lease_time": "3600"})
    assert "Set network" in caught.value.hint
    assert writes(cloud) == []
    one = {"mac_address": BINDING["mac_address"], "network": "service"}
    assert ensure(cloud, BINDING_KIND, {**one, "lease_time": "3600"}).changed
    assert (bindings(cloud)[0]["leaseTime"], bindings(cloud, "service")[0]["leaseTime"]) == (86400, 3600)
    assert ensure(cloud, BINDING_KIND, one, "absent").changed
    assert (len(bindings(cloud)), bindings(cloud, "service")) == (1, [])


def test_static_bindings_can_exchange_their_addresses(cloud: NsxtHarness) -> None:
    other = {"mac_address": "00:50:56:01:02:04", "host_name": "web2", "ip_address": "192.168.10.30"}
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [BINDING, other]})
    swapped = [{**BINDING, "ip_address": "192.168.10.30"}, {**other, "ip_address": "192.168.10.20"}]
    assert ensure(cloud, KIND, {"bindings": swapped}).plan.summary() == "2 to update"
    assert not ensure(cloud, KIND, {"bindings": swapped}).changed


def test_a_pool_can_make_room_for_a_static_binding(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [BINDING]})
    document = {
        "pools": [{"ip_range": "192.168.10.110-192.168.10.149"}],
        "bindings": [{**BINDING, "ip_address": "192.168.10.100"}],
    }
    assert ensure(cloud, KIND, document, "exact_lists").changed
    assert writes(cloud) == ["PUT dhcp", "PUT dhcp/bindings"]
    back = {"pools": [POOL], "bindings": [BINDING]}
    assert ensure(cloud, KIND, back, "exact_lists").changed
    assert writes(cloud) == ["PUT dhcp/bindings", "PUT dhcp"]


def test_a_pool_and_a_static_binding_can_exchange_their_addresses(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [{**BINDING, "ip_address": "192.168.10.155"}]})
    bindings(cloud)[0]["description"] = "ticket 4711"
    swapped = {"pools": [NEXT_POOL], "bindings": [{**BINDING, "ip_address": "192.168.10.105"}]}
    assert ensure(cloud, KIND, swapped, "exact_lists").changed
    assert writes(cloud) == ["DELETE dhcp/bindings", "PUT dhcp", "POST dhcp/bindings"]
    assert [binding["description"] for binding in bindings(cloud)] == ["ticket 4711"]


# -- reads ---------------------------------------------------------------------------------------------------------


def reads(cloud: NsxtHarness) -> list[str]:
    """Return the reads of networks since the last ensure.

    A read has the name of the network and the end of the path.
    """
    names = {item.network_id: item.name for item in cloud.simulator.world.networks.values()}
    calls = [call.partition("/orgVdcNetworks")[2] for call in cloud.journal.calls if call.startswith("GET")]
    parts = [call.removeprefix("/urn:vcloud:network:").partition("/") for call in calls if call]
    return [f"{names[network_id]} {path}" for network_id, _, path in parts if path]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (POOL_KIND, POOL),
        (POOL_KIND, {**POOL, "network": "lan"}),
        (BINDING_KIND, {**BINDING, "network": "lan"}),
        (BINDING_KIND, {"mac_address": BINDING["mac_address"], "network": "lan", "lease_time": "3600"}),
    ],
)
def test_a_task_for_entries_of_one_network_reads_only_this_network(
    cloud: NsxtHarness, kind: str, spec: dict[str, Any]
) -> None:
    one_read = ["lan dhcp", "lan dhcp/bindings"]
    ensure(cloud, KIND, {"pools": [NEXT_POOL, SERVICE_POOL], "bindings": [BINDING]})
    document = cloud.client.read(KIND)
    for state in ("present", "absent"):
        predicted = ensure(cloud, kind, spec, state, check=True)
        assert (reads(cloud), cloud.journal.count("GET", "/1.0.0/orgVdcNetworks")) == (one_read, 3)
        if not predicted.changed:
            continue
        outcome = ensure(cloud, kind, spec, state)
        assert (outcome.before, outcome.after) == (predicted.before, predicted.after)
        live = ["lan dhcp"] if kind == POOL_KIND else []  # directly before the write, because it has no version
        assert reads(cloud) == [*one_read, *live, *one_read]
        assert not ensure(cloud, kind, spec, state).changed
        assert reads(cloud) == one_read
    without = [binding for binding in document["bindings"] if kind == POOL_KIND]
    assert cloud.client.read(KIND) == {**document, "bindings": without}


def test_a_task_reads_all_networks_that_it_can_affect(cloud: NsxtHarness) -> None:
    everything = ["lan dhcp", "lan dhcp/bindings", "service dhcp", "service dhcp/bindings"]
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL], "bindings": [BINDING]})
    moved = {**BINDING, "ip_address": "192.168.20.20"}
    assert ensure(cloud, BINDING_KIND, moved, check=True).changed
    assert sorted(reads(cloud)) == everything
    assert not ensure(cloud, POOL_KIND, [POOL, SERVICE_POOL], check=True).changed
    assert sorted(reads(cloud)) == everything
    assert ensure(cloud, POOL_KIND, [POOL], "exact", check=True).plan.summary() == "1 to delete"
    assert sorted(reads(cloud)) == everything
    elsewhere = {**SERVICE_POOL, "network": "lan"}
    refused(cloud, POOL_KIND, elsewhere, "ip_range", "is not in a subnet of the network 'lan'")
    assert not ensure(cloud, POOL_KIND, {"ip_range": "192.168.30.10-192.168.30.19"}, "absent").changed
    assert reads(cloud) == []


def test_a_task_in_check_mode_sees_changes_of_earlier_tasks_in_other_networks(cloud: NsxtHarness) -> None:
    cloud.client.join_check_run("run")
    assert ensure(cloud, POOL_KIND, POOL, check=True).changed
    assert ensure(cloud, POOL_KIND, SERVICE_POOL, check=True).changed
    assert not ensure(cloud, POOL_KIND, POOL, check=True).changed
    named = {**BINDING, "network": "lan"}
    assert ensure(cloud, BINDING_KIND, named, check=True).changed
    assert not ensure(cloud, BINDING_KIND, named, check=True).changed
    assert writes(cloud) == []


# -- whole documents, staging and concurrency ----------------------------------------------------------------------


def test_an_export_has_no_drift(cloud: NsxtHarness) -> None:
    ensure(cloud, KIND, {"pools": [POOL, SERVICE_POOL], "bindings": [BINDING]})
    document = cloud.client.read(KIND)
    assert not ensure(cloud, KIND, document, "exact").changed
    changed = ensure(cloud, KIND, {"pools": [{**POOL, "lease_time": "3600"}], "bindings": [BINDING]}, "exact")
    assert changed.plan.summary() == "1 to update, 1 to delete"
    assert writes(cloud) == ["PUT dhcp", "DELETE dhcp"]
    assert ensure(cloud, KIND, document, "exact").changed
    assert cloud.client.read(KIND) == document


def test_staged_changes_are_written_together(cloud: NsxtHarness) -> None:
    cloud.client.stage(POOL_KIND, POOL, stage_id="one")
    cloud.client.stage(BINDING_KIND, BINDING, stage_id="one")
    cloud.client.stage(POOL_KIND, NEXT_POOL, stage_id="one")
    cloud.journal.clear()
    cloud.client.commit_stage("one")
    assert writes(cloud) == ["PUT dhcp", "POST dhcp/bindings"]
    assert ranges(cloud) == [POOL["ip_range"], NEXT_POOL["ip_range"]]


def test_a_change_of_another_client_is_not_overwritten(cloud: NsxtHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure(cloud, POOL_KIND, POOL)
    write = NsxtDhcpStore._write_config
    edits = [["10.0.0.54"]]

    def after_an_edit(self: NsxtDhcpStore, *args: Any) -> None:
        """Change the DNS servers as another client, between the read and the first write."""
        if edits:
            config(cloud)["dnsServers"] = edits.pop()
        write(self, *args)

    monkeypatch.setattr(NsxtDhcpStore, "_write_config", after_an_edit)
    assert ensure(cloud, POOL_KIND, NEXT_POOL).changed
    assert writes(cloud) == ["PUT dhcp"]
    assert config(cloud)["dnsServers"] == ["10.0.0.54"]
    assert ranges(cloud) == [POOL["ip_range"], NEXT_POOL["ip_range"]]


def test_a_stale_version_of_a_static_binding_is_read_again(cloud: NsxtHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure(cloud, KIND, {"pools": [POOL], "bindings": [BINDING]})
    update = NsxtDhcpStore._update
    edits = ["ticket 4711"]

    def after_an_edit(self: NsxtDhcpStore, *args: Any) -> None:
        """Change the description as another client, between the read and the first write."""
        if edits:
            bindings(cloud)[0].update(description=edits.pop(), version=1)
        update(self, *args)

    monkeypatch.setattr(NsxtDhcpStore, "_update", after_an_edit)
    assert ensure(cloud, BINDING_KIND, {**BINDING, "lease_time": "3600"}).changed
    [binding] = bindings(cloud)
    assert (binding["description"], binding["leaseTime"], binding["version"]) == ("ticket 4711", 3600, 2)


def test_the_server_reports_a_user_without_the_right(cloud: NsxtHarness, tmp_path: Path) -> None:
    login = {"username": "auditor", "password": "demo-password", "state_dir": str(tmp_path / "other")}
    options = {**simulator_settings(cloud.simulator), "edge": "gw1", **login}
    with simulated_app(cloud.simulator, LinkedClock(cloud.simulator)).client(**options) as auditor:
        assert auditor.read(KIND)["pools"] == []
        with pytest.raises(PermissionDeniedError, match="ORG_VDC_NETWORK_EDIT"):
            auditor.ensure(POOL_KIND, POOL)


def test_leases_are_refused_with_a_way_out(cloud: NsxtHarness) -> None:
    with pytest.raises(ConfigurationError, match="has no DHCP leases") as caught:
        cloud.client.edges.dhcp_leases()
    assert "vca vm list" in caught.value.hint


def test_a_network_is_refused_on_nsxv(cloud: NsxtHarness) -> None:
    with pytest.raises(SpecError, match="DHCP belongs to the edge gateway"):
        cloud.client.ensure(POOL_KIND, {**POOL, "network": "lan"}, target={"edge": "old-edge"})
