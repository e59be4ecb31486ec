#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an application rule of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_application_rule
short_description: Manage an application rule of a load balancer
version_added: "0.1.0"
description:
  - Creates, updates or deletes an application rule of the load balancer of an edge gateway. The rule is a script that
    virtual servers apply to traffic. Set O(vcloudair.cloud.vca_lb_virtual_server#module:application_rules) to use it.
  - On an existing application rule, options that are not set keep their current values.
  - The task takes one read and at most one write. All other objects of the load balancer are kept.
  - A rule that a virtual server uses is not deleted. The error names the virtual servers.
  - NSX-T edge gateways have no application rules. There, the task fails before it reads anything. Configure HTTP
    policies of the virtual service in the portal.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the application rule must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer.LB_APPLICATION_RULE
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_load_balancer
    description: Manages all objects of a load balancer in one write, and enables it.
  - module: vcloudair.cloud.vca_lb_virtual_server
  - module: vcloudair.cloud.vca_lb_application_profile
  - module: vcloudair.cloud.vca_lb_pool
  - module: vcloudair.cloud.vca_lb_monitor
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Redirect old addresses
  vcloudair.cloud.vca_lb_application_rule:
    edge: web-edge
    name: redirect
    script: |
      acl old path_beg /old
      redirect location https://www.example.com/ if old

- name: Apply the rule to a virtual server
  vcloudair.cloud.vca_lb_virtual_server:
    edge: web-edge
    name: site
    application_rules: [redirect]

- name: Delete an application rule
  vcloudair.cloud.vca_lb_application_rule:
    edge: web-edge
    name: redirect
    state: absent
"""

RETURN = r"""
application_rule:
  description: >-
    The application rule on the server after the task. In check mode, the predicted values. V(null) if it is absent.
  returned: success
  type: dict
  sample: {name: redirect, script: acl old path_beg /old}
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 1 to create
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
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import lb_application_rule_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(lb_application_rule_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.lb_application_rule",
    specs=lambda params: [given(params, lb_application_rule_arguments())],
    show=lambda items, params: {"application_rule": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
