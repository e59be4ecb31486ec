#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the DHCP service and the leases of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp_info
short_description: Read the DHCP service and the leases of an edge gateway
version_added: "0.1.0"
description:
  - Returns the settings, pools and static bindings of the DHCP service of an edge gateway, and its leases.
  - On NSX-T edge gateways, the pools and static bindings are those of the connected networks. The API of NSX-T edge
    gateways has no leases.
  - You can pass RV(dhcp.pools) and RV(dhcp.bindings) to M(vcloudair.cloud.vca_dhcp) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  leases:
    description:
      - Whether to read the current leases. This takes one more API call.
    type: bool
    default: true
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dhcp
"""

EXAMPLES = r"""
- name: Read the DHCP service of an edge gateway
  vcloudair.cloud.vca_dhcp_info:
    edge: web-edge
  register: live

- name: Show the address of each client
  ansible.builtin.debug:
    msg: "{{ live.leases | items2dict(key_name='mac_address', value_name='ip_address') }}"
"""

RETURN = r"""
dhcp:
  description: Settings, pools and static bindings of the DHCP service.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the DHCP service is enabled. On NSX-T edge gateways, in all networks that have pools.
      type: bool
      returned: if the server sends it, and it is the same in all networks
    logging:
      description: Whether the DHCP service writes a log.
      type: bool
      returned: success
    log_level:
      description: Log level of the DHCP service.
      type: str
      returned: success
    pools:
      description: Address pools. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{ip_range: 192.168.10.100-192.168.10.199, lease_time: "86400"}]
    bindings:
      description: Static bindings of MAC addresses. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{mac_address: "00:50:56:01:02:03", host_name: web1, ip_address: 192.168.10.20}]
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
leases:
  description: >-
    Current leases, as strings from the server. The list is empty with O(leases=false). V(null) on NSX-T edge gateways.
  returned: success
  type: list
  elements: dict
  sample:
    - ip_address: 192.168.10.100
      mac_address: "00:50:56:01:02:09"
      host_name: client-1
      state: active
      starts: 4 2015/11/26 10:00:00
      ends: 5 2015/11/27 10:00:00
edge:
  description: The edge gateway that was read. C(vca edge list -o json) shows the same keys and values.
  returned: success
  type: dict
  contains:
    name:
      description: >-
        Name. If O(edge) is a UUID in a cloud that has only one backend, such as vCloud Air, only C(id) and C(backend)
        have values, because the module does not look up the edge gateway.
      type: str
      returned: success
      sample: web-edge
    id:
      description: UUID.
      type: str
      returned: success
      sample: 8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60
    vdc:
      description: Name of the VDC. Empty if a VDC group owns the edge gateway, or if the server does not send the name.
      type: str
      returned: success
      sample: gold
    vdc_id:
      description: UUID of the VDC. Empty if a VDC group owns the edge gateway.
      type: str
      returned: success
      sample: 5f0e9d8c-7b6a-4958-8776-655443322110
    backend:
      description: API of the edge gateway, V(nsxv), V(nsxt) or V(vcloudair).
      type: str
      returned: success
      sample: nsxt
    owner_name:
      description: Name of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: gold
    owner_id:
      description: URN of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"
    owner_type:
      description: Type of the owner, V(vdc) or V(vdc_group).
      type: str
      returned: success
      sample: vdc
    deployment_mode:
      description: Deployment mode of an NSX-T edge gateway, such as V(ACTIVE_STANDBY). Empty before API version 39.0.
      type: str
      returned: success
      sample: ACTIVE_STANDBY
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"leases": {"type": "bool", "default": True}}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the DHCP section and, if ``leases`` is set, the leases."""
    target = given(params, ("edge", "vdc"))
    section = client.read("ans.dhcp", target)
    edge = edge_of(client, target)
    result = {"changed": False, "dhcp": section, "leases": [], **edge}
    if params["leases"]:
        # The API of NSX-T edge gateways has no leases.
        is_nsxt = edge["edge"]["backend"] == "nsxt"
        result["leases"] = None if is_nsxt else client.edges.dhcp_leases(params["edge"], params["vdc"])
    return result


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
