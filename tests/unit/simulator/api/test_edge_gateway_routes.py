"""Tests of edge gateways in the XML of vCloud Director.

Source: protocol/recorded-responses.md §6, §9.
"""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from tests.support.schema import load_validator
from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

VCLOUD = "{http://www.vmware.com/vcloud/v1.5}"
SERVICES = f"""<EdgeGatewayServiceConfiguration xmlns="{VCLOUD[1:-1]}">
  <FirewallService><IsEnabled>true</IsEnabled><DefaultAction>drop</DefaultAction>
    <LogDefaultAction>true</LogDefaultAction>
    <FirewallRule><IsEnabled>true</IsEnabled><Description>web</Description><Policy>allow</Policy>
      <Protocols><Tcp>true</Tcp></Protocols><DestinationPortRange>443</DestinationPortRange>
      <DestinationIp>192.0.2.7</DestinationIp><SourcePortRange>any</SourcePortRange><SourceIp>external</SourceIp>
      <EnableLogging>false</EnableLogging></FirewallRule>
  </FirewallService>
  <NatService><IsEnabled>true</IsEnabled>
    <NatRule><RuleType>DNAT</RuleType><IsEnabled>true</IsEnabled><GatewayNatRule><Interface href="{{uplink}}"/>
      <OriginalIp>203.0.113.1</OriginalIp><OriginalPort>443</OriginalPort><TranslatedIp>192.168.10.5</TranslatedIp>
      <TranslatedPort>8443</TranslatedPort><Protocol>tcp</Protocol></GatewayNatRule></NatRule>
    <NatRule><RuleType>SNAT</RuleType><IsEnabled>false</IsEnabled><GatewayNatRule><Interface href="{{uplink}}"/>
      <OriginalIp>192.168.10.0/24</OriginalIp><TranslatedIp>203.0.113.1</TranslatedIp></GatewayNatRule></NatRule>
  </NatService>
  <GatewayIpsecVpnService><IsEnabled>true</IsEnabled>
    <Tunnel><Name>to-office</Name><PeerIpAddress>198.51.100.9</PeerIpAddress><PeerId>office</PeerId>
      <LocalIpAddress>203.0.113.1</LocalIpAddress><LocalId>203.0.113.1</LocalId>
      <LocalSubnet><Name>lan</Name><Gateway>192.168.10.0</Gateway><Netmask>255.255.255.0</Netmask></LocalSubnet>
      <PeerSubnet><Name>office</Name><Gateway>10.1.0.0</Gateway><Netmask>255.255.0.0</Netmask></PeerSubnet>
      <SharedSecret>a-long-shared-secret</SharedSecret><EncryptionProtocol>AES256</EncryptionProtocol><Mtu>1400</Mtu>
      <IsEnabled>true</IsEnabled></Tunnel>
  </GatewayIpsecVpnService>
</EdgeGatewayServiceConfiguration>"""


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="vcd", vm_task_s=1.0)), version="29.0")


def address(caller: Caller) -> str:
    return f"/api/admin/edgeGateway/{first_edge(caller.simulator).edge_id}"


def configure(caller: Caller, body: str) -> Any:
    uplink = next(iter(caller.simulator.world.external_networks))
    path = f"{address(caller)}/action/configureServices"
    return caller.send("POST", path, body.replace("{uplink}", f"{caller.root}/api/admin/network/{uplink}"))


def values(node: Any, *names: str) -> list[str | None]:
    return [node.findtext(f".//{VCLOUD}{name}") for name in names]


def test_interfaces_are_the_uplink_and_all_networks(caller: Caller) -> None:
    edge = caller.xml(address(caller))
    interfaces = list(edge.iter(f"{VCLOUD}GatewayInterface"))
    assert [values(vnic, "Name", "InterfaceType") for vnic in interfaces] == [
        ["external-net", "uplink"], ["lan", "internal"], ["dmz", "internal"],
    ]  # fmt: skip
    nsx = etree.fromstring(caller.get(f"/network/edges/{first_edge(caller.simulator).edge_id}/vdcNetworks").body)
    names = [node.findtext("networkReference/name") for node in nsx]
    assert names == [values(vnic, "Name")[0] for vnic in interfaces]


@pytest.mark.parametrize(("version", "is_there"), [("9.0", False), ("20.0", True)])
def test_a_subnet_has_its_default_route_since_14(version: str, is_there: bool) -> None:
    caller = signed_in(Simulator(SimulatorConfig(profile="vcd")), version=version)
    subnet = next(caller.xml(address(caller)).iter(f"{VCLOUD}SubnetParticipation"))
    assert (subnet.find(f"{VCLOUD}UseForDefaultRoute") is not None) == is_there


def test_services_that_were_never_configured_are_absent(caller: Caller) -> None:
    services = caller.xml(address(caller)).find(f".//{VCLOUD}EdgeGatewayServiceConfiguration")
    assert [etree.QName(service).localname for service in services] == ["FirewallService"]


