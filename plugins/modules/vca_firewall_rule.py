#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a firewall rule of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall_rule
short_description: Manage a firewall rule of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates, moves or deletes a firewall rule of an edge gateway in vCloud Air or VMware Cloud Director. All
    other rules and their order are kept.
  - On an existing rule, options that are not set keep their current values.
  - A new rule without a position is added after all user-defined rules. The first rule that matches applies, so the new
    rule has no effect on traffic that an earlier rule denies. To place it, use O(position), O(before), O(after) or
    O(index).
  - A task without a change takes one read. A task with a change takes one read, one write and one read to verify the
    result.
  - Rules that the server created, such as internal rules and the default rule, are never changed.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the rule must exist. V(present) creates or updates the rule. V(absent) deletes the rule.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._firewall.rule
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_firewall
    description: Manages many rules in one write.
  - module: vcloudair.cloud.vca_firewall_info
"""

EXAMPLES = r"""
- name: Allow web traffic from the internet to the web server
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: web in
    source: [external]
    destination: [203.0.113.10]
    services:
      - protocol: tcp
        port: [80, 443]

- name: Deny Telnet before all other rules
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: no telnet
    action: deny
    protocol: tcp
    dest_port: [23]
    position: top

- name: Delete a rule
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: old partner access
    state: absent
"""

RETURN = r"""
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
rule:
  description: >-
    The rule on the server after the task. In check mode, the predicted rule. V(null) if the rule is absent.
  returned: success
  type: dict
  sample:
    name: web in
    rule_id: "131080"
    action: accept
    enabled: true
    source: [external]
    destination: [203.0.113.10]
    services: [{protocol: tcp, port: ["443"]}]
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
  sample: 1 to create
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
  sample: {error: SpecError, field: "source[0]", message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    FIREWALL_RULE_EXCLUSIVE,
    firewall_rule_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ARGUMENTS = dict(firewall_rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.firewall_rule",
    specs=lambda params: [given(params, firewall_rule_arguments())],
    show=lambda rules, params: {"rule": rules[0] if rules and params["state"] == "present" else None},
    about=edge_of,
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=FIREWALL_RULE_EXCLUSIVE,
    required_if=[
        ("match_by", "rule_id", ["rule_id"]),
        ("match_by", "tag", ["tag"]),
    ],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
