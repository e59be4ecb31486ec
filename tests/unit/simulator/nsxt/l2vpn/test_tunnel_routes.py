"""Tests of the L2 VPN tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §10.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulator.nsxt.harness import Harness, harness
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import l2vpn_state, peer_code

PEER = "198.51.100.7"
KEY = "s3cr3t-long"


@pytest.fixture
def cloud(tmp_path: Path) -> Harness:
    return harness(tmp_path)


def server(cloud: Harness, **changes: Any) -> dict[str, Any]:
    """Return a server tunnel, changed by ``changes``."""
    return {
        "name": "stretch",
        "sessionMode": "SERVER",
        "localEndpointIP": cloud.edge().external_address,
        "remoteEndpointIP": PEER,
        "preSharedKey": KEY,
        **changes,
    }


def client(cloud: Harness, **changes: Any) -> dict[str, Any]:
    """Return a client tunnel, changed by ``changes``."""
    configuration = {"tunnelInterface": None, "connectorInitiationMode": None}
    code = peer_code({**server(cloud), **configuration})
    return {**server(cloud), "sessionMode": "CLIENT", "preSharedKey": None, "peerCode": code, **changes}


def created(cloud: Harness, tunnel: dict[str, Any]) -> str:
    """Create a tunnel, and return its path. The details of the task contain its ID."""
    task = cloud.write("POST", cloud.path("l2vpn/tunnels"), tunnel)
    assert task.get("operationName") == "createL2VpnTunnel"
    return cloud.path(f"l2vpn/tunnels/{l2vpn_state(cloud.edge())['tunnels'][-1]['id']}")


def test_only_a_single_tunnel_shows_its_secrets(cloud: Harness) -> None:
    path = created(cloud, server(cloud))
    [listed] = cloud.read(cloud.path("l2vpn/tunnels"))["values"]
    assert (listed["preSharedKey"], listed["peerCode"]) == (None, None)
    shown = cloud.read(path)
    assert shown["preSharedKey"] == "******"
    assert shown["peerCode"] == peer_code(l2vpn_state(cloud.edge())["tunnels"][0])
    cloud.caller.simulator.configure(l2vpn_keys="plain")
    assert cloud.read(path)["preSharedKey"] == KEY
    assert (shown["connectorInitiationMode"], shown["tunnelInterface"]) == ("INITIATOR", "169.254.64.1/28")
    assert shown["version"] == {"version": 0}


def test_a_client_has_no_peer_code_in_responses(cloud: Harness) -> None:
    shown = cloud.read(created(cloud, client(cloud)))
    assert (shown["peerCode"], shown["tunnelInterface"], shown["connectorInitiationMode"]) == (None, None, None)
    assert l2vpn_state(cloud.edge())["tunnels"][0]["preSharedKey"] == KEY


def test_a_change_without_a_key_or_with_the_mask_keeps_the_key(cloud: Harness) -> None:
    path = created(cloud, server(cloud))
    for key in ("******", None):
        shown = cloud.read(path)
        cloud.write("PUT", path, {**shown, "preSharedKey": key, "description": "new"})
        [tunnel] = l2vpn_state(cloud.edge())["tunnels"]
        assert (tunnel["preSharedKey"], tunnel["description"]) == (KEY, "new")
    cloud.caller.simulator.configure(l2vpn_key_in_put="required")
    body = {**cloud.read(path), "preSharedKey": None}
    assert "must not be empty" in cloud.refused("PUT", path, body)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": " "}, "must not be blank"),
        ({"sessionMode": "BOTH"}, "is not one of"),
        ({"remoteEndpointIP": "peer.example"}, "is not an IPv4 address"),
        ({"localEndpointIP": "192.0.2.1"}, "is not allocated to the edge gateway"),
        ({"preSharedKey": None}, "must not be empty for a SERVER session"),
        ({"connectorInitiationMode": "NEVER"}, "is not one of"),
        ({"tunnelInterface": "169.254.64.1"}, "is not a CIDR network"),
        ({"stretchedNetworks": [{"networkRef": {"id": "urn:vcloud:network:x"}}]}, "is not a network of the edge"),
        ({"localEndpointIp": "203.0.113.1"}, "not recognized"),
    ],
)
def test_an_invalid_server_is_refused(cloud: Harness, changes: dict[str, Any], reason: str) -> None:
    assert reason in cloud.refused("POST", cloud.path("l2vpn/tunnels"), server(cloud, **changes))
    assert l2vpn_state(cloud.edge())["tunnels"] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"peerCode": None}, "must not be empty for a CLIENT session"), ({"peerCode": "abc"}, "the peer code is invalid")],
)
def test_an_invalid_client_is_refused(cloud: Harness, changes: dict[str, Any], reason: str) -> None:
    assert reason in cloud.refused("POST", cloud.path("l2vpn/tunnels"), client(cloud, **changes))


def test_an_edge_gateway_has_one_role(cloud: Harness) -> None:
    path = created(cloud, server(cloud))
    other = client(cloud, name="other")
    assert "has tunnels in SERVER mode" in cloud.refused("POST", cloud.path("l2vpn/tunnels"), other)
    body = {**cloud.read(path), "sessionMode": "CLIENT"}
    assert "cannot be changed" in cloud.refused("PUT", path, body)


def test_a_tunnel_has_a_status_and_metrics(cloud: Harness) -> None:
    path = created(cloud, server(cloud))
    assert cloud.read(f"{path}/status") == {"runtimeStatus": "UP", "failureReason": None}
    assert cloud.read(f"{path}/metrics")["bytesIn"] == 1200

    def control(**data: Any) -> int:
        order = {"edge": "gw1", "service": "l2vpn", "name": "stretch", **data}
        return cloud.caller.send("POST", "/_sim/tunnels", json.dumps(order)).status

    assert control(message="no route") == 204
    assert cloud.read(f"{path}/status") == {"runtimeStatus": "DOWN", "failureReason": "no route"}
    assert cloud.read(f"{path}/metrics")["bytesIn"] == 0
    assert control(message="") == 204
    assert cloud.read(f"{path}/status")["runtimeStatus"] == "UP"
    assert control(service="sslvpn", message="x") == 400
    cloud.caller.simulator.configure(tunnel_up_after_s=300)
    assert cloud.read(f"{path}/status") == {"runtimeStatus": "DOWN", "failureReason": None}


def test_an_unknown_tunnel_is_not_found(cloud: Harness) -> None:
    assert cloud.caller.get(cloud.path("l2vpn/tunnels/x")).status == 404


def test_the_local_endpoint_is_a_used_address(cloud: Harness) -> None:
    created(cloud, server(cloud))
    used = cloud.read(cloud.path("usedIpAddresses"))["values"]
    assert (cloud.edge().external_address, "L2_VPN") in [(item["ipAddress"], item["category"]) for item in used]
