#!/usr/bin/python
# -*- coding: utf-8 -*-
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
  name:
    description:
      - Name of the tunnel.
    type: str
  enabled:
    description:
      - Whether the tunnel is in force. New ones are.
    type: bool
  clear:
    description:
      - Texts to empty. An empty value of an option counts as not given, so it does not empty anything.
    type: list
    elements: str
    choices: [description, extension]
  description:
    description:
      - Free text.
    type: str
  local_id:
    description:
      - How this side names itself. On new tunnels O(local_ip) is the default.
    type: str
  local_ip:
    description:
      - Address of the edge gateway that the tunnel starts from. Required on new tunnels.
    type: str
    aliases: [local_ip_address]
  local_subnets:
    description:
      - Networks on this side. Required on new tunnels. They must not overlap O(peer_subnets).
    type: list
    elements: str
  peer_id:
    description:
      - How the other side names itself. No two tunnels of an edge gateway can have the same. On new tunnels
        O(peer_ip) is the default.
    type: str
  peer_ip:
    description:
      - Address or host name of the other side, or V(any) to wait for whoever calls, which then needs O(peer_id) and
        the global key of M(vcloudair.cloud.vca_ipsec). Required on new tunnels.
    type: str
    aliases: [peer_ip_address]
  peer_subnets:
    description:
      - Networks on the other side. Required on new tunnels.
    type: list
    elements: str
  authentication:
    description:
      - V(psk) is the default on new tunnels. V(x.509) needs O(certificate).
    type: str
    choices: [psk, x.509]
  psk:
    description:
      - The pre-shared key, 128 characters at most. Required on new tunnels, unless O(peer_ip=any).
      - Servers show it to nobody, so whether it is right cannot be seen. O(update_psk) says what is done about it.
    type: str
    aliases: [shared_secret]
  psk_file:
    description:
      - File on the host that runs the module that holds the key, in place of O(psk). The end of its line is left out.
    type: path
  update_psk:
    description:
      - When the key of a tunnel that exists is sent.
      - With V(fingerprint) it is sent when it is not the last one that was sent from this host. For that a keyed
        fingerprint (HMAC), never the key, is kept below O(state_dir). What somebody else has set since is not
        noticed. On a host without memory, such as a container, it is sent in every run, and the task reports a
        change.
      - With V(always) it is sent in every run, and every run reports a change.
      - With V(on_create) it is sent when the tunnel is made, and never again.
    type: str
    choices: [fingerprint, always, on_create]
    default: fingerprint
  certificate:
    description:
      - Id of the certificate of the tunnel, for V(x.509).
    type: str
  encryption:
    description:
      - V(aes), V(aes256), V(3des) or V(aes-gcm), in any common
        spelling. On new tunnels V(aes256) is the default.
    type: str
    aliases: [encryption_algorithm]
  pfs:
    description:
      - Perfect forward secrecy. New tunnels have it.
    type: bool
    aliases: [enable_pfs]
  dh_group:
    description:
      - V(dh2), V(dh5), V(dh14), V(dh15) or V(dh16), the number alone, or a size such as V(modp2048).
      - On new tunnels V(dh14) is the default, and V(dh5) on vCloud Air.
    type: str
  mtu:
    description:
      - Largest packet, in bytes. The server's default is that of the interface.
    type: int
  extension:
    description:
      - One of C(securelocaltrafficbyip=ADDRESS) and C(passthroughSubnets=NETWORK,...).
    type: str
  ike_version:
    description:
      - V(ikev1), V(ikev2) or V(ikeflex). Newer edge gateways only.
    type: str
    aliases: [ike_option]
  digest:
    description:
      - V(sha1) or V(sha-256), in any common spelling. Newer edge gateways only.
    type: str
    aliases: [digest_algorithm]
  responder_only:
    description:
      - Whether the edge gateway only answers and never starts. Newer edge gateways only.
    type: bool
  compliance_suite:
    description:
      - Name of a set of algorithms, or V(none). Newer edge gateways only.
    type: str
  session_type:
    description:
      - What the server says of the tunnel. Accepted so that what was read can be given back, and ignored.
    type: str
  site_id:
    description:
      - The server's id of the tunnel. With O(match_by=site_id) it is the identity, else it
        tells tunnels of one name apart.
    type: str
  match_by:
    description:
      - What identifies the tunnel. With V(peer) that is O(peer_id) or, without it, O(peer_ip), and the tunnel can be
        renamed. With V(site_id) everything else can be changed, and no tunnel is made.
      - If several tunnels answer to it, the task fails and lists them.
    type: str
    choices: [name, peer, site_id]
    default: name
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
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
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

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import TUNNEL_EXCLUSIVE, tunnel_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given

ARGUMENTS = dict(
    tunnel_arguments(),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    wait_for_up=dict(type="bool", default=False),
    wait_timeout=dict(type="float", default=120),
)


def wait(client, params, result):
    """The status of the tunnel, once it is up."""
    if not params["wait_for_up"] or result["tunnel"] is None:
        return {}
    found = client.edges.wait_for_tunnels(
        [result["tunnel"]], edge=params["edge"], vdc=params["vdc"], timeout_s=params["wait_timeout"]
    )
    return dict(status=found[0]["status"])


JOB = Job(
    "ans.ipsec_tunnel",
    specs=lambda params: [given(params, tunnel_arguments())],
    show=lambda tunnels, params: {"tunnel": tunnels[0] if tunnels and params["state"] == "present" else None},
    more=wait,
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=TUNNEL_EXCLUSIVE,
    required_if=[
        ("match_by", "name", ["name"]),
        ("match_by", "peer", ["peer_id", "peer_ip"], True),
        ("match_by", "site_id", ["site_id"]),
    ],
)


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
