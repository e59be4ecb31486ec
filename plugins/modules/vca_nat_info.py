#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the NAT configuration of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_nat_info
short_description: Read the NAT configuration of an edge gateway
version_added: "0.1.0"
description:
  - Returns the NAT rules of an edge gateway, and whether NAT is enabled.
  - You can pass RV(nat.rules) to M(vcloudair.cloud.vca_nat) without changes.
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
- name: Read the NAT configuration of an edge gateway
  vcloudair.cloud.vca_nat_info:
    edge: web-edge
  register: live

- name: Show the internal addresses that DNAT rules publish
  ansible.builtin.debug:
    msg: "{{ live.nat.rules | selectattr('action', 'eq', 'dnat') | map(attribute='translated_address') | list }}"
"""

RETURN = r"""
nat:
  description: Setting, user-defined rules and rules that the server created.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether NAT is enabled.
      type: bool
      returned: success
    rules:
      description: User-defined rules, in order. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{action: dnat, original_address: 203.0.113.10, translated_address: 192.168.10.20, rule_id: "196609"}]
    internal_rules:
      description: Rules that the server created, which users cannot change.
      type: list
      elements: dict
      returned: success
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.nat", show=lambda nat, params: {"nat": nat})


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
