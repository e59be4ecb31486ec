#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the DHCP relay of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp_relay
short_description: Manage the DHCP relay of an edge gateway
version_added: "0.1.0"
description:
  - Sets the DHCP servers to which an edge gateway relays requests, and creates, updates and deletes its relay agents.
  - The task takes one read and at most one write.
  - Agents that are not listed are kept, unless O(purge=true). Options that are not set keep their current values.
  - On NSX-T edge gateways, the task sets the servers of the DHCP forwarder, which has no agents. An option that the
    edge gateway does not support is refused before anything is read, also in check mode.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  agents:
    description:
      - Relay agents, one for each interface. The order does not matter.
      - Options that are not set keep their current values.
  state:
    description:
      - V(present) creates or updates the listed agents. V(absent) deletes them.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete agents that are not in O(agents). Requires O(agents).
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(agents) may be empty together with O(purge=true). This deletes all agents.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._dhcp_relay
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dhcp
"""

EXAMPLES = r"""
- name: Relay requests of two networks to a DHCP server
  vcloudair.cloud.vca_dhcp_relay:
    edge: web-edge
    ip_addresses: [10.0.0.11]
    purge: true
    agents:
      - vnic: 1
      - vnic: 2
        gateway_address: 192.168.20.1

- name: Forward requests to a DHCP server on an NSX-T edge gateway
  vcloudair.cloud.vca_dhcp_relay:
    edge: new-edge
    ip_addresses: [10.0.0.11]
"""

RETURN = r"""
dhcp_relay:
  description: >-
    The DHCP servers, and the agents that the task lists, with their values on the server after the task. In check mode,
    the predicted values.
  returned: success
  type: dict
  sample:
    ip_addresses: [10.0.0.11]
    domain_names: []
    ip_sets: []
    agents: [{vnic: 1, gateway_address: 192.168.10.1}]
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
  sample: {error: SpecError, field: ip_addresses, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import dhcp_relay_arguments

OPTIONS = dhcp_relay_arguments()
SETTINGS = [name for name in OPTIONS if name not in ("agents", "allow_empty")]
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
)


def section(params: Params) -> list[Params]:
    """Return the DHCP servers and agents of the task as a list with one spec."""
    spec = given(params, [*SETTINGS, "allow_empty"])
    if params["agents"] is not None:
        spec["agents"] = [given(agent, OPTIONS["agents"]["options"]) for agent in params["agents"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed agents are deleted.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["agents"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("agents", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.dhcp_relay", specs=section, state=state, show=lambda relay, params: {"dhcp_relay": relay})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["agents"]), ("state", "absent", ["agents"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