def test_a_task_replaces_the_services_that_are_sent(caller: Caller) -> None:
    response = configure(caller, SERVICES)
    assert response.status == 202
    assert etree.fromstring(response.body).get("operationName") == "networkConfigureEdgeGatewayServices"
    record = caller.xml("/api/query?type=edgeGateway").find(f"{VCLOUD}EdgeGatewayRecord")
    assert (record.get("isBusy"), record.get("taskStatus")) == ("true", "queued")
    assert record.get("taskOperation") == "networkConfigureEdgeGatewayServices"
    caller.simulator.clock.advance(2)
    document = caller.xml(address(caller))
    assert load_validator().errors(document) == []
    rule = document.find(f".//{VCLOUD}FirewallRule")
    assert values(rule, "Id", "Description", "Policy", "Tcp", "Port", "DestinationPortRange") == [
        "1", "web", "allow", "true", "443", "443",
    ]  # fmt: skip
    assert values(rule, "SourcePort", "SourcePortRange", "SourceIp", "DestinationIp") == [
        "-1", "Any", "external", "192.0.2.7",
    ]  # fmt: skip
    dnat, snat = document.iter(f"{VCLOUD}NatRule")
    assert values(dnat, "Id", "RuleType", "Protocol", "OriginalPort", "TranslatedPort") == [
        "65537", "DNAT", "Tcp", "443", "8443",
    ]  # fmt: skip
    assert values(snat, "Id", "RuleType", "Protocol", "OriginalPort") == ["65538", "SNAT", None, None]
    tunnel = document.find(f".//{VCLOUD}Tunnel")
    assert values(tunnel, "Name", "SharedSecret", "SharedSecretEncrypted", "Mtu", "Netmask") == [
        "to-office", "a-long-shared-secret", "false", "1400", "255.255.255.0",
    ]  # fmt: skip


def test_classic_services_are_those_of_nsx(caller: Caller) -> None:
    configure(caller, SERVICES)
    caller.simulator.clock.advance(2)
    edge_id = first_edge(caller.simulator).edge_id
    nat = caller.json(f"/network/edges/{edge_id}/nat/config")
    assert [rule["action"] for rule in nat["rules"]["natRulesDtos"]] == ["dnat", "snat"]
    ipsec = caller.json(f"/network/edges/{edge_id}/ipsec/config")
    assert [site["name"] for site in ipsec["sites"]["sites"]] == ["to-office"]


def test_services_that_are_not_sent_stay(caller: Caller) -> None:
    configure(caller, SERVICES)
    caller.simulator.clock.advance(2)
    service = "<NatService><IsEnabled>false</IsEnabled></NatService>"
    root = f'<EdgeGatewayServiceConfiguration xmlns="{VCLOUD[1:-1]}">{service}</EdgeGatewayServiceConfiguration>'
    assert configure(caller, root).status == 202
    caller.simulator.clock.advance(2)
    document = caller.xml(address(caller))
    assert len(list(document.iter(f"{VCLOUD}FirewallRule"))) == 1
    assert list(document.iter(f"{VCLOUD}NatRule")) == []
    assert len(list(document.iter(f"{VCLOUD}Tunnel"))) == 1


def test_an_unchanged_document_changes_nothing(caller: Caller) -> None:
    configure(caller, SERVICES)
    caller.simulator.clock.advance(2)
    before = caller.xml(address(caller)).find(f".//{VCLOUD}EdgeGatewayServiceConfiguration")
    assert configure(caller, etree.tostring(before).decode()).status == 202
    caller.simulator.clock.advance(2)
    after = caller.xml(address(caller)).find(f".//{VCLOUD}EdgeGatewayServiceConfiguration")
    assert etree.tostring(after) == etree.tostring(before)


@pytest.mark.parametrize("wrong", ["<a/>", "no xml", SERVICES.replace("192.0.2.7", "nowhere")])
def test_an_invalid_service_is_rejected_and_changes_nothing(caller: Caller, wrong: str) -> None:
    before = caller.get(address(caller)).body
    response = configure(caller, wrong)
    assert response.status == 400
    assert etree.fromstring(response.body).get("minorErrorCode") == "BAD_REQUEST"
    assert caller.get(address(caller)).body == before


def test_a_busy_edge_gateway_refuses_a_second_task(caller: Caller) -> None:
    assert configure(caller, SERVICES).status == 202
    response = configure(caller, SERVICES)
    assert (response.status, etree.fromstring(response.body).get("minorErrorCode")) == (400, "BUSY_ENTITY")


def test_an_edge_gateway_of_another_org_is_forbidden(caller: Caller) -> None:
    response = caller.get("/api/admin/edgeGateway/00000000-0000-4000-8000-000000000000")
    assert response.status == 403


@pytest.mark.parametrize(("version", "kind"), [("31.0", None), ("32.0", "NSXV_BACKED"), ("37.2", "NSXV_BACKED")])
def test_newer_versions_name_the_kind_of_the_edge(version: str, kind: str | None) -> None:
    """Source: protocol/nsxt.md §2."""
    caller = signed_in(
        Simulator(SimulatorConfig(profile="vcd", api_versions=("31.0", "32.0", "37.2"))), version=version
    )
    document = caller.xml(f"/api/admin/edgeGateway/{first_edge(caller.simulator).edge_id}")
    record = caller.xml("/api/query?type=edgeGateway").find(f"{VCLOUD}EdgeGatewayRecord")
    assert document.findtext(f"{VCLOUD}EdgeGatewayType") == record.get("edgeGatewayType") == kind
