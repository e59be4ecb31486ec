"""Tests of the IPsec routes of an edge. Source: protocol/ans.md §4."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from tests.support.simulated import Caller, first_edge, signed_in
from vcloudair_core.simulator import Simulator, SimulatorConfig

MASK = "******"
SITE: dict[str, Any] = {
    "name": "branch",
    "enabled": True,
    "localId": "203.0.113.10",
    "localIp": "203.0.113.10",
    "peerId": "198.51.100.7",
    "peerIp": "198.51.100.7",
    "localSubnets": {"subnets": ["192.168.10.0/24"]},
    "peerSubnets": {"subnets": ["10.20.0.0/16", "10.30.0.0/16"]},
    "psk": "in clear & <quoted>",
    "futureKey": {"kept": True},
}


@pytest.fixture
def caller() -> Caller:
    return signed_in(Simulator(SimulatorConfig(profile="all")))


@pytest.fixture(params=["/network/edges/{}/ipsec", "/hybridity/api/gateways/{}/ipsec"])
def path(caller: Caller, request: pytest.FixtureRequest) -> str:
    return str(request.param).format(first_edge(caller.simulator).edge_id)


def config(*sites: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"featureType": "ipsec_4.0", "enabled": True, "sites": {"sites": list(sites)}, **more}


def refusal(caller: Caller, path: str, value: Any) -> str:
    answer = caller.put_json(f"{path}/config", value)
    assert answer.status == 400, answer.text
    message: str = json.loads(answer.body)["details"]
    return message


def test_new_edge_has_no_sites(caller: Caller, path: str) -> None:
    section = caller.json(f"{path}/config")
    assert (section["featureType"], section["enabled"], section["sites"]) == ("ipsec_4.0", False, {"sites": []})
    assert section["logging"] == {"enable": True, "logLevel": "warning"}
    assert section["global"]["psk"] == MASK, "masked even if no key is set"


def test_masked_keys_keep_the_stored_keys(caller: Caller, path: str) -> None:
    assert caller.put_json(f"{path}/config", config(SITE)).status == 204
    section = caller.json(f"{path}/config")
    (site,) = section["sites"]["sites"]
    assert site == {
        **SITE, "psk": MASK, "siteId": site["siteId"], "authenticationMode": "psk", "encryptionAlgorithm": "aes256",
        "enablePfs": True, "dhGroup": site["dhGroup"], "mtu": 1500,
    }  # fmt: skip
    site["description"] = "changed"
    assert caller.put_json(f"{path}/config", section).status == 204
    shown = caller.json(f"/network/edges/{first_edge(caller.simulator).edge_id}/ipsec/config?showSensitiveData=true")
    assert (shown["sites"]["sites"][0]["psk"], shown["sites"]["sites"][0]["description"]) == (SITE["psk"], "changed")


def test_masked_site_without_id_is_matched_by_endpoints(caller: Caller, path: str) -> None:
    caller.put_json(f"{path}/config", config(SITE))
    caller.put_json(f"{path}/config", config({**SITE, "psk": MASK}))
    state = first_edge(caller.simulator).sections["ipsec"]
    assert state["sites"][0]["psk"] == SITE["psk"]
    assert "masked" in refusal(caller, path, config({**SITE, "peerId": "other", "psk": MASK}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"localIp": ""}, "localIp is required"),
        ({"localIp": "vpn"}, "Invalid IP address vpn"),
        ({"encryptionAlgorithm": "triple-des"}, "Invalid encryptionAlgorithm triple-des"),
        ({"dhGroup": "dh1"}, "Invalid dhGroup dh1"),
        ({"peerSubnets": {"subnets": []}}, "peerSubnets is required"),
        ({"peerSubnets": {"subnets": ["x"]}}, "Invalid peerSubnets"),
        ({"peerSubnets": {"subnets": ["192.168.0.0/16"]}}, "overlaps"),
        ({"psk": None}, "psk is required"),
        ({"psk": "x" * 129}, "longer than 128"),
        ({"mtu": 1}, "Invalid mtu 1"),
        ({"siteId": "ipsecsite-99"}, "does not exist"),
    ],
)
def test_rejected_sites_change_nothing(caller: Caller, path: str, change: dict[str, Any], message: str) -> None:
    before = caller.json(f"{path}/config")
    assert message in refusal(caller, path, config({**SITE, **change}))
    assert caller.json(f"{path}/config") == before


def test_enabling_needs_a_site_and_unique_peers(caller: Caller, path: str) -> None:
    assert "At least one site" in refusal(caller, path, config())
    assert "Duplicate peerId" in refusal(caller, path, config(SITE, {**SITE, "name": "other"}))
    assert "Invalid log level" in refusal(caller, path, config(SITE, logging={"logLevel": "loud"}))


def test_delete_restores_factory_settings(caller: Caller) -> None:
    path = f"/network/edges/{first_edge(caller.simulator).edge_id}/ipsec/config"
    caller.put_json(path, config(SITE))
    version = caller.json(path)["version"]
    assert caller.send("DELETE", path).status == 204
    section = caller.json(path)
    assert (section["enabled"], section["sites"]["sites"], section["version"]) == (False, [], version + 1)


def test_xml_and_json_have_the_same_content(caller: Caller) -> None:
    path = f"/network/edges/{first_edge(caller.simulator).edge_id}/ipsec"
    body = (
        b"<ipsec><enabled>true</enabled><logging><enable>false</enable><logLevel>debug</logLevel></logging><sites><site>"
        b"<enabled>true</enabled><name>branch</name><localIp>203.0.113.10</localIp><peerId>p</peerId>"
        b"<peerIp>198.51.100.7</peerIp><localSubnets><subnet>192.168.10.0/24</subnet></localSubnets>"
        b"<peerSubnets><subnet>10.20.0.0/16</subnet><subnet>10.30.0.0/16</subnet></peerSubnets>"
        b"<psk>a key</psk><mtu>1400</mtu></site></sites></ipsec>"
    )
    assert caller.send("PUT", f"{path}/config", body, Content_Type="application/xml").status == 204
    (site,) = caller.json(f"{path}/config")["sites"]["sites"]
    assert (site["peerSubnets"], site["mtu"], site["enabled"]) == (
        {"subnets": ["10.20.0.0/16", "10.30.0.0/16"]}, 1400, True,
    )  # fmt: skip
    root = caller.xml(f"{path}/config")
    assert root.tag == "ipsec"
    assert [node.text for node in root.findall("sites/site/peerSubnets/subnet")] == ["10.20.0.0/16", "10.30.0.0/16"]
    assert (root.findtext("sites/site/psk"), root.findtext("logging/logLevel")) == (MASK, "debug")
    # A section can be sent back unchanged.
    again = caller.send("PUT", f"{path}/config", etree.tostring(root), Content_Type="application/xml")
    assert again.status == 204
    assert caller.json(f"{path}/config")["sites"]["sites"] == [site]


def test_statistics_in_both_formats(caller: Caller) -> None:
    edge = first_edge(caller.simulator)
    path = f"/network/edges/{edge.edge_id}/ipsec"
    caller.put_json(f"{path}/config", config(SITE))
    statistics = caller.json(f"{path}/statistics")
    (site,) = statistics["siteStatistics"]
    assert (statistics["serverStatus"], site["siteStatus"], len(site["tunnelStats"])) == ("up", "up", 2)
    order = json.dumps({"edge": edge.edge_id, "name": "branch", "message": "no proposal chosen"})
    assert caller.send("POST", "/_sim/tunnels", order).status == 204
    root = caller.xml(f"{path}/statistics")
    assert root.tag == "ipsecStatusAndStats"
    assert root.findtext("siteStatistics/siteStatus") == "down"
    assert root.findtext("siteStatistics/ikeStatus/lastInformationalMessage") == "no proposal chosen"
