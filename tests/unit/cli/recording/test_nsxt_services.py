"""Tests of recordings of NSX-T edge gateways.

A simulator that serves the recording returns the same services as the tenant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.cli.recording.test_tenant import SECRET, client_of, record, save, serve
from vcloudair_core import App
from vcloudair_core.cli.recording.pseudonyms import Pseudonyms
from vcloudair_core.cli.recording.tenant import PASSWORD, TenantRecorder
from vcloudair_core.services.ans.edge.model import Edge
from vcloudair_core.services.ans.nsxt.api import CloudApi, gateway_path
from vcloudair_core.simulator import Simulator, SimulatorConfig

PROFILE = {
    "ikeConfiguration": {"ikeVersion": "IKE_V1", "encryptionAlgorithms": ["AES_256"], "dhGroups": ["GROUP15"]},
    "tunnelConfiguration": {"encryptionAlgorithms": ["AES_GCM_256"], "dhGroups": ["GROUP15"]},
    "dpdConfiguration": {"probeInterval": 30},
}
GROUPS: list[dict[str, Any]] = [
    {"name": "clients", "ipAddresses": ["10.7.0.1", "10.8.0.0/24"], "description": "All clients"},
    {"name": "machines", "typeValue": "SECURITY_GROUP", "members": [{"name": "lan"}]},
]
# The server sorts NAT rules by name, so the file has them in this order.
SECTIONS: dict[str, Any] = {
    "firewall": {
        "active": False,
        "systemRules": [{"name": "dns", "actionValue": "ALLOW"}],
        "userDefinedRules": [
            {
                "name": "web in",
                "actionValue": "REJECT",
                "logging": True,
                "active": False,
                "direction": "IN",
                "comments": "ticket 1",
                "sourceFirewallGroups": [{"name": "clients"}],
                "destinationFirewallGroups": [{"name": "machines"}],
                "applicationPortProfiles": [{"name": "HTTPS"}, {"name": "portal"}],
                "appliedTo": {"name": "service"},
            },
            {
                "name": "inline",
                "actionValue": "ALLOW",
                "sourceFirewallIpAddresses": ["8.8.8.8"],
                "rawPortProtocols": [{"layer4Item": {"protocol": "TCP", "destinationPorts": ["22"]}}],
            },
        ],
        "defaultRules": [{"name": "default_rule", "actionValue": "ALLOW", "logging": True}],
    },
    "nat": {
        "values": [
            {"name": "out", "type": "NO_SNAT", "externalAddresses": "", "internalAddresses": "10.7.0.0/24"},
            {
                "name": "portal",
                "type": "DNAT",
                "externalAddresses": "8.8.4.4",
                "dnatExternalPort": "8443",
                "internalAddresses": "10.7.0.9",
                "applicationPortProfile": {"name": "portal"},
                "logging": True,
                "priority": 7,
            },
        ]
    },
    "ipsec": {
        "values": [
            {
                "name": "branch",
                "preSharedKey": SECRET,
                "localEndpoint": {"localAddress": "8.8.4.5", "localNetworks": ["10.7.0.0/24"], "localId": "vpn.acme"},
                "remoteEndpoint": {"remoteAddress": "9.9.9.9", "remoteNetworks": ["10.9.0.0/16"]},
                "connectionProperties": PROFILE,
            },
            {
                "name": "plain",
                "enabled": False,
                "preSharedKey": SECRET,
                "localEndpoint": {"localAddress": "8.8.4.5", "localNetworks": ["10.7.0.0/24"]},
                "remoteEndpoint": {"remoteAddress": "9.9.9.10"},
            },
        ]
    },
}
PORTAL = {"name": "portal", "applicationPorts": [{"protocol": "TCP", "destinationPorts": ["8443"]}]}
RULE = {"name": "shared", "actionValue": "ALLOW", "sourceFirewallGroups": [{"name": "web VMs"}]}
CRITERIA = {
    "name": "web VMs",
    "typeValue": "VM_CRITERIA",
    "vmCriteria": [{"rules": [{"attributeType": "VM_NAME", "operator": "STARTS_WITH", "attributeValue": "web"}]}],
}
WORLD: dict[str, Any] = {
    "orgs": [
        {
            "name": "acme",
            "users": [{"name": "ops", "password": SECRET}],
            "vdc_groups": [{"name": "pair", "vdcs": ["gold", "silver"], "edges": ["a-edge", "b-edge"]}],
            "vdcs": [
                {
                    "name": "bronze",
                    "edges": [
                        {"name": "t-edge", "backend": "nsxt", "firewall_groups": GROUPS, "port_profiles": [PORTAL],
                         "sections": SECTIONS},
                        {"name": "u-edge", "backend": "nsxt", "sections": {"firewall": {"userDefinedRules": [
                            {"name": "portal", "actionValue": "ALLOW", "applicationPortProfiles": [{"name": "portal"}]}
                        ]}}},
                    ],
                    "networks": [
                        {"name": "lan", "edge": "t-edge", "gateway": "10.7.0.1"},
                        {"name": "service", "edge": "t-edge", "gateway": "10.6.0.1",
                         "connection_type": "NON_DISTRIBUTED"},
                    ],
                },
                {
                    "name": "gold",
                    "network_provider": "manager-7",
                    "edges": [
                        {"name": "a-edge", "backend": "nsxt", "firewall_groups": [CRITERIA],
                         "sections": {"firewall": {"userDefinedRules": [RULE]}}},
                        {"name": "b-edge", "backend": "nsxt", "sections": {"firewall": {"userDefinedRules": [RULE]}}},
                        {"name": "c-edge", "backend": "nsxt", "deployment_mode": "DISTRIBUTED_ONLY"},
                    ],
                },
                {"name": "old", "edges": [{"name": "v-edge"}]},
                {"name": "silver", "network_provider": "manager-7"},
            ],
        }
    ]
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Simulator:
    return serve(save(WORLD, tmp_path / "world.yml"))


def answers(simulator: Simulator, password: str = PASSWORD) -> dict[str, Any]:
    """Return the responses about all NSX-T edge gateways, without keys."""
    with client_of(simulator, password) as client:
        api = CloudApi(client.session)
        shown: dict[str, Any] = {"edges": {edge.name: edge.as_row() for edge in client.edges.list_edges()}}
        for edge in client.edges.list_edges():
            if edge.backend == "nsxt" and edge.deployment_mode != "DISTRIBUTED_ONLY":
                shown[edge.name] = services(api, edge)
        shown["specs"] = {name: client.read("ans.edge", {"edge": name}) for name in ("t-edge", "a-edge", "b-edge")}
        return shown


def services(api: CloudApi, edge: Edge) -> dict[str, Any]:
    tunnels = []
    for summary in api.cursor_pages(gateway_path(edge.edge_id, "ipsec/tunnels")):
        path = gateway_path(edge.edge_id, f"ipsec/tunnels/{summary['id']}")
        tunnel = {**api.get(path), "preSharedKey": "", "properties": api.get(f"{path}/connectionProperties")}
        tunnels.append({**tunnel, "status": ""})
    owner = edge.owner_id if edge.is_owned_by_group else f"urn:vcloud:gateway:{edge.edge_id}"
    summaries = api.pages("/1.0.0/firewallGroups/summaries", filter_text=f"_context=={owner}")
    profiles = api.pages("/1.0.0/applicationPortProfiles", filter_text=f"_context=={edge.owner_id}")
    return {
        "firewall": api.get(gateway_path(edge.edge_id, "firewall/rules", "2.0.0")),
        "state": api.get(gateway_path(edge.edge_id, "firewall/state", "2.0.0")),
        "nat": api.cursor_pages(gateway_path(edge.edge_id, "nat/rules", "2.0.0")),
        "ipsec": tunnels,
        "groups": sorted((api.get(f"/1.0.0/firewallGroups/{group['id']}") for group in summaries), key=str),
        "profiles": profiles,
    }


def test_served_recording_gives_the_same_services_and_the_same_file(world: Simulator, tmp_path: Path) -> None:
    first = record(world, SECRET)
    assert SECRET not in yaml.safe_dump(first)
    replay = serve(save(first, tmp_path / "first.yml"))
    original, shown = answers(world, SECRET), answers(replay)
    assert set(shown) == {"edges", "specs", "t-edge", "u-edge", "a-edge", "b-edge"}
    for name, expected in original.items():
        assert shown[name] == expected, name
    assert record(replay) == first


def test_recording_has_the_services_of_the_file(world: Simulator) -> None:
    bronze, gold, old, silver = record(world, SECRET)["orgs"][0]["vdcs"]
    t_edge, u_edge = bronze["edges"]
    assert (t_edge["backend"], "advanced" in t_edge) == ("nsxt", False)
    assert t_edge["firewall_groups"] == [{"typeValue": "IP_SET", **GROUPS[0]}, GROUPS[1]]
    assert t_edge["port_profiles"] == [PORTAL]
    firewall = t_edge["sections"]["firewall"]
    assert firewall["active"] is False
    for name in ("systemRules", "userDefinedRules", "defaultRules"):
        for rule, expected in zip(firewall[name], SECTIONS["firewall"][name], strict=True):
            assert expected.items() <= rule.items()
    assert [key for tunnel in t_edge["sections"]["ipsec"]["values"] for key in tunnel if "Key" in key] == []
    assert "port_profiles" not in u_edge
    assert [set(edge) & {"firewall_groups"} for edge in gold["edges"]] == [{"firewall_groups"}, set(), set()]
    assert gold["edges"][2] == {"name": "c-edge", "backend": "nsxt", "deployment_mode": "DISTRIBUTED_ONLY"}
    assert (gold["network_provider"], silver["network_provider"]) == ("manager-7", "manager-7")
    assert "network_provider" not in old
    assert [network.get("connection_type") for network in bronze["networks"]] == [None, "NON_DISTRIBUTED"]


def test_recording_of_older_api_versions_can_be_served(world: Simulator, tmp_path: Path) -> None:
    env = world.env()
    options: dict[str, Any] = {
        "url": env["VCA_URL"],
        "username": "ops",
        "org": "acme",
        "password": SECRET,
        "api_version": "37.2",
    }
    with App().client(transport=world.transport(), session_cache=False, ca_path="", **options) as client:
        tree = TenantRecorder(client, lambda warning: None).read()
    rule = tree["orgs"][0]["vdcs"][0]["edges"][0]["sections"]["firewall"]["userDefinedRules"][0]
    assert (rule["enabled"], rule["actionValue"]) == (False, "REJECT")
    replay = serve(save(tree, tmp_path / "old.yml"))
    shown, original = answers(replay), answers(world, SECRET)
    assert shown["t-edge"]["nat"] == original["t-edge"]["nat"]
    assert shown["t-edge"]["ipsec"] == original["t-edge"]["ipsec"]
    first = [answer["t-edge"]["firewall"]["userDefinedRules"][0] for answer in (shown, original)]
    assert first[0] == first[1]


def test_objects_that_the_file_cannot_describe_are_left_out_with_a_warning(world: Simulator) -> None:
    edge = next(edge for edge in world.world.edges.values() if edge.name == "t-edge")
    [group] = world.world.vdc_groups.values()
    group.distributed_firewall["enabled"] = True
    rules = edge.services["firewall"]["user"]
    rules[0]["sourceFirewallGroups"] = [{"name": "gone", "id": "urn:vcloud:firewallGroup:1"}]
    warnings: list[str] = []
    with client_of(world, SECRET) as client:
        tree = TenantRecorder(client, warnings.append).read()
    assert warnings == [
        "The distributed firewall of VDC group 'pair' is left out.",
        "The rule 'web in' of edge gateway 't-edge' is left out. Inventory files cannot describe the object 'gone'.",
    ]
    recorded = tree["orgs"][0]["vdcs"][0]["edges"][0]["sections"]["firewall"]["userDefinedRules"]
    assert [rule["name"] for rule in recorded] == ["inline"]


def test_pseudonyms_of_nsxt_services_can_be_served(world: Simulator, tmp_path: Path) -> None:
    tree = Pseudonyms(b"key").replace(record(world, SECRET))
    text = yaml.safe_dump(tree)
    secrets = ("clients", "All clients", "machines", "portal", "web in", "ticket 1", "web VMs", "branch", "vpn.acme")
    for secret in (*secrets, "manager-7", "8.8.4.", "8.8.8.8", "9.9.9.", "10.7.0."):
        assert secret not in text, secret
    rule = tree["orgs"][0]["vdcs"][0]["edges"][0]["sections"]["firewall"]["userDefinedRules"][0]
    assert rule["applicationPortProfiles"][0] == {"name": "HTTPS"}
    again = record(serve(save(tree, tmp_path / "pseudonyms.yml")))
    assert record(serve(save(again, tmp_path / "again.yml"))) == again


def test_recorded_addresses_need_no_uplink(world: Simulator, tmp_path: Path) -> None:
    """Accept recorded addresses that are not on the simulated uplinks."""
    file = save(record(world, SECRET), tmp_path / "first.yml")
    replay = Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file), external_address="allocated"))
    assert answers(replay)["t-edge"]["nat"][1]["externalAddresses"] == "8.8.4.4"
