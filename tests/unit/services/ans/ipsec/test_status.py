"""Tests of the status of tunnels, waiting for tunnels, and peer settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.services.ans.ipsec_harness import BRANCH, KEY, Harness, foreign, harness
from vcloudair_core.compat.ans import ANSIPSec
from vcloudair_core.errors import AmbiguousMatchError, DecodeError, NotFoundError, SpecError, TaskTimeoutError
from vcloudair_core.services.ans.edge.backend import EDGE_APIS
from vcloudair_core.services.ans.ipsec.status import parse_status, tunnels_with_status
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.simulator import Simulator
from vcloudair_core.simulator.edge.ipsec_routes import IPSEC
from vcloudair_core.util.clock import FakeClock


@pytest.fixture(params=EDGE_APIS)
def ipsec(vca_simulator: Simulator, request: pytest.FixtureRequest) -> Iterator[Harness]:
    with harness(vca_simulator, str(request.param)) as made:
        made.seed(foreign(1), foreign(2, enabled=False))
        made.state["enabled"] = True
        yield made


def service(made: Harness) -> AnsService:
    found: AnsService = made.client.edges
    return found


def test_tunnels_with_their_status_and_last_error(ipsec: Harness) -> None:
    IPSEC.set_tunnel_down(ipsec.edge, "foreign 1", "no proposal chosen")
    ipsec.ensure(BRANCH)

    found = service(ipsec).ipsec_status()

    assert found["service_status"] == "up"
    assert [(tunnel["name"], tunnel["status"], tunnel["last_error"]) for tunnel in found["tunnels"]] == [
        ("foreign 1", "down", "no proposal chosen"),
        ("foreign 2", "disabled", ""),
        ("branch", "up", ""),
    ]
    assert found["tunnels"][2]["received_bytes"] == 1200
    assert [pair["peer"] for pair in found["tunnels"][2]["subnets"]] == ["10.20.0.0/16", "10.30.0.0/16"]


def test_waiting_ends_when_all_tunnels_are_up(ipsec: Harness) -> None:
    IPSEC.set_tunnel_down(ipsec.edge, "foreign 1", "waiting for the peer")
    clock = ipsec.client.session.clock
    assert isinstance(clock, FakeClock)
    asked: list[float] = []

    def sleep(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 3:
            IPSEC.set_tunnel_down(ipsec.edge, "foreign 1", "")

    clock.sleep = sleep  # type: ignore[method-assign]
    shown = service(ipsec).wait_for_tunnels(ipsec.client.read("ans.ipsec_tunnel"))
    assert [tunnel["status"] for tunnel in shown] == ["up"]
    assert asked == [1.0, 2.0, 3.0]


def test_waiting_times_out_with_the_last_message_of_the_edge(ipsec: Harness) -> None:
    IPSEC.set_tunnel_down(ipsec.edge, "foreign 1", "no proposal chosen")

    with pytest.raises(TaskTimeoutError, match=r"foreign 1 is down \(no proposal chosen\)") as met:
        service(ipsec).wait_for_tunnels(ipsec.client.read("ans.ipsec_tunnel"), timeout_s=30)

    assert "After 30 seconds" in str(met.value)
    with pytest.raises(NotFoundError, match="No tunnel is enabled"):
        service(ipsec).wait_for_tunnels(ipsec.client.read("ans.ipsec_tunnel")[1:])


def test_the_settings_for_the_peer_are_swapped_without_the_key(ipsec: Harness) -> None:
    ipsec.ensure(BRANCH)

    sheet = service(ipsec).peer_sheet("branch")

    assert (sheet["local_ip"], sheet["peer_ip"]) == ("198.51.100.7", "203.0.113.10")
    assert sheet["local_subnets"] == ["10.20.0.0/16", "10.30.0.0/16"]
    assert sheet["peer_subnets"] == ["192.168.10.0/24"]
    assert (sheet["encryption"], sheet["digest"], sheet["ike_version"]) == ("aes256", "sha1", "ikev1")
    assert KEY not in repr(sheet)
    assert service(ipsec).peer_sheet("ipsecsite-1")["local_id"] == "foreign-1"
    with pytest.raises(NotFoundError, match="IPsec tunnel not found: 'branhc'") as met:
        service(ipsec).peer_sheet("branhc")
    assert "Did you mean 'branch'?" in met.value.hint
    ipsec.seed(foreign(1, name="twin"), foreign(2, name="twin"))
    with pytest.raises(AmbiguousMatchError):
        service(ipsec).peer_sheet("twin")


# -- unusual responses -------------------------------------------------------------------------------------------

TUNNEL = {"name": "branch", "peer_id": "198.51.100.7", "peer_ip": "198.51.100.7", "enabled": True}


def test_a_tunnel_with_one_subnet_down_is_partly_up() -> None:
    found = parse_status(
        b"<ipsecStatusAndStats><serverStatus>UP</serverStatus><siteStatistics><siteStatus>up</siteStatus>"
        b"<ikeStatus><peerId>198.51.100.7</peerId><peerIpAddress>198.51.100.7</peerIpAddress></ikeStatus>"
        b"<tunnelStats><tunnelStatus>up</tunnelStatus></tunnelStats><tunnelStats><tunnelStatus>down</tunnelStatus>"
        b"<lastInformationalMessage>no SA</lastInformationalMessage></tunnelStats>"
        b"</siteStatistics></ipsecStatusAndStats>"
    )
    (shown,) = tunnels_with_status([TUNNEL], found)
    assert (shown["status"], shown["last_error"]) == ("partly up", "no SA")


@pytest.mark.parametrize("body", [b"{}", b'{"weather": "fine"}', b"<ipsecStatusAndStats/>"])
def test_unrelated_entries_do_not_change_the_status(body: bytes) -> None:
    with pytest.raises(DecodeError, match="neither serverStatus nor siteStatistics"):
        parse_status(body)


@pytest.mark.parametrize("body", [b'{"serverStatus": "up"}', b'{"siteStatistics": null}'])
def test_a_response_without_the_tunnel_is_unknown(body: bytes) -> None:
    (shown,) = tunnels_with_status([TUNNEL], parse_status(body))
    assert shown["status"] in ("unknown", "down")
    assert shown["status"] != "up"


def test_an_invalid_response(ipsec: Harness) -> None:
    ipsec.simulator.faults.add("truncated", method="GET", path="/ipsec/statistics")
    with pytest.raises(DecodeError, match="IPsec statistics"):
        service(ipsec).ipsec_status()


# -- raw tunnels -------------------------------------------------------------------------------------------------


def test_a_raw_tunnel_is_added_and_other_keys_are_kept(vca_simulator: Simulator) -> None:
    with harness(vca_simulator, "hybridity") as made:
        made.seed(foreign(1))
        section = service(made).ipsec(made.edge.name)
        assert isinstance(section, ANSIPSec)
        section.add_psk_tunnel(
            "hq", "203.0.113.10", "203.0.113.10", "hq.example.com", "", "192.168.1.0/24, 192.168.2.0/24",
            ["10.9.0.0/16"], KEY, dhgroup=5, extension="securelocaltrafficbyip=192.168.1.1",
        )  # fmt: skip
        section.save_config()
        assert [site["psk"] for site in made.sites] == ["their own 1", KEY]
        site = made.sites[1]
        assert site["localSubnets"] == {"subnets": ["192.168.1.0/24", "192.168.2.0/24"]}
        assert (site["dhGroup"], site["peerIp"], site["authenticationMode"]) == ("dh5", "any", "psk")
        assert [one["psk"] for one in section] == ["******", "******"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enc_algo": "blowfish"}, "is not one of aes, aes256, 3des, aes-gcm"),
        ({"dhgroup": 3}, "is not one of dh2"),
        ({"peer_subnets": "192.168.1.0/25"}, "overlaps"),
        ({"psk": ""}, "psk: is required"),
        ({"local_ip": "vpn.example.com"}, "is not an IPv4 address"),
    ],
)
def test_invalid_values_are_rejected_before_a_request(
    vca_simulator: Simulator, change: dict[str, object], said: str
) -> None:
    words = {
        "name": "hq", "local_id": "a", "local_ip": "203.0.113.10", "peer_id": "b", "peer_ip": "198.51.100.1",
        "local_subnets": "192.168.1.0/24", "peer_subnets": "10.9.0.0/16", "psk": KEY,
    }  # fmt: skip
    with harness(vca_simulator, "hybridity") as made:
        section = service(made).ipsec(made.edge.name)
        made.journal.clear()
        with pytest.raises(SpecError) as met:
            section.add_psk_tunnel(**{**words, **change})  # type: ignore[arg-type]
        assert said in str(met.value)
        assert made.journal.calls == []
