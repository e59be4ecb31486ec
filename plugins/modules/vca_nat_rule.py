#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a NAT rule of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat_rule
short_description: Manage a NAT rule of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates, moves or deletes a NAT rule of an edge gateway in vCloud Air or VMware Cloud Director. All other
    rules and their order are kept.
  - On an existing rule, options that are not set keep their current values.
  - A new rule without a position is added after all user-defined rules. To place it, use O(position), O(before),
    O(after) or O(index).
  - A task without a change takes one read.
  - If there is a change, the module also reads the firewall and the interfaces. It warns if the firewall is disabled or
    has no rule that accepts the traffic of a new or changed V(dnat) rule. It also warns if the address of a V(dnat)
    rule is not in a network of the edge gateway.
  - On NSX-T edge gateways, rules have names and priorities, but no order and no interfaces. An option that the edge
    gateway does not support is refused before anything is read, also in check mode.
  - Rules that the server created are never changed.
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
  - vcloudair.cloud._nat.rule
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_nat
    description: Manages many rules in one write.
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
  - module: vcloudair.cloud.vca_nat_info
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Publish a web server with DNAT
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

- name: Translate outgoing traffic of a network to one address with SNAT
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    action: snat
    vnic: 0
    original_address: 192.168.10.0/24
    translated_address: 203.0.113.11

- name: Change the port of the rule with the description web
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    match_by: description
    description: web
    original_port: 8443

- name: Exempt VPN traffic from translation on an NSX-T edge gateway
  vcloudair.cloud.vca_nat_rule:
    edge: web-edge
    name: keep addresses in the vpn
    action: no_snat
    original_address: 192.168.10.0/24
    snat_match_destination_address: 10.9.0.0/16
    priority: 10

- name: Delete a rule
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
  description: >-
    The rule on the server after the task. In check mode, the predicted rule. V(null) if the rule is absent.
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
  sample: {error: SpecError, field: original_port, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    NAT_RULE_EXCLUSIVE,
    nat_rule_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(nat_rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.nat_rule",
    specs=lambda params: [given(params, nat_rule_arguments())],
    show=lambda rules, params: {"rule": rules[0] if rules and params["state"] == "present" else None},
    about=edge_of,
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=NAT_RULE_EXCLUSIVE,
    required_if=[
        ("match_by", "tuple", ["action", "original_address"]),
        ("match_by", "description", ["description"]),
        ("match_by", "name", ["name"]),
        ("match_by", "tag", ["tag"]),
        ("match_by", "rule_id", ["rule_id"]),
    ],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
