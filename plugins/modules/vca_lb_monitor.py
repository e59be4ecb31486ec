#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a service monitor of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_monitor
short_description: Manage a service monitor of a load balancer
version_added: "0.1.0"
description:
  - Creates, updates or deletes a service monitor of the load balancer of an edge gateway. A service monitor is a health
    check for the members of pools.
  - On an existing monitor, options that are not set keep their current values.
  - The task takes one read and at most one write. All other objects of the load balancer are kept.
  - A new load balancer has the monitors V(default_tcp_monitor), V(default_http_monitor) and V(default_https_monitor).
  - A monitor that a pool uses is not deleted. The error names the pools.
  - NSX-T edge gateways have no service monitors. There, the task fails before it reads anything. Set the type of
    the check with the option C(monitor) of M(vcloudair.cloud.vca_lb_pool).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the monitor must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer.LB_MONITOR
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_load_balancer
    description: Manages all objects of a load balancer in one write, and enables it.
  - module: vcloudair.cloud.vca_lb_virtual_server
  - module: vcloudair.cloud.vca_lb_pool
  - module: vcloudair.cloud.vca_lb_application_profile
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Check the members of pools with HTTP requests
  vcloudair.cloud.vca_lb_monitor:
    edge: web-edge
    name: health
    type: http
    url_path: /health
    interval: 10

- name: Delete a monitor
  vcloudair.cloud.vca_lb_monitor:
    edge: web-edge
    name: health
    state: absent
"""

RETURN = r"""
monitor:
  description: >-
    The monitor on the server after the task. In check mode, the predicted monitor. V(null) if it is absent.
  returned: success
  type: dict
  sample: {name: health, type: http, interval: 10, response_timeout: 15, max_retries: 3, method: GET, url_path: /health}
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import lb_monitor_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(lb_monitor_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.lb_monitor",
    specs=lambda params: [given(params, lb_monitor_arguments())],
    show=lambda items, params: {"monitor": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
