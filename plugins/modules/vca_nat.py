#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Many NAT rules, and the switch of NAT, in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat
short_description: Manage the NAT of an edge gateway in one write
version_added: "0.1.0"
description:
  - Brings a list of NAT rules of an edge gateway, and whether NAT is on, to the state asked for, with one read and at
    most one write, however many rules there are.
  - Rules that are not listed are kept, unless O(purge=true).
  - Listed rules keep the order of the list among each other. A new rule without a position goes right behind the listed
    rule before it. If no listed rule exists yet, new rules go to the bottom of the rules of users.
  - When a change is made, the firewall is read too, to warn if it is off or if no rule of it lets the traffic of a
    new or changed V(dnat) rule in. The interfaces are read too, to warn if the address of such a rule is in no network
    of the edge gateway. Nothing is read for that when there is nothing to change.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  rules:
    description:
      - The rules, in order. No two of them may mean the same rule.
      - A field that a rule does not give is kept as it is, or with O(purge=true) has its default.
      - A new rule has the defaults.
    type: list
    elements: dict
    aliases: [nat_rules]
    suboptions:
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
          - Port before translation. A port, a range such as V(8000-8010), or V(any), which is the default on new
            rules. Part of the identity.
        type: str
      translated_address:
        description:
          - Address after translation; the same words. Required on new rules.
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
          - Name or number of an ICMP type, for example V(echo-request). Goes with O(rules[].protocol=icmp). Part of
            the identity.
        type: str
      vnic:
        description:
          - Number of the interface that the rule applies to, V(0) to V(200), or V(any) for all of them. Part of the
            identity.
          - If neither this nor O(rules[].interface) is given, the rule on all interfaces is meant, or if there is
            none, the only one that matches the same traffic. A new rule is then made for all interfaces, which vCloud
            Air may refuse.
        type: str
      interface:
        description:
          - Name of the interface or of its network, in place of O(rules[].vnic). Costs one more call to look it up.
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
          - The server's id of the rule. With O(rules[].match_by=rule_id) it is the identity, else it tells rules that
            match the same traffic apart.
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
          - Description, id or tag of a rule that this one must stand before. It may stand anywhere before it; if it
            has to move, it is placed right before it.
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
          - V(tuple) is all that decides which traffic the rule translates (the options that say so). What it
            translates to is not part of it, so changing that changes the rule, and changing the port or address
            before translation makes another one.
          - With V(description) and V(rule_id) everything else can be changed. V(tag) too, but a tag changes when the
            rule is edited in the portal of some versions.
          - If several rules answer to it, the task fails and lists them.
        type: str
        choices: [tuple, description, tag, rule_id]
        default: tuple
  state:
    description:
      - V(present) brings the listed rules about, V(absent) takes them out.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether rules that users own and O(rules) does not list are deleted. Needs O(rules). The list is then the
        whole order.
      - The list then says all there is to say. A field that a rule of it does not give has its default, and is
        brought back to it, such as C(enabled), C(logging) and C(description). The tag is kept, and so is O(enabled)
        if it is not given.
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
      - Whether NAT is on. It works only while the firewall is on, too.
    type: bool
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.stage
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
seealso:
  - module: vcloudair.cloud.vca_nat_rule
  - module: vcloudair.cloud.vca_nat_info
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: Converge the NAT of the shop, keep everybody else's
  vcloudair.cloud.vca_nat:
    edge: web-edge
    rules:
      - action: dnat
        vnic: 0
        original_address: 203.0.113.10
        original_port: 443
        translated_address: 192.168.10.20
        protocol: tcp
        description: web
      - action: snat
        vnic: 0
        original_address: 192.168.10.0/24
        translated_address: 203.0.113.11

- name: Exactly these rules and nothing else
  vcloudair.cloud.vca_nat:
    edge: web-edge
    enabled: true
    purge: true
    rules: "{{ lookup('file', 'nat.yml') | from_yaml }}"
"""

RETURN = r"""
nat:
  description: The switch and the rules that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample:
    enabled: true
    rules: [{action: snat, original_address: 192.168.10.0/24, translated_address: 203.0.113.11, rule_id: 196609}]
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: 196609}, {rule_id: 196610}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    NAT_RULE_EXCLUSIVE,
    nat_rule_arguments,
    stage_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given, refuse

ARGUMENTS = dict(
    rules=dict(
        type="list",
        elements="dict",
        aliases=["nat_rules"],
        options=nat_rule_arguments(),
        mutually_exclusive=NAT_RULE_EXCLUSIVE,
    ),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    purge=dict(type="bool", default=False, aliases=["purge_rules"]),
    allow_empty=dict(type="bool"),
    enabled=dict(type="bool"),
    **stage_arguments(),
)


def section(params):
    """The one spec of the kind."""
    wanted = given(params, ["enabled", "allow_empty"])
    if params["rules"] is not None:
        wanted["rules"] = [given(rule, nat_rule_arguments()) for rule in params["rules"]]
    return [wanted]


def state(params):
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and an edge always has NAT, on or off.
        beside = (["purge"] if params["purge"] else []) + list(given(params, ["enabled"]))
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("rules", "is required together with %s" % ("purge" if params["purge"] else "state absent"))
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.nat", specs=section, state=state, show=lambda nat, params: {"nat": nat})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
