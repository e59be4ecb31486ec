#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the capacity and quotas of VDCs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_vdc_info
short_description: Read the capacity and quotas of VDCs
version_added: "0.1.0"
description:
  - Returns the VDCs of the organization with the allocated, reserved, used and maximum CPU and memory, the storage
    profiles, and the quotas of VMs, NICs and networks.
  - If O(vdc) is set, only this VDC is returned.
  - A limit or quota of 0 means no limit. Values that the server does not return are V(null).
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_network_info
  - module: vcloudair.cloud.vca_query_info
"""

EXAMPLES = r"""
- name: Read the capacity of a VDC
  vcloudair.cloud.vca_vdc_info:
    vdc: gold
  register: capacity

- name: Fail if less than 16 GiB of memory is free
  ansible.builtin.assert:
    that: memory.limit_mb == 0 or memory.limit_mb - memory.used_mb >= 16384
  vars:
    memory: "{{ capacity.vdcs[0].memory }}"

- name: Show the storage profiles of all VDCs
  vcloudair.cloud.vca_vdc_info:
  register: cloud

- name: Show the use of each storage profile
  ansible.builtin.debug:
    msg: "{{ item.0.name }}: {{ item.1.name }} {{ item.1.used_mb }} of {{ item.1.limit_mb }} MB"
  loop: "{{ cloud.vdcs | subelements('storage_profiles') }}"
"""

RETURN = r"""
vdcs:
  description:
    - VDCs, sorted by name.
    - CPU is in MHz. Memory and storage are in MB.
    - The key C(network_count) is the number of networks that count against C(network_quota). C(vm_count) and
      C(running_vm_count) are V(null) before API version 30.0.
  returned: success
  type: list
  elements: dict
  sample:
    - name: gold
      id: 5f0e9d8c-7b6a-4958-8776-655443322110
      is_enabled: true
      status: READY
      description: Production
      allocation_model: AllocationPool
      cpu: {allocated_mhz: 20000, reserved_mhz: 10000, used_mhz: 4000, limit_mhz: 20000}
      memory: {allocated_mb: 65536, reserved_mb: 32768, used_mb: 16384, limit_mb: 65536}
      storage_profiles:
        - name: ssd
          id: 7a6b5c4d-3e2f-4a1b-8c9d-0e1f2a3b4c5d
          is_default: true
          is_enabled: true
          used_mb: 40960
          limit_mb: 1024000
      vm_count: 12
      running_vm_count: 10
      vapp_count: 4
      network_count: 3
      vm_quota: 0
      nic_quota: 0
      network_quota: 20
count:
  description: Number of VDCs in RV(vdcs).
  returned: success
  type: int
  sample: 1
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 5
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


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the VDCs with their capacity and quotas."""
    vdcs = client.query.vdcs.read(client.settings.vdc or "")
    return {"changed": False, "vdcs": vdcs, "count": len(vdcs)}


MODULE = Module(read, {}, of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
