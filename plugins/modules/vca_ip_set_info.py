#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the IP sets of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ip_set_info
short_description: Read the IP sets of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Returns the IP sets that the edge gateway can use, or that a VDC group owns.
  - IP sets of the system, and those that this project creates for rules automatically, are not returned.
  - You can pass each item of RV(ip_sets) to M(vcloudair.cloud.vca_ip_set) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the IP sets. If neither O(vdc_group) nor O(edge) is set, and
        E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_ip_set
"""

EXAMPLES = r"""
- name: Read the IP sets of an edge gateway
  vcloudair.cloud.vca_ip_set_info:
    edge: web-edge
  register: live

- name: Copy them to another edge gateway
  vcloudair.cloud.vca_resource:
    kind: ans.ip_set
    edge: standby-edge
    specs: "{{ live.ip_sets }}"
"""

RETURN = r"""
ip_sets:
  description: The IP sets, sorted by name. The list can be empty.
  returned: success
  type: list
  elements: dict
  sample: [{name: partners, addresses: [198.51.100.0/24, 192.0.2.10-192.0.2.19]}]
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "Edge gateway not found: 'web-edge'."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given

JOB = Job(
    "ans.ip_set",
    show=lambda shown, params: {"ip_sets": shown},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, {"vdc_group": {"type": "str"}}, mutually_exclusive=[("edge", "vdc_group")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
