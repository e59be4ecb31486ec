#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a DHCP pool of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp_pool
short_description: Manage a DHCP pool of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates or deletes a DHCP pool of an edge gateway. All other pools and static bindings are kept.
  - The pool is identified by its range. To change a range, delete the pool and create another one.
  - On an existing DHCP pool, options that are not set keep their current values.
  - On NSX-V edge gateways, a task without a change takes one read.
  - On NSX-T edge gateways, the pool belongs to a connected network, which O(network) or the range determines.
    O(lease_time) and O(dns_servers) apply to all pools of the network. O(domain_name) is not supported. The first pool
    enables DHCP in the network.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the DHCP pool must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._dhcp.POOL
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dhcp
    description: Manages many pools and static bindings in one write, and enables the DHCP service.
  - module: vcloudair.cloud.vca_dhcp_binding
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
  - module: vcloudair.cloud.vca_dhcp_info
"""

EXAMPLES = r"""
- name: Assign addresses to the clients of a network
  vcloudair.cloud.vca_dhcp_pool:
    edge: web-edge
    ip_range: 192.168.10.100-192.168.10.199
    domain_name: corp.example
    dns_servers: [10.0.0.53, 10.0.0.54]
    lease_time: 3600

- name: Assign addresses in a network of an NSX-T edge gateway
  vcloudair.cloud.vca_dhcp_pool:
    edge: nsxt-edge
    network: web-net
    ip_range: 192.168.10.100-192.168.10.199
    dns_servers: [10.0.0.53]

- name: Delete a pool
  vcloudair.cloud.vca_dhcp_pool:
    edge: web-edge
    ip_range: 192.168.10.100-192.168.10.199
    state: absent
"""

RETURN = r"""
pool:
  description: >-
    The DHCP pool on the server after the task. In check mode, the predicted DHCP pool. V(null) if it is absent.
  returned: success
  type: dict
  sample: {ip_range: 192.168.10.100-192.168.10.199, lease_time: "3600"}
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
written:
  description: >-
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import dhcp_pool_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(dhcp_pool_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.dhcp_pool",
    specs=lambda params: [given(params, dhcp_pool_arguments())],
    show=lambda items, params: {"pool": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
