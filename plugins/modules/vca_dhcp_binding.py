#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a static DHCP binding of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp_binding
short_description: Manage a static DHCP binding of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates or deletes a static DHCP binding of an edge gateway. All other pools and static bindings are
    kept.
  - The static binding is identified by its MAC address, in any notation.
  - On an existing static DHCP binding, options that are not set keep their current values.
  - On NSX-V edge gateways, a task without a change takes one read.
  - On NSX-T edge gateways, the static binding belongs to a connected network, which O(network) or the address
    determines. DHCP must be enabled in the network. O(domain_name) is not supported.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the static DHCP binding must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._dhcp.BINDING
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dhcp
    description: Manages many pools and static bindings in one write, and enables the DHCP service.
  - module: vcloudair.cloud.vca_dhcp_pool
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
  - module: vcloudair.cloud.vca_dhcp_info
"""

EXAMPLES = r"""
- name: Give a VM a fixed address
  vcloudair.cloud.vca_dhcp_binding:
    edge: web-edge
    mac_address: 00:50:56:01:02:03
    host_name: web1
    ip_address: 192.168.10.20
    lease_time: infinite

- name: Delete a static binding
  vcloudair.cloud.vca_dhcp_binding:
    edge: web-edge
    mac_address: 00:50:56:01:02:03
    state: absent
"""

RETURN = r"""
binding:
  description: >-
    The static DHCP binding on the server after the task. In check mode, the predicted binding. V(null) if it is absent.
  returned: success
  type: dict
  sample: {mac_address: "00:50:56:01:02:03", host_name: web1, ip_address: 192.168.10.20}
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import dhcp_binding_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(dhcp_binding_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.dhcp_binding",
    specs=lambda params: [given(params, dhcp_binding_arguments())],
    show=lambda items, params: {"binding": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
