#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a virtual server of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_virtual_server
short_description: Manage a virtual server of a load balancer
version_added: "0.1.0"
description:
  - Creates, updates or deletes a virtual server of the load balancer of an edge gateway. A virtual server accepts
    traffic at an address of the edge gateway, and distributes it to the members of a pool.
  - On an existing virtual server, options that are not set keep their current values.
  - On NSX-V edge gateways, the task takes one read and at most one write. All other objects are kept.
  - The pool and the application profile must exist. To create all objects at once, use
    M(vcloudair.cloud.vca_load_balancer).
  - On NSX-T edge gateways, virtual servers have a certificate and a service engine group in place of an application
    profile. The task reads all pools and virtual servers, one call each.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the virtual server must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer.LB_VIRTUAL_SERVER
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_load_balancer
    description: Manages all objects of a load balancer in one write, and enables it.
  - module: vcloudair.cloud.vca_lb_pool
  - module: vcloudair.cloud.vca_lb_monitor
  - module: vcloudair.cloud.vca_lb_application_profile
  - module: vcloudair.cloud.vca_lb_application_rule
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Publish the pool of web servers
  vcloudair.cloud.vca_lb_virtual_server:
    edge: web-edge
    name: site
    ip_address: 203.0.113.10
    protocol: https
    port: 443
    pool: web
    application_profile: https

- name: Delete a virtual server
  vcloudair.cloud.vca_lb_virtual_server:
    edge: web-edge
    name: site
    state: absent
"""

RETURN = r"""
virtual_server:
  description: >-
    The virtual server on the server after the task. In check mode, the predicted values. V(null) if it is
    absent.
  returned: success
  type: dict
  sample: {name: site, enabled: true, ip_address: 203.0.113.10, protocol: https, port: 443}
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import lb_virtual_server_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(lb_virtual_server_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.lb_virtual_server",
    specs=lambda params: [given(params, lb_virtual_server_arguments())],
    show=lambda items, params: {"virtual_server": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
