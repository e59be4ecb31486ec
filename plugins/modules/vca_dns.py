#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the DNS forwarding of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_dns
short_description: Manage the DNS forwarding of an edge gateway
version_added: "0.1.0"
description:
  - Enables, changes or disables the DNS forwarding of an edge gateway in VMware Cloud Director.
  - The task takes one read and at most one write.
  - NSX-T edge gateways also have conditional zones, which use other DNS servers for some domains. Zones that are not
    listed are kept, unless O(purge=true).
  - On NSX-V edge gateways, views and listeners are kept.
  - An option that the edge gateway does not support is refused before anything is read, also in check mode.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  zones:
    description:
      - Conditional zones of an NSX-T edge gateway, which use other DNS servers for some domains. The order does not
        matter.
  state:
    description:
      - V(present) sets the given options. V(absent) disables DNS forwarding, and removes all servers and zones.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete conditional zones that are not in O(zones). Requires O(zones).
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(zones) may be empty together with O(purge=true). This deletes all conditional zones.
extends_documentation_fragment:
  - vcloudair.cloud._dns
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._stage
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_dns_info
  - module: vcloudair.cloud.vca_edge_config
"""

EXAMPLES = r"""
- name: Forward DNS queries to two servers
  vcloudair.cloud.vca_dns:
    edge: web-edge
    enabled: true
    servers: [192.0.2.53, 192.0.2.54]

- name: Use other servers for a domain on an NSX-T edge gateway
  vcloudair.cloud.vca_dns:
    edge: new-edge
    enabled: true
    listener_ip: 10.255.255.1
    servers: [192.0.2.53]
    zones:
      - name: corp
        domains: [corp.example]
        servers: [10.9.0.1]

- name: Turn off DNS forwarding
  vcloudair.cloud.vca_dns:
    edge: web-edge
    state: absent
"""

RETURN = r"""
dns:
  description: >-
    The settings and the zones that the task lists, with their values on the server after the task. In check mode, the
    predicted values.
  returned: success
  type: dict
  sample:
    enabled: true
    servers: [192.0.2.53]
    zones: []
staged:
  description: Always V(true). The change was staged and not written yet, because of O(stage=true).
  returned: when staged
  type: bool
  sample: true
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 1 to update
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
  sample: {error: SpecError, field: listener_ip, message: "..."}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._arguments import stage_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import dns_arguments

OPTIONS = dns_arguments()
SETTINGS = [name for name in OPTIONS if name not in ("zones", "allow_empty")]
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    **stage_arguments(),
)


def section(params: Params) -> list[Params]:
    """Return the settings and zones of the task as a list with one spec."""
    if params["state"] == "absent":
        return [{"enabled": False, "servers": [], "zones": [], "allow_empty": True}]
    spec = given(params, [*SETTINGS, "allow_empty"])
    if params["zones"] is not None:
        spec["zones"] = [given(zone, OPTIONS["zones"]["options"]) for zone in params["zones"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the resource kind for the options of the task.

    For ``state: absent``, the result is ``exact``: all servers and zones are removed, and the settings are reset. For
    ``state: present``, the result is ``exact_lists`` if ``purge`` is set, and otherwise ``present``.
    """
    if params["state"] == "absent":
        conflicts = (["purge"] if params["purge"] else []) + list(given(params, OPTIONS))
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
        return "exact"
    if params["zones"] is None and params["purge"]:
        # required_if of Ansible accepts an option that is null.
        refuse("zones", "is required with purge")
    return "exact_lists" if params["purge"] else "present"


JOB = Job("ans.dns", specs=section, state=state, show=lambda dns, params: {"dns": dns})


MODULE = Module(JOB, ARGUMENTS, required_if=[("purge", True, ["zones"])])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
