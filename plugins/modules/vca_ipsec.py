#!/usr/bin/python
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
  - vcloudair.cloud._ipsec
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
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

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, Params, Result, given, refuse
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import IPSEC_EXCLUSIVE, ipsec_arguments

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
    """The one spec of the kind."""
    wanted = given(params, (*SETTINGS, "allow_empty"))
    if params["tunnels"] is not None:
        wanted["tunnels"] = [given(tunnel, OPTIONS["tunnels"]["options"]) for tunnel in params["tunnels"]]
    return [wanted]


def state(params: Params) -> str:
    """present, absent or exact_lists."""
    if params["state"] == "absent":
        # Nobody can have meant it: what is taken out is listed, and the service is turned off, not taken out.
        settings = [name for name in given(params, SETTINGS) if name != "update_psk"]
        beside = (["purge"] if params["purge"] else []) + settings
        if beside:
            refuse(beside[0], "cannot be given together with state absent")
    if params["tunnels"] is None and (params["purge"] or params["state"] == "absent"):
        # Ansible takes an option that is null for one that is given.
        refuse("tunnels", f"is required together with {'purge' if params['purge'] else 'state absent'}")
    return "exact_lists" if params["purge"] else params["state"]


def wait(client: Client, params: Params, result: Result) -> Result:
    """The status of the tunnels, once they are up."""
    if not params["wait_for_up"] or params["state"] == "absent":
        return {}
    target = {"edge": params["edge"], "vdc": params["vdc"]}
    tunnels = result["ipsec"]["tunnels"] or client.read("ans.ipsec_tunnel", given(params, target))
    found = client.edges.wait_for_tunnels(tunnels, timeout_s=params["wait_timeout"], **target)
    return {"status": {tunnel["name"]: tunnel["status"] for tunnel in found}}


JOB = Job("ans.ipsec", specs=section, state=state, show=lambda ipsec, params: {"ipsec": ipsec}, more=wait)


MODULE = Module(
    JOB,
    ARGUMENTS,
    mutually_exclusive=IPSEC_EXCLUSIVE,
    required_if=[("purge", True, ["tunnels"]), ("state", "absent", ["tunnels"])],
)


def main() -> None:
    """Entry point."""
    MODULE.run()


if __name__ == "__main__":
    main()
