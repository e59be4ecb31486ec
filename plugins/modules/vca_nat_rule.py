#!/usr/bin/python
# -*- coding: utf-8 -*-
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
  action:
    description:
      - V(dnat) translates where traffic goes, V(snat) where it comes from. Part of the identity.
    type: str
    choices: [snat, dnat]
  original_address:
    description:
      - Address before translation. An address, a CIDR, a range C(first-last), or V(any). Part of the identity.
      - On V(dnat) rules an address of the edge gateway.
    type: str
    aliases: [original_ip]
  original_port:
    description:
      - Port before translation. A port, a range such as V(8000-8010), or V(any), which is the default on new rules.
        Part of the identity.
    type: str
  translated_address:
    description:
      - Address after translation; the same words. Required on new rules; an existing
        rule keeps what is not given.
      - On V(snat) rules an address of the edge gateway.
    type: str
    aliases: [translated_ip]
  translated_port:
    description:
      - Port after translation. On new rules V(any) is the default.
    type: str
  protocol:
    description:
      - V(any), V(tcp), V(udp) or V(icmp), in any case. On new rules V(any) is the default. Part of the identity.
    type: str
  icmp_type:
    description:
      - Name or number of an ICMP type, for example V(echo-request). Goes with O(protocol=icmp). Part of the identity.
    type: str
  vnic:
    description:
      - Number of the interface that the rule applies to, V(0) to V(200), or V(any) for all of them. Part of the
        identity.
      - If neither this nor O(interface) is given, the rule on all interfaces is meant, or if there is none, the only
        one that matches the same traffic. A new rule is then made for all interfaces, which vCloud Air may refuse.
    type: str
  interface:
    description:
      - Name of the interface or of its network, in place of O(vnic). Costs one more call to look it up.
    type: str
    aliases: [network]
  dnat_match_source_address:
    description:
      - V(dnat) only. Translate only traffic from there. Part of the identity. Needs a newer edge gateway.
    type: str
  dnat_match_source_port:
    description:
      - V(dnat) only. Translate only traffic from that source port. Part of the identity.
    type: str
  snat_match_destination_address:
    description:
      - V(snat) only. Translate only traffic that goes there. Part of the identity. Needs a newer edge gateway.
    type: str
  snat_match_destination_port:
    description:
      - V(snat) only. Translate only traffic to that port. Part of the identity.
    type: str
  enabled:
    description:
      - Whether the rule is in force. New rules are.
    type: bool
    aliases: [is_enable]
  logging:
    description:
      - Whether matches are logged. On new rules they are not.
    type: bool
    aliases: [enable_logging]
  clear:
    description:
      - Texts to empty. An empty value of an option counts as not given, so it does not empty anything.
    type: list
    elements: str
    choices: [description]
  description:
    description:
      - Free text.
    type: str
  tag:
    description:
      - Tag of the rule, 65537 to 131072. The server's default is the id of the rule.
    type: int
    aliases: [rule_tag]
  rule_id:
    description:
      - The server's id of the rule. With O(match_by=rule_id) it is the identity, else it tells rules that match the
        same traffic apart.
    type: int
  position:
    description:
      - Place of the rule among the rules of users. Not together with O(before), O(after), O(index).
      - A rule that stands elsewhere is moved. Several tasks, or items of a loop, that ask for the same end
        move each other's rules in every run, which is warned about. List such rules in one task, or use
        O(before) or O(after).
    type: str
    choices: [top, bottom]
  before:
    description:
      - Description, id or tag of a rule that this one must stand before. It may stand anywhere before it; if it has
        to move, it is placed right before it.
    type: str
  after:
    description:
      - Description, id or tag of a rule that this one must stand after.
    type: str
  index:
    description:
      - Place among the rules of users, counted from 0.
    type: int
  match_by:
    description:
      - What identifies the rule, because NAT rules have no name.
      - V(tuple) is all that decides which traffic the rule translates (the options that say so). What it translates
        to is not part of it, so changing that changes the rule, and changing the port or address before translation
        makes another one.
      - With V(description) and V(rule_id) everything else can be changed. V(tag) too, but a tag changes when the rule
        is edited in the portal of some versions.
      - If several rules answer to it, the task fails and lists them.
    type: str
    choices: [tuple, description, tag, rule_id]
    default: tuple
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.stage
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
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
    rule_id: 196609
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

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    NAT_RULE_EXCLUSIVE,
    nat_rule_arguments,
    stage_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given

STATE = dict(type="str", choices=["present", "absent"], default="present")

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


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
