#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The IPsec VPN of an edge gateway, and many tunnels, in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec
short_description: Manage the IPsec VPN of an edge gateway in one write
version_added: "0.1.0"
description:
  - Brings the settings of the IPsec VPN of an edge gateway and a list of its tunnels to the state asked for, with one
    read and at most one write, however many tunnels there are.
  - Tunnels that are not listed are kept with their keys, unless O(purge=true).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  tunnels:
    description:
      - The tunnels. They have no order. No two of them may mean the same tunnel.
      - A field that a tunnel does not give is kept as it is, or with O(purge=true) has its default.
      - A new tunnel has the defaults.
    type: list
    elements: dict
    suboptions:
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
          - How this side names itself. On new tunnels O(tunnels[].local_ip) is the default.
        type: str
      local_ip:
        description:
          - Address of the edge gateway that the tunnel starts from. Required on new tunnels.
        type: str
        aliases: [local_ip_address]
      local_subnets:
        description:
          - Networks on this side. Required on new tunnels. They must not overlap O(tunnels[].peer_subnets).
        type: list
        elements: str
      peer_id:
        description:
          - How the other side names itself. No two tunnels of an edge gateway can have the same. On new tunnels
            O(tunnels[].peer_ip) is the default.
        type: str
      peer_ip:
        description:
          - Address or host name of the other side, or V(any) to wait for whoever calls, which then needs
            O(tunnels[].peer_id) and
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
          - V(psk) is the default on new tunnels. V(x.509) needs O(tunnels[].certificate).
        type: str
        choices: [psk, x.509]
      psk:
        description:
          - The pre-shared key, 128 characters at most. Required on new tunnels, unless O(tunnels[].peer_ip=any).
          - Servers show it to nobody, so whether it is right cannot be seen. O(tunnels[].update_psk) says what is
            done about it.
        type: str
        aliases: [shared_secret]
      psk_file:
        description:
          - File on the host that runs the module that holds the key, in place of O(tunnels[].psk). The end of its
            line is left out.
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
          - The server's id of the tunnel. With O(tunnels[].match_by=site_id) it is the identity, else it
            tells tunnels of one name apart.
        type: str
      match_by:
        description:
          - What identifies the tunnel. With V(peer) that is O(tunnels[].peer_id) or, without it,
            O(tunnels[].peer_ip), and the tunnel can be
            renamed. With V(site_id) everything else can be changed, and no tunnel is made.
          - If several tunnels answer to it, the task fails and lists them.
        type: str
        choices: [name, peer, site_id]
        default: name
  state:
    description:
      - V(present) brings the listed tunnels about, V(absent) takes them out.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether tunnels that users own and O(tunnels) does not list are deleted. Needs O(tunnels).
      - The list then says all there is to say. A field that a tunnel of it does not give has its default, and is
        brought back to it, such as C(enabled), C(logging) and C(description). Keys that are not given are kept, and
        so are certificates, the MTU, the options of newer edge gateways, and settings of the service that are not
        given.
      - Without it, fields that are not given are kept as they are.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(tunnels) may be empty together with O(purge=true), which deletes all tunnels that users own.
      - Without it such a task fails, because an empty list is more often a slip in a template than meant.
    type: bool
  enabled:
    description:
      - Whether the service is on. It cannot be without a tunnel.
    type: bool
  logging:
    description:
      - Whether it logs.
    type: bool
  log_level:
    description:
      - How much it logs.
    type: str
    choices: [emergency, alert, critical, error, warning, notice, info, debug]
  disable_event:
    description:
      - Whether it raises no events.
    type: bool
  global_psk:
    description:
      - The key of the tunnels that wait for any peer.
    type: str
  global_psk_file:
    description:
      - File on the host that runs the module that holds that key, in place of O(global_psk).
    type: path
  update_psk:
    description:
      - When O(global_psk) is sent, as for the keys of tunnels. With V(on_create) never, because nobody can see whether
        there is one.
    type: str
    choices: [fingerprint, always, on_create]
    default: fingerprint
  service_certificate:
    description:
      - Id of the edge gateway's own certificate, for V(x.509).
    type: str
  ca_certificates:
    description:
      - Ids of the CA certificates, all of them.
    type: list
    elements: str
  crl_certificates:
    description:
      - Ids of the revocation lists, all of them.
    type: list
    elements: str
  wait_for_up:
    description:
      - Wait until the edge gateway says that the listed tunnels are up, all of them when none is listed. Those that are
        disabled do not count. The task fails if they are not in time; what was changed stays.
      - Not in check mode, and not with O(state=absent).
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
  - module: vcloudair.cloud.vca_ipsec_tunnel
    description: One tunnel.
  - module: vcloudair.cloud.vca_ipsec_info
