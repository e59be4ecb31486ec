#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an IP set of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ip_set
short_description: Manage an IP set of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Creates, updates or deletes an IP set. IP sets are named sets of addresses that are sources and destinations of
    firewall rules.
  - On NSX-V, the VDC of the edge gateway owns the IP set, and all edge gateways of the VDC can use it.
  - On NSX-T, the edge gateway owns the IP set. If a VDC group owns the edge gateway, all edge gateways of the group and
    its distributed firewall share the IP set.
  - Before an IP set is deleted, the module searches the rules that can use it. If a rule uses the IP set, the task
    fails and the message lists the rules with their edge gateways. With O(force=true), the references are removed
    first.
  - Other IP sets are never changed.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the IP set. If neither O(vdc_group) nor O(edge) is set, and
        E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
  state:
    description:
      - Whether the IP set must exist. V(present) creates or updates the IP set. V(absent) deletes the IP set.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._ip_set
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_ip_set_info
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Create or change an IP set
  vcloudair.cloud.vca_ip_set:
    edge: web-edge
    name: partners
    addresses:
      - 198.51.100.0/24
      - 192.0.2.10-192.0.2.19

- name: Delete an IP set that no rule uses
  vcloudair.cloud.vca_ip_set:
    edge: web-edge
    name: partners
    state: absent

- name: Delete an IP set, and remove it from all rules first
  vcloudair.cloud.vca_ip_set:
    edge: web-edge
    name: partners
    state: absent
    force: true
"""

RETURN = r"""
ip_set:
  description: >-
    The IP set on the server after the task. In check mode, the predicted IP set. V(null) if the IP set is absent.
  returned: success
  type: dict
  sample: {name: partners, addresses: [198.51.100.0/24, 192.0.2.10-192.0.2.19]}
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
    Details of the error, for use in conditions. The keys depend on the type of error. If rules use the IP set to
    delete, C(uses) lists the rules.
  returned: failure
  type: dict
  sample: {error: ObjectInUseError, uses: [{owner: edge gateway web-edge, section: firewall, rule: web in}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import ip_set_arguments

OPTIONS = ip_set_arguments()
ARGUMENTS = dict(
    OPTIONS,
    vdc_group={"type": "str"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)

JOB = Job(
    "ans.ip_set",
    specs=lambda params: [given(params, OPTIONS)],
    show=lambda shown, params: {"ip_set": shown[0] if shown else None},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, ARGUMENTS, mutually_exclusive=[("edge", "vdc_group")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
