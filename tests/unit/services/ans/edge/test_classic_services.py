"""Tests of the parser for edge gateways without advanced networking.

Source: protocol/recorded-responses.md §9.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulated import first_edge, signed_in
from tests.unit.simulator.api.test_edge_gateway_routes import configure
from vcloudair_core.app import App
from vcloudair_core.errors import ConfigurationError, DecodeError
from vcloudair_core.services.ans.edge.classic_services import parse_classic_edge
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulator_settings

SENT = """<EdgeGatewayServiceConfiguration xmlns="http://www.vmware.com/vcloud/v1.5">
  <FirewallService><IsEnabled>true</IsEnabled><DefaultAction>drop</DefaultAction>
    <FirewallRule><Description>web</Description><Policy>allow</Policy><Protocols><Tcp>true</Tcp></Protocols>
      <Port>443</Port><DestinationIp>192.0.2.7</DestinationIp><SourcePort>-1</SourcePort><SourceIp>Any</SourceIp>
    </FirewallRule></FirewallService>
  <GatewayIpsecVpnService><IsEnabled>true</IsEnabled><Tunnel><Name>office</Name><PeerIpAddress>198.51.100.9</PeerIpAddress>
    <PeerId>office</PeerId><LocalIpAddress>203.0.113.1</LocalIpAddress><LocalId>203.0.113.1</LocalId>
    <LocalSubnet><Gateway>192.168.10.0</Gateway><Netmask>255.255.255.0</Netmask></LocalSubnet>
    <PeerSubnet><Gateway>10.1.0.0</Gateway><Netmask>255.255.0.0</Netmask></PeerSubnet>
    <SharedSecret>never-to-be-shown</SharedSecret><Mtu>1400</Mtu></Tunnel></GatewayIpsecVpnService>
</EdgeGatewayServiceConfiguration>"""


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator(SimulatorConfig(profile="vcd", vm_task_s=1.0))
    first_edge(simulator).is_advanced = False
    assert configure(signed_in(simulator), SENT).status == 202
    simulator.clock.advance(2)
    return simulator


def read(simulator: Simulator) -> dict[str, Any]:
    with App().client(transport=simulator.transport(), **simulator_settings(simulator)) as client:
        return client.edges.read_classic("org1-vdc1-edge1")


def test_a_client_reads_the_services_of_an_edge_gateway_that_it_cannot_manage(simulator: Simulator) -> None:
    edge = read(simulator)
    assert [(vnic["name"], vnic["type"]) for vnic in edge["interfaces"]] == [
        ("external-net", "uplink"), ("lan", "internal"), ("dmz", "internal"),
    ]  # fmt: skip
    assert (edge["is_advanced"], edge["nat"]) == (False, None)
    assert (edge["firewall"]["enabled"], edge["firewall"]["default_action"]) == (True, "drop")
    (rule,) = edge["firewall"]["rules"]
    shown = [rule[name] for name in ("name", "action", "protocols", "destination", "destination_ports", "source_ports")]
    assert shown == ["web", "allow", ["tcp"], "192.0.2.7", "443", "any"]
    (tunnel,) = edge["ipsec"]["tunnels"]
    assert (tunnel["name"], tunnel["peer_ip"], tunnel["mtu"]) == ("office", "198.51.100.9", 1400)
    assert tunnel["peer_subnets"][0]["netmask"] == "255.255.0.0"
    assert "never-to-be-shown" not in str(edge)


def test_the_error_of_a_change_names_the_way_to_read(simulator: Simulator) -> None:
    with (
        App().client(transport=simulator.transport(), **simulator_settings(simulator)) as client,
        pytest.raises(ConfigurationError, match="no advanced networking") as caught,
    ):
        client.edges.find_edge("org1-vdc1-edge1")
    assert "read_classic" in caught.value.hint


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<Other/>"])
def test_another_document_is_an_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_classic_edge(body)


def test_absent_elements_are_none_or_empty() -> None:
    edge = parse_classic_edge(b'<EdgeGateway xmlns="http://www.vmware.com/vcloud/v1.5" name="e"/>')
    assert edge == {
        "name": "e", "is_advanced": None, "interfaces": [], "firewall": None, "nat": None, "ipsec": None,
    }  # fmt: skip
