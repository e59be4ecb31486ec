#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the L2 VPN of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_l2vpn
short_description: Manage the L2 VPN of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates and deletes L2 VPN tunnels of an edge gateway in VMware Cloud Director.
  - Tunnels that are not listed are kept with their keys, unless O(purge=true). The order of tunnels has no meaning.
  - On NSX-T, the list and each tunnel are read, and each changed tunnel is one write.
  - On NSX-V, the task also sets the L2 VPN server, and the tunnels are its peer sites. The task takes one write. If the
    edge gateway is an L2 VPN client, or a tunnel would lose its password, the task fails, also in check mode.
  - Keys, passwords and peer codes are never returned.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  tunnels:
    description:
      - L2 VPN tunnels. The order does not matter. Each entry must identify a different tunnel.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        tunnel they get their default values.
  state:
    description:
      - V(present) creates or updates the listed tunnels. V(absent) deletes the listed tunnels.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete tunnels that are not in O(tunnels).
      - Fields of a listed tunnel that are not set, such as C(enabled) and C(networks), are reset to their default
        values. Addresses, the tunnel interface and the key are kept if they are not set.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(tunnels) may be empty together with O(purge=true). This deletes all L2 VPN tunnels.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
extends_documentation_fragment:
  - vcloudair.cloud._l2vpn
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_l2vpn_tunnel
    description: Manages one tunnel, and writes its peer code to a file.
  - module: vcloudair.cloud.vca_l2vpn_info
"""

EXAMPLES = r"""
- name: Replace all L2 VPN tunnels
  vcloudair.cloud.vca_l2vpn:
    edge: dc-edge
    purge: true
    tunnels:
      - name: stretch
        session_mode: server
        local_ip: 203.0.113.10
        peer_ip: 198.51.100.7
        networks:
          - network: app-net
          - network: db-net
        psk: "{{ lookup('ansible.builtin.env', 'L2VPN_PSK') }}"

- name: Set up the L2 VPN server of an NSX-V edge gateway
  vcloudair.cloud.vca_l2vpn:
    edge: old-edge
    enabled: true
    listener_ip: 203.0.113.10
    encryption_algorithms: [AES128-GCM-SHA256]
    tunnels:
      - name: branch
        user_id: branch
        networks:
          - network: app-net
        psk: "{{ lookup('ansible.builtin.env', 'L2VPN_PSK') }}"

- name: Delete two tunnels
  vcloudair.cloud.vca_l2vpn:
    edge: dc-edge
    state: absent
    tunnels:
      - name: old
      - name: test
"""

RETURN = r"""
l2vpn:
  description: >-
    The settings, and the tunnels that the task lists, without keys, with their values on the server after the task. In
    check mode, the predicted values.
  returned: success
  type: dict
  sample:
    tunnels: [{name: stretch, session_mode: server, peer_ip: 198.51.100.7}]
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxt}
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
  sample: {error: SpecError, field: peer_code, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import l2vpn_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

OPTIONS = l2vpn_arguments()
SETTINGS = tuple(name for name in OPTIONS if name not in ("tunnels", "allow_empty"))
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
)


def section(params: Params) -> list[Params]:
    """Return the settings and tunnels of the task as a list with one spec."""
    spec = given(params, (*SETTINGS, "allow_empty"))
    if params["tunnels"] is not None:
        spec["tunnels"] = [given(tunnel, OPTIONS["tunnels"]["options"]) for tunnel in params["tunnels"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed tunnels are deleted.
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, SETTINGS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["tunnels"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("tunnels", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


JOB = Job("ans.l2vpn", specs=section, state=state, show=lambda l2vpn, params: {"l2vpn": l2vpn}, about=edge_of)


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["tunnels"]), ("state", "absent", ["tunnels"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
