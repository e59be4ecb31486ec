#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""A whole edge gateway as one document."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_config
short_description: Manage a whole edge gateway as one document
version_added: "0.1.0"
description:
  - Brings all sections of an edge gateway that O(config) holds to the state it describes. Sections that it lacks are
    neither read nor changed.
  - All sections are planned before the first is written. They are written in the order in which they depend on each
    other. If one fails, the error tells what was written before it and what was not, and a second run finishes it.
  - C(vca edge export) and M(vcloudair.cloud.vca_edge_info) give such a document of an edge gateway as it is. Given
    back, it changes nothing.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  config:
    description:
      - The document. Its keys are the sections, each in the words of the module for the whole section, such as
        C(firewall) in those of M(vcloudair.cloud.vca_firewall).
    type: dict
    required: true
  purge:
    description:
      - Remove what users own and the lists of the document do not name.
    type: bool
    default: false
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
seealso:
  - module: vcloudair.cloud.vca_edge_info
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: The edge gateway is as our repository says, and has nothing else
  vcloudair.cloud.vca_edge_config:
    edge: web-edge
    config: "{{ lookup('ansible.builtin.file', 'web-edge.yml') | from_yaml }}"
    purge: true
"""

RETURN = r"""
config:
  description: The sections that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 6
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: InvalidRequestError, context: "Written before: firewall. Failed: nat.", message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, run

ABOUT = ("edge", "vdc")
"""Keys of an exported document that say which edge it is of: here the task says that."""

JOB = Job(
    "ans.edge",
    specs=lambda params: [{name: part for name, part in params["config"].items() if name not in ABOUT}],
    state=lambda params: "exact" if params["purge"] else "present",
    show=lambda config, params: {"config": config},
)


def main():
    """Entry point."""
    run(JOB, dict(config=dict(type="dict", required=True), purge=dict(type="bool", default=False)))


if __name__ == "__main__":
    main()
