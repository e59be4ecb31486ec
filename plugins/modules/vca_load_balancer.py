#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the load balancer of an edge gateway in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_load_balancer
short_description: Manage the load balancer of an edge gateway in one write
version_added: "0.1.0"
description:
  - Creates, updates and deletes virtual servers, pools, service monitors and application profiles of an edge gateway,
    and sets the options of its load balancer.
  - On NSX-V edge gateways, the task takes one read and at most one write, for any number of objects. New objects can
    refer to each other.
  - Objects are identified by name. Objects that are not listed are kept, unless O(purge=true).
  - An object that another object uses is not deleted, unless the task also deletes or changes the other object.
  - On NSX-T edge gateways, only pools and virtual servers can be managed. Each of them is read and written in its own
    call. The provider enables the load balancer.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  virtual_servers:
    description:
      - Virtual servers. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  pools:
    description:
      - Pools of servers. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  monitors:
    description:
      - Service monitors. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  application_profiles:
    description:
      - Application profiles. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  application_rules:
    description:
      - Application rules. The order does not matter. Only on NSX-V edge gateways.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  state:
    description:
      - V(present) creates or updates the listed objects. V(absent) deletes them.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete objects that are not listed. If a list is not set, its objects are kept.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether a list may be empty together with O(purge=true). This deletes all objects of the list.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._load_balancer
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_lb_virtual_server
  - module: vcloudair.cloud.vca_lb_pool
  - module: vcloudair.cloud.vca_lb_monitor
  - module: vcloudair.cloud.vca_lb_application_profile
  - module: vcloudair.cloud.vca_lb_application_rule
  - module: vcloudair.cloud.vca_lb_info
  - module: vcloudair.cloud.vca_edge_commit
    description: Writes the changes of many tasks in one write.
"""

EXAMPLES = r"""
- name: Balance the load of two web servers
  vcloudair.cloud.vca_load_balancer:
    edge: web-edge
    enabled: true
    monitors:
      - {name: health, type: http, url_path: /health}
    pools:
      - name: web
        monitor: health
        members:
          - {name: web1, ip_address: 192.168.10.21, port: 8080}
          - {name: web2, ip_address: 192.168.10.22, port: 8080}
    application_profiles:
      - {name: http, type: http, x_forwarded_for: true}
    virtual_servers:
      - name: site
        ip_address: 203.0.113.10
        protocol: http
        port: 80
        pool: web
        application_profile: http

- name: Delete a virtual server and its pool
  vcloudair.cloud.vca_load_balancer:
    edge: web-edge
    state: absent
    virtual_servers: [{name: site}]
    pools: [{name: web}]
"""

RETURN = r"""
load_balancer:
  description: >-
    The settings, and the objects that the task lists, with their values on the server after the task. In check mode,
    the predicted values.
  returned: success
  type: dict
  sample:
    enabled: true
    virtual_servers: [{name: site, ip_address: 203.0.113.10, protocol: http, port: 80, pool: web}]
    pools: [{name: web, algorithm: round-robin, monitor: health, members: []}]
    monitors: [{name: health, type: http, url_path: /health}]
    application_profiles: []
    application_rules: []
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 4 to create, 1 to update
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
  sample: {error: SpecError, field: pools, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import load_balancer_arguments

OPTIONS = load_balancer_arguments()
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
)
LISTS = ("virtual_servers", "pools", "monitors", "application_profiles", "application_rules")
SETTINGS = ("enabled", "acceleration", "logging", "log_level")


def section(params: Params) -> list[Params]:
    """Return the options of the task as a list with one spec."""
    spec = given(params, [*SETTINGS, "allow_empty"])
    for name in LISTS:
        if params[name] is not None:
            spec[name] = [given(item, OPTIONS[name]["options"]) for item in params[name]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed objects are deleted, and the settings always exist.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if all(params[name] is None for name in LISTS) and (params["purge"] or params["state"] == "absent"):
        refuse("virtual_servers", f"or another list is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.load_balancer", specs=section, state=state, show=lambda balancer, params: {"load_balancer": balancer})


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
