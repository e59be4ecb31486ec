#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the DNS forwarding of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dns_info
short_description: Read the DNS forwarding of an edge gateway
version_added: "0.1.0"
description:
  - Returns the DNS servers and other settings of the DNS forwarding of an edge gateway.
  - You can pass RV(dns) to the options of M(vcloudair.cloud.vca_dns). Omit RV(dns.version).
author:
  - The vcloudair-core authors (@vcloudair-core)
options: {}
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dns
"""

EXAMPLES = r"""
- name: Read the DNS forwarding of an edge gateway
  vcloudair.cloud.vca_dns_info:
    edge: web-edge
  register: live

- name: Show the DNS servers
  ansible.builtin.debug:
    msg: "{{ live.dns.servers }}"
"""

RETURN = r"""
dns:
  description: Settings and conditional zones.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the edge gateway forwards DNS queries.
      type: bool
      returned: success
    servers:
      description: IP addresses of the DNS servers, in order. The list can be empty.
      type: list
      elements: str
      returned: success
      sample: [192.0.2.53, 192.0.2.54]
    listener_ip:
      description: IP address at which an NSX-T edge gateway receives queries.
      type: str
      returned: on NSX-T edge gateways
    snat_enabled:
      description: Whether an NSX-T edge gateway sends queries from an external address.
      type: bool
      returned: on NSX-T edge gateways
    snat_ip:
      description: External address of the queries of an NSX-T edge gateway.
      type: str
      returned: on NSX-T edge gateways
    cache_size:
      description: Size of the cache of an NSX-V edge gateway in MB.
      type: int
      returned: on NSX-V edge gateways
    logging:
      description: Whether an NSX-V edge gateway logs DNS queries.
      type: bool
      returned: on NSX-V edge gateways
    log_level:
      description: Log level of an NSX-V edge gateway.
      type: str
      returned: on NSX-V edge gateways
    zones:
      description: Conditional zones of an NSX-T edge gateway. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: corp, domains: [corp.example], servers: [10.9.0.1]}]
    version:
      description: Version number of the configuration, if the server sends one.
      type: int
      returned: when known
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module

JOB = Job("ans.dns", show=lambda dns, params: {"dns": dns})


MODULE = Module(JOB, {})


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
