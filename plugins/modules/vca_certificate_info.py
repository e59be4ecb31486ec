#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the certificates of an edge gateway or of the certificate library."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_certificate_info
short_description: Read the certificates of an edge gateway or of the certificate library
version_added: "0.1.0"
description:
  - Returns the certificates of an NSX-V edge gateway, each with its expiry and the IPsec tunnels and virtual servers
    that use it. With an NSX-T edge gateway, or without an edge gateway, returns the certificates of the certificate
    library of the organization and the IPsec tunnels that use them.
  - Reading the uses takes two requests on an NSX-V edge gateway. For the certificate library, it takes one request for
    each NSX-T edge gateway of the organization.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  name:
    description:
      - Name of a certificate. If set, only certificates with this name are returned.
    type: str
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_certificate
"""

EXAMPLES = r"""
- name: Read the certificates of an edge gateway
  vcloudair.cloud.vca_certificate_info:
    edge: web-edge
  register: live

- name: Fail if a certificate expires within 30 days
  ansible.builtin.assert:
    that: live.certificates | selectattr('days_left', 'lt', 30) | list | length == 0
"""

RETURN = r"""
certificates:
  description: >-
    The certificates. C(used_by) lists the objects that use a certificate. It is missing if you must not read the IPsec
    VPN or the load balancer.
  returned: success
  type: list
  elements: dict
  sample:
    - name: vpn
      certificate_id: 0c2b6a4e-8a3f-4d62-9f8e-3c1c8a9b7d11:certificate-18
      subject: CN=vpn.example.com
      issuer: CN=Example CA
      serial_number: 5f2a
      fingerprint: "2b:f8:52:a6:0d:91:3c:77:e4:0a:bb:4d:18:6e:c5:92:7f:03:a1:d8:44:9e:60:1b:f3:2c:87:d5:6a:0e:b9:14"
      not_before: "2026-01-01T00:00:00Z"
      not_after: "2030-01-01T00:00:00Z"
      days_left: 1313
      dns_names: [vpn.example.com]
      used_by: [{type: ipsec_tunnel, name: branch, edge: web-edge}]
      certificate: "-----BEGIN CERTIFICATE-----..."
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 4
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "No edge gateway is named 'web-edge'."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result

ARGUMENTS = {"name": {"type": "str"}}


def show(certificates: list[Params], params: Params) -> Result:
    """Return all certificates, or those with the name in the option ``name``."""
    return {"certificates": [item for item in certificates if params["name"] in (None, item["name"])]}


JOB = Job("ans.certificate", show=show)


MODULE = Module(JOB, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
