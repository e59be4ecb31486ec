#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""One firewall rule of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall_rule
short_description: Manage one firewall rule of an edge gateway
version_added: "0.1.0"
description:
  - Brings one firewall rule of an edge gateway of vCloud Air or VMware Cloud Director to the state asked for. All other
    rules are kept as they are, in their order.
  - Options that are not given are kept as they are on a rule that exists.
  - A new rule without a position goes to the bottom of the rules of users. The first rule that matches decides, so the
    new rule has no effect on traffic that a rule above it denies. To place it, use O(position), O(before), O(after) or
    O(index).
  - Costs one read when there is nothing to change, else one read, one write and one verifying read.
  - Rules that the server made itself (internal rules and the default rule) are never touched.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the rule is there.
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
    description: Many rules in one write.
  - module: vcloudair.cloud.vca_firewall_info
"""

EXAMPLES = r"""
- name: Let the world reach the web server
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: web in
    source: [external]
    destination: [203.0.113.10]
    services:
      - protocol: tcp
        port: [80, 443]

- name: Forbid telnet before anything else
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: no telnet
    action: deny
    protocol: tcp
    dest_port: [23]
    position: top

- name: Take a rule out
  vcloudair.cloud.vca_firewall_rule:
    edge: web-edge
    name: old partner access
    state: absent
"""

RETURN = r"""
staged:
  description: That nothing was written yet, because O(stage=true).
  returned: when staged
  type: bool
  sample: true
rule:
  description: The rule as it is on the server, or would be in check mode. Null when it is absent.
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
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 1 to create
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
  sample: {error: SpecError, field: "source[0]", message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    FIREWALL_RULE_EXCLUSIVE,
    firewall_rule_arguments,
)

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ARGUMENTS = dict(firewall_rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.firewall_rule",
    specs=lambda params: [given(params, firewall_rule_arguments())],
    show=lambda rules, params: {"rule": rules[0] if rules and params["state"] == "present" else None},
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
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
