#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a security group of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_security_group
short_description: Manage a security group of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Creates, updates or deletes a security group. Security groups are groups of VMs that are sources and destinations of
    firewall rules.
  - The members of a static group are the VMs in its networks (O(members)). The members of a dynamic group are the VMs
    that satisfy its criteria (O(criteria)). The type of an existing group cannot be changed.
  - An edge gateway or a VDC group owns the group. Only a VDC group can own a dynamic group. If a VDC group owns the
    edge gateway, all edge gateways of the group and its distributed firewall share the security group.
  - Before a security group is deleted, the module searches the rules that can use it. If a rule uses the security
    group, the task fails and the message lists the rules with their edge gateways. With O(force=true), the references
    are removed first.
  - Other security groups are never changed.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the security group. If neither O(vdc_group) nor O(edge) is set, and
        E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
  state:
    description:
      - Whether the security group must exist. V(present) creates or updates the security group. V(absent) deletes the
        security group.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._security_group
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_security_group_info
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Create or change a static group with the VMs in two networks
  vcloudair.cloud.vca_security_group:
    edge: web-edge
    name: web servers
    members: [web-net, dmz-net]

- name: Create or change a dynamic group of a VDC group
  vcloudair.cloud.vca_security_group:
    vdc_group: dc-group
    name: databases
    criteria:
      - rules:
          - {attribute: vm_name, operator: starts_with, value: db-}
      - rules:
          - {attribute: vm_tag, operator: equals, value: database}

- name: Delete a security group that no rule uses
  vcloudair.cloud.vca_security_group:
    edge: web-edge
    name: web servers
    state: absent

- name: Delete a security group, and remove it from all rules first
  vcloudair.cloud.vca_security_group:
    edge: web-edge
    name: web servers
    state: absent
    force: true
"""

RETURN = r"""
security_group:
  description: >-
    The security group on the server after the task. In check mode, the predicted security group. V(null) if the
    security group is absent.
  returned: success
  type: dict
  sample: {name: web servers, members: [web-net, dmz-net]}
plan:
  description: Summary of the changes, in one line. With O(force=true), it includes the changed and deleted rules.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 5
written:
  description: >-
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: >-
    Details of the error, for use in conditions. The keys depend on the type of error. If rules use the security group
    to delete, C(uses) lists the rules.
  returned: failure
  type: dict
  sample: {error: ObjectInUseError, uses: [{owner: edge gateway web-edge, section: firewall, rule: web in}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    SECURITY_GROUP_EXCLUSIVE,
    security_group_arguments,
)

OPTIONS = security_group_arguments()
ARGUMENTS = dict(
    OPTIONS,
    vdc_group={"type": "str"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)

JOB = Job(
    "ans.security_group",
    specs=lambda params: [given(params, OPTIONS)],
    show=lambda shown, params: {"security_group": shown[0] if shown else None},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, ARGUMENTS, mutually_exclusive=[("edge", "vdc_group"), *SECURITY_GROUP_EXCLUSIVE])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
