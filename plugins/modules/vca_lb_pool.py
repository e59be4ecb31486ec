#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a server pool of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_pool
short_description: Manage a server pool of a load balancer
version_added: "0.1.0"
description:
  - Creates, updates or deletes a pool of servers of the load balancer of an edge gateway.
  - On an existing pool, options that are not set keep their current values.
  - On NSX-V edge gateways, the task takes one read and at most one write. All other objects are kept.
  - A pool that a virtual server uses is not deleted. The error names the virtual servers.
  - On NSX-T edge gateways, members have no names, and O(monitor) is the type of the health monitor. The task reads all
    pools and virtual servers, one call each.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the pool must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer.LB_POOL
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_load_balancer
    description: Manages all objects of a load balancer in one write, and enables it.
  - module: vcloudair.cloud.vca_lb_virtual_server
  - module: vcloudair.cloud.vca_lb_monitor
  - module: vcloudair.cloud.vca_lb_application_profile
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Balance the load of two web servers
  vcloudair.cloud.vca_lb_pool:
    edge: web-edge
    name: web
    algorithm: leastconn
    monitor: default_http_monitor
    members:
      - {name: web1, ip_address: 192.168.10.21, port: 8080}
      - {name: web2, ip_address: 192.168.10.22, port: 8080}

- name: Send no new clients to a server before its maintenance
  vcloudair.cloud.vca_lb_pool:
    edge: web-edge
    name: web
    members:
      - {name: web1, ip_address: 192.168.10.21, port: 8080, condition: drain}
      - {name: web2, ip_address: 192.168.10.22, port: 8080}

- name: Delete a pool
  vcloudair.cloud.vca_lb_pool:
    edge: web-edge
    name: web
    state: absent
"""

RETURN = r"""
pool:
  description: >-
    The pool on the server after the task. In check mode, the predicted pool. V(null) if it is absent.
  returned: success
  type: dict
  sample: {name: web, algorithm: leastconn, members: [{name: web1, ip_address: 192.168.10.21, port: 8080}]}
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import lb_pool_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(lb_pool_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.lb_pool",
    specs=lambda params: [given(params, lb_pool_arguments())],
    show=lambda items, params: {"pool": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
