#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the DHCP service of an edge gateway in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp
short_description: Manage the DHCP service of an edge gateway in one write
version_added: "0.1.0"
description:
  - Creates, updates and deletes DHCP pools and static bindings of an edge gateway, and sets the options of the
    DHCP service.
  - On NSX-V edge gateways, the task takes one read and at most one write, for any number of pools and static bindings.
  - Pools and static bindings that are not listed are kept, unless O(purge=true). Static bindings of the interface of a
    VM, which have no MAC address, are always kept.
  - A pool is identified by its range, and a static binding by its MAC address.
  - On NSX-T edge gateways, pools and static bindings belong to the connected networks. The option C(network) or the
    addresses determine the network. All pools of a network have the same lease time and DNS servers. The task takes
    several reads, and one write for each changed network and static binding.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  pools:
    description:
      - Address pools. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  bindings:
    description:
      - Static bindings of MAC addresses. The order does not matter.
      - Options that are not set keep their current values, or with O(purge=true) get their default values.
  state:
    description:
      - V(present) creates or updates the listed pools and static bindings. V(absent) deletes them.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete pools that are not in O(pools), and static bindings that are not in O(bindings). If one of the
        lists is not set, its entries are kept.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(pools) or O(bindings) may be empty together with O(purge=true). This deletes all pools or static
        bindings.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._dhcp
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dhcp_pool
  - module: vcloudair.cloud.vca_dhcp_binding
  - module: vcloudair.cloud.vca_dhcp_info
  - module: vcloudair.cloud.vca_dhcp_relay
"""

EXAMPLES = r"""
- name: Enable DHCP with a pool and a fixed address, and keep everything else
  vcloudair.cloud.vca_dhcp:
    edge: web-edge
    enabled: true
    pools:
      - ip_range: 192.168.10.100-192.168.10.199
        lease_time: 3600
        dns_servers: [10.0.0.53]
    bindings:
      - mac_address: 00:50:56:01:02:03
        host_name: web1
        ip_address: 192.168.10.20

- name: Replace all static bindings and keep the pools
  vcloudair.cloud.vca_dhcp:
    edge: web-edge
    purge: true
    bindings: "{{ lookup('file', 'bindings.yml') | from_yaml }}"
"""

RETURN = r"""
dhcp:
  description: >-
    The settings, and the pools and static bindings that the task lists, with their values on the server after the task.
    In check mode, the predicted values.
  returned: success
  type: dict
  sample:
    enabled: true
    pools: [{ip_range: 192.168.10.100-192.168.10.199, lease_time: "3600"}]
    bindings: []
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
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
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import dhcp_arguments

OPTIONS = dhcp_arguments()
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
)
LISTS = ("pools", "bindings")
SETTINGS = ("enabled", "logging", "log_level")


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
        # Only listed pools and static bindings are deleted, and the settings always exist.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if all(params[name] is None for name in LISTS) and (params["purge"] or params["state"] == "absent"):
        refuse("pools", f"or bindings is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.dhcp", specs=section, state=state, show=lambda dhcp, params: {"dhcp": dhcp})


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
