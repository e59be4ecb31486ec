"""Fuzz targets: parsers of networks, used addresses and VDCs."""

from __future__ import annotations

from tests.fuzz.target import Target, of_json, plain, texts
from vcloudair_core.services.ans.org_networks import json_networks, xml_networks
from vcloudair_core.services.ans.org_networks.model import VdcNetwork
from vcloudair_core.services.query.vdcs import parse_vdc

_NETWORK = VdcNetwork("0b9d3f52-7f5a-4a2e-9d0e-3a7b51b0c111", "web", "routed", "nsxv")
_JSON_NETWORK = {
    "id": "urn:vcloud:network:0b9d3f52-7f5a-4a2e-9d0e-3a7b51b0c111",
    "name": "web",
    "networkType": "NAT_ROUTED",
    "subnets": {
        "values": [
            {
                "gateway": "192.168.10.1",
                "prefixLength": 24,
                "ipRanges": {"values": [{"startAddress": "192.168.10.20", "endAddress": "192.168.10.99"}]},
                "dnsServer1": "192.168.10.1",
                "usedIpCount": 2,
            }
        ]
    },
    "connection": {"routerRef": {"name": "gw", "id": "urn:vcloud:gateway:8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60"}},
    "ownerRef": {"name": "gold", "id": "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"},
    "shared": False,
}
_ADDRESS = {"ipAddress": "192.168.10.20", "entityId": "urn:vcloud:vm:1", "entityName": "a", "deployed": True}
_DHCP = {"enabled": True, "dhcpPools": [{"ipRange": {"startAddress": "10.0.0.5", "endAddress": "10.0.0.9"}}]}
_RANGE = "<IpRange><StartAddress>10.0.0.2</StartAddress><EndAddress>10.0.0.6</EndAddress></IpRange>"
_SCOPE = f"<Gateway>10.0.0.1</Gateway><Netmask>255.255.255.0</Netmask><IpRanges>{_RANGE}</IpRanges>"
_POOL = "<Pool><LowIpAddress>10.0.0.5</LowIpAddress><HighIpAddress>10.0.0.6</HighIpAddress></Pool>"
_XML_NETWORK = (
    f"<OrgVdcNetwork><Configuration><IpScopes><IpScope>{_SCOPE}</IpScope></IpScopes></Configuration>"
    f"<ServiceConfig><GatewayDhcpService>{_POOL}</GatewayDhcpService></ServiceConfig></OrgVdcNetwork>"
)
_XML_ADDRESSES = (
    '<AllocatedIpAddresses><IpAddress allocationType="vmAllocated" isDeployed="true">'
    '<Link rel="down" type="application/vnd.vmware.vcloud.vm+xml" name="a"/><IpAddress>10.0.0.2</IpAddress>'
    "</IpAddress></AllocatedIpAddresses>"
)
_VDC = (
    "<Vdc><AllocationModel>AllocationVApp</AllocationModel><ComputeCapacity><Cpu><Units>MHz</Units><Used>5</Used></Cpu>"
    "<Memory><Units>MB</Units><Limit>5</Limit></Memory></ComputeCapacity><NicQuota>0</NicQuota></Vdc>"
)


def _json_network(tree: object) -> object:
    return json_networks.parse_network(tree).as_row()


def _xml_network(body: bytes) -> object:
    network, pools = xml_networks.parse_document(body, _NETWORK)
    return network.as_row(), pools


CAPACITY_TARGETS = (
    Target("network_json", of_json(_json_network), plain(_JSON_NETWORK)),
    Target("network_addresses_json", of_json(json_networks.parse_allocated), plain(_ADDRESS)),
    Target("network_dhcp_json", of_json(lambda tree: json_networks.parse_dhcp_pools(tree, "web")), plain(_DHCP)),
    Target("network_xml", _xml_network, texts(_XML_NETWORK)),
    Target("network_addresses_xml", xml_networks.parse_allocated, texts(_XML_ADDRESSES)),
    Target("vdc", parse_vdc, texts(_VDC)),
)
