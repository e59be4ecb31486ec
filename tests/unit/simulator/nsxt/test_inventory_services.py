"""Tests of services of NSX-T edge gateways in an inventory file.

Source: protocol/nsxt.md §3, §4, §5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.simulator.cloudapi.test_session_routes import caller_for, sign_in
from tests.unit.simulator.nsxt.harness import Harness
from vcloudair_core.errors import SpecError

RULE = {
    "name": "web",
    "actionValue": "ALLOW",
    "logging": True,
    "sourceFirewallGroups": [{"name": "clients"}],
    "destinationFirewallGroups": [{"name": "machines"}],
    "applicationPortProfiles": [{"name": "HTTPS"}, {"name": "app"}],
}
EDGE: dict[str, Any] = {
    "name": "gw1",
    "backend": "nsxt",
    "firewall_groups": [
        {"name": "clients", "ipAddresses": ["10.0.0.1"]},
        {"name": "machines", "type": "SECURITY_GROUP", "members": [{"name": "lan"}]},
    ],
    "port_profiles": [{"name": "app", "applicationPorts": [{"protocol": "TCP", "destinationPorts": ["8080"]}]}],
    "firewall": [{"name": "first", "enabled": False, "actionValue": "DROP"}],
    "sections": {
        "firewall": {"systemRules": [{"name": "dns", "actionValue": "ALLOW"}], "userDefinedRules": [RULE]},
        "nat": {
            "values": [
                {
                    "name": "in",
                    "type": "DNAT",
                    "externalAddresses": "203.0.113.101",
                    "internalAddresses": "192.168.10.5",
                    "applicationPortProfile": {"name": "app"},
                }
            ]
        },
        "ipsec": {
            "values": [
                {
                    "name": "hq",
                    "localEndpoint": {"localAddress": "203.0.113.101", "localNetworks": ["192.168.10.0/24"]},
                    "remoteEndpoint": {"remoteAddress": "198.51.100.7"},
                }
            ]
        },
    },
}


def cloud_of(folder: Path, edge: dict[str, Any], groups: Any = ()) -> Harness:
    users = [{"name": "demo", "password": "demo-password"}]
    org = {"name": "org1", "users": users, "vdcs": [{"name": "v", "edges": [edge]}], "vdc_groups": list(groups)}
    file = folder / "inventory.yml"
    file.write_text(yaml.safe_dump({"orgs": [org]}), encoding="utf-8")
    caller = caller_for("39.1", inventory_file=str(file))
    caller.headers["Authorization"] = f"Bearer {sign_in(caller)}"
    return Harness(caller)


@pytest.mark.parametrize("is_grouped", [False, True])
def test_the_file_fills_all_services(tmp_path: Path, is_grouped: bool) -> None:
    groups = [{"name": "pair", "vdcs": ["v"], "edges": ["gw1"]}] if is_grouped else []
    cloud = cloud_of(tmp_path, EDGE, groups)
    firewall = cloud.read(cloud.path("firewall/rules", version="2.0.0"))
    first, web = firewall["userDefinedRules"]
    assert (first["name"], first["active"], web["logging"]) == ("first", False, True)
    assert [rule["name"] for rule in firewall["systemRules"]] == ["dns"]
    assert [group["name"] for group in web["sourceFirewallGroups"]] == ["clients"]
    assert [profile["name"] for profile in web["applicationPortProfiles"]] == ["HTTPS", "app"]
    machines = cloud.read(f"/cloudapi/1.0.0/firewallGroups/{web['destinationFirewallGroups'][0]['id']}")
    assert [member["name"] for member in machines["members"]] == ["lan"]
    assert machines["ownerRef"]["name"] == ("pair" if is_grouped else "gw1")
    (nat,) = cloud.read(cloud.path("nat/rules"))["values"]
    assert (nat["name"], nat["applicationPortProfile"]["name"]) == ("in", "app")
    (tunnel,) = cloud.read(cloud.path("ipsec/tunnels"))["values"]
    assert cloud.read(cloud.path(f"ipsec/tunnels/{tunnel['id']}"))["preSharedKey"] == "simulated-key"


def test_system_rules_survive_a_put_and_cannot_be_deleted(tmp_path: Path) -> None:
    cloud = cloud_of(tmp_path, EDGE)
    cloud.write("PUT", cloud.path("firewall/rules"), {"userDefinedRules": []})
    cloud.write("DELETE", cloud.path("firewall/rules"))
    (dns,) = cloud.read(cloud.path("firewall/rules"))["systemRules"]
    assert "read-only" in cloud.refused("DELETE", cloud.path(f"firewall/rules/{dns['id']}"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"firewall": [{**RULE, "sourceFirewallGroups": [{"name": "x"}]}]}, r"firewall.*'x' is unknown.*clients"),
        ({"firewall": [{"name": "a"}]}, r"firewall.*'actionValue': must not be null"),
        ({"firewall_groups": [{"name": "a", "ipAddresses": ["x"]}]}, "firewall_groups.*'x' is not an IP address"),
        ({"sections": {"firewall": {"firewallRules": []}}}, r"sections\.firewall.*unknown key 'firewallRules'"),
        ({"sections": {"nat": {"rules": []}}}, r"sections\.nat.*the key 'values' is missing"),
        ({"sections": {"ipsec": {"values": [{"name": "a"}]}}}, r"sections\.ipsec.*localEndpoint"),
        ({"port_profiles": [{"name": "a"}]}, "port_profiles.*'applicationPorts': must not be null"),
    ],
)
def test_an_invalid_service_is_an_error_of_the_file(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    edge = {"name": "gw1", "backend": "nsxt", "firewall_groups": EDGE["firewall_groups"], **change}
    with pytest.raises(SpecError, match=message):
        cloud_of(tmp_path, edge)
