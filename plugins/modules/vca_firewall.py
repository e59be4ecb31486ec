#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Many firewall rules, and the firewall's settings, in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall
short_description: Manage the firewall of an edge gateway in one write
version_added: "0.1.0"
description:
  - Brings a list of firewall rules and the settings of the firewall of an edge gateway to the state asked for, with one
    read and at most one write, however many rules there are.
  - Rules that are not listed are kept, unless O(purge=true).
  - Listed rules keep the order of the list among each other. A new rule without a position goes right behind the listed
    rule before it. If no listed rule exists yet, new rules go to the bottom of the rules of users.
  - The first rule that matches decides. A rule at the bottom has no effect on traffic that a rule above it denies. To
    place a rule, use O(rules[].position), O(rules[].before), O(rules[].after) or O(rules[].index).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  rules:
    description:
      - The rules, in order.
      - Names may repeat. Rules of one name are told apart by what they match and do, else by their order. If the edge
        gateway has more of them than the list, the task fails, unless O(purge=true).
      - A rule without a name is identified by what it matches and does. Change that, and it is another rule.
      - A field that a rule does not give is kept as it is, or with O(purge=true) has its default.
      - A new rule has the defaults.
    type: list
    elements: dict
    aliases: [fw_rules]
    suboptions:
      name:
        description:
          - Name of the rule; its identity unless O(rules[].match_by) says otherwise.
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
          - Where traffic comes from. Words are V(any), V(internal), V(external), V(vse) (the edge itself), C(vnic-N),
            an IPv4 or IPv6 address, a CIDR, a range C(first-last), or the id of a grouping object such as C(ipset-2)
            or C(urn:vcloud:network:...). Write C(object:ID) for any other id.
          - The order does not matter. On new rules V(any) is the default.
        type: list
        elements: str
        aliases: [source_ip]
      source_exclude:
        description:
          - Match everything but O(rules[].source).
        type: bool
      destination:
        description:
          - Where traffic goes; the same words as in O(rules[].source).
        type: list
        elements: str
        aliases: [dest_ip]
      destination_exclude:
        description:
          - Match everything but O(rules[].destination).
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
              - Edge gateways have no other protocols in rules. Make an application for ESP, AH or GRE, and give its id
                in O(rules[].applications).
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
          - Short form of O(rules[].services) for exactly one service. Not together with O(rules[].services).
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
          - The server's id of the rule. With O(rules[].match_by=rule_id) it is the identity, else it tells rules of
            one name apart.
        type: int
      position:
        description:
          - Place of the rule among the rules of users. Not together with O(rules[].before), O(rules[].after),
            O(rules[].index).
          - A rule that stands elsewhere is moved. Several tasks, or items of a loop, that ask for the same end
            move each other's rules in every run, which is warned about. List such rules in one task, or use
            O(rules[].before) or O(rules[].after).
        type: str
        choices: [top, bottom]
      before:
        description:
          - Name or id of a rule that this one must stand before. It may stand anywhere before it; if it has to move,
            it is placed right before it.
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
          - What identifies the rule. Names need not be unique on an edge; if several rules answer to the name, the
            task fails and lists them.
        type: str
        choices: [name, rule_id, tag]
        default: name
  state:
    description:
      - V(present) brings the listed rules about, V(absent) takes them out.
      - With V(absent), neither O(purge) nor settings of the firewall can be given.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether rules that users own and O(rules) does not list are deleted. Needs O(rules). The list is then the
        whole order.
      - The list then says all there is to say. A field that a rule of it does not give has its default, and is
        brought back to it, such as C(enabled), C(logging) and C(description). The tag is kept. Settings of the
        firewall that are not given are kept, too.
      - Without it, fields that are not given are kept as they are.
    type: bool
    default: false
    aliases: [purge_rules]
  allow_empty:
    description:
      - Whether O(rules) may be empty together with O(purge=true), which deletes all rules that users own.
      - Without it such a task fails, because an empty list is more often a slip in a template than meant.
    type: bool
  enabled:
    description:
      - Whether the firewall is on. NAT works only while it is.
    type: bool
  default_action:
    description:
      - What happens to traffic that no rule matches.
    type: str
    choices: [accept, deny, allow, drop]
  default_logging:
    description:
      - Whether such traffic is logged.
    type: bool
  global_settings:
    description:
      - Time-outs and checks of the edge. Those not given are kept.
      - Seconds are C(tcp_timeout_open), C(tcp_timeout_established), C(tcp_timeout_close), C(udp_timeout),
        C(icmp_timeout), C(icmp6_timeout) and C(ip_generic_timeout).
      - True or false are C(tcp_pick_ongoing_connections), C(tcp_allow_out_of_window_packets),
        C(tcp_send_reset_for_closed_vse_ports), C(drop_invalid_traffic), C(log_invalid_traffic),
        C(enable_syn_flood_protection), C(log_icmp_errors) and C(drop_icmp_replays).
    type: dict
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.stage
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
seealso:
  - module: vcloudair.cloud.vca_firewall_rule
  - module: vcloudair.cloud.vca_firewall_info
"""

EXAMPLES = r"""
- name: Converge the rules of the shop, keep everybody else's
  vcloudair.cloud.vca_firewall:
    edge: web-edge
    rules:
      - name: web in
        source: [external]
        destination: [203.0.113.10]
        services:
          - protocol: tcp
            port: [80, 443]
      - name: names out
        source: [internal]
        services:
          - protocol: udp
            port: [53]

- name: Exactly these rules, nothing else, and deny the rest
  vcloudair.cloud.vca_firewall:
    edge: web-edge
    default_action: deny
    purge: true
    rules: "{{ lookup('file', 'firewall.yml') | from_yaml }}"
"""

RETURN = r"""
firewall:
  description: The settings and the rules that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample:
    enabled: true
    default_action: deny
    default_logging: false
    rules: [{name: web in, rule_id: 131080, action: accept}]
staged:
  description: That nothing was written yet, because O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to move
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: 131080}, {rule_id: 131081}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    RULE_EXCLUSIVE,
    rule_arguments,
    stage_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given, refuse

SETTINGS = ("enabled", "default_action", "default_logging", "global_settings")
ARGUMENTS = dict(
    rules=dict(
        type="list",
        elements="dict",
        aliases=["fw_rules"],
        options=rule_arguments(),
        mutually_exclusive=RULE_EXCLUSIVE,
    ),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    purge=dict(type="bool", default=False, aliases=["purge_rules"]),
    allow_empty=dict(type="bool"),
    enabled=dict(type="bool"),
    default_action=dict(type="str", choices=["accept", "deny", "allow", "drop"]),
    default_logging=dict(type="bool"),
    global_settings=dict(type="dict"),
    **stage_arguments(),
)


def policy(params):
    """The one spec of the kind."""
    wanted = given(params, (*SETTINGS, "allow_empty"))
    if params["rules"] is not None:
        wanted["rules"] = [given(rule, rule_arguments()) for rule in params["rules"]]
    return [wanted]


def state(params):
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and an edge always has its settings.
        beside = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("rules", "is required together with %s" % ("purge" if params["purge"] else "state absent"))
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.firewall", specs=policy, state=state, show=lambda firewall, params: {"firewall": firewall})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
