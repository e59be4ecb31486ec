#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the application profiles of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_application_profile_info
short_description: Read the application profiles of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Returns the application profiles that the edge gateway can use, or that a VDC group owns.
  - Application profiles of the system, and those that this project creates for rules automatically, are not returned.
  - You can pass each item of RV(application_profiles) to M(vcloudair.cloud.vca_application_profile) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the application profiles. If neither O(vdc_group) nor O(edge) is
        set, and E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_application_profile
"""

EXAMPLES = r"""
- name: Read the application profiles of an edge gateway
  vcloudair.cloud.vca_application_profile_info:
    edge: web-edge
  register: live

- name: Copy them to another edge gateway
  vcloudair.cloud.vca_resource:
    kind: ans.application_profile
    edge: standby-edge
    specs: "{{ live.application_profiles }}"
"""

RETURN = r"""
application_profiles:
  description: The application profiles, sorted by name. The list can be empty.
  returned: success
  type: list
  elements: dict
  sample: [{name: web app, services: [{protocol: tcp, port: ['443']}]}]
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
    "ans.application_profile",
    show=lambda shown, params: {"application_profiles": shown},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, {"vdc_group": {"type": "str"}}, mutually_exclusive=[("edge", "vdc_group")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
