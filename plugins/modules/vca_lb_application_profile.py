#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an application profile of a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_application_profile
short_description: Manage an application profile of a load balancer
version_added: "0.1.0"
description:
  - Creates, updates or deletes an application profile of the load balancer of an edge gateway. The profile defines how
    virtual servers treat traffic, for example with which certificate they decrypt HTTPS.
  - On an existing application profile, options that are not set keep their current values.
  - The task takes one read and at most one write. All other objects of the load balancer are kept.
  - A profile that a virtual server uses is not deleted. The error names the virtual servers.
  - NSX-T edge gateways have no application profiles. There, the task fails before it reads anything. Set the protocol
    and the certificate with M(vcloudair.cloud.vca_lb_virtual_server).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the application profile must exist. V(present) creates or updates it. V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer.LB_APPLICATION_PROFILE
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
  - module: vcloudair.cloud.vca_lb_monitor
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Decrypt HTTPS on the edge gateway
  vcloudair.cloud.vca_lb_application_profile:
    edge: web-edge
    name: https
    type: https
    certificate: www
    x_forwarded_for: true
    persistence: cookie
    cookie_name: JSESSIONID
    cookie_mode: insert

- name: Delete an application profile
  vcloudair.cloud.vca_lb_application_profile:
    edge: web-edge
    name: https
    state: absent
"""

RETURN = r"""
application_profile:
  description: >-
    The application profile on the server after the task. In check mode, the predicted values. V(null) if it is
    absent.
  returned: success
  type: dict
  sample: {name: https, type: https, ssl_passthrough: false, x_forwarded_for: true}
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import lb_application_profile_arguments

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(lb_application_profile_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.lb_application_profile",
    specs=lambda params: [given(params, lb_application_profile_arguments())],
    show=lambda items, params: {"application_profile": items[0] if items and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
