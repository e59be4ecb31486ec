#!/usr/bin/python
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
    rules: [{action: snat, original_address: 192.168.10.0/24, translated_address: 203.0.113.11, rule_id: "196609"}]
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
  sample: {error: AmbiguousMatchError, candidates: [{rule_id: "196609"}, {rule_id: "196610"}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import nat_arguments

OPTIONS = nat_arguments()
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False, "aliases": ["purge_rules"]},
    **stage_arguments(),
)


def section(params: Params) -> list[Params]:
    """The one spec of the kind."""
    wanted = given(params, ["enabled", "allow_empty"])
    if params["rules"] is not None:
        wanted["rules"] = [given(rule, OPTIONS["rules"]["options"]) for rule in params["rules"]]
    return [wanted]


def state(params: Params) -> str:
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and an edge always has NAT, on or off.
        beside = (["purge"] if params["purge"] else []) + list(given(params, ["enabled"]))
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["rules"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("rules", f"is required together with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.nat", specs=section, state=state, show=lambda nat, params: {"nat": nat})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["rules"]), ("state", "absent", ["rules"])])


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
