"""Tests of network settings and of the networks of recovered VMs.

Source: protocol/vcda.md §4.2.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.vcda import RECOVERY, VcdaCaller, vcda

HALVES = ("failoverSettings", "failoverTestSettings")


def nic(**changes: Any) -> dict[str, Any]:
    return {"nicIndex": 0, "network": "lan", "ipAddressAllocationMode": "DHCP", **changes}


def settings_of(caller: VcdaCaller, path: str = "") -> Any:
    return caller.read(f"{path or caller.path()}/network-settings")


def test_default_settings_have_a_test_network() -> None:
    caller = vcda().sign_in()
    settings = settings_of(caller)
    mappings = {half: settings[half]["vAppNetworkSettings"]["networkMappings"] for half in HALVES}
    names = {half: [item["destinationOrgVdcNetwork"]["name"] for item in mappings[half]] for half in HALVES}
    assert names == {"failoverSettings": ["lan"], "failoverTestSettings": ["test-lan"]}
    assert settings["failoverSettings"]["vmNetworkSettings"]["nics"] == [
        {
            "nicIndex": 0, "isConnected": True, "resetMacAddress": False, "network": "lan", "externalIpAddress": None,
            "ipAddress": "192.168.10.101", "ipAddressAllocationMode": "MANUAL", "networkAdapterType": "VMXNET3",
            "needsCustomization": False, "macAddress": "00:50:56:14:bf:00",
        }
    ]  # fmt: skip


def test_settings_of_a_vapp_have_vms_as_keys() -> None:
    caller = vcda().sign_in()
    vapp = caller.read("/vapp-replications")["items"][0]
    settings = settings_of(caller, f"/vapp-replications/{vapp['id']}")
    ids = {caller.vm(number)["source"]["vmId"] for number in (0, 1)}
    assert set(settings["failoverTestSettings"]["vmNetworkSettings"]) == ids


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_written_settings_apply_to_the_next_operation(method: str) -> None:
    caller = vcda().sign_in()
    settings = settings_of(caller)
    test = settings["failoverTestSettings"]["vmNetworkSettings"]
    test["nics"][0] |= {"ipAddress": "10.1.2.3"}
    response = caller.send(method, f"{caller.path()}/network-settings", settings)
    assert response.status == 200, response.text
    assert settings_of(caller) == settings
    caller.succeed("POST", f"{caller.path()}/failover-test", RECOVERY)
    vm = caller.vms("protected-0001")[1]
    assert (vm.network, vm.ip_address) == ("test-lan", "10.1.2.3")


def test_settings_of_a_vapp_can_be_written() -> None:
    caller = vcda().sign_in()
    vapp = caller.read("/vapp-replications")["items"][0]
    path = f"/vapp-replications/{vapp['id']}"
    vm_id = caller.vm(1)["source"]["vmId"]
    body = {"failoverSettings": {"vmNetworkSettings": {vm_id: {"nics": [nic()]}}}}
    assert caller.send("PUT", f"{path}/network-settings", body).status == 200
    caller.succeed("POST", f"{path}/failover", RECOVERY)
    addresses = [caller.vms(f"protected-000{number}")[1].ip_address for number in (1, 2)]
    assert addresses == ["192.168.10.101", ""]


def test_method_of_the_write_is_an_option() -> None:
    caller = vcda(vcda_network_settings_method="PUT").sign_in()
    path = f"{caller.path()}/network-settings"
    assert caller.code("POST", path, {}) == (405, "MethodNotAllowed")
    assert caller.send("PUT", path, {}).status == 200


@pytest.mark.parametrize(
    ("networks", "mappings", "expected"),
    [
        ([nic(ipAddress="10.0.0.5", ipAddressAllocationMode="MANUAL")], None, [("lan", "10.0.0.5")]),
        ([nic(ipAddressAllocationMode="POOL")], None, [("lan", "192.168.10.5")]),
        ([nic(ipAddressAllocationMode="NONE")], None, [("lan", "")]),
        ([nic(isConnected=False)], None, [("", "")]),
        ([nic(network="dmz")], None, [("dmz", "")]),
        ([nic(nicIndex=1), nic(network="dmz")], None, [("dmz", ""), ("lan", "")]),
        ([nic()], [{"sourceNetworkName": "lan", "destinationOrgVdcNetwork": {"name": "dmz"}}], [("dmz", "")]),
        ([nic()], [{"sourceNetworkName": "lan", "destinationOrgVdcNetwork": None}], [("", "")]),
    ],
)
def test_recovered_vm_gets_the_networks_of_the_request(
    networks: list[Any], mappings: list[Any] | None, expected: list[tuple[str, str]]
) -> None:
    caller = vcda().sign_in()
    body: dict[str, Any] = {**RECOVERY, "vmNetworkSettings": {"nics": networks}}
    if mappings is not None:
        body["vAppNetworkSettings"] = {"networkMappings": mappings}
    caller.succeed("POST", f"{caller.path()}/failover", body)
    vm = caller.vms("protected-0001")[1]
    nics = [(vm.network, vm.ip_address), *((item["network"], item["ip_address"]) for item in vm.more_nics)]
    assert nics == expected


def test_network_can_be_given_by_id() -> None:
    caller = vcda().sign_in()
    vdc_id = caller.vm()["destination"]["vdcId"]
    network = caller.simulator.world.network_named(vdc_id, "dmz")
    assert network is not None
    mapping = {
        "sourceNetworkName": "lan",
        "destinationOrgVdcNetwork": {"id": f"urn:vcloud:network:{network.network_id}", "name": "other"},
    }
    body = {**RECOVERY, "vAppNetworkSettings": {"networkMappings": [mapping]}}
    caller.succeed("POST", f"{caller.path()}/failover-test", body)
    assert caller.vms("protected-0001")[1].network == "dmz"


def test_source_networks_can_be_copied() -> None:
    caller = vcda().sign_in()
    body = {
        **RECOVERY,
        "vmNetworkSettings": {"copySourceNicSettings": True},
        "vAppNetworkSettings": {"copySourceNetworks": True},
    }
    next(iter(caller.simulator.world.vm_replications.values())).nics[0]["network"] = "isolated"
    caller.succeed("POST", f"{caller.path()}/failover", body)
    vm = caller.vms("protected-0001")[1]
    assert (vm.network, vm.ip_address) == ("isolated", "192.168.10.101")


@pytest.mark.parametrize(
    "half",
    [
        {"vmNetworkSettings": {"nics": [nic(network="nowhere")]}},
        {"vmNetworkSettings": {"nics": [nic(ipAddressAllocationMode="MANUAL")]}},
        {"vmNetworkSettings": {"nics": [nic(ipAddressAllocationMode="STATIC")]}},
        {"vmNetworkSettings": {"nics": [nic(ipAddress="10.0.0.256")]}},
        {"vmNetworkSettings": {"nics": [{"network": "lan"}]}},
        {"vmNetworkSettings": []},
        {"vAppNetworkSettings": {"networkMappings": [{"destinationOrgVdcNetwork": {"name": "dmz"}}]}},
        {"vAppNetworkSettings": {"bridgeOrgVdcNetworks": [{"name": "nowhere"}]}},
        {
            "vAppNetworkSettings": {
                "networkMappings": [
                    {"sourceNetworkName": "lan", "destinationOrgVdcNetwork": {"id": "0", "name": "dmz"}}
                ]
            }
        },
    ],
)
def test_invalid_settings_are_refused(half: dict[str, Any]) -> None:
    caller = vcda().sign_in()
    before = settings_of(caller)
    body = {"failoverSettings": copy.deepcopy(half)}
    assert caller.code("PUT", f"{caller.path()}/network-settings", body) == (400, "BadUserInput")
    assert caller.code("POST", f"{caller.path()}/failover", {**RECOVERY, **half}) == (400, "BadUserInput")
    assert settings_of(caller) == before
    assert caller.read("/tasks")["total"] == 0


def test_unknown_replications_have_no_settings() -> None:
    caller = vcda().sign_in()
    for path in ("/vm-replications/C4-x", "/vapp-replications/C4VAPP-x"):
        assert caller.code("GET", f"{path}/network-settings") == (404, "ReplicationNotFound")
        assert caller.code("PUT", f"{path}/network-settings", {}) == (404, "ReplicationNotFound")


def test_reversal_restores_the_default_settings() -> None:
    caller = vcda().sign_in().extend()
    caller.send("PUT", f"{caller.path()}/network-settings", settings_of(caller))
    caller.succeed("POST", f"{caller.path()}/migrate", RECOVERY)
    caller.succeed("POST", f"{caller.path()}/reverse")
    mapping = settings_of(caller)["failoverSettings"]["vAppNetworkSettings"]["networkMappings"][0]
    vdcs = [
        caller.simulator.world.networks[mapping[name]["id"]].vdc_id
        for name in ("sourceOrgVdcNetwork", "destinationOrgVdcNetwork")
    ]
    replication = caller.vm(query="?site=site1")
    assert vdcs == [replication["source"]["vdcId"], replication["destination"]["vdcId"]]
