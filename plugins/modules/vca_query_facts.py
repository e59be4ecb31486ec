#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Gather facts about a VM from the cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_query_facts
short_description: Gather facts about a VM from the cloud API
version_added: "0.1.0"
description:
  - Sets the fact C(vca) of a host to the data of its VM in the cloud, such as power state, size, addresses, vApp, VDC
    and organization.
  - M(ansible.builtin.gather_facts) can run it as a facts module. The module queries the cloud API, not the VM, so run
    it with C(delegate_to) on a host that has the Python library.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  name:
    description:
      - Name of the VM. Names need not be unique. See O(vapp) and O(id).
    type: str
  id:
    description:
      - UUID of the VM. The inventory plugin P(vcloudair.cloud.vca_vms#inventory) sets it as C(vca_id).
    type: str
  vapp:
    description:
      - Name of the vApp that contains the VM.
    type: str
  metadata:
    description:
      - Keys of the metadata to read, at most 8.
    type: list
    elements: str
    default: []
  nics:
    description:
      - Whether to read all network interfaces. This takes one more API call.
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
- name: Gather facts from the cloud API with gather_facts
  ansible.builtin.gather_facts:
  delegate_to: localhost
  vars:
    ansible_facts_modules: [vcloudair.cloud.vca_query_facts]
  # You can also set module_defaults for the play.
  module_defaults:
    vcloudair.cloud.vca_query_facts:
      name: "{{ vca_name | default(inventory_hostname) }}"
      id: "{{ vca_id | default(omit) }}"

- name: Show the memory of the VM if it is powered on
  ansible.builtin.debug:
    msg: "{{ ansible_facts.vca.memory_mb }} MiB in {{ ansible_facts.vca.vapp }}"
  when: ansible_facts.vca.power == 'on'

- name: Gather facts about a VM by its name and vApp
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
        - Data of the VM, with the keys C(name), C(id), C(href), C(vapp), C(vapp_id), C(vdc), C(vdc_id), C(org),
          C(status), C(power) (V(on), V(off), V(suspended) or V(other)), C(guest_os), C(os_family), C(cpus),
          C(memory_mb), C(network), C(ip_address), C(ip_addresses), C(storage_profile), C(owner) and C(metadata).
        - With O(nics=true), it also has the list C(nics). Each entry has the keys C(index), C(is_primary), C(network),
          C(ip_address), C(external_ip_address), C(mac_address), C(is_connected), C(mode), C(adapter_type) and
          C(needs_customization).
        - C(record) has all attributes that the server returned.
      returned: success
      type: dict
      sample: {name: web1, vapp: shop, vdc: gold, power: 'on', memory_mb: 4096, ip_address: 192.168.10.2}
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

ARGUMENTS = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "vapp": {"type": "str"},
    "metadata": {"type": "list", "elements": "str", "default": []},
    "nics": {"type": "bool", "default": False},
}


def gather(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the facts about a VM."""
    vm = client.query.vms.one(
        name=params["name"] or "",
        id=params["id"] or "",
        vapp=params["vapp"] or "",
        vdc=params["vdc"] or "",
        metadata=params["metadata"],
        nics=params["nics"],
    )
    return {"changed": False, "ansible_facts": {"vca": vm}}


MODULE = Module(gather, ARGUMENTS, of_edges=False, required_one_of=[("name", "id")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
