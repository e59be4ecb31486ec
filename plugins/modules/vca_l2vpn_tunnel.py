#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an L2 VPN tunnel of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_l2vpn_tunnel
short_description: Manage an L2 VPN tunnel of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates or deletes an L2 VPN tunnel of an edge gateway in VMware Cloud Director. A tunnel stretches routed
    networks to another site. All other tunnels and their keys are kept.
  - On NSX-T, one site has a server tunnel with a pre-shared key. The other site has a client tunnel with the peer code
    of the server tunnel. To pass the peer code to the other site, use O(peer_code_dest) and O(peer_code_file).
  - On an existing tunnel, options that are not set keep their current values.
  - On NSX-T, a task without a change reads the list and each tunnel.
  - On NSX-V, the tunnel is a peer site of the L2 VPN server, which M(vcloudair.cloud.vca_l2vpn) sets up. If the edge
    gateway is an L2 VPN client, or another tunnel would lose its password, the task fails, also in check mode.
  - Keys, passwords and peer codes are never returned.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the tunnel must exist. V(present) creates or updates the tunnel. V(absent) deletes the tunnel.
    type: str
    choices: [present, absent]
    default: present
  peer_code_dest:
    description:
      - File to which the peer code of a server tunnel is written, on the host that runs the module. The file gets mode
        C(0600). The folder must exist. Only NSX-T edge gateways have peer codes.
      - The peer code contains the pre-shared key. Delete the file when the client tunnel exists.
      - If the file changes, the task reports a change. In check mode and with O(state=absent), no file is written.
    type: path
extends_documentation_fragment:
  - vcloudair.cloud._l2vpn.tunnel
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_l2vpn
    description: Manages all tunnels in one task.
  - module: vcloudair.cloud.vca_l2vpn_info
"""

EXAMPLES = r"""
- name: Stretch a network, and write the peer code to a file
  vcloudair.cloud.vca_l2vpn_tunnel:
    edge: dc-edge
    name: stretch
    session_mode: server
    local_ip: 203.0.113.10
    peer_ip: 198.51.100.7
    networks:
      - network: app-net
    psk: "{{ lookup('ansible.builtin.env', 'L2VPN_PSK') }}"
    peer_code_dest: /run/user/1000/stretch.code

- name: Connect the network of the other site
  vcloudair.cloud.vca_l2vpn_tunnel:
    edge: branch-edge
    name: stretch-client
    session_mode: client
    local_ip: 198.51.100.7
    peer_ip: 203.0.113.10
    networks:
      - network: app-net
        tunnel_id: 1
    peer_code_file: /run/user/1000/stretch.code

- name: Delete the tunnel
  vcloudair.cloud.vca_l2vpn_tunnel:
    edge: branch-edge
    name: stretch-client
    state: absent
"""

RETURN = r"""
tunnel:
  description: >-
    The tunnel without its key on the server after the task. In check mode, the predicted tunnel. V(null) if the tunnel
    is absent.
  returned: success
  type: dict
  sample:
    name: stretch
    session_mode: server
    local_ip: 203.0.113.10
    peer_ip: 198.51.100.7
    networks: [{network: app-net, tunnel_id: 1}]
    enabled: true
peer_code_changed:
  description: Whether the file with the peer code has changed.
  returned: when O(peer_code_dest) is set, except in check mode
  type: bool
  sample: true
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

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    L2VPN_TUNNEL_EXCLUSIVE,
    l2vpn_tunnel_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = dict(
    l2vpn_tunnel_arguments(),
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    peer_code_dest={"type": "path"},
)


def specs(params: Params) -> list[Params]:
    """Return the tunnel of the task as a list with one spec."""
    if params["peer_code_dest"] and params["session_mode"] == "client":
        refuse("peer_code_dest", "is only for server tunnels")
    return [given(params, l2vpn_tunnel_arguments())]


def save_peer_code(client: Client, params: Params, result: Result) -> Result:
    """Write the peer code to a file. Return the result keys that change."""
    if not params["peer_code_dest"] or result["tunnel"] is None:
        return {}
    is_changed = client.edges.save_l2vpn_peer_code(
        result["tunnel"]["rule_id"], params["peer_code_dest"], params["edge"], params["vdc"]
    )
    return {"peer_code_changed": is_changed, "changed": result["changed"] or is_changed}


JOB = Job(
    "ans.l2vpn_tunnel",
    specs=specs,
    show=lambda tunnels, params: {"tunnel": tunnels[0] if tunnels and params["state"] == "present" else None},
    more=save_peer_code,
    about=edge_of,
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=L2VPN_TUNNEL_EXCLUSIVE,
    required_if=[("match_by", "name", ["name"]), ("match_by", "rule_id", ["rule_id"])],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
