#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the static routes and the default route of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_static_routes
short_description: Manage the static routes of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates and deletes static routes of an edge gateway in VMware Cloud Director, and sets the default route.
  - Routes that are not listed are kept, unless O(purge=true). The order of routes has no meaning.
  - OSPF and BGP are never changed. The default route is never deleted.
  - On NSX-V edge gateways, the task takes one read and at most one write. On NSX-T edge gateways, each changed route is
    one write.
  - An option that the edge gateway does not support is refused before anything is read, also in check mode.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  routes:
    description:
      - Static routes. The order does not matter. Each entry must identify a different route.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        route they get their default values.
  state:
    description:
      - V(present) creates or updates the listed routes. V(absent) deletes the listed routes.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete routes that are not in O(routes). Requires O(routes).
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(routes) may be empty together with O(purge=true). This deletes all static routes.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._static_routes
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_static_route
  - module: vcloudair.cloud.vca_static_routes_info
  - module: vcloudair.cloud.vca_edge_config
"""

EXAMPLES = r"""
- name: Add two routes and keep all other routes
  vcloudair.cloud.vca_static_routes:
    edge: web-edge
    routes:
      - network: 10.9.0.0/16
        next_hops: [{address: 192.168.10.254}]
      - network: 10.8.0.0/16
        next_hops: [{address: 192.168.10.254}]

- name: Set the default route of an NSX-V edge gateway and replace all static routes
  vcloudair.cloud.vca_static_routes:
    edge: web-edge
    default_gateway: 203.0.113.1
    default_gateway_vnic: 0
    purge: true
    routes: "{{ lookup('file', 'routes.yml') | from_yaml }}"
"""

RETURN = r"""
static_routes:
  description: >-
    The default route and the routes that the task lists, with their values on the server after the task. In check mode,
    the predicted values.
  returned: success
  type: dict
  sample:
    routes: [{network: 10.9.0.0/16, next_hops: [{address: 192.168.10.254, distance: 1}]}]
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 2 to create
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
  sample: {error: AmbiguousMatchError, candidates: [{network: 10.9.0.0/16}, {network: 10.9.0.0/16}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import static_routes_arguments

OPTIONS = static_routes_arguments()
SETTINGS = [name for name in OPTIONS if name.startswith("default_gateway")]
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
)


def section(params: Params) -> list[Params]:
    """Return the default route and the routes of the task as a list with one spec."""
    spec = given(params, [*SETTINGS, "allow_empty"])
    if params["routes"] is not None:
        spec["routes"] = [given(route, OPTIONS["routes"]["options"]) for route in params["routes"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed routes are deleted. The default route is never deleted.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["routes"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("routes", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.static_routes", specs=section, state=state, show=lambda routes, params: {"static_routes": routes})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["routes"]), ("state", "absent", ["routes"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
