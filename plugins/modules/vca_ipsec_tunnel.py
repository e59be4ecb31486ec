#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""One IPsec tunnel of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec_tunnel
short_description: Manage one IPsec tunnel of an edge gateway
version_added: "0.1.0"
description:
  - Brings one IPsec tunnel of an edge gateway of vCloud Air or VMware Cloud Director to the state asked for. All other
    tunnels are kept as they are, with their keys.
  - Options that are not given are kept as they are on a tunnel that exists. O(local_id) and O(peer_id) move along with
    O(local_ip) and O(peer_ip) if they are the same.
  - Costs one read when there is nothing to change.
  - The service itself is turned on with M(vcloudair.cloud.vca_ipsec).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  state:
    description:
      - Whether the tunnel is there. The last tunnel of a service that is on cannot be taken out.
    type: str
    choices: [present, absent]
    default: present
  wait_for_up:
    description:
      - Wait until the edge gateway says that the tunnel is up. The task fails if it is not in time, with the edge
        gateway's last message about it; what was changed stays.
      - Not in check mode, and not with O(state=absent). A tunnel that is disabled cannot be waited for.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds.
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
    description: The service, and many tunnels in one write.
  - module: vcloudair.cloud.vca_ipsec_info
"""

EXAMPLES = r"""
- name: A tunnel to the branch office
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    local_ip: 203.0.113.10
    local_subnets: [192.168.10.0/24]
    peer_ip: 198.51.100.7
    peer_subnets: [10.20.0.0/16]
    psk: "{{ lookup('ansible.builtin.env', 'BRANCH_PSK') }}"

- name: Wait for it after a change
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    dh_group: 16
    wait_for_up: true
    wait_timeout: 60

- name: Take it out
  vcloudair.cloud.vca_ipsec_tunnel:
    edge: web-edge
    name: branch
    state: absent
"""

RETURN = r"""
tunnel:
  description: The tunnel as it is on the server, or would be in check mode, without its key. Null when it is absent.
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
  description: Whether the tunnel is up, as the edge gateway says.
  returned: when O(wait_for_up=true)
  type: str
  sample: up
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 4
written:
  description: Whether something was written before it failed, V(true), V(false) or V(unknown). The last means that a
    response was lost; run the task again in check mode to see what is there.
  returned: failure
  type: raw
  sample: false
error:
  description: What failed, for programs. Its keys depend on the error.
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

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = dict(
    ipsec_tunnel_arguments(),
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    wait_for_up={"type": "bool", "default": False},
    wait_timeout={"type": "float", "default": 120},
)


def wait(client: Client, params: Params, result: Result) -> Result:
    """The status of the tunnel, once it is up."""
    if not params["wait_for_up"] or result["tunnel"] is None:
        return {}
    found = client.edges.wait_for_tunnels(
        [result["tunnel"]], edge=params["edge"], vdc=params["vdc"], timeout_s=params["wait_timeout"]
    )
    return {"status": found[0]["status"]}


JOB = Job(
    "ans.ipsec_tunnel",
    specs=lambda params: [given(params, ipsec_tunnel_arguments())],
    show=lambda tunnels, params: {"tunnel": tunnels[0] if tunnels and params["state"] == "present" else None},
    more=wait,
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
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
