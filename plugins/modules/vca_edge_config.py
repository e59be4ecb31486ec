#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""A whole edge gateway as one document."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_edge_config
short_description: Manage a whole edge gateway as one document
version_added: "0.1.0"
description:
  - Brings all sections of an edge gateway that O(config) holds to the state it describes. Sections that it lacks are
    neither read nor changed.
  - All sections are planned before the first is written. They are written in the order in which they depend on each
    other. If one fails, the error tells what was written before it and what was not, and a second run finishes it.
  - The task does what C(vca edge apply) does with the same document.
  - C(vca edge export) and M(vcloudair.cloud.vca_edge_info) give such a document of an edge gateway as it is. Given
    back, it changes nothing.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  config:
    description:
      - The document. Its keys are the sections, each in the words of the module for the whole section.
    type: dict
    required: true
    suboptions:
      edge:
        description:
          - Which edge gateway the document is of. It is the target when O(edge) is not given, and beats E(VCA_EDGE).
          - If both are given, they must name the same edge gateway, or the task fails before anything is sent.
        type: str
      vdc:
        description:
          - Which VDC it is in. The rules of O(config.edge) apply.
        type: str
      allow_empty:
        description:
          - Whether a section may be emptied by a list without items. A section can say it for itself.
        type: bool
      firewall:
        description:
          - The firewall, in the words of M(vcloudair.cloud.vca_firewall).
        type: dict
      nat:
        description:
          - NAT, in the words of M(vcloudair.cloud.vca_nat).
        type: dict
      ipsec:
        description:
          - The IPsec VPN, in the words of M(vcloudair.cloud.vca_ipsec). An export holds no keys, so new tunnels need
            theirs given.
        type: dict
        suboptions:
          tunnels:
            description:
              - The tunnels. They have no order. No two of them may mean the same tunnel.
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
                  - How this side names itself. On new tunnels O(config.ipsec.tunnels[].local_ip) is the default.
                type: str
              local_ip:
                description:
                  - Address of the edge gateway that the tunnel starts from. Required on new tunnels.
                type: str
                aliases: [local_ip_address]
              local_subnets:
                description:
                  - Networks on this side. Required on new tunnels. They must not overlap
                    O(config.ipsec.tunnels[].peer_subnets).
                type: list
                elements: str
              peer_id:
                description:
                  - How the other side names itself. No two tunnels of an edge gateway can have the same. On new
                    tunnels
                    O(config.ipsec.tunnels[].peer_ip) is the default.
                type: str
              peer_ip:
                description:
                  - Address or host name of the other side, or V(any) to wait for whoever calls, which then needs
                    O(config.ipsec.tunnels[].peer_id) and
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
                  - V(psk) is the default on new tunnels. V(x.509) needs O(config.ipsec.tunnels[].certificate).
                type: str
                choices: [psk, x.509]
              psk:
                description:
                  - The pre-shared key, 128 characters at most. Required on new tunnels, unless
                    O(config.ipsec.tunnels[].peer_ip=any).
                  - Servers show it to nobody, so whether it is right cannot be seen.
                    O(config.ipsec.tunnels[].update_psk) says what is
                    done about it.
                type: str
                aliases: [shared_secret]
              psk_file:
                description:
                  - File on the host that runs the module that holds the key, in place of
                    O(config.ipsec.tunnels[].psk). The end of its
                    line is left out.
                type: path
              update_psk:
                description:
                  - When the key of a tunnel that exists is sent.
                  - With V(fingerprint) it is sent when it is not the last one that was sent from this host. For that
                    a keyed
                    fingerprint (HMAC), never the key, is kept below O(state_dir). What somebody else has set since is
                    not
                    noticed. On a host without memory, such as a container, it is sent in every run, and the task
                    reports a
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
                  - V(dh2), V(dh5), V(dh14), V(dh15) or V(dh16), the number alone, or a size such as
                    V(modp2048). On new tunnels V(dh14) is the default, and V(dh5) on vCloud Air.
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
                  - The server's id of the tunnel. With O(config.ipsec.tunnels[].match_by=site_id) it is the identity,
                    else it tells tunnels of one name apart.
                type: str
              match_by:
                description:
                  - What identifies the tunnel. With V(peer) that is O(config.ipsec.tunnels[].peer_id) or, without it,
                    O(config.ipsec.tunnels[].peer_ip), and the tunnel can be
                    renamed. With V(site_id) everything else can be changed, and no tunnel is made.
                  - If several tunnels answer to it, the task fails and lists them.
                type: str
                choices: [name, peer, site_id]
                default: name
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
              - File on the host that runs the module that holds that key, in place of O(config.ipsec.global_psk).
            type: path
          update_psk:
            description:
              - When O(config.ipsec.global_psk) is sent, as for the keys of tunnels. With V(on_create) never, because
                nobody can see whether
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
          allow_empty:
            description:
              - Whether O(config.ipsec.tunnels) may be empty when the document says all there is to say.
            type: bool
  purge:
    description:
      - Whether the document says all there is to say about its sections, as for C(vca edge apply). What users own and
        the lists of the document do not name is deleted, and fields that are not given have their defaults.
      - Kept are pre-shared keys and certificates, tags, the MTU and the options of newer edge gateways, and whether
        the IPsec service is on.
      - A section that the document lacks is left alone, and so are the rules of a section without a list of them.
      - With V(false), what is not named is kept, and so are fields that are not given.
    type: bool
    default: true
  allow_empty:
    description:
      - Whether a section may be emptied by a list without items, which deletes all rules or tunnels that users own.
      - The document can say the same with O(config.allow_empty).
    type: bool
