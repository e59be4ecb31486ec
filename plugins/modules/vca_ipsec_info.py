#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the IPsec VPN configuration and status of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec_info
short_description: Read the IPsec VPN configuration and tunnel status of an edge gateway
version_added: "0.1.0"
description:
  - Returns the settings of the IPsec VPN service of an edge gateway and its tunnels. For each tunnel, the result has
    the current status and the last message of the edge gateway. Keys are never returned.
  - With O(status=false), you can pass RV(ipsec.tunnels) to M(vcloudair.cloud.vca_ipsec) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  status:
    description:
      - Whether to read the current status of the tunnels. This takes one more API call, or two for each enabled tunnel
        of an NSX-T edge gateway.
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
- name: Read the IPsec VPN of an edge gateway
  vcloudair.cloud.vca_ipsec_info:
    edge: web-edge
  register: vpn

- name: Fail if an enabled tunnel is not up
  ansible.builtin.assert:
    that: vpn.ipsec.tunnels | rejectattr('status', 'in', ['up', 'disabled']) | length == 0
    fail_msg: "{{ vpn.ipsec.tunnels | items2dict(key_name='name', value_name='last_error') }}"
"""

RETURN = r"""
ipsec:
  description: Settings and tunnels of the IPsec VPN service.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the service is enabled. On NSX-T edge gateways, whether tunnels exist.
      type: bool
      returned: success
    logging:
      description: Whether the service writes a log.
      type: bool
      returned: if the edge gateway is not an NSX-T edge gateway
    log_level:
      description: Log level of the service.
      type: str
      returned: if the edge gateway is not an NSX-T edge gateway
      sample: warning
    disable_event:
      description: Whether the events of the service are suppressed.
      type: bool
      returned: if the edge gateway is not an NSX-T edge gateway
    ca_certificates:
      description: >-
        Names of the CA certificates, or IDs if names are not unique. The key C(service_certificate), with the name of
        the service certificate, exists only if the service has one.
      type: list
      elements: str
      returned: success
    crl_certificates:
      description: Names of the certificate revocation lists (CRLs), or IDs if names are not unique.
      type: list
      elements: str
      returned: success
    service_status:
      description: Status of the service that the edge gateway reports.
      type: str
      returned: when O(status=true)
      sample: up
    tunnels:
      description: >-
        IPsec tunnels. The list can be empty. With O(status=true), each tunnel also has C(status) (V(up), V(down),
        V(partly up), V(disabled) or V(unknown)), C(last_error), C(received_bytes), C(sent_bytes) and C(subnets). On
        NSX-T edge gateways, C(subnets) has counters of bytes and packets.
      type: list
      elements: dict
      returned: success
      sample: [{name: branch, peer_ip: 198.51.100.7, status: down, last_error: no proposal chosen}]
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
edge:
  description: The edge gateway that was read. C(vca edge list -o json) shows the same keys and values.
  returned: success
  type: dict
  contains:
    name:
      description: >-
        Name. If O(edge) is a UUID in a cloud that has only one backend, such as vCloud Air, only C(id) and C(backend)
        have values, because the module does not look up the edge gateway.
      type: str
      returned: success
      sample: web-edge
    id:
      description: UUID.
      type: str
      returned: success
      sample: 8b1e9c2a-4d0f-4d2e-9f6b-2a1c3d4e5f60
    vdc:
      description: Name of the VDC. Empty if a VDC group owns the edge gateway, or if the server does not send the name.
      type: str
      returned: success
      sample: gold
    vdc_id:
      description: UUID of the VDC. Empty if a VDC group owns the edge gateway.
      type: str
      returned: success
      sample: 5f0e9d8c-7b6a-4958-8776-655443322110
    backend:
      description: API of the edge gateway, V(nsxv), V(nsxt) or V(vcloudair).
      type: str
      returned: success
      sample: nsxt
    owner_name:
      description: Name of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: gold
    owner_id:
      description: URN of the VDC or VDC group that owns the edge gateway.
      type: str
      returned: success
      sample: "urn:vcloud:vdc:5f0e9d8c-7b6a-4958-8776-655443322110"
    owner_type:
      description: Type of the owner, V(vdc) or V(vdc_group).
      type: str
      returned: success
      sample: vdc
    deployment_mode:
      description: Deployment mode of an NSX-T edge gateway, such as V(ACTIVE_STANDBY). Empty before API version 39.0.
      type: str
      returned: success
      sample: ACTIVE_STANDBY
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
    """Return the IPsec section. If ``status`` is set, add the status of each tunnel."""
    if params["status"]:
        section = client.edges.ipsec_status(params["edge"], params["vdc"])
    else:
        section = client.read("ans.ipsec", given(params, ("edge", "vdc")))
    return {"changed": False, "ipsec": section, **edge_of(client, given(params, ("edge", "vdc")))}


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
