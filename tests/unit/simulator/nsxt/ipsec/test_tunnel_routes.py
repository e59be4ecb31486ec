"""Tests of the IPsec tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.simulator.nsxt.ipsec.status import set_tunnel_status

PEER = "198.51.100.7"
KEY = "s3cr3t-long"
CUSTOM: dict[str, Any] = {
    "securityType": "CUSTOM",
    "ikeConfiguration": {
        "ikeVersion": "IKE_V1", "encryptionAlgorithms": ["AES_256"], "digestAlgorithms": ["SHA1"],
        "dhGroups": ["GROUP5"], "saLifeTime": 28800,
    },
    "tunnelConfiguration": {
        "perfectForwardSecrecyEnabled": False, "dfPolicy": "CLEAR", "encryptionAlgorithms": ["AES_256"],
        "digestAlgorithms": ["SHA2_256"], "dhGroups": ["GROUP14"], "saLifeTime": 900,
    },
    "dpdConfiguration": {"probeInterval": 30},
}  # fmt: skip


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def tunnels(cloud: Harness, version: str = "1.0.0", edge: str = "gw1") -> str:
    return cloud.path("ipsec/tunnels", edge, version)


def psk(cloud: Harness, **changes: Any) -> dict[str, Any]:
    """Return a tunnel with a pre-shared key, changed by ``changes``.

    The values in ``localEndpoint`` and ``remoteEndpoint`` are merged with the default endpoints.
    """
    tunnel: dict[str, Any] = {
        "name": "to-hq",
        "preSharedKey": KEY,
        "localEndpoint": {"localAddress": cloud.edge().external_address, "localNetworks": ["10.0.1.0/24"]},
        "remoteEndpoint": {"remoteAddress": PEER, "remoteNetworks": ["192.168.0.0/24"]},
    }
    ends = {name: {**tunnel[name], **changes.pop(name)} for name in list(changes) if name.endswith("Endpoint")}
    return {**tunnel, **changes, **ends}


def created(cloud: Harness, tunnel: dict[str, Any], version: str = "1.0.0") -> str:
    """Create a tunnel, and return its path."""
    path = tunnels(cloud, version)
    before = {known["id"] for known in cloud.read(path)["values"]}
    cloud.write("POST", path, tunnel)
    [identifier] = {known["id"] for known in cloud.read(path)["values"]} - before
    return f"{path}/{identifier}"


def test_a_new_tunnel_is_shown_with_all_defaults(cloud: Harness) -> None:
    task = cloud.write("POST", tunnels(cloud), psk(cloud))
    assert (task.get("operationName"), cloud.owner_id(task)) == ("createIpSecVpnTunnel", cloud.urn())
    [listed] = cloud.read(tunnels(cloud))["values"]
    assert len(listed["id"]) == 36, "a bare UUID"
    assert listed["preSharedKey"] is None, "lists contain no keys"
    tunnel = cloud.read(f"{tunnels(cloud)}/{listed['id']}")
    assert tunnel == {**listed, "preSharedKey": KEY}
    address = cloud.edge().external_address
    assert tunnel == {
        "id": listed["id"], "name": "to-hq", "description": None, "enabled": True,
        "localEndpoint": {"localId": None, "localAddress": address, "localNetworks": ["10.0.1.0/24"]},
        "remoteEndpoint": {"remoteId": PEER, "remoteAddress": PEER, "remoteNetworks": ["192.168.0.0/24"]},
        "authenticationMode": "PSK", "preSharedKey": KEY, "certificateRef": None, "caCertificateRef": None,
        "connectorInitiationMode": "INITIATOR", "securityType": "DEFAULT", "logging": False,
        "version": {"version": 0},
    }  # fmt: skip


def test_keys_are_only_shown_to_users_who_can_configure_the_service(tmp_path: Path, cloud: Harness) -> None:
    path = created(cloud, psk(cloud))
    cloud.caller.simulator.configure(psk_in_list=True)
    assert cloud.read(tunnels(cloud))["values"][0]["preSharedKey"] == KEY
    auditor = harness(tmp_path, user="auditor@org1")
    auditor.caller.simulator.world.edges = cloud.caller.simulator.world.edges
    assert auditor.read(path)["preSharedKey"] is None
    assert "[ORG_VDC_GATEWAY_CONFIGURE_IPSEC_VPN]" in auditor.refused("DELETE", path, status=403)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "'name': must not be null"),
        ({"localEndpoint": {"localAddress": None}}, "'localEndpoint.localAddress': must not be null"),
        ({"localEndpoint": {"localAddress": "198.51.100.9"}}, "is not allocated to the edge gateway gw1"),
        ({"localEndpoint": {"localAddress": "2001:db8::1"}}, "is not an IPv4 address"),
        ({"localEndpoint": {"localNetworks": []}}, "size must be between 1 and 128"),
        ({"localEndpoint": {"localNetworks": ["10.0.0.0/8"] * 129}}, "size must be between 1 and 128"),
        ({"localEndpoint": {"localNetworks": ["10.0.0.1"]}}, "'10.0.0.1' is not a CIDR network"),
        ({"localEndpoint": {"subnets": []}}, "'localEndpoint.subnets' not recognized"),
        ({"remoteEndpoint": {"remoteAddress": "vpn.example.test"}}, "is not an IPv4 address"),
        ({"remoteEndpoint": {"remoteAddress": "any"}}, "is not an IPv4 address"),
        ({"remoteEndpoint": {"remoteNetworks": ["x/8"]}}, "'x/8' is not a CIDR network"),
        ({"preSharedKey": None}, "'preSharedKey': must not be empty"),
        ({"authenticationMode": "psk"}, "'psk' is not one of"),
        ({"authenticationMode": "CERTIFICATE"}, "'certificateRef': must not be null"),
        ({"certificateRef": {"id": "urn:vcloud:certificateLibraryItem:x"}}, "does not exist"),
        ({"connectorInitiationMode": "BOTH"}, "'BOTH' is not one of"),
        ({"securityType": "CUSTOM"}, "has no custom connection properties"),
        ({"securityType": "FIPS"}, "'FIPS' is not one of"),
        ({"active": True}, "'active' not recognized"),
        ({"sessionType": "POLICY"}, "'sessionType' not recognized"),
    ],
)
def test_an_invalid_tunnel_is_refused(cloud: Harness, changes: dict[str, Any], message: str) -> None:
    assert message in cloud.refused("POST", tunnels(cloud), psk(cloud, **changes))
    assert cloud.read(tunnels(cloud))["values"] == []


def test_a_second_tunnel_between_the_same_addresses_is_refused(cloud: Harness) -> None:
    path = created(cloud, psk(cloud))
    other = created(cloud, psk(cloud, remoteEndpoint={"remoteAddress": "198.51.100.8"}))
    address = cloud.edge().external_address
    in_use = f"IPSec VPN Tunnel with local address {address} and remote address {PEER} is already in use"
    assert in_use in cloud.refused("POST", tunnels(cloud), psk(cloud, name="other-name"))
    moved = {**cloud.read(other), "remoteEndpoint": cloud.read(path)["remoteEndpoint"]}
    assert in_use in cloud.refused("PUT", other, moved)
    assert cloud.read(path)["name"] == cloud.read(other)["name"] == "to-hq", "names are not unique"


def test_the_task_of_a_second_tunnel_fails_with_an_option(cloud: Harness) -> None:
    cloud.caller.simulator.configure(duplicate_tunnel="task")
    path = created(cloud, psk(cloud))
    other = created(cloud, psk(cloud, remoteEndpoint={"remoteAddress": "198.51.100.8"}))
    moved = {**cloud.read(other), "remoteEndpoint": cloud.read(path)["remoteEndpoint"]}
    for method, target, body in (("POST", tunnels(cloud), psk(cloud)), ("PUT", other, moved)):
        response = cloud.send(method, target, body)
        cloud.settle()
        task = cloud.task(response)
        assert task.get("status") == "error"
        assert task.find("{*}Error").get("message").endswith(f"remote address {PEER} is already in use")
    assert cloud.read(other)["version"] == {"version": 0}
    assert len(cloud.read(tunnels(cloud))["values"]) == 2


def test_an_update_keeps_the_key_and_can_move_the_peer(cloud: Harness) -> None:
    path = created(cloud, psk(cloud, description="old"))
    tunnel = cloud.read(path)
    remote = {"remoteAddress": "198.51.100.9", "remoteNetworks": None}
    task = cloud.write("PUT", path, psk(cloud, id=tunnel["id"], preSharedKey=None, name="moved", remoteEndpoint=remote))
    assert task.get("operationName") == "updateIpSecVpnTunnel"
    moved = cloud.read(path)
    assert (moved["preSharedKey"], moved["name"], moved["description"]) == (KEY, "moved", None)
    assert moved["remoteEndpoint"] == {"remoteId": "198.51.100.9", **remote}
    assert moved["version"] == {"version": 1}
    cloud.write("PUT", path, moved)
    assert cloud.read(path) == {**moved, "version": {"version": 2}}, "a tunnel can be sent back as it was read"
    assert "the current version is 2, not 0" in cloud.refused("PUT", path, tunnel)
    assert "'id'" in cloud.refused("PUT", path, psk(cloud))


def test_a_tunnel_can_be_deleted(cloud: Harness) -> None:
    path = created(cloud, psk(cloud))
    assert cloud.write("DELETE", path).get("operationName") == "deleteIpSecVpnTunnel"
    assert cloud.read(tunnels(cloud))["values"] == []
    for rest in ("", "/status", "/statistics", "/connectionProperties"):
        assert "RESOURCE_NOT_FOUND" in cloud.refused("GET", path + rest, status=404)
    assert created(cloud, psk(cloud)) != path


def test_custom_properties_set_the_security_type(cloud: Harness) -> None:
    path = created(cloud, psk(cloud))
    defaults = cloud.read(f"{tunnels(cloud)}/defaultConnectionProperties")
    assert cloud.read(f"{path}/connectionProperties") == defaults
    assert (defaults["securityType"], defaults["tunnelConfiguration"]["digestAlgorithms"]) == ("DEFAULT", None)
    task = cloud.write("PUT", f"{path}/connectionProperties", CUSTOM)
    assert task.get("operationName") == "updateIpSecVpnTunnelProperties"
    assert cloud.read(f"{path}/connectionProperties") == CUSTOM
    tunnel = cloud.read(path)
    assert (tunnel["securityType"], tunnel["version"]) == ("CUSTOM", {"version": 1})
    cloud.write("PUT", path, tunnel)
    assert cloud.read(f"{path}/connectionProperties") == CUSTOM, "CUSTOM in an update keeps the properties"


@pytest.mark.parametrize("security_type", [None, "DEFAULT"])
def test_an_update_without_custom_resets_the_properties(cloud: Harness, security_type: str | None) -> None:
    path = created(cloud, psk(cloud))
    cloud.write("PUT", f"{path}/connectionProperties", CUSTOM)
    cloud.write("PUT", path, {**cloud.read(path), "securityType": security_type})
    assert cloud.read(path)["securityType"] == "DEFAULT"
    assert cloud.read(f"{path}/connectionProperties") == cloud.read(f"{tunnels(cloud)}/defaultConnectionProperties")


@pytest.mark.parametrize(("release", "is_refused"), [("10.4", False), ("10.5", False), ("10.6", True)])
def test_custom_without_properties_depends_on_the_release(tmp_path: Path, release: str, is_refused: bool) -> None:
    cloud = harness(tmp_path, "37.0", release=release)
    path = created(cloud, psk(cloud))
    tunnel = {**cloud.read(path), "securityType": "CUSTOM"}
    if is_refused:
        assert "has no custom connection properties" in cloud.refused("PUT", path, tunnel)
    else:
        cloud.write("PUT", path, tunnel)
        assert cloud.read(f"{path}/connectionProperties")["securityType"] == "CUSTOM"


@pytest.mark.parametrize(
    ("section", "changes", "message"),
    [
        ("ikeConfiguration", {"ikeVersion": "IKE_V3"}, "'IKE_V3' is not one of"),
        ("ikeConfiguration", {"ikeVersion": None}, "'ikeConfiguration.ikeVersion': must not be null"),
        ("ikeConfiguration", {"encryptionAlgorithms": ["AES_192"]}, "'AES_192' is not one of"),
        ("ikeConfiguration", {"encryptionAlgorithms": ["NO_ENCRYPTION"]}, "'NO_ENCRYPTION' is not one of"),
        ("ikeConfiguration", {"encryptionAlgorithms": []}, "size must be between 1 and 1"),
        ("ikeConfiguration", {"dhGroups": ["GROUP2", "GROUP5"]}, "size must be between 1 and 1"),
        ("ikeConfiguration", {"saLifeTime": 21599}, "must be from 21600 to 31536000"),
        ("tunnelConfiguration", {"saLifeTime": 899}, "must be from 900 to 31536000"),
        ("tunnelConfiguration", {"dhGroups": ["GROUP24"]}, "'GROUP24' is not one of"),
        ("tunnelConfiguration", {"dfPolicy": "SET"}, "'SET' is not one of"),
        ("tunnelConfiguration", {"encryptionAlgorithms": ["AES_GCM_256"]}, "must be empty with AES_GCM_256"),
        ("tunnelConfiguration", {"encryptionAlgorithms": ["NO_ENCRYPTION_AUTH_AES_GMAC_128"]}, "must be empty with NO"),
        ("dpdConfiguration", {"probeInterval": 2}, "must be from 3 to 60"),
        ("dpdConfiguration", {"probeInterval": 61}, "must be from 3 to 60"),
        ("dpdConfiguration", {"probeInterval": None}, "must not be null"),
        ("dpdConfiguration", {"mode": "PERIODIC"}, "'dpdConfiguration.mode' not recognized"),
    ],
)
def test_invalid_properties_are_refused(cloud: Harness, section: str, changes: dict[str, Any], message: str) -> None:
    path = created(cloud, psk(cloud))
    properties = {**CUSTOM, section: {**CUSTOM[section], **changes}}
    assert message in cloud.refused("PUT", f"{path}/connectionProperties", properties)
    assert cloud.read(path)["securityType"] == "DEFAULT"


def test_absent_properties_have_defaults_but_parts_are_required(cloud: Harness) -> None:
    path = f"{created(cloud, psk(cloud))}/connectionProperties"
    phase = {"encryptionAlgorithms": ["AES_GCM_128"], "dhGroups": ["GROUP19"]}
    minimal = {
        "ikeConfiguration": {"ikeVersion": "IKE_FLEX", **phase},
        "tunnelConfiguration": phase,
        "dpdConfiguration": {"probeInterval": 3},
    }
    cloud.write("PUT", path, minimal)
    shown = cloud.read(path)
    assert shown["ikeConfiguration"]["saLifeTime"] == 86400
    assert shown["tunnelConfiguration"]["perfectForwardSecrecyEnabled"] is True
    for part in minimal:
        rest = {name: value for name, value in minimal.items() if name != part}
        assert f"'{part}': must not be null" in cloud.refused("PUT", path, rest)
    cloud.write("PUT", path, {"securityType": "DEFAULT"})
    assert cloud.read(path)["securityType"] == "DEFAULT"


def test_certificates_of_the_library_can_be_used(cloud: Harness) -> None:
    library = cloud.read("/cloudapi/1.0.0/ssl/certificateLibrary")["values"]
    own, ca = (next(item for item in library if item["alias"] == alias) for alias in ("vpn-gateway", "vpn-ca"))
    references = {"certificateRef": {"id": own["id"]}, "caCertificateRef": {"id": ca["id"]}}
    tunnel = psk(cloud, authenticationMode="CERTIFICATE", preSharedKey=None, **references)
    without_key = {**tunnel, "certificateRef": {"id": ca["id"]}}
    assert "'vpn-ca' has no private key" in cloud.refused("POST", tunnels(cloud), without_key)
    shown = cloud.read(created(cloud, tunnel))
    assert shown["certificateRef"] == {"name": "vpn-gateway", "id": own["id"]}
    assert (shown["caCertificateRef"]["name"], shown["preSharedKey"]) == ("vpn-ca", None)
    assert shown["remoteEndpoint"]["remoteId"] is None, "only a pre-shared key has the address as default"
    counted = cloud.read(f"/cloudapi/1.0.0/ssl/certificateLibrary/{own['id']}")
    assert (counted["consumerCount"], own["consumerCount"]) == (1, 0)


def test_status_follows_the_control_plane(cloud: Harness) -> None:
    path = created(cloud, psk(cloud, localEndpoint={"localNetworks": ["10.0.1.0/24", "10.0.2.0/24"]}))
    assert cloud.read(f"{path}/status") == {
        "tunnelStatus": "UP", "ikeStatus": {"ikeServiceStatus": "UP", "failReason": None}
    }  # fmt: skip
    rows = cloud.read(f"{path}/statistics")["values"]
    assert [(row["localSubnet"], row["peerSubnet"]) for row in rows] == [
        ("10.0.1.0/24", "192.168.0.0/24"), ("10.0.2.0/24", "192.168.0.0/24")
    ]  # fmt: skip
    assert rows[0]["bytesIn"] > 0 and rows[0]["integrityErrors"] == 0
    set_tunnel_status(cloud.edge(), "to-hq", "Peer not responding")
    assert cloud.read(f"{path}/status") == {
        "tunnelStatus": "DOWN", "ikeStatus": {"ikeServiceStatus": "DOWN", "failReason": "Peer not responding"}
    }  # fmt: skip
    assert cloud.read(f"{path}/statistics")["values"][0]["bytesIn"] == 0
    set_tunnel_status(cloud.edge(), "to-hq", "1 of 2 tunnels is down", "DEGRADED")
    status = cloud.read(f"{path}/status")
    assert (status["tunnelStatus"], status["ikeStatus"]["ikeServiceStatus"]) == ("DEGRADED", "UP")
    set_tunnel_status(cloud.edge(), "to-hq", "")
    assert cloud.read(f"{path}/status")["tunnelStatus"] == "UP"
    with pytest.raises(ValueError, match="unknown tunnel status 'UP'"):
        set_tunnel_status(cloud.edge(), "to-hq", "x", "UP")


def test_a_disabled_tunnel_is_down_and_a_new_one_can_negotiate(cloud: Harness) -> None:
    cloud.caller.simulator.configure(tunnel_up_after_s=300)
    path = created(cloud, psk(cloud))
    status = cloud.read(f"{path}/status")
    assert (status["tunnelStatus"], status["ikeStatus"]["ikeServiceStatus"]) == ("DOWN", "NEGOTIATING")
    cloud.settle(300)
    assert cloud.read(f"{path}/status")["tunnelStatus"] == "UP"
    cloud.write("PUT", path, {**cloud.read(path), "enabled": False})
    assert cloud.read(f"{path}/status")["ikeStatus"]["failReason"] == "The tunnel is disabled"


def test_path_version_2_has_its_own_fields(tmp_path: Path, cloud: Harness) -> None:
    second = tunnels(cloud, "2.0.0")
    path = created(cloud, psk(cloud, active=False), "2.0.0")
    shown = cloud.read(path)
    assert (shown["active"], "enabled" in shown) == (False, False)
    assert (shown["tunnelType"], shown["tunnelInterfaces"]) == ("POLICY_BASED", [])
    assert shown["connectivityStatus"] == "DOWN"
    cloud.write("PUT", path, shown)
    assert "'enabled' not recognized" in cloud.refused("POST", second, psk(cloud, enabled=True))
    assert "is not one of" in cloud.refused("POST", second, psk(cloud, tunnelType="ROUTE_BASED"))
    older = harness(tmp_path, "38.1")
    assert "tunnelType" not in older.read(created(older, psk(older), "2.0.0"))
    assert "'tunnelType' not recognized" in older.refused("POST", tunnels(older, "2.0.0"), psk(older, tunnelType=None))


def test_a_running_task_makes_the_edge_busy(cloud: Harness) -> None:
    assert cloud.send("POST", tunnels(cloud), psk(cloud)).status == 202
    refusal = cloud.refused("POST", cloud.path("nat/rules"), {
        "name": "r", "type": "NO_SNAT", "externalAddresses": "", "internalAddresses": "10.0.0.0/8"
    })  # fmt: skip
    assert refusal.startswith("BUSY_ENTITY: ")
    assert refusal.endswith("is busy completing an operation IP_SEC_VPN_TUNNEL_CREATE.")
