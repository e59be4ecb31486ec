#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage the IPsec VPN service of an edge gateway and its tunnels in one write."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_ipsec
short_description: Manage the IPsec VPN of an edge gateway in one write
version_added: "0.1.0"
description:
  - Creates, updates and deletes IPsec tunnels of an edge gateway, and changes the settings of the IPsec VPN service.
  - The task takes one read and at most one write, for any number of tunnels. On NSX-T edge gateways, each tunnel is
    read, and each changed tunnel is one write. If its algorithms or lifetimes change, one more write is needed.
  - On NSX-T edge gateways, the service cannot be disabled and has no settings. An option that the edge gateway does not
    support is refused before anything is read, also in check mode.
  - Tunnels that are not listed are kept with their keys, unless O(purge=true).
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  tunnels:
    description:
      - IPsec tunnels. The order does not matter. Each entry must identify a different tunnel.
      - Fields that are not set keep their current values, or with O(purge=true) get their default values. In a new
        tunnel they get their default values.
  state:
    description:
      - V(present) creates or updates the listed tunnels. V(absent) deletes the listed tunnels.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Whether to delete user-defined tunnels that are not in O(tunnels). Requires O(tunnels).
      - Fields of a listed tunnel that are not set, such as C(enabled) and C(description), are reset to their default
        values. Keys, certificates, the MTU, the options of newer edge gateways and the settings of the service are kept
        if they are not set. On NSX-T edge gateways, a tunnel without algorithms and lifetimes gets the default profile.
      - With V(false), fields that are not set keep their current values.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether O(tunnels) may be empty together with O(purge=true). This deletes all user-defined tunnels.
      - Without O(allow_empty=true), such a task fails, because an empty list is often an error in a template.
  wait_for_up:
    description:
      - Wait until the edge gateway reports that the listed tunnels are up. If O(tunnels) is not set, wait for all
        tunnels. Disabled tunnels are ignored.
      - The task fails if the tunnels are not up within O(wait_timeout). Its changes are kept.
      - Ignored in check mode and with O(state=absent).
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time to wait, in seconds.
    type: float
    default: 120
extends_documentation_fragment:
  - vcloudair.cloud._ipsec
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_ipsec_tunnel
    description: Manages one tunnel.
  - module: vcloudair.cloud.vca_ipsec_info
"""

EXAMPLES = r"""
- name: Enable the IPsec VPN, replace all tunnels, and wait until they are up
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
  description: >-
    The settings and tunnels that the task lists, with their values on the server after the task. In check mode, the
    predicted values.
  returned: success
  type: dict
  sample: {enabled: true, logging: true, log_level: warning, tunnels: [{name: branch, site_id: ipsecsite-1}]}
status:
  description: Status of each tunnel that the task waited for, by the name of the tunnel.
  returned: when O(wait_for_up=true)
  type: dict
  sample: {branch: up, depot: up}
edge:
  description: >-
    The edge gateway, with the keys that M(vcloudair.cloud.vca_edge_info) returns.
  returned: success
  type: dict
  sample: {name: web-edge, id: 4b5dd4ac-7b8c-5300-99b4-70d76b4ed6e4, backend: nsxv}
plan:
  description: Summary of the changes, in one line.
  returned: success
  type: str
  sample: 2 to create, 1 to update
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 6
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
  sample: {error: SpecError, field: "tunnels[1].peer_id", message: "..."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import IPSEC_EXCLUSIVE, ipsec_arguments
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

OPTIONS = ipsec_arguments()
SETTINGS = tuple(name for name in OPTIONS if name not in ("tunnels", "allow_empty"))
ARGUMENTS = dict(
    OPTIONS,
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    purge={"type": "bool", "default": False},
    wait_for_up={"type": "bool", "default": False},
    wait_timeout={"type": "float", "default": 120},
)


def section(params: Params) -> list[Params]:
    """Return the IPsec settings and tunnels of the task as a list with one spec."""
    spec = given(params, (*SETTINGS, "allow_empty"))
    if params["tunnels"] is not None:
        spec["tunnels"] = [given(tunnel, OPTIONS["tunnels"]["options"]) for tunnel in params["tunnels"]]
    return [spec]


def state(params: Params) -> str:
    """Return the state of the task, or ``exact_lists`` if ``purge`` is set."""
    if params["state"] == "absent":
        # Only listed tunnels are deleted. The service can be disabled, but not deleted.
        settings = [name for name in given(params, SETTINGS) if name != "update_psk"]
        conflicts = (["purge"] if params["purge"] else []) + settings
        if conflicts:
            refuse(conflicts[0], "cannot be combined with state absent")
    if params["tunnels"] is None and (params["purge"] or params["state"] == "absent"):
        # required_if of Ansible accepts an option that is null.
        refuse("tunnels", f"is required with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


def wait(client: Client, params: Params, result: Result) -> Result:
    """Wait until the tunnels are up and return their status."""
    if not params["wait_for_up"] or params["state"] == "absent":
        return {}
    target = {"edge": params["edge"], "vdc": params["vdc"]}
    tunnels = result["ipsec"]["tunnels"] or client.read("ans.ipsec_tunnel", given(params, target))
    statuses = client.edges.wait_for_tunnels(tunnels, timeout_s=params["wait_timeout"], **target)
    return {"status": {tunnel["name"]: tunnel["status"] for tunnel in statuses}}


JOB = Job(
    "ans.ipsec", specs=section, state=state, show=lambda ipsec, params: {"ipsec": ipsec}, more=wait, about=edge_of
)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=IPSEC_EXCLUSIVE,
    required_if=[("purge", True, ["tunnels"]), ("state", "absent", ["tunnels"])],
)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