"""

EXAMPLES = r"""
- name: The VPN is on, with these tunnels and no others
  vcloudair.cloud.vca_ipsec:
    edge: web-edge
    enabled: true
    purge: true
    tunnels:
      - name: branch
        local_ip: 203.0.113.10
        local_subnets: [192.168.10.0/24]
        peer_ip: 198.51.100.7
        peer_subnets: [10.20.0.0/16]
        psk_file: /etc/vpn/branch.key
      - name: depot
        local_ip: 203.0.113.10
        local_subnets: [192.168.10.0/24]
        peer_ip: vpn.depot.example.com
        peer_subnets: [10.30.0.0/16]
        psk_file: /etc/vpn/depot.key
    wait_for_up: true
"""

RETURN = r"""
ipsec:
  description: The settings and the tunnels that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample: {enabled: true, logging: true, log_level: warning, tunnels: [{name: branch, site_id: ipsecsite-1}]}
status:
  description: Name and status of the tunnels that were waited for.
  returned: when O(wait_for_up=true)
  type: dict
  sample: {branch: up, depot: up}
plan:
  description: What there was to do, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 6
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
  sample: {error: SpecError, field: "tunnels[1].peer_id", message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import (
    ipsec_arguments,
    ipsec_settings_arguments,
    tunnel_arguments,
)
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given, refuse

ARGUMENTS = dict(
    ipsec_arguments(),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    purge=dict(type="bool", default=False),
    wait_for_up=dict(type="bool", default=False),
    wait_timeout=dict(type="float", default=120),
)


def section(params):
    """The one spec of the kind."""
    wanted = given(params, (*ipsec_settings_arguments(), "allow_empty"))
    if params["tunnels"] is not None:
        wanted["tunnels"] = [given(tunnel, tunnel_arguments()) for tunnel in params["tunnels"]]
    return [wanted]


def state(params):
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and the service is turned off, not taken out.
        settings = [name for name in given(params, ipsec_settings_arguments()) if name != "update_psk"]
        beside = (["purge"] if params["purge"] else []) + settings
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["tunnels"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("tunnels", "is required together with %s" % ("purge" if params["purge"] else "state absent"))
    return "exact_lists" if params["purge"] else params["state"]


def wait(client, params, result):
    """The status of the tunnels, once they are up."""
    if not params["wait_for_up"] or params["state"] == "absent":
        return {}
    target = dict(edge=params["edge"], vdc=params["vdc"])
    tunnels = result["ipsec"]["tunnels"] or client.read("ans.ipsec_tunnel", given(params, target))
    found = client.edges.wait_for_tunnels(tunnels, timeout_s=params["wait_timeout"], **target)
    return dict(status={tunnel["name"]: tunnel["status"] for tunnel in found})


JOB = Job("ans.ipsec", specs=section, state=state, show=lambda ipsec, params: {"ipsec": ipsec}, more=wait)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=[("global_psk", "global_psk_file")],
    required_if=[("purge", True, ["tunnels"]), ("state", "absent", ["tunnels"])],
)


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
