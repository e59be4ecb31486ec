#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage a certificate of an edge gateway or of the certificate library."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_certificate
short_description: Manage a certificate of an edge gateway or of the certificate library
version_added: "0.1.0"
description:
  - Adds, renews and deletes a certificate. On an NSX-V edge gateway, the certificates belong to the edge gateway. With
    an NSX-T edge gateway, or without an edge gateway, the certificates belong to the certificate library of the
    organization.
  - An existing certificate is compared by its fingerprint. If O(certificate) is another certificate, the module adds
    it, lets the IPsec tunnels and load balancers that use the old certificate use the new one, and deletes the old
    certificate.
  - The server never returns private keys, and the module never shows them.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  name:
    description:
      - Name of the certificate.
      - On NSX-V edge gateways, certificates have no names that a client can set. The name is stored in the description
        of the certificate. A certificate without a description has the name that the server derived from its subject.
    type: str
    required: true
  certificate:
    description:
      - Certificate in PEM format. Certificates of intermediate CAs can follow. Required to add a certificate.
    type: str
  private_key:
    description:
      - Private key of O(certificate) in PEM format. A CA certificate needs no private key.
      - The server never returns private keys, so a private key is sent only together with a new certificate.
    type: str
  passphrase:
    description:
      - Passphrase of an encrypted O(private_key).
    type: str
  description:
    description:
      - Description of the certificate. NSX-V edge gateways do not support this option, because the description holds
        the name.
    type: str
  certificate_id:
    description:
      - ID of the certificate. Required to select one of several certificates with the same name. In the certificate
        library, the certificate with this ID gets the name O(name).
    type: str
  force:
    description:
      - Whether to delete a certificate that is in use, with O(state=absent). Its references are removed first.
      - This is possible only if no active service needs the certificate. On NSX-V edge gateways, this applies to
        application profiles without a virtual server, and to CA certificates if all enabled IPsec tunnels use
        pre-shared keys. On NSX-T edge gateways, this applies to virtual servers without an encrypted protocol, and to
        pools that have another CA certificate, have no virtual server, or do not use TLS. In all other cases, the task
        fails and lists the objects that use the certificate.
    type: bool
  state:
    description:
      - V(present) adds or renews the certificate. V(absent) deletes the certificate. Other certificates are kept.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_certificate_info
  - module: vcloudair.cloud.vca_ipsec_tunnel
"""

EXAMPLES = r"""
- name: Add or renew the certificate of the VPN gateway
  vcloudair.cloud.vca_certificate:
    edge: web-edge
    name: vpn
    certificate: "{{ lookup('ansible.builtin.file', 'vpn.pem') }}"
    private_key: "{{ lookup('ansible.builtin.file', 'vpn.key') }}"
    passphrase: "{{ lookup('ansible.builtin.env', 'VPN_PASSPHRASE') }}"

- name: Add a CA certificate to the certificate library
  vcloudair.cloud.vca_certificate:
    name: partner-ca
    certificate: "{{ lookup('ansible.builtin.file', 'partner-ca.pem') }}"
    description: CA of the VPN gateways of the partner

- name: Delete a certificate
  vcloudair.cloud.vca_certificate:
    edge: web-edge
    name: vpn
    state: absent
"""

RETURN = r"""
certificate:
  description: >-
    The certificate on the server after the task. In check mode, the predicted certificate. V(null) if the certificate
    is absent.
  returned: success
  type: dict
  sample:
    name: vpn
    certificate_id: 0c2b6a4e-8a3f-4d62-9f8e-3c1c8a9b7d11:certificate-18
    subject: CN=vpn.example.com
    issuer: CN=Example CA
    serial_number: 5f2a
    fingerprint: "2b:f8:52:a6:0d:91:3c:77:e4:0a:bb:4d:18:6e:c5:92:7f:03:a1:d8:44:9e:60:1b:f3:2c:87:d5:6a:0e:b9:14"
    not_before: "2026-01-01T00:00:00Z"
    not_after: "2030-01-01T00:00:00Z"
    days_left: 1313
    dns_names: [vpn.example.com]
    certificate: "-----BEGIN CERTIFICATE-----..."
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
  sample: {error: ConflictError, message: "Deleting certificate 'vpn' failed. It is in use by ..."}
"""

from collections.abc import Iterable

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given

OPTIONS = {
    "name": {"type": "str", "required": True},
    "certificate": {"type": "str"},
    "private_key": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    "description": {"type": "str"},
    "certificate_id": {"type": "str"},
    "force": {"type": "bool"},
}
ARGUMENTS = dict(OPTIONS, state={"type": "str", "choices": ["present", "absent"], "default": "present"})
KEY_MARK = "PRIVATE KEY-----"


def hide(params: Params) -> Iterable[str]:
    """Return the secrets to mask: ``certificate``, if it contains a private key."""
    text = params.get("certificate")
    return [text] if isinstance(text, str) and KEY_MARK in text else []


JOB = Job(
    "ans.certificate",
    specs=lambda params: [given(params, OPTIONS)],
    show=lambda shown, params: {"certificate": shown[0] if shown and params["state"] == "present" else None},
)


MODULE = Module(JOB, ARGUMENTS, hide=hide)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
