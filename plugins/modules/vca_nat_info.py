#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The NAT of an edge gateway, as it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat_info
short_description: Read the NAT of an edge gateway
version_added: "0.1.0"
description:
  - Reads the NAT of an edge gateway. What it returns as RV(nat.rules) can be given to M(vcloudair.cloud.vca_nat) as
    it is.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_nat
"""

EXAMPLES = r"""
- name: Read the NAT
  vcloudair.cloud.vca_nat_info:
    edge: web-edge
  register: live

- name: Where traffic to our addresses goes
  ansible.builtin.debug:
    msg: "{{ live.nat.rules | selectattr('action', 'eq', 'dnat') | map(attribute='translated_address') | list }}"
"""

RETURN = r"""
nat:
  description: The switch, the rules of users in order, and the rules that the server made itself.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether NAT is on.
      type: bool
      returned: success
    rules:
      description: The rules of users, in order. The list is there when it is empty, too.
      type: list
      elements: dict
      returned: success
      sample: [{action: dnat, original_address: 203.0.113.10, translated_address: 192.168.10.20, rule_id: "196609"}]
    internal_rules:
      description: Rules that the server made itself.
      type: list
      elements: dict
      returned: success
    version:
      description: The server's counter of changes.
      type: int
      returned: success
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 3
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.nat", show=lambda nat, params: {"nat": nat})


MODULE = Module(JOB, {})


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
