#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the distributed firewall of a VDC group in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_distributed_firewall
short_description: Manage the distributed firewall of a VDC group
version_added: "0.1.0"
description:
  - Creates, updates, moves and deletes rules of the distributed firewall of a VDC group, and enables or disables its
    default policy. The VDC group must have NSX-T networks. The API version must be 37.0 or newer.
  - A distributed firewall filters the traffic of each VM of the VDC group, also between VMs in the same network.
  - The options of rules are those of M(vcloudair.cloud.vca_firewall). In O(rules[].source) and
    O(rules[].destination), V(internal) is all internal traffic of the VDC group.
  - Rules that are not listed are kept, unless O(purge=true). The default rule of the server is never changed.
  - The API cannot add a single rule, so the task writes all rules with their IDs and versions. Immediately before the
    write, it reads the rules again. If another client has changed them, the task plans the change again.
  - Firewall groups and application port profiles that rules need are created and deleted automatically. Their names
    start with C(vca-).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  rules:
    description:
      - Rules of the distributed firewall, in order.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        rule they get their default values.
  state:
    description:
      - V(present) creates or updates the listed rules. V(absent) deletes the listed rules.
      - V(absent) cannot be combined with O(purge) or O(enabled).
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete user-defined rules that are not in O(rules). Requires O(rules). The list then sets the
        complete order.
      - With V(false), fields that are not set keep their current values.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(rules) may be empty together with O(purge=true). This deletes all user-defined rules.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._distributed_firewall
  - vcloudair.cloud._vca
  - vcloudair.cloud._vdc_group
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_distributed_firewall_info
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: Allow HTTPS to the web servers, and keep all other rules
  vcloudair.cloud.vca_distributed_firewall:
    vdc_group: dc-group
    rules:
      - name: web in
        source: [any]
        destination: ["group:web servers"]
        services:
          - protocol: tcp
            port: [443]

- name: Replace all user-defined rules
  vcloudair.cloud.vca_distributed_firewall:
    vdc_group: dc-group
    enabled: true
    purge: true
    rules:
      - name: database
        source: [10.0.1.0/24]
        destination: [10.0.2.10]
        services:
          - protocol: tcp
            port: [5432]
      - name: no other access to the database
        action: deny
        source: [10.0.1.0/24]
        source_exclude: true
        destination: [10.0.2.10]
"""

RETURN = r"""
distributed_firewall:
  description: >-
    The settings and rules that the task lists, with their values on the server after the task. In check mode, the
    predicted values. C(enabled) is returned only if the task sets it.
  returned: success
  type: dict
  sample:
    rules: [{name: web in, rule_id: d0bf5d51-6f3a-4a52-9c0e-3f1b2c4d5e6f, action: accept}]
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to move
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: d0bf5d51}, {rule_id: 9a41c7e2}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments, vdc_group_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import distributed_firewall_arguments

OPTIONS = distributed_firewall_arguments()
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
    **vdc_group_arguments(),
)


def firewall(params: Params) -> list[Params]:
    """Return a list with one spec: the settings and rules of the task."""
    spec = given(params, ("enabled", "allow_empty"))
    if params["rules"] is not None:
        spec["rules"] = [given(rule, OPTIONS["rules"]["options"]) for rule in params["rules"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, ("enabled",)))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("rules", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job(
    "ans.distributed_firewall",
    specs=firewall,
    state=state,
    show=lambda shown, params: {"distributed_firewall": shown},
    target=lambda params: given(params, ("vdc_group",)),
)


MODULE = Module(
    JOB, ARGUMENTS, of_edges=False, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])]
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
