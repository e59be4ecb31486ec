#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the DHCP service and the leases of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dhcp_info
short_description: Read the DHCP service and the leases of an edge gateway
version_added: "0.1.0"
description:
  - Returns the settings, pools and static bindings of the DHCP service of an NSX-V edge gateway, and its leases.
  - You can pass RV(dhcp.pools) and RV(dhcp.bindings) to M(vcloudair.cloud.vca_dhcp) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  leases:
    description:
      - Whether to read the current leases. This takes one more API call.
    type: bool
    default: true
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_dhcp
"""

EXAMPLES = r"""
- name: Read the DHCP service of an edge gateway
  vcloudair.cloud.vca_dhcp_info:
    edge: web-edge
  register: live

- name: Show the address of each client
  ansible.builtin.debug:
    msg: "{{ live.leases | items2dict(key_name='mac_address', value_name='ip_address') }}"
"""

RETURN = r"""
dhcp:
  description: Settings, pools and static bindings of the DHCP service.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the DHCP service is enabled.
      type: bool
      returned: success
    logging:
      description: Whether the DHCP service writes a log.
      type: bool
      returned: success
    log_level:
      description: Log level of the DHCP service.
      type: str
      returned: success
    pools:
      description: Address pools. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{ip_range: 192.168.10.100-192.168.10.199, lease_time: "86400"}]
    bindings:
      description: Static bindings of MAC addresses. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{mac_address: "00:50:56:01:02:03", host_name: web1, ip_address: 192.168.10.20}]
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
leases:
  description: Current leases, as strings from the server. The list is empty with O(leases=false).
  returned: success
  type: list
  elements: dict
  sample:
    - ip_address: 192.168.10.100
      mac_address: "00:50:56:01:02:09"
      host_name: client-1
      state: active
      starts: 4 2015/11/26 10:00:00
      ends: 5 2015/11/27 10:00:00
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

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"leases": {"type": "bool", "default": True}}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the DHCP section and, if ``leases`` is set, the leases."""
    section = client.read("ans.dhcp", given(params, ("edge", "vdc")))
    leases = client.edges.dhcp_leases(params["edge"], params["vdc"]) if params["leases"] else []
    return {"changed": False, "dhcp": section, "leases": leases}


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
