#!/usr/bin/python
# -*- coding: utf-8 -*-
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
  name:
    description:
      - Name of the rule; its identity unless O(match_by) says otherwise. A rule without a name is identified by
        O(rule_id), O(tag) or what it matches.
    type: str
  action:
    description:
      - What happens to traffic that matches. V(allow) means V(accept), V(drop) means V(deny).
      - New rules accept.
    type: str
    choices: [accept, deny, reject, allow, drop]
    aliases: [policy]
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
  source:
    description:
      - Where traffic comes from. Words are V(any), V(internal), V(external), V(vse) (the edge itself), C(vnic-N), an
        IPv4 or IPv6 address, a CIDR, a range C(first-last), or the id of a grouping object such as C(ipset-2) or
        C(urn:vcloud:network:...). Write C(object:ID) for any other id.
      - The order does not matter. On new rules V(any) is the default.
    type: list
    elements: str
    aliases: [source_ip]
  source_exclude:
    description:
      - Match everything but O(source).
    type: bool
  destination:
    description:
      - Where traffic goes; the same words as in O(source).
    type: list
    elements: str
    aliases: [dest_ip]
  destination_exclude:
    description:
      - Match everything but O(destination).
    type: bool
  services:
    description:
      - Protocols and ports. On new rules any. The order does not matter.
    type: list
    elements: dict
    suboptions:
      protocol:
        description:
          - V(any), V(tcp), V(udp) or V(icmp), in any case. V(tcp+udp) stands for two services.
          - Edge gateways have no other protocols in rules. Make an application for ESP, AH or GRE, and give its id in
            O(applications).
        type: str
        required: true
      port:
        description:
          - Destination ports. Each is a port, a range such as V(8000-8080), or V(any).
        type: list
        elements: str
      source_port:
        description:
          - Source ports.
        type: list
        elements: str
      icmp_type:
        description:
          - Name or number of an ICMP type, for example V(echo-request).
        type: str
  protocol:
    description:
      - Short form of O(services) for exactly one service. Not together with O(services).
    type: str
  dest_port:
    description:
      - Destination ports of the short form.
    type: list
    elements: str
  source_port:
    description:
      - Source ports of the short form.
    type: list
    elements: str
  applications:
    description:
      - Ids of applications or application groups.
    type: list
    elements: str
  match_translated:
    description:
      - Match addresses after NAT instead of before.
    type: bool
  direction:
    description:
      - Direction of the traffic. VMware advises against setting it.
    type: str
    choices: [in, out, inout]
  tag:
    description:
      - Tag of the rule, 1 to 65536. The server's default is the id of the rule.
    type: int
  rule_id:
    description:
      - The server's id of the rule. With O(match_by=rule_id) it is the identity, else it tells rules of one name apart.
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
      - Name or id of a rule that this one must stand before. It may stand anywhere before it; if it has to move, it is
        placed right before it.
    type: str
  after:
    description:
      - Name or id of a rule that this one must stand after.
    type: str
  index:
    description:
      - Place among the rules of users, counted from 0.
    type: int
  match_by:
    description:
      - What identifies the rule. Names need not be unique on an edge; if several rules answer to the name, the task
        fails and lists them.
    type: str
    choices: [name, rule_id, tag]
    default: name
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.stage
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
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
    rule_id: 131080
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

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    RULE_EXCLUSIVE,
    rule_arguments,
    stage_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given

STATE = dict(type="str", choices=["present", "absent"], default="present")
ARGUMENTS = dict(rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.firewall_rule",
    specs=lambda params: [given(params, rule_arguments())],
    show=lambda rules, params: {"rule": rules[0] if rules and params["state"] == "present" else None},
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=RULE_EXCLUSIVE,
    required_if=[
        ("match_by", "rule_id", ["rule_id"]),
        ("match_by", "tag", ["tag"]),
    ],
)


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
