#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an IPsec tunnel of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec_tunnel
short_description: Manage an IPsec tunnel of an edge gateway
version_added: "0.1.0"
description:
  - Creates, updates or deletes an IPsec tunnel of an edge gateway in vCloud Air or VMware Cloud Director. All other
    tunnels and their keys are kept.
  - On an existing tunnel, options that are not set keep their current values. If an identifier equals the address
    (O(local_id) and O(local_ip), or O(peer_id) and O(peer_ip)), a new address also becomes the new identifier.
  - A task without a change takes one read. On NSX-T edge gateways, it reads the list and each tunnel.
  - On NSX-T edge gateways, the key is compared with the key of the tunnel. An option that the edge gateway does not
    support is refused before anything is read, also in check mode.
  - To enable the IPsec VPN service, use M(vcloudair.cloud.vca_ipsec). On NSX-T edge gateways, the service
    cannot be disabled.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the tunnel must exist. V(present) creates or updates the tunnel. V(absent) deletes the tunnel.
      - The last tunnel cannot be deleted while the service is enabled, except on NSX-T edge gateways.
    type: str
    choices: [present, absent]
    default: present
  wait_for_up:
    description:
      - Wait until the edge gateway reports that the tunnel is up.
      - The task fails if the tunnel is not up within O(wait_timeout). The error has the last message of the edge
        gateway about the tunnel. The changes of the task are kept.
      - Ignored in check mode and with O(state=absent). The task fails if the tunnel is disabled.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time to wait, in seconds.
    type: float
    default: 120
extends_documentation_fragment:
  - vcloudair.cloud._ipsec.tunnel
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_ipsec
    description: Manages the service and many tunnels in one write.
  - module: vcloudair.cloud.vca_ipsec_info
"""

EXAMPLES = r"""
- name: Create a tunnel to a branch office
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    local_ip: 203.0.113.10
    local_subnets: [192.168.10.0/24]
    peer_ip: 198.51.100.7
    peer_subnets: [10.20.0.0/16]
    psk: "{{ lookup('ansible.builtin.env', 'BRANCH_PSK') }}"

- name: Change the Diffie-Hellman group and wait until the tunnel is up
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    dh_group: 16
    wait_for_up: true
    wait_timeout: 60

- name: Use different algorithms in the two phases on an NSX-T edge gateway
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    encryption: aes256
    digest: sha-256
    dh_group: dh20
    ike_lifetime: 28800
    tunnel_encryption: aes-gcm-256
    dpd_interval: 30

- name: Return to the default profile of the NSX-T edge gateway
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    security_profile: default

- name: Delete the tunnel
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
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
    name: branch
    local_ip: 203.0.113.10
    peer_ip: 198.51.100.7
    encryption: aes256
    dh_group: dh14
    enabled: true
    site_id: ipsecsite-1
status:
  description: Status of the tunnel that the edge gateway reports.
  returned: when O(wait_for_up=true)
  type: str
  sample: up
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxv}
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
  sample: {error: SpecError, field: dh_group, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import (
    IPSEC_TUNNEL_EXCLUSIVE,
    ipsec_tunnel_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = dict(
    ipsec_tunnel_arguments(),
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    wait_for_up={"type": "bool", "default": False},
    wait_timeout={"type": "float", "default": 120},
)


def wait(client: Client, params: Params, result: Result) -> Result:
    """Wait until the tunnel is up and return its status."""
    if not params["wait_for_up"] or result["tunnel"] is None:
        return {}
    statuses = client.edges.wait_for_tunnels(
        [result["tunnel"]], edge=params["edge"], vdc=params["vdc"], timeout_s=params["wait_timeout"]
    )
    return {"status": statuses[0]["status"]}


JOB = Job(
    "ans.ipsec_tunnel",
    specs=lambda params: [given(params, ipsec_tunnel_arguments())],
    show=lambda tunnels, params: {"tunnel": tunnels[0] if tunnels and params["state"] == "present" else None},
    more=wait,
    about=edge_of,
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=IPSEC_TUNNEL_EXCLUSIVE,
    required_if=[
        ("match_by", "name", ["name"]),
        ("match_by", "peer", ["peer_id", "peer_ip"], True),
        ("match_by", "site_id", ["site_id"]),
    ],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
