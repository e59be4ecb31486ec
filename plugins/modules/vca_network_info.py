#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""List networks with used and free addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_network_info
short_description: List networks with used and free addresses
version_added: "0.1.0"
description:
  - Returns the networks of the organization, each with its subnet, its gateway, its edge gateway, its static pools, and
    the number of used and free addresses.
  - To also get the DHCP pools and the used addresses of one network, set O(name).
  - If O(vdc) is set, the networks of this VDC are returned, and those of VDC groups.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  name:
    description:
      - Name or UUID of a network. If several networks have this name, set O(vdc) too.
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_vdc_info
  - module: vcloudair.cloud.vca_address_info
"""

EXAMPLES = r"""
- name: List the networks
  vcloudair.cloud.vca_network_info:
  register: cloud

- name: Show networks with fewer than 10 free addresses
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.free_count }} of {{ item.total_count }} addresses are free"
  loop: "{{ cloud.networks | rejectattr('free_count', 'none') | selectattr('free_count', 'lt', 10) }}"

- name: Read one network
  vcloudair.cloud.vca_network_info:
    name: web
  register: web

- name: Show the VMs in the network
  ansible.builtin.debug:
    msg: "{{ web.network.allocated_addresses | selectattr('used_by', 'eq', 'vm') | map(attribute='vm') }}"
"""

RETURN = r"""
networks:
  description:
    - Networks, sorted by name. If O(name) is set, the list has only this network.
    - The key C(type) is V(routed), V(isolated), V(direct), V(imported), or another name of the server in lower case.
    - The keys C(total_count), C(used_count) and C(free_count) are numbers of addresses in the static pools.
      C(used_count) and C(free_count) are V(null) if the server does not return the used addresses.
    - The keys C(subnet), C(gateway) and C(dns_servers) are those of the first subnet. C(subnets) has all subnets.
  returned: success
  type: list
  elements: dict
  sample:
    - name: web
      id: 0b9d3f52-7f5a-4a2e-9d0e-3a7b51b0c111
      vdc: gold
      vdc_id: 5f0e9d8c-7b6a-4958-8776-655443322110
      owner_id: "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"
      owner_name: gold
      owner_type: vdc
      type: routed
      backend: nsxt
      edge: web-edge
      edge_id: 8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60
      subnet: 192.168.10.0/24
      gateway: 192.168.10.1
      subnets: [192.168.10.0/24]
      dns_servers: [192.168.10.1]
      dns_suffix: example.org
      static_pools: [192.168.10.20-192.168.10.99]
      total_count: 80
      used_count: 12
      free_count: 68
      is_shared: false
      description: Web servers
count:
  description: Number of networks in RV(networks).
  returned: success
  type: int
  sample: 1
network:
  description:
    - The network with the name O(name), or V(null) if O(name) is not set. It has the keys of RV(networks), and the keys
      C(dhcp_pools) and C(allocated_addresses).
    - The key C(dhcp_pools) lists ranges. It is V(null) if the user cannot read the DHCP service.
    - The key C(allocated_addresses) lists used addresses. The key C(used_by) of an address is V(vm), V(edge), V(nat),
      or another name of the server in lower case.
  returned: success
  type: dict
  sample:
    name: web
    subnet: 192.168.10.0/24
    dhcp_pools: [192.168.10.100-192.168.10.199]
    allocated_addresses:
      - {address: 192.168.10.20, used_by: vm, vm: web1, vapp: shop, is_deployed: true}
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"name": {"type": "str"}}
DETAILS = ("dhcp_pools", "allocated_addresses")
"""Keys that only a network that is read by name has."""


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the networks, or one network with its details."""
    vdc = client.settings.vdc
    network = client.edges.network(params["name"], vdc) if params["name"] else None
    if network is None:
        networks = client.edges.list_networks(vdc)
    else:
        networks = [{key: value for key, value in network.items() if key not in DETAILS}]
    return {"changed": False, "networks": networks, "count": len(networks), "network": network}


MODULE = Module(read, ARGUMENTS, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
