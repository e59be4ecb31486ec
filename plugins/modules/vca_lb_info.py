#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the load balancer of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_lb_info
short_description: Read the load balancer of an edge gateway
version_added: "0.1.0"
description:
  - Returns the virtual servers, pools, service monitors and application profiles of an edge gateway, and the settings
    of its load balancer.
  - With O(status=true), virtual servers, pools and members also have their status.
  - With O(status=false), you can pass the lists to M(vcloudair.cloud.vca_load_balancer) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  status:
    description:
      - Whether to read the status of virtual servers, pools and members. This takes one more API call.
    type: bool
    default: false
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_load_balancer
  - module: vcloudair.cloud.vca_lb_pool
"""

EXAMPLES = r"""
- name: Read the load balancer with the status of its members
  vcloudair.cloud.vca_lb_info:
    edge: web-edge
    status: true
  register: live

- name: Assert that each pool is up
  ansible.builtin.assert:
    that: live.load_balancer.pools | rejectattr('status', '==', 'up') | list == []
"""

RETURN = r"""
load_balancer:
  description: The settings and objects of the load balancer.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the load balancer is enabled.
      type: bool
      returned: success
    acceleration:
      description: Whether virtual servers can use the faster layer 4 engine.
      type: bool
      returned: success
    logging:
      description: Whether the load balancer writes a log.
      type: bool
      returned: success
    log_level:
      description: Log level of the load balancer.
      type: str
      returned: success
    virtual_servers:
      description: >-
        Virtual servers. The list can be empty. C(status) is a string from the server in lower case, such as V(open).
      type: list
      elements: dict
      returned: success
      sample: [{name: site, ip_address: 203.0.113.10, protocol: http, port: 80, pool: web, status: open}]
    pools:
      description: >-
        Pools of servers. The list can be empty. C(status) of pools and members is V(up), V(down) or another string
        from the server in lower case. It is V(unknown) if the server sends no status.
      type: list
      elements: dict
      returned: success
      sample:
        - name: web
          algorithm: round-robin
          monitor: health
          members: [{name: web1, ip_address: 192.168.10.21, port: 8080, status: up}]
          status: up
    monitors:
      description: Service monitors. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: health, type: http, interval: 5, max_retries: 3, method: GET, url_path: /health}]
    application_profiles:
      description: Application profiles. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: http, type: http, x_forwarded_for: true}]
    application_rules:
      description: Application rules. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: redirect, script: acl old path_beg /old}]
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
edge:
  description: The edge gateway that was read. C(vca edge list -o json) shows the same keys and values.
  returned: success
  type: dict
  contains:
    name:
      description: >-
        Name. If O(edge) is a UUID in a cloud that has only one backend, such as vCloud Air, only C(id) and C(backend)
        have values, because the module does not look up the edge gateway.
      type: str
      returned: success
      sample: web-edge
    id:
      description: UUID.
      type: str
      returned: success
      sample: 8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60
    vdc:
      description: Name of the VDC. Empty if a VDC group owns the edge gateway, or if the server does not send the name.
      type: str
      returned: success
      sample: gold
    vdc_id:
      description: UUID of the VDC. Empty if a VDC group owns the edge gateway.
      type: str
      returned: success
      sample: 5f0e9d8c-7b6a-4958-8776-655443322110
    backend:
      description: API of the edge gateway, V(nsxv), V(nsxt) or V(vcloudair).
      type: str
      returned: success
      sample: nsxt
    owner_name:
      description: Name of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: gold
    owner_id:
      description: URN of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"
    owner_type:
      description: Type of the owner, V(vdc) or V(vdc_group).
      type: str
      returned: success
      sample: vdc
    deployment_mode:
      description: Deployment mode of an NSX-T edge gateway, such as V(ACTIVE_STANDBY). Empty before API version 39.0.
      type: str
      returned: success
      sample: ACTIVE_STANDBY
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"status": {"type": "bool", "default": False}}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the load balancer and, if ``status`` is set, the status of its objects."""
    target = given(params, ("edge", "vdc"))
    if params["status"]:
        section = client.edges.load_balancer_status(params["edge"], params["vdc"])
    else:
        section = client.read("ans.load_balancer", target)
    return {"changed": False, "load_balancer": section, **edge_of(client, target)}


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
