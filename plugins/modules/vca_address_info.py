#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""List the public addresses of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_address_info
short_description: List used and free public addresses of an edge gateway
version_added: "0.1.0"
description:
  - Returns the public addresses that are allocated to an edge gateway. Each row has an address or a range, and the
    services that use it.
  - On NSX-T, the server lists the used addresses. On NSX-V, the module collects them from NAT, IPsec VPN and the load
    balancer, so the address of an SSL VPN or L2 VPN server can be shown as free.
  - The module fails if an uplink of an NSX-T edge gateway uses IP spaces.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_nat_info
"""

EXAMPLES = r"""
- name: Read the public addresses of an edge gateway
  vcloudair.cloud.vca_address_info:
    edge: web-edge
  register: public

- name: Fail if no address is free
  ansible.builtin.assert:
    that: public.free_count > 0

- name: Show the free addresses and ranges
  ansible.builtin.debug:
    msg: "{{ public.addresses | selectattr('state', 'eq', 'free') | map(attribute='addresses') }}"
"""

RETURN = r"""
addresses:
  description: >-
    Allocated addresses of all uplinks, in order. Adjacent addresses with the same services are in one row. The key
    C(state) is V(used) or V(free). The key C(used_by) lists services, such as V(primary), V(snat), V(dnat), V(ipsec)
    and V(load_balancer).
  returned: success
  type: list
  elements: dict
  sample:
    - addresses: 203.0.113.100
      count: 1
      state: used
      used_by: [primary, dnat]
      network: external-net
    - addresses: 203.0.113.101-203.0.113.109
      count: 9
      state: free
      used_by: []
      network: external-net
allocated_count:
  description: Number of allocated addresses.
  returned: success
  type: int
  sample: 10
used_count:
  description: Number of used addresses.
  returned: success
  type: int
  sample: 1
free_count:
  description: Number of free addresses.
  returned: success
  type: int
  sample: 9
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


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the public addresses, and the numbers of used and free addresses."""
    book = client.edges.addresses(params["edge"], params["vdc"])
    return {"changed": False, **book, **edge_of(client, given(params, ("edge", "vdc")))}


MODULE = Module(read, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
