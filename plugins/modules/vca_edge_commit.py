#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Write the staged changes of edge gateways."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_commit
short_description: Write the staged changes of edge gateways
version_added: "0.1.0"
description:
  - Writes all changes that tasks with C(stage=true) staged in this run, and verifies them. Each section of an edge
    gateway is written once.
  - If another client has changed a section since the changes were staged, the module reads the section again and
    updates the plan.
  - You can use the module as a handler, because it does nothing if no changes are staged.
  - If the task fails, changes that were not written stay staged. To write these changes, run the task again in the same
    run. A later run does not write them, but shows a warning. To delete them, run C(vca edge discard).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  stage_id:
    description:
      - Name of the stage to write. The default is the stage of the current Ansible run.
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
notes:
  - Without O(edge), the changes of all edge gateways are written, and E(VCA_EDGE) is ignored.
seealso:
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Stage the changes of several tasks and write them once
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/vcloudair.cloud.vca:
      edge: web-edge
    vcloudair.cloud.vca_firewall_rule:
      stage: true
  tasks:
    - name: Allow web traffic from the internet
      vcloudair.cloud.vca_firewall_rule:
        name: web in
        destination: [203.0.113.10]
        protocol: tcp
        dest_port: [80, 443]

    - name: Allow SSH from the office
      vcloudair.cloud.vca_firewall_rule:
        name: ssh in
        source: [198.51.100.0/24]
        protocol: tcp
        dest_port: [22]

    - name: Write the staged changes
      vcloudair.cloud.vca_edge_commit:
"""

RETURN = r"""
sections:
  description: Result for each section that had staged changes. In check mode, the predicted results.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: The edge gateway.
      type: str
      returned: always
      sample: edge gateway web-edge
    edge_id:
      description: UUID of the edge gateway. Empty for other targets.
      type: str
      returned: always
      sample: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4
    kind:
      description: Resource kind of the section.
      type: str
      returned: always
      sample: ans.firewall_rule
    changed:
      description: Whether the section was changed.
      type: bool
      returned: always
      sample: true
    plan:
      description: Summary of the changes, in one line.
      type: str
      returned: always
      sample: 45 to create
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
written:
  description: >-
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
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


def edge_ids(client: Client, stage_id: str) -> dict[str, str]:
    """Return a mapping from display names to UUIDs of the edge gateways in a stage.

    A display name that belongs to several edge gateways, in different VDCs, is left out.
    """
    sections = [
        section for stage in client.stages() if stage.stage_id.startswith(stage_id) for section in stage.sections
    ]
    known: dict[str, set[str]] = {}
    for section in sections:
        known.setdefault(section.title, set()).add(str(section.target.get("edge") or ""))
    return {title: next(iter(ids)) for title, ids in known.items() if len(ids) == 1}


@writing
def commit(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Write all changes of the stage and return the result of each section."""
    if not params["stage_id"]:
        refuse("stage_id", "is required if the module runs without its action plugin, which sets the default")
    target = given(params, ("edge", "vdc")) if params.get("edge") else None
    edges = edge_ids(client, params["stage_id"])
    outcomes = client.commit_stage(params["stage_id"], target=target, check=check_mode)
    result = {
        "changed": any(outcome.changed for outcome in outcomes),
        "sections": [
            {
                "target": outcome.plan.target,
                "edge_id": edges.get(outcome.plan.target, ""),
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
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
