#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What the cloud knows of a host of the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_query_facts
short_description: Gather what the cloud knows of a machine
version_added: "0.1.0"
description:
  - Sets the fact C(vca) of a host to what the cloud knows of the machine that it is, power, size, addresses, and the
    vApp, VDC and organization that it is in.
  - It can be one of the modules that M(ansible.builtin.gather_facts) runs. It asks the cloud, not the machine, so let
    it run where the library is, with C(delegate_to).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  name:
    description:
      - Name of the machine in the cloud. Names are not unique; see O(vapp) and O(id).
    type: str
  id:
    description:
      - UUID of the machine. The inventory plugin sets it as C(vca_id).
    type: str
  vapp:
    description:
      - Name of the vApp that the machine is in.
    type: str
  metadata:
    description:
      - Keys of metadata to bring, eight at most.
    type: list
    elements: str
    default: []
  nics:
    description:
      - Bring every network interface, at the price of one more call.
    type: bool
    default: false
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.facts
seealso:
  - plugin: vcloudair.cloud.vca_vms
    plugin_type: inventory
  - module: vcloudair.cloud.vca_query_info
"""

EXAMPLES = r"""
- name: Gather what the cloud knows, in place of what the machine knows, or beside it
  ansible.builtin.gather_facts:
  delegate_to: localhost
  vars:
    ansible_facts_modules: [vcloudair.cloud.vca_query_facts]
  # module_defaults can be those of the play, too.
  module_defaults:
    vcloudair.cloud.vca_query_facts:
      name: "{{ vca_name | default(inventory_hostname) }}"
      id: "{{ vca_id | default(omit) }}"

- name: Machines that run
  ansible.builtin.debug:
    msg: "{{ ansible_facts.vca.memory_mb }} MiB in {{ ansible_facts.vca.vapp }}"
  when: ansible_facts.vca.power == 'on'

- name: For one machine
  vcloudair.cloud.vca_query_facts:
    name: "{{ inventory_hostname }}"
    vapp: shop
    metadata: [tier]
  delegate_to: localhost
"""

RETURN = r"""
ansible_facts:
  description: Facts of the host.
  returned: success
  type: dict
  contains:
    vca:
      description:
        - C(name), C(id), C(href), C(vapp), C(vapp_id), C(vdc), C(vdc_id), C(org), C(status), C(power) (V(on), V(off),
          V(suspended), V(other)), C(guest_os), C(os_family), C(cpus), C(memory_mb), C(network), C(ip_address),
          C(ip_addresses), C(storage_profile), C(owner), C(metadata), and with O(nics) also C(nics).
        - Each of C(nics) has C(index), C(is_primary), C(network), C(ip_address), C(external_ip_address),
          C(mac_address), C(is_connected), C(mode), C(adapter_type) and C(needs_customization).
        - C(record) is all that the server said.
      returned: success
      type: dict
      sample: {name: web1, vapp: shop, vdc: gold, power: 'on', memory_mb: 4096, ip_address: 192.168.10.2}
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 3
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "vapp": {"type": "str"},
    "metadata": {"type": "list", "elements": "str", "default": []},
    "nics": {"type": "bool", "default": False},
}


def gather(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """The facts of one machine."""
    machine = client.query.machines.one(
        name=params["name"] or "",
        id=params["id"] or "",
        vapp=params["vapp"] or "",
        vdc=params["vdc"] or "",
        metadata=params["metadata"],
        nics=params["nics"],
    )
    return {"changed": False, "ansible_facts": {"vca": machine}}


MODULE = Module(gather, ARGUMENTS, of_edges=False, required_one_of=[("name", "id")])


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
