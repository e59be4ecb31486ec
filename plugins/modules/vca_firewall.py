#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage firewall rules and firewall settings of an edge gateway in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall
short_description: Manage the firewall of an edge gateway in one write
version_added: "0.1.0"
description:
  - Creates, updates, moves and deletes firewall rules of an edge gateway, and changes the settings of the firewall.
  - The task takes one read and at most one write, for any number of rules.
  - Rules that are not listed are kept, unless O(purge=true).
  - Listed rules are in the order of the list. A new rule without a position is placed directly after the
    previous rule of the list. If none of the listed rules exists, new rules are added after all user-defined rules.
  - The first rule that matches applies, so a rule has no effect on traffic that an earlier rule denies. To place a
    rule, use O(rules[].position), O(rules[].before), O(rules[].after) or O(rules[].index).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  rules:
    description:
      - Firewall rules, in order.
      - Several rules can have the same name. These rules are distinguished by their action and the traffic that they
        match. If the action and the traffic are also the same, the order of the rules distinguishes them. If the edge
        gateway has more rules with the name than the list, the task fails unless O(purge=true).
      - A rule without a name is identified by the traffic that it matches and its action. If you change the traffic or
        the action, the task creates another rule.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        rule they get their default values.
  state:
    description:
      - V(present) creates or updates the listed rules. V(absent) deletes the listed rules.
      - V(absent) cannot be combined with O(purge) or with settings of the firewall.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete user-defined rules that are not in O(rules). Requires O(rules). The list then sets the
        complete order.
      - Fields of a listed rule that are not set, such as C(enabled), C(logging) and C(description), are reset to their
        default values. The tag of a rule and the settings of the firewall are kept if they are not set.
      - With V(false), fields that are not set keep their current values.
    type: bool
    default: false
    aliases: [purge_rules]
  allow_empty:
    description:
      - Whether O(rules) may be empty together with O(purge=true). This deletes all user-defined rules.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._firewall
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_firewall_rule
  - module: vcloudair.cloud.vca_firewall_info
"""

EXAMPLES = r"""
- name: Manage the rules of the web shop and keep all other rules
  vcloudair.cloud.vca_firewall:
    edge: web-edge
    rules:
      - name: web in
        source: [external]
        destination: [203.0.113.10]
        services:
          - protocol: tcp
            port: [80, 443]
      - name: dns out
        source: [internal]
        services:
          - protocol: udp
            port: [53]

- name: Replace all user-defined rules and deny all other traffic
  vcloudair.cloud.vca_firewall:
    edge: web-edge
    default_action: deny
    purge: true
    rules: "{{ lookup('file', 'firewall.yml') | from_yaml }}"
"""

RETURN = r"""
firewall:
  description: >-
    The settings and rules that the task lists, with their values on the server after the task. In check mode, the
    predicted values.
  returned: success
  type: dict
  sample:
    enabled: true
    default_action: deny
    default_logging: false
    rules: [{name: web in, rule_id: "131080", action: accept}]
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns. Not returned if the task stages its
    change.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxv}
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: "131080"}, {rule_id: "131081"}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import firewall_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

OPTIONS = firewall_arguments()
SETTINGS = tuple(name for name in OPTIONS if name not in ("rules", "allow_empty"))
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False, "aliases": ["purge_rules"]},
    **stage_arguments(),
)


def policy(params: Params) -> list[Params]:
    """Return the firewall settings and rules of the task as a list with one spec."""
    spec = given(params, (*SETTINGS, "allow_empty"))
    if params["rules"] is not None:
        spec["rules"] = [given(rule, OPTIONS["rules"]["options"]) for rule in params["rules"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed rules are deleted, and the settings of a firewall always exist.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("rules", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job(
    "ans.firewall", specs=policy, state=state, show=lambda firewall, params: {"firewall": firewall}, about=edge_of
)


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
