#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the distributed firewall of a VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_distributed_firewall_info
short_description: Read the distributed firewall of a VDC group
version_added: "0.1.0"
description:
  - Returns the setting and rules of the distributed firewall of a VDC group with NSX-T networks.
  - You can pass RV(distributed_firewall.rules) to M(vcloudair.cloud.vca_distributed_firewall) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._vdc_group
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_distributed_firewall
"""

EXAMPLES = r"""
- name: Read the distributed firewall of a VDC group
  vcloudair.cloud.vca_distributed_firewall_info:
    vdc_group: dc-group
  register: live

- name: Copy the rules to another VDC group
  vcloudair.cloud.vca_distributed_firewall:
    vdc_group: standby-group
    purge: true
    rules: "{{ live.distributed_firewall.rules }}"
"""

RETURN = r"""
distributed_firewall:
  description: Setting, user-defined rules and the default rule.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the default policy applies the rules.
      type: bool
      returned: success
    rules:
      description: User-defined rules, in order. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: web in, rule_id: d0bf5d51-6f3a-4a52-9c0e-3f1b2c4d5e6f, action: accept, source: [internal]}]
    internal_rules:
      description: The default rule, which the server created.
      type: list
      elements: dict
      returned: success
vdc_group:
  description: The VDC group whose distributed firewall was read.
  returned: success
  type: dict
  contains:
    name:
      description: Name.
      type: str
      returned: success
      sample: dc-group
    id:
      description: URN. The edge gateways of the group have the same C(owner_id).
      type: str
      returned: success
      sample: "urn:vcloud:vdcGroup:6c1b2a3d-4e5f-4607-8899-aabbccddeeff"
    org_id:
      description: UUID of the organization that owns the group.
      type: str
      returned: success
      sample: 0a1b2c3d-4e5f-4a6b-8c7d-8e9f0a1b2c3d
    backend:
      description: Backend of the networks of the group, V(nsxt) or V(nsxv).
      type: str
      returned: success
      sample: nsxt
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "VDC group not found: 'dc-group'."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import vdc_group_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import vdc_group_of

JOB = Job(
    "ans.distributed_firewall",
    show=lambda shown, params: {"distributed_firewall": shown},
    target=lambda params: given(params, ("vdc_group",)),
    about=vdc_group_of,
)


MODULE = Module(JOB, vdc_group_arguments(), of_edges=False)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
