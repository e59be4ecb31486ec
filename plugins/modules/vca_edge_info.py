#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the configuration of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_info
short_description: Read the configuration of an edge gateway as one document
version_added: "0.1.0"
description:
  - Returns all sections of an edge gateway that this collection manages, in the format of
    M(vcloudair.cloud.vca_edge_config). If you apply the result with that module, nothing changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_edge_config
"""

EXAMPLES = r"""
- name: Read the configuration of an edge gateway
  vcloudair.cloud.vca_edge_info:
    edge: web-edge
  register: web_edge

- name: Fail if the edge gateway is not an NSX-T edge gateway
  ansible.builtin.assert:
    that: web_edge.edge.backend == "nsxt"

- name: Save the configuration to a file
  ansible.builtin.copy:
    content: "{{ web_edge.config | to_nice_yaml }}"
    dest: web-edge.yml
    mode: "0644"
"""

RETURN = r"""
config:
  description: Sections of the edge gateway, without pre-shared keys. The server never returns the keys.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
edge:
  description: The edge gateway that was read. C(vca edge list -o json) shows the same keys and values.
  returned: success
  type: dict
  contains:
    name:
      description: >-
        Name. If O(edge) is a UUID in a cloud that has only one backend, such as vCloud Air, only C(id) and C(backend)
        have values, because the module does not look up the edge gateway.
      type: str
      returned: success
      sample: web-edge
    id:
      description: UUID.
      type: str
      returned: success
      sample: 8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60
    vdc:
      description: Name of the VDC. Empty if a VDC group owns the edge gateway, or if the server does not send the name.
      type: str
      returned: success
      sample: gold
    vdc_id:
      description: UUID of the VDC. Empty if a VDC group owns the edge gateway.
      type: str
      returned: success
      sample: 5f0e9d8c-7b6a-4958-8776-655443322110
    backend:
      description: API of the edge gateway, V(nsxv), V(nsxt) or V(vcloudair).
      type: str
      returned: success
      sample: nsxt
    owner_name:
      description: Name of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: gold
    owner_id:
      description: URN of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"
    owner_type:
      description: Type of the owner, V(vdc) or V(vdc_group).
      type: str
      returned: success
      sample: vdc
    deployment_mode:
      description: Deployment mode of an NSX-T edge gateway, such as V(ACTIVE_STANDBY). Empty before API version 39.0.
      type: str
      returned: success
      sample: ACTIVE_STANDBY
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

JOB = Job("ans.edge", show=lambda config, params: {"config": config}, about=edge_of)


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
