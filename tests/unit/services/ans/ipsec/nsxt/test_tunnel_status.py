"""Tests of the status and statistics of NSX-T IPsec tunnels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.services.ans.ipsec.nsxt.harness import BRANCH, VERSIONS, NsxtHarness, harness
from vcloudair_core.errors import TaskTimeoutError
from vcloudair_core.simulator.nsxt.ipsec.status import set_tunnel_status

OTHER = {**BRANCH, "name": "other", "peer_ip": "198.51.100.8", "peer_subnets": ["10.40.0.0/16"]}


@pytest.fixture(params=VERSIONS)
def ipsec(request: pytest.FixtureRequest) -> Iterator[NsxtHarness]:
    with harness(request.param) as made:
        made.ensure([BRANCH, {**OTHER, "enabled": False}])
        yield made


def test_status_and_statistics(ipsec: NsxtHarness) -> None:
    """A disabled tunnel causes no calls."""
    ipsec.requests.clear()
    status = ipsec.client.edges.ipsec_status()
    assert ipsec.calls()[-2:] == ["GET ID status", "GET ID statistics"]
    assert len(ipsec.calls()) == 5
    branch, other = sorted(status["tunnels"], key=lambda tunnel: str(tunnel["name"]))
    assert (status["service_status"], branch["status"], other["status"]) == ("up", "up", "disabled")
    assert (branch["received_bytes"], branch["sent_bytes"]) == (2400, 1800)
    assert branch["subnets"][0] == {
        "local": "192.168.10.0/24", "peer": "10.20.0.0/16", "status": "up", "last_error": "", "received_bytes": 1200,
        "sent_bytes": 900, "received_packets": 12, "sent_packets": 9, "dropped_received_packets": 0,
        "dropped_sent_packets": 0,
    }  # fmt: skip
    assert "psk" not in branch


@pytest.mark.parametrize(("wire", "status"), [("DOWN", "down"), ("DEGRADED", "partly up")])
def test_a_tunnel_that_is_not_up_has_a_reason(ipsec: NsxtHarness, wire: str, status: str) -> None:
    set_tunnel_status(ipsec.edge, "branch", "Peer not responding", wire)
    tunnels = {tunnel["name"]: tunnel for tunnel in ipsec.client.edges.ipsec_status()["tunnels"]}
    assert (tunnels["branch"]["status"], tunnels["branch"]["last_error"]) == (status, "Peer not responding")


def test_a_tunnel_that_was_deleted_is_unknown(ipsec: NsxtHarness) -> None:
    edit = {"edge": "nsxt-edge1", "section": "ipsec", "delete": "branch"}
    ipsec.simulator.faults.add("edit", method="GET", path="/status", edit=edit)
    tunnels = {tunnel["name"]: tunnel["status"] for tunnel in ipsec.client.edges.ipsec_status()["tunnels"]}
    assert tunnels == {"branch": "unknown", "other": "disabled"}


def test_waiting_polls_only_the_status_until_the_tunnel_is_up() -> None:
    with harness(tunnel_up_after_s=4.0) as ipsec:
        tunnels = ipsec.ensure(BRANCH).after
        ipsec.requests.clear()
        [shown] = ipsec.client.edges.wait_for_tunnels(tunnels, timeout_s=60)
        assert shown["status"] == "up"
        assert set(ipsec.calls()) == {"GET ID status"}
        assert len(ipsec.calls()) > 1


@pytest.mark.parametrize("wire", ["DOWN", "DEGRADED"])
def test_waiting_fails_for_a_tunnel_that_is_not_completely_up(wire: str) -> None:
    with harness() as ipsec:
        tunnels = ipsec.ensure(BRANCH).after
        set_tunnel_status(ipsec.edge, "branch", "Peer not responding", wire)
        with pytest.raises(TaskTimeoutError, match=r"Peer not responding"):
            ipsec.client.edges.wait_for_tunnels(tunnels, timeout_s=10)


def test_the_settings_of_the_peer() -> None:
    with harness() as ipsec:
        ipsec.ensure({**BRANCH, "encryption": "aes256", "tunnel_encryption": "aes-gcm-256", "ike_lifetime": 28800})
        sheet = ipsec.client.edges.peer_sheet("branch")
        assert (sheet["encryption"], sheet["tunnel_encryption"], sheet["ike_lifetime"]) == (
            "aes256",
            "aes-gcm-256",
            28800,
        )
        assert (sheet["local_ip"], sheet["peer_ip"]) == ("198.51.100.7", "203.0.113.100")
