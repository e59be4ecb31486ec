#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The IPsec VPN of an edge gateway, as it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec_info
short_description: Read the IPsec VPN of an edge gateway
version_added: "0.1.0"
description:
  - Reads the IPsec VPN of an edge gateway, its tunnels with their live status and the edge gateway's last message about
    each. Keys are never shown.
  - Without O(status) what it returns as RV(ipsec.tunnels) can be given to M(vcloudair.cloud.vca_ipsec) as it is.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  status:
    description:
      - Whether the live status is asked for, which costs one more call.
    type: bool
    default: true
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_ipsec
"""

EXAMPLES = r"""
- name: Read the VPN
  vcloudair.cloud.vca_ipsec_info:
    edge: web-edge
  register: vpn

- name: Every tunnel is up
  ansible.builtin.assert:
    that: vpn.ipsec.tunnels | rejectattr('status', 'in', ['up', 'disabled']) | length == 0
    fail_msg: "{{ vpn.ipsec.tunnels | items2dict(key_name='name', value_name='last_error') }}"
"""

RETURN = r"""
ipsec:
  description: The settings and all tunnels.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the service is on.
      type: bool
      returned: success
    logging:
      description: Whether it logs.
      type: bool
      returned: success
    log_level:
      description: How much it logs.
      type: str
      returned: success
      sample: warning
    disable_event:
      description: Whether it raises no events.
      type: bool
      returned: success
    ca_certificates:
      description: Ids of the CA certificates. Beside it, C(service_certificate) is there when there is one.
      type: list
      elements: str
      returned: success
    crl_certificates:
      description: Ids of the revocation lists.
      type: list
      elements: str
      returned: success
    service_status:
      description: Whether it works, as the edge gateway says.
      type: str
      returned: when O(status=true)
      sample: up
    tunnels:
      description: >-
        The tunnels. The list is there when it is empty, too. With O(status=true) each has C(status) (V(up), V(down),
        V(partly up), V(disabled), V(unknown)), C(last_error), C(received_bytes), C(sent_bytes) and C(subnets).
      type: list
      elements: dict
      returned: success
      sample: [{name: branch, peer_ip: 198.51.100.7, status: down, last_error: no proposal chosen}]
    version:
      description: The server's counter of changes.
      type: int
      returned: success
api_calls:
  description: How many HTTP exchanges it took, sign-in included.
  returned: success
  type: int
  sample: 4
error:
  description: What failed, for programs. Its keys depend on the error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, given

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"status": {"type": "bool", "default": True}}


def work(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """One read, and one look at the statistics."""
    if params["status"]:
        found = client.edges.ipsec_status(params["edge"], params["vdc"])
    else:
        found = client.read("ans.ipsec", given(params, ("edge", "vdc")))
    return {"changed": False, "ipsec": found}


MODULE = Module(work, ARGUMENTS)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
