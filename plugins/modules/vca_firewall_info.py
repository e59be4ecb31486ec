#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the firewall of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall_info
short_description: Read the firewall of an edge gateway
version_added: "0.1.0"
description:
  - Returns the settings and rules of the firewall of an edge gateway.
  - You can pass RV(firewall.rules) to M(vcloudair.cloud.vca_firewall) without changes.
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
- name: Read the firewall of an edge gateway
  vcloudair.cloud.vca_firewall_info:
    edge: web-edge
  register: live

- name: Copy the rules to another edge gateway
  vcloudair.cloud.vca_firewall:
    edge: standby-edge
    purge: true
    rules: "{{ live.firewall.rules }}"
"""

RETURN = r"""
firewall:
  description: Settings, user-defined rules and rules that the server created.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the firewall is enabled.
      type: bool
      returned: success
    default_action:
      description: Action for traffic that matches no rule.
      type: str
      returned: success
    default_logging:
      description: Whether traffic that matches no rule is logged.
      type: bool
      returned: success
    global_settings:
      description: Timeouts, in seconds, and packet checks of the firewall.
      type: dict
      returned: success
    rules:
      description: User-defined rules, in order. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: web in, rule_id: "131080", action: accept, source: [external]}]
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
  sample: {error: NotFoundError, message: "Edge gateway not found: 'web-edge'."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.firewall", show=lambda firewall, params: {"firewall": firewall})


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
