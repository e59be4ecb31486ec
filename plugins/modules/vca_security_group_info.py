#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the security groups of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_security_group_info
short_description: Read the security groups of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Returns the security groups that the edge gateway can use, or that a VDC group owns.
  - Security groups of the system, and those that this project creates for rules automatically, are not returned.
  - You can pass each item of RV(security_groups) to M(vcloudair.cloud.vca_security_group) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the security groups. If neither O(vdc_group) nor O(edge) is set,
        and E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_security_group
"""

EXAMPLES = r"""
- name: Read the security groups of an edge gateway
  vcloudair.cloud.vca_security_group_info:
    edge: web-edge
  register: live

- name: Copy them to another edge gateway
  vcloudair.cloud.vca_resource:
    kind: ans.security_group
    edge: standby-edge
    specs: "{{ live.security_groups }}"
"""

RETURN = r"""
security_groups:
  description: The security groups, sorted by name. The list can be empty.
  returned: success
  type: list
  elements: dict
  sample: [{name: web servers, members: [web-net, dmz-net]}]
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
    "ans.security_group",
    show=lambda shown, params: {"security_groups": shown},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, {"vdc_group": {"type": "str"}}, mutually_exclusive=[("edge", "vdc_group")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
