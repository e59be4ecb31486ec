#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a static route of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_static_route
short_description: Manage a static route of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates or deletes a static route of an edge gateway in VMware Cloud Director. All other routes are kept.
  - On an existing route, options that are not set keep their current values.
  - A task without a change takes one read.
  - OSPF and BGP are never changed.
  - An option that the edge gateway does not support is refused before anything is read, also in check mode.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the route must exist. V(present) creates or updates the route. V(absent) deletes the route.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._static_routes.static_route
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_static_routes
    description: Manages many routes in one task, and the default route.
  - module: vcloudair.cloud.vca_static_routes_info
"""

EXAMPLES = r"""
- name: Route traffic to the data center
  vcloudair.cloud.vca_static_route:
    edge: web-edge
    network: 10.9.0.0/16
    next_hops:
      - address: 192.168.10.254
    description: to the data center

- name: Add a second next hop with a higher distance on an NSX-T edge gateway
  vcloudair.cloud.vca_static_route:
    edge: new-edge
    name: to-dc
    network: 10.9.0.0/16
    next_hops:
      - address: 192.168.10.254
        network: transit
      - address: 192.168.10.253
        network: transit
        distance: 10

- name: Delete a route
  vcloudair.cloud.vca_static_route:
    edge: web-edge
    network: 10.9.0.0/16
    state: absent
"""

RETURN = r"""
route:
  description: >-
    The route on the server after the task. In check mode, the predicted route. V(null) if the route is absent.
  returned: success
  type: dict
  sample:
    network: 10.9.0.0/16
    next_hops: [{address: 192.168.10.254, distance: 1}]
    description: to the data center
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
  sample: {error: SpecError, field: network, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    STATIC_ROUTE_EXCLUSIVE,
    static_route_arguments,
)

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENTS = dict(static_route_arguments(), state=STATE, **stage_arguments())

JOB = Job(
    "ans.static_route",
    specs=lambda params: [given(params, static_route_arguments())],
    show=lambda routes, params: {"route": routes[0] if routes and params["state"] == "present" else None},
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=STATIC_ROUTE_EXCLUSIVE,
    required_if=[
        ("match_by", "network", ["network"]),
        ("match_by", "next_hop", ["network", "next_hops"]),
        ("match_by", "name", ["name"]),
        ("match_by", "rule_id", ["rule_id"]),
    ],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
