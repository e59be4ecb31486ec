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

JOB = Job("ans.edge", show=lambda config, params: {"config": config})


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
