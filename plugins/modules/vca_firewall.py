#!/usr/bin/python
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
    rules: [{name: web in, rule_id: "131080", action: accept}]
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: "131080"}, {rule_id: "131081"}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import firewall_arguments

OPTIONS = firewall_arguments()
SETTINGS = tuple(name for name in OPTIONS if name not in ("rules", "allow_empty"))
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False, "aliases": ["purge_rules"]},
    **stage_arguments(),
)


def policy(params: Params) -> list[Params]:
    """The one spec of the kind."""
    wanted = given(params, (*SETTINGS, "allow_empty"))
    if params["rules"] is not None:
        wanted["rules"] = [given(rule, OPTIONS["rules"]["options"]) for rule in params["rules"]]
    return [wanted]


def state(params: Params) -> str:
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and an edge always has its settings.
        beside = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("rules", f"is required together with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.firewall", specs=policy, state=state, show=lambda firewall, params: {"firewall": firewall})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
