#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage NAT rules and the NAT setting of an edge gateway in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat
short_description: Manage the NAT of an edge gateway in one write
version_added: "0.1.0"
description:
  - Creates, updates, moves and deletes NAT rules of an edge gateway, and enables or disables NAT.
  - The task takes one read and at most one write, for any number of rules.
  - Rules that are not listed are kept, unless O(purge=true).
  - Listed rules are in the order of the list. A new rule without a position is placed directly after the
    previous rule of the list. If none of the listed rules exists, new rules are added after all user-defined rules.
  - If there is a change, the module also reads the firewall and the interfaces. It warns if the firewall is disabled or
    has no rule that accepts the traffic of a new or changed V(dnat) rule. It also warns if the address of a V(dnat)
    rule is not in a network of the edge gateway.
  - On NSX-T edge gateways, the order of rules has no meaning, and each changed rule is one write. An option that the
    edge gateway does not support is refused before anything is read, also in check mode.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  rules:
    description:
      - NAT rules, in order. Each entry must identify a different rule.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        rule they get their default values.
  state:
    description:
      - V(present) creates or updates the listed rules. V(absent) deletes the listed rules.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete user-defined rules that are not in O(rules). Requires O(rules). The list then sets the
        complete order.
      - Fields of a listed rule that are not set, such as C(enabled), C(logging) and C(description), are reset to their
        default values. The tag and the name of a rule, and O(enabled), are kept if they are not set.
      - With V(false), fields that are not set keep their current values.
    type: bool
    default: false
    aliases: [purge_rules]
  allow_empty:
    description:
      - Whether O(rules) may be empty together with O(purge=true). This deletes all user-defined rules.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._nat
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_nat_rule
  - module: vcloudair.cloud.vca_nat_info
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: Manage the NAT rules of the web shop and keep all other rules
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

- name: Enable NAT and replace all user-defined rules
  vcloudair.cloud.vca_nat:
    edge: web-edge
    enabled: true
    purge: true
    rules: "{{ lookup('file', 'nat.yml') | from_yaml }}"
"""

RETURN = r"""
nat:
  description: >-
    The setting and the rules that the task lists, with their values on the server after the task. In check mode, the
    predicted values.
  returned: success
  type: dict
  sample:
    enabled: true
    rules: [{action: snat, original_address: 192.168.10.0/24, translated_address: 203.0.113.11, rule_id: "196609"}]
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: "196609"}, {rule_id: "196610"}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import nat_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

OPTIONS = nat_arguments()
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False, "aliases": ["purge_rules"]},
    **stage_arguments(),
)


def section(params: Params) -> list[Params]:
    """Return the NAT setting and rules of the task as a list with one spec."""
    spec = given(params, ["enabled", "allow_empty"])
    if params["rules"] is not None:
        spec["rules"] = [given(rule, OPTIONS["rules"]["options"]) for rule in params["rules"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed rules are deleted, and the NAT setting always exists.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, ["enabled"]))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("rules", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.nat", specs=section, state=state, show=lambda nat, params: {"nat": nat}, about=edge_of)


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
