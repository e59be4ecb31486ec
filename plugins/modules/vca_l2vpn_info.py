#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the L2 VPN of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_l2vpn_info
short_description: Read the L2 VPN of an edge gateway
version_added: "0.1.0"
description:
  - Returns the L2 VPN tunnels of an edge gateway with their status and statistics. Keys, passwords and peer codes are
    never returned. To get a peer code, use O(vcloudair.cloud.vca_l2vpn_tunnel#module:peer_code_dest).
  - On NSX-V, the tunnels are the peer sites of the L2 VPN server, and the status of an enabled tunnel is V(unknown). An
    L2 VPN client is returned as a tunnel named C(client), which no module changes.
  - With O(status=false), you can pass RV(l2vpn.tunnels) to M(vcloudair.cloud.vca_l2vpn) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  status:
    description:
      - Whether to read the status and the statistics. On NSX-T, this takes two more API calls for each enabled tunnel.
    type: bool
    default: true
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_l2vpn
  - module: vcloudair.cloud.vca_l2vpn_tunnel
"""

EXAMPLES = r"""
- name: Read the L2 VPN tunnels of an edge gateway
  vcloudair.cloud.vca_l2vpn_info:
    edge: dc-edge
  register: vpn

- name: Fail if an enabled tunnel is not up
  ansible.builtin.assert:
    that: vpn.l2vpn.tunnels | rejectattr('status', 'in', ['up', 'disabled']) | length == 0
    fail_msg: "{{ vpn.l2vpn.tunnels | items2dict(key_name='name', value_name='last_error') }}"
"""

RETURN = r"""
l2vpn:
  description: The L2 VPN of the edge gateway.
  returned: success
  type: dict
  contains:
    tunnels:
      description: >-
        L2 VPN tunnels. The list can be empty. With O(status=true), each tunnel also has C(status) (V(up), V(down),
        V(disabled) or V(unknown)), C(last_error), and counters such as C(received_bytes) and C(sent_bytes).
      type: list
      elements: dict
      returned: success
      sample: [{name: stretch, session_mode: server, status: up, received_bytes: 1200}]
    enabled:
      description: Whether the L2 VPN service is enabled. Only on NSX-V.
      type: bool
      returned: on NSX-V
    listener_ip:
      description: Address of the L2 VPN server. Only on NSX-V, like the following settings.
      type: str
      returned: on NSX-V, if it is set
    listener_port:
      description: TCP port of the L2 VPN server.
      type: int
      returned: on NSX-V, if it is set
    encryption_algorithms:
      description: Ciphers of the tunnels.
      type: list
      elements: str
      returned: on NSX-V, if they are set
    server_certificate:
      description: ID of the certificate of the L2 VPN server.
      type: str
      returned: on NSX-V, if it is set
    logging:
      description: Whether the L2 VPN service writes a log.
      type: bool
      returned: on NSX-V, if it is set
    log_level:
      description: Lowest level of log messages.
      type: str
      returned: on NSX-V, if it is set
    version:
      description: Version of the section. Always V(null) on NSX-T, because each tunnel has its own version.
      type: int
      returned: success
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxt}
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

ARGUMENTS = {"status": {"type": "bool", "default": True}}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the L2 VPN section. If ``status`` is set, add the status of each tunnel."""
    target = given(params, ("edge", "vdc"))
    if params["status"]:
        section = client.edges.l2vpn_status(params["edge"], params["vdc"])
    else:
        section = client.read("ans.l2vpn", target)
    return {"changed": False, "l2vpn": section, **edge_of(client, target)}


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
