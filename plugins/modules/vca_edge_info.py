#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a whole edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_info
short_description: Read a whole edge gateway as one document
version_added: "0.1.0"
description:
  - Returns all sections of an edge gateway that this collection manages, in the words of
    M(vcloudair.cloud.vca_edge_config). Given back to it, they change nothing.
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
- name: Keep a copy of an edge gateway
  vcloudair.cloud.vca_edge_info:
    edge: web-edge
  register: web_edge

- name: Write it down
  ansible.builtin.copy:
    content: "{{ web_edge.config | to_nice_yaml }}"
    dest: web-edge.yml
    mode: "0644"
"""

RETURN = r"""
config:
  description: The sections of the edge gateway. Pre-shared keys, which no server shows, are not in it.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 4
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.edge", show=lambda config, params: {"config": config})


MODULE = Module(JOB, {})


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
