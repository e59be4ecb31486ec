#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the static routes of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_static_routes_info
short_description: Read the static routes of an edge gateway
version_added: "0.1.0"
description:
  - Returns the static routes of an edge gateway, and the default route of an NSX-V edge gateway.
  - You can pass RV(static_routes.routes) to M(vcloudair.cloud.vca_static_routes) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_static_routes
"""

EXAMPLES = r"""
- name: Read the static routes of an edge gateway
  vcloudair.cloud.vca_static_routes_info:
    edge: web-edge
  register: live

- name: Show the networks that the edge gateway has routes to
  ansible.builtin.debug:
    msg: "{{ live.static_routes.routes | map(attribute='network') | list }}"
"""

RETURN = r"""
static_routes:
  description: The default route and the static routes.
  returned: success
  type: dict
  contains:
    default_gateway:
      description: IP address of the default router of an NSX-V edge gateway, if there is a default route.
      type: str
      returned: when known
      sample: 203.0.113.1
    default_gateway_vnic:
      description: Number of the interface of the default route.
      type: int
      returned: when known
    default_gateway_mtu:
      description: Maximum size of packets on the default route in bytes.
      type: int
      returned: when known
    default_gateway_distance:
      description: Administrative distance of the default route.
      type: int
      returned: when known
    default_gateway_description:
      description: Description of the default route.
      type: str
      returned: when known
    routes:
      description: Static routes. Routes that the system created are omitted. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{network: 10.9.0.0/16, next_hops: [{address: 192.168.10.254, distance: 1}], description: to the dc}]
    version:
      description: Version number of the configuration, if the server sends one.
      type: int
      returned: when known
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.static_routes", show=lambda routes, params: {"static_routes": routes})


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
