"""Tests of parsing the network interfaces of VMs from a vApp."""

from __future__ import annotations

from vcloudair_core.services.query.codec import parse_nics

VM = "11111111-2222-4333-8444-555555555555"
VAPP = f"""
<VApp xmlns="http://www.vmware.com/vcloud/v1.5"><Children><Vm id="urn:vcloud:vm:{VM}">
 <NetworkConnectionSection>
  <PrimaryNetworkConnectionIndex>1</PrimaryNetworkConnectionIndex>
  <NetworkConnection network="dmz" needsCustomization="true">
   <NetworkConnectionIndex>1</NetworkConnectionIndex><IpAddress>10.1.0.2</IpAddress><IsConnected>true</IsConnected>
   <MACAddress>00:50:56:01:00:02</MACAddress><IpAddressAllocationMode>POOL</IpAddressAllocationMode>
   <NetworkAdapterType>VMXNET3</NetworkAdapterType>
  </NetworkConnection>
  <NetworkConnection network="none"><NetworkConnectionIndex>0</NetworkConnectionIndex></NetworkConnection>
 </NetworkConnectionSection></Vm></Children></VApp>"""


def test_interfaces_have_all_values_of_the_server() -> None:
    first, second = parse_nics(VAPP.encode())[VM]
    assert second == {
        "index": 1,
        "network": "dmz",
        "ip_address": "10.1.0.2",
        "external_ip_address": "",
        "mac_address": "00:50:56:01:00:02",
        "is_connected": True,
        "is_primary": True,
        "mode": "POOL",
        "adapter_type": "VMXNET3",
        "needs_customization": True,
    }
    assert (first["index"], first["is_primary"], first["adapter_type"]) == (0, False, "")
    assert first["needs_customization"] is False


def test_without_a_primary_index_no_interface_is_primary() -> None:
    body = VAPP.replace("<PrimaryNetworkConnectionIndex>1</PrimaryNetworkConnectionIndex>", "")
    assert [nic["is_primary"] for nic in parse_nics(body.encode())[VM]] == [False, False]
