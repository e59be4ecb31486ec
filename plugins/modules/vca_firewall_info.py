#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The firewall of an edge gateway, as it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall_info
short_description: Read the firewall of an edge gateway
version_added: "0.1.0"
description:
  - Reads the firewall of an edge gateway. What it returns as RV(firewall.rules) can be given to
    M(vcloudair.cloud.vca_firewall) as it is.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: Read the firewall
  vcloudair.cloud.vca_firewall_info:
    edge: web-edge
  register: live

- name: Bring another edge to the same rules
  vcloudair.cloud.vca_firewall:
    edge: standby-edge
    purge: true
    rules: "{{ live.firewall.rules }}"
"""

RETURN = r"""
firewall:
  description: Settings, the rules of users in order, and the rules that the server made itself.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the firewall is on.
      type: bool
      returned: success
    default_action:
      description: What happens to traffic that no rule matches.
      type: str
      returned: success
    default_logging:
      description: Whether such traffic is logged.
      type: bool
      returned: success
    global_settings:
      description: Time-outs (seconds) and checks.
      type: dict
      returned: success
    rules:
      description: The rules of users, in order. The list is there when it is empty, too.
      type: list
      elements: dict
      returned: success
      sample: [{name: web in, rule_id: "131080", action: accept, source: [external]}]
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
  sample: {error: NotFoundError, message: "There is no edge gateway 'web-edge'."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.firewall", show=lambda firewall, params: {"firewall": firewall})


MODULE = Module(JOB, {})


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