extends_documentation_fragment:
  - vcloudair.cloud.vca
  - vcloudair.cloud.edge
  - vcloudair.cloud.attributes
  - vcloudair.cloud.attributes.writes
seealso:
  - module: vcloudair.cloud.vca_edge_info
  - module: vcloudair.cloud.vca_firewall
  - module: vcloudair.cloud.vca_nat
  - module: vcloudair.cloud.vca_ipsec
"""

EXAMPLES = r"""
- name: The edge gateway is as our repository says, and has nothing else
  vcloudair.cloud.vca_edge_config:
    edge: web-edge
    config: "{{ lookup('ansible.builtin.file', 'web-edge.yml') | from_yaml }}"
    purge: true
"""

RETURN = r"""
config:
  description: The sections that were named, as they are on the server, or would be in check mode.
  returned: success
  type: dict
  sample: {firewall: {enabled: true, default_action: deny, rules: []}}
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
  sample: {error: InvalidRequestError, context: "Written before: firewall. Failed: nat.", message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import ipsec_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given, vcloudair_core

SECTIONS = dict(
    firewall=dict(type="dict"),
    nat=dict(type="dict"),
    # Said in full, so that Ansible knows where the keys are, and hides them even when it refuses a task.
    ipsec=dict(type="dict", options=ipsec_arguments(), mutually_exclusive=[("global_psk", "global_psk_file")]),
)

# Exported documents say which edge gateway they are of.
DOCUMENT = dict(SECTIONS, edge=dict(type="str"), vdc=dict(type="str"), allow_empty=dict(type="bool"))
ARGUMENTS = dict(
    config=dict(type="dict", required=True, options=DOCUMENT),
    purge=dict(type="bool", default=True),
    allow_empty=dict(type="bool"),
)


def document(params):
    """The one spec of the kind."""
    config = params["config"]
    wanted = {name: _said(part) for name, part in config.items() if name in SECTIONS and part is not None}
    allow_empty = config["allow_empty"] if params["allow_empty"] is None else params["allow_empty"]
    return [wanted if allow_empty is None else dict(wanted, allow_empty=allow_empty)]


def _said(value):
    """Without the options that Ansible fills in for those that nobody gave."""
    if isinstance(value, dict):
        return {name: _said(item) for name, item in value.items() if item is not None}
    return [_said(item) for item in value] if isinstance(value, list) else value


def target(params):
    """The edge that the document and the options agree on."""
    return vcloudair_core.agreed_target(params["config"], given(params, ("edge", "vdc")))


JOB = Job(
    "ans.edge",
    specs=document,
    target=target,
    state=lambda params: "exact" if params["purge"] else "present",
    show=lambda config, params: {"config": config},
)


MODULE = Module(JOB, ARGUMENTS)


def main():
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
