#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Read the firewall of an edge gateway."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_firewall_info
short_description: Read the firewall of an edge gateway
version_added: "0.1.0"
description:
  - Returns the settings and rules of the firewall of an edge gateway.
  - You can pass RV(firewall.rules) to M(vcloudair.cloud.vca_firewall) without changes.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  hits:
    description:
      - Whether to also return the counters of the user-defined rules. The module then sends one more request for each
        rule.
      - Supported only for NSX-V edge gateways.
    type: bool
    default: false
extends_documentation_fragment:
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.reads
seealso:
  - module: vcloudair.cloud.vca_firewall
"""

EXAMPLES = r"""
- name: Read the firewall of an edge gateway
  vcloudair.cloud.vca_firewall_info:
    edge: web-edge
  register: live

- name: Copy the rules to another edge gateway
  vcloudair.cloud.vca_firewall:
    edge: standby-edge
    purge: true
    rules: "{{ live.firewall.rules }}"

- name: Find the rules that never matched
  vcloudair.cloud.vca_firewall_info:
    edge: web-edge
    hits: true
  register: counted

- name: Show the rules that never matched
  ansible.builtin.debug:
    var: counted.unused_rules
"""

RETURN = r"""
firewall:
  description: Settings, user-defined rules and rules that the server created.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether the firewall is enabled.
      type: bool
      returned: success
    default_action:
      description: Action for traffic that matches no rule.
      type: str
      returned: success
    default_logging:
      description: Whether traffic that matches no rule is logged.
      type: bool
      returned: success
    global_settings:
      description: Timeouts, in seconds, and packet checks of the firewall.
      type: dict
      returned: success
    rules:
      description: User-defined rules, in order. The list can be empty.
      type: list
      elements: dict
      returned: success
      sample: [{name: web in, rule_id: "131080", action: accept, source: [external]}]
    internal_rules:
      description: Rules that the server created, which users cannot change.
      type: list
      elements: dict
      returned: success
    version:
      description: Version number of the configuration, which the server increases with each change.
      type: int
      returned: success
hits:
  description: >-
    Counters of the user-defined rules, in order. The list is empty without O(hits=true). The counters and C(is_unused)
    of a rule are V(null) if the rule was deleted while the module was running. C(timestamp) is in seconds since 1970.
  returned: success
  type: list
  elements: dict
  sample:
    - rule_id: "131080"
      name: web in
      enabled: true
      connections: 4711
      packets: 65954
      bytes: 20577648
      timestamp: 1448532000
      is_unused: false
unused_rules:
  description: >-
    Names of the rules that never matched, in order. The list is empty without O(hits=true). A rule without a name is
    shown by its ID.
  returned: success
  type: list
  elements: str
  sample: [old partner]
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
  sample: 3
error:
  description: Details of the error, for use in conditions. The keys depend on the type of error.
  returned: failure
  type: dict
  sample: {error: NotFoundError, message: "Edge gateway not found: 'web-edge'."}
"""

from typing import TYPE_CHECKING

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Module, Params, Result, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._targets import edge_of

if TYPE_CHECKING:
    from vcloudair_core import Client

ARGUMENTS = {"hits": {"type": "bool", "default": False}}


def read(client: Client, params: Params, check_mode: bool, diff_mode: bool) -> Result:
    """Return the firewall and, if ``hits`` is set, the counters of its rules."""
    target = given(params, ("edge", "vdc"))
    # Counters first: a backend without counters is refused before the firewall is read.
    hits = client.edges.firewall_hits(params["edge"], params["vdc"]) if params["hits"] else []
    unused = [row["name"] or row["rule_id"] for row in hits if row["is_unused"]]
    firewall = client.read("ans.firewall", target)
    return {"changed": False, "firewall": firewall, "hits": hits, "unused_rules": unused, **edge_of(client, target)}


MODULE = Module(read, ARGUMENTS)


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
