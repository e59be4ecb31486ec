#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""One NAT rule of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat_rule
short_description: Manage one NAT rule of an edge gateway
version_added: "0.1.0"
description:
  - Brings one NAT rule of an edge gateway of vCloud Air or VMware Cloud Director to the state asked for. All other
    rules are kept as they are, in their order.
  - Options that are not given are kept as they are on a rule that exists.
  - A new rule without a position goes to the bottom of the rules of users. To place it, use O(position), O(before),
    O(after) or O(index).
  - Costs one read when there is nothing to change.
  - When a change is made, the firewall is read too, to warn if it is off or if no rule of it lets the traffic of a
    new or changed V(dnat) rule in. The interfaces are read too, to warn if the address of such a rule is in no network
    of the edge gateway. Nothing is read for that when there is nothing to change.
  - Rules that the server made itself are never touched.
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
  - vcloudair.cloud._nat.rule
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_nat
    description: Many rules in one write.
  - module: vcloudair.cloud.vca_edge_commit
    description: Many tasks, one write.
  - module: vcloudair.cloud.vca_nat_info
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Publish the web server
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    action: dnat
    interface: external-net
    original_address: 203.0.113.10
    original_port: 443
    translated_address: 192.168.10.20
    translated_port: 8443
    protocol: tcp
    description: web

- name: Let the network out behind one address
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    action: snat
    vnic: 0
    original_address: 192.168.10.0/24
    translated_address: 203.0.113.11

- name: Give the rule that is described as web another port
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    match_by: description
    description: web
    original_port: 8443

- name: Take a rule out
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    action: dnat
    original_address: 203.0.113.10
    original_port: 22
    protocol: tcp
    state: absent
"""

RETURN = r"""
rule:
  description: The rule as it is on the server, or would be in check mode. Null when it is absent.
  returned: success
  type: dict
  sample:
    action: dnat
    original_address: 203.0.113.10
    original_port: "443"
    translated_address: 192.168.10.20
    translated_port: "8443"
    protocol: tcp
    vnic: "0"
    enabled: true
    rule_id: "196609"
staged:
  description: That nothing was written yet, because O(stage=true).
  returned: when staged
  type: bool
  sample: true
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
  sample: {error: SpecError, field: original_port, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    NAT_RULE_EXCLUSIVE,
    nat_rule_arguments,
)

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(nat_rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.nat_rule",
    specs=lambda params: [given(params, nat_rule_arguments())],
    show=lambda rules, params: {"rule": rules[0] if rules and params["state"] == "present" else None},
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=NAT_RULE_EXCLUSIVE,
    required_if=[
        ("match_by", "tuple", ["action", "original_address"]),
        ("match_by", "description", ["description"]),
        ("match_by", "tag", ["tag"]),
        ("match_by", "rule_id", ["rule_id"]),
    ],
)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
