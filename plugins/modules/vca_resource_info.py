#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""A resource of any kind that is installed, as it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_resource_info
short_description: Read a resource of any kind, also of kinds that plugins bring
version_added: "0.1.0"
description:
  - Reads resources of any kind that vcloudair-core or one of its plugins offers. What it returns as RV(resource) is in
    the words that M(vcloudair.cloud.vca_resource) takes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  kind:
    description:
      - Kind of the resource, such as V(ans.nat_rule). The plugin that offers it must be installed in the Python that
        runs the module.
    type: str
    required: true
  target:
    description:
      - What the kind acts on, in its own words. For kinds of edge gateways, O(edge) and O(vdc) do.
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

- name: Names of pools without members
  ansible.builtin.debug:
    msg: "{{ live.resource | rejectattr('members') | map(attribute='name') | list }}"
"""

RETURN = r"""
resource:
  description: All resources of the kind on the target, or the one that there is, in the words of the kind.
  returned: success
  type: raw
  sample: [{name: web, members: [{name: web1, address: 192.168.10.21, port: 8443}]}]
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 3
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: PluginError, message: There is no resource kind 'lb.pol'.}
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
    """The kind is not known before there are parameters."""
    job = Job(params["kind"], show=lambda resource, params: {"resource": resource})
    return job(client, params, check_mode, diff_mode)


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
