#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Writes what tasks with stage=true gathered."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_commit
short_description: Write what was staged for edge gateways
version_added: "0.1.0"
description:
  - Writes all changes that tasks with C(stage=true) have gathered in this run, each section of an edge gateway once,
    and sees to it that they are there.
  - A section that somebody else has changed since it was staged is read again, and the changes are planned anew on it.
  - Fit for a handler. When nothing is staged, it does nothing.
  - If it fails, what was not written stays on the stage, and running it again in the same run finishes it. In another
    run it is not written, but told of; C(vca edge discard) drops it.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  stage_id:
    description:
      - Name of the stage. By default that of this run of Ansible.
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
notes:
  - Without O(edge) all edge gateways that have something staged are written, and E(VCA_EDGE) is not looked at.
seealso:
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Many readable tasks, one write
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/vcloudair.cloud.vca:
      edge: web-edge
    vcloudair.cloud.vca_firewall_rule:
      stage: true
  tasks:
    - name: Let the world reach the web servers
      vcloudair.cloud.vca_firewall_rule:
        name: web in
        destination: [203.0.113.10]
        protocol: tcp
        dest_port: [80, 443]

    - name: Let the office reach SSH
      vcloudair.cloud.vca_firewall_rule:
        name: ssh in
        source: [198.51.100.0/24]
        protocol: tcp
        dest_port: [22]

    - name: Write both
      vcloudair.cloud.vca_edge_commit:
"""

RETURN = r"""
sections:
  description: What was written, or would be in check mode, by section.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: The edge gateway.
      type: str
      returned: always
      sample: edge gateway web-edge
    kind:
      description: What was changed.
      type: str
      returned: always
      sample: ans.firewall_rule
    changed:
      description: Whether there was anything to write.
      type: bool
      returned: always
      sample: true
    plan:
      description: What there was to do, in one line.
      type: str
      returned: always
      sample: 45 to create
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 4
written:
  description: Whether something was written before it failed, V(true), V(false) or V(unknown). The last means that a
    response was lost; run the task again in check mode to see what is there.
  returned: failure
  type: raw
  sample: false
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: ConflictError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import (
    Module,
    Params,
    Result,
    given,
    refuse,
    writing,
)

if TYPE_CHECKING:
    from vcloudair_core import Client


@writing
def commit(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """All of the stage."""
    if not params["stage_id"]:
        refuse("stage_id", "is required where there is no action plugin to name the stage")
    target = given(params, ("edge", "vdc")) if params.get("edge") else None
    outcomes = client.commit_stage(params["stage_id"], target=target, check=check_mode)
    result = {
        "changed": any(outcome.changed for outcome in outcomes),
        "sections": [
            {
                "target": outcome.plan.target,
                "kind": outcome.plan.kind,
                "changed": outcome.changed,
                "plan": outcome.plan.summary(),
            }
            for outcome in outcomes
        ],
        "warnings": [text for outcome in outcomes for text in outcome.warnings],
    }
    if diff_mode:
        result["diff"] = [outcome.plan.diff() for outcome in outcomes]
    return result


MODULE = Module(commit, {"stage_id": {"type": "str"}})


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
