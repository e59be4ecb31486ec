"""Tests of L2 VPN tunnels against the simulated API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.ans.l2vpn.harness import CLIENT, KEY, SERVER, VERSIONS, harness
from vcloudair_core.errors import InvalidRequestError, SpecError
from vcloudair_core.simulator.nsxt.l2vpn.tunnels import peer_code


@pytest.mark.parametrize("version", VERSIONS)
def test_both_ends_of_a_tunnel_converge_and_connect(version: str, tmp_path: Path) -> None:
    with harness(version, state_dir=tmp_path) as l2vpn:
        assert l2vpn.ensure(SERVER).changed
        assert l2vpn.writes() == ["POST"]
        assert not l2vpn.ensure(SERVER).changed
        client = {**CLIENT, "peer_code": l2vpn.peer_code()}
        assert l2vpn.ensure(client, edge="nsxt-edge2").changed
        assert not l2vpn.ensure(client, edge="nsxt-edge2").changed
        assert l2vpn.requests.writes == []
        for edge in ("nsxt-edge1", "nsxt-edge2"):
            [tunnel] = l2vpn.client.edges.l2vpn_status(edge)["tunnels"]
            assert (tunnel["status"], tunnel["received_bytes"]) == ("up", 1200)
        [tunnel] = l2vpn.tunnels("nsxt-edge2")
        assert tunnel["preSharedKey"] == KEY
        assert [item["tunnelId"] for item in tunnel["stretchedNetworks"]] == [1]


def test_output_is_valid_input(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure([SERVER, {**SERVER, "name": "other", "peer_ip": "198.51.100.8", "networks": []}])
        section = l2vpn.read()
        assert [tunnel["name"] for tunnel in section["tunnels"]] == ["other", "stretch"]
        assert section["tunnels"][1]["networks"] == [{"network": "lan", "tunnel_id": 1}]
        assert "psk" not in section["tunnels"][1]
        assert not l2vpn.ensure(section, state="exact").changed


def test_a_new_tunnel_is_sent_with_the_names_of_the_vendor(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        [tunnel] = l2vpn.tunnels()
        lan = next(
            network for network in l2vpn.simulator.world.networks.values() if network.edge_id == l2vpn.edge().edge_id
        )
        assert {name: tunnel[name] for name in ("sessionMode", "connectorInitiationMode", "enabled", "logging")} == {
            "sessionMode": "SERVER",
            "connectorInitiationMode": "INITIATOR",
            "enabled": True,
            "logging": False,
        }
        assert tunnel["localEndpointIP"] == SERVER["local_ip"]
        assert tunnel["stretchedNetworks"][0]["networkRef"]["name"] == lan.name


@pytest.mark.parametrize(
    "change",
    [
        {"description": "new"},
        {"enabled": False},
        {"logging": True},
        {"peer_ip": "198.51.100.9"},
        {"initiation_mode": "on_demand"},
        {"tunnel_interface": "169.254.99.1/28"},
        {"networks": [{"network": "lan"}, {"network": "dmz"}]},
        {"networks": []},
        {"psk": "another key"},
    ],
)
def test_a_change_writes_one_tunnel_once(change: dict[str, Any], tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        check = l2vpn.ensure({**SERVER, **change}, check=True)
        assert check.changed and l2vpn.writes() == []
        outcome = l2vpn.ensure({**SERVER, **change})
        assert outcome.plan.as_dict() == check.plan.as_dict()
        assert l2vpn.writes() == ["PUT"]
        assert not l2vpn.ensure({**SERVER, **change}).changed
        [tunnel] = l2vpn.tunnels()
        assert tunnel["preSharedKey"] == change.get("psk", KEY)
        assert l2vpn.ensure(SERVER, "absent").changed
        assert l2vpn.tunnels() == []


def test_a_server_keeps_assigned_tunnel_ids(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure({**SERVER, "networks": [{"network": "lan"}, {"network": "dmz"}]})
        l2vpn.ensure({**SERVER, "networks": [{"network": "dmz", "tunnel_id": 77}]})
        [tunnel] = l2vpn.read()["tunnels"]
        assert tunnel["networks"] == [{"network": "dmz", "tunnel_id": 2}]


def test_networks_of_the_edge_gateway_are_named_by_name_or_urn(tmp_path: Path) -> None:
    """Another edge gateway has networks with the same names."""
    with harness(state_dir=tmp_path) as l2vpn:
        world = l2vpn.simulator.world
        own = {network.name: network for network in world.networks.values() if network.edge_id == l2vpn.edge().edge_id}
        urn = f"urn:vcloud:network:{own['lan'].network_id}"
        l2vpn.ensure({**SERVER, "networks": [{"network": urn}]})
        [tunnel] = l2vpn.tunnels()
        assert tunnel["stretchedNetworks"][0]["networkRef"] == {"name": "lan", "id": urn}
        assert not l2vpn.ensure(SERVER).changed
        other = next(network for network in world.networks.values() if network.edge_id != l2vpn.edge().edge_id)
        with pytest.raises(SpecError, match="has no such routed network") as met:
            l2vpn.ensure({**SERVER, "networks": [{"network": f"urn:vcloud:network:{other.network_id}"}]})
        assert met.value.problems[0].path == "networks[0].network"
        assert met.value.problems[0].hint == "Run `vca network list` to see the networks."
        assert l2vpn.writes() == []


@pytest.mark.parametrize(("version", "writes"), [("37.2", ["PUT", "DELETE"]), ("38.1", ["DELETE"])])
def test_a_changed_client_can_be_deleted(version: str, writes: list[str], tmp_path: Path) -> None:
    """Old releases refuse to delete a changed client tunnel with networks."""
    with harness(version, state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        l2vpn.ensure({**CLIENT, "peer_code": l2vpn.peer_code()}, edge="nsxt-edge2")
        l2vpn.ensure({"name": CLIENT["name"], "description": "changed"}, edge="nsxt-edge2")
        l2vpn.ensure({"name": CLIENT["name"]}, "absent", edge="nsxt-edge2")
        assert l2vpn.writes() == writes
        assert l2vpn.tunnels("nsxt-edge2") == []


def test_an_old_client_cannot_be_disabled(tmp_path: Path) -> None:
    with harness("37.2", state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        client = {**CLIENT, "peer_code": l2vpn.peer_code()}
        l2vpn.ensure(client, edge="nsxt-edge2")
        for spec in ({"name": CLIENT["name"], "enabled": False}, {**client, "name": "new", "enabled": False}):
            with pytest.raises(SpecError, match="before API version 38.1"):
                l2vpn.ensure(spec, edge="nsxt-edge2")
            assert l2vpn.writes() == []
    with harness("38.1", state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        l2vpn.ensure({**CLIENT, "peer_code": l2vpn.peer_code(), "enabled": False}, edge="nsxt-edge2")
        [tunnel] = l2vpn.client.edges.l2vpn_status("nsxt-edge2")["tunnels"]
        assert tunnel["status"] == "disabled"


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        ({"name": "x"}, "session_mode", "is required, because the tunnel does not exist yet"),
        ({**SERVER, "name": "x", "psk": None}, "psk", "is required, because the tunnel does not exist yet"),
        ({**CLIENT, "networks": []}, "peer_code", "is required, because the tunnel does not exist yet"),
        ({"name": "stretch", "session_mode": "client"}, "session_mode", "cannot be changed from server"),
        ({"name": "stretch", "peer_code": "abc"}, "peer_code", "is only for client tunnels"),
        ({**CLIENT, "peer_code": "abc"}, "session_mode", "either server tunnels or client tunnels"),
    ],
)
def test_invalid_tunnels_are_refused_before_a_write(
    spec: dict[str, Any], field: str, reason: str, tmp_path: Path
) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        with pytest.raises(SpecError, match=reason) as met:
            l2vpn.ensure(spec)
        assert met.value.problems[0].path == field
        assert l2vpn.requests.writes == []


def test_a_role_can_change_by_replacing_all_tunnels(tmp_path: Path) -> None:
    """The server tunnel is deleted before the client tunnel is created."""
    with harness(state_dir=tmp_path) as l2vpn:
        l2vpn.ensure(SERVER)
        code = peer_code({**l2vpn.tunnels()[0], "preSharedKey": "of another site"})
        l2vpn.ensure({"tunnels": [{**CLIENT, "local_ip": SERVER["local_ip"], "peer_code": code}]}, state="exact")
        assert l2vpn.writes() == ["DELETE", "POST"]
        [tunnel] = l2vpn.tunnels()
        assert (tunnel["sessionMode"], tunnel["preSharedKey"]) == ("CLIENT", "of another site")


def test_an_invalid_peer_code_is_refused_by_the_server_without_being_shown(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        with pytest.raises(InvalidRequestError, match="peer code is invalid") as met:
            l2vpn.ensure({**CLIENT, "peer_code": "not-a-peer-code-c4n4ry"}, edge="nsxt-edge2")
        assert "c4n4ry" not in str(met.value.as_dict())


def test_unknown_keys_and_the_spelling_of_the_server_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vcloudair_core.services.ans.l2vpn.nsxt.codec import NsxtL2VpnCodec
    from vcloudair_core.services.ans.l2vpn.spec import L2VpnTunnelSpec

    record = {"id": "a", "sessionMode": "SERVER", "localEndpointIp": "203.0.113.1", "futureKey": 1}
    changed = NsxtL2VpnCodec().changed_record(record, L2VpnTunnelSpec(local_ip="203.0.113.2"), ("local_ip",))
    assert changed == {**record, "localEndpointIp": "203.0.113.2"}
    assert NsxtL2VpnCodec().rule_of(record).local_ip == "203.0.113.1"


def test_tunnels_fill_several_pages(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path, nsxt_task_s=0.0) as l2vpn:
        l2vpn.ensure(SERVER)
        first = l2vpn.tunnels()[0]
        l2vpn.tunnels().extend({**first, "id": f"{number:036}", "name": f"t{number}"} for number in range(200))
        assert len(l2vpn.read()["tunnels"]) == 201


def test_an_ignored_request_to_log_is_reported_once(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path, logging_right=False) as l2vpn:
        outcome = l2vpn.ensure({**SERVER, "logging": True})
        assert any("logging=true of L2 VPN tunnels" in warning for warning in outcome.warnings)
        assert not l2vpn.ensure({**SERVER, "logging": True}).changed


def test_a_change_of_a_server_warns_about_its_peer_code(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        assert l2vpn.ensure(SERVER).warnings == ()
        assert l2vpn.ensure({**SERVER, "logging": True}).warnings == ()
        [warning] = l2vpn.ensure({**SERVER, "psk": "another key"}).warnings
        assert "vca l2vpn peer-code" in warning and "'stretch'" in warning


def test_local_endpoints_are_used_public_addresses(tmp_path: Path) -> None:
    with harness(state_dir=tmp_path) as l2vpn:
        address = l2vpn.edge().external_address
        l2vpn.ensure({**SERVER, "local_ip": address})
        rows = l2vpn.client.edges.addresses("nsxt-edge1")["addresses"]
        assert next(row for row in rows if row["addresses"] == address)["used_by"] == ["primary", "l2_vpn"]
