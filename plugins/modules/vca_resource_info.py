#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read resources of any kind, including kinds that plugins add."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_resource_info
short_description: Read resources of any kind, including kinds from plugins
version_added: "0.1.0"
description:
  - Returns the resources of any kind that vcloudair-core or one of its plugins provides. RV(resource) has the format
    that M(vcloudair.cloud.vca_resource) accepts.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  kind:
    description:
      - Resource kind, such as V(ans.nat_rule). The plugin that provides the kind must be installed in the Python
        environment that runs the module.
    type: str
    required: true
  target:
    description:
      - Target of the resources, with the keys that the kind defines. For kinds of edge gateways, set O(edge) and
        O(vdc) instead.
    type: dict
    default: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_resource
"""

EXAMPLES = r"""
- name: Read the pools of a load balancer
  vcloudair.cloud.vca_resource_info:
    kind: lb.pool
    edge: web-edge
  register: live

- name: Show the names of pools without members
  ansible.builtin.debug:
    msg: "{{ live.resource | rejectattr('members') | map(attribute='name') | list }}"
"""

RETURN = r"""
resource:
  description: >-
    All resources of the kind on the target, in the format of the kind. For a kind with exactly one resource on each
    target, such as a firewall, this is a single value instead of a list.
  returned: success
  type: raw
  sample: [{name: web, members: [{name: web1, address: 192.168.10.21, port: 8443}]}]
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: PluginError, message: "Unknown resource kind: 'lb.pol'."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {
    "kind": {"type": "str", "required": True},
    "target": {"type": "dict", "default": {}},
}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the resources of the kind that the option ``kind`` names."""
    job = Job(params["kind"], show=lambda resource, params: {"resource": resource})
    return job(client, params, check_mode, diff_mode)


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
