#!/usr/bin/python
# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Manage an application profile of an edge gateway or VDC group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vca_application_profile
short_description: Manage an application profile of an edge gateway or VDC group
version_added: "0.1.0"
description:
  - Creates, updates or deletes an application profile. Application profiles are named protocols and ports that are
    services of firewall and NAT rules.
  - On NSX-V, an application profile is an application with one protocol.
  - The VDC of the edge gateway owns the profile, so all edge gateways of the VDC can use it. If a VDC group owns the
    edge gateway, the group owns the profile.
  - Before an application profile is deleted, the module searches the rules that can use it. If a rule uses the
    application profile, the task fails and the message lists the rules with their edge gateways. With O(force=true),
    the references are removed first.
  - Other application profiles are never changed.
author:
  - The vcloudair-core authors (@vcloudair-core)
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group that owns the application profile. If neither O(vdc_group) nor O(edge) is
        set, and E(VCA_EDGE) is not set either, the value of E(VCA_VDC_GROUP) is used.
      - Cannot be combined with O(edge).
    type: str
  state:
    description:
      - Whether the application profile must exist. V(present) creates or updates the application profile. V(absent)
        deletes the application profile.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - vcloudair.cloud._application_profile
  - vcloudair.cloud._vca
  - vcloudair.cloud._edge
  - vcloudair.cloud._attributes
  - vcloudair.cloud._attributes.writes
seealso:
  - module: vcloudair.cloud.vca_application_profile_info
  - module: vcloudair.cloud.vca_firewall_rule
"""

EXAMPLES = r"""
- name: Create or change an application profile
  vcloudair.cloud.vca_application_profile:
    edge: web-edge
    name: web app
    services:
      - {protocol: tcp, port: [80, 443, 8000-8010]}
      - {protocol: udp, port: [443]}

- name: Delete an application profile that no rule uses
  vcloudair.cloud.vca_application_profile:
    edge: web-edge
    name: web app
    state: absent

- name: Delete an application profile, and remove it from all rules first
  vcloudair.cloud.vca_application_profile:
    edge: web-edge
    name: web app
    state: absent
    force: true
"""

RETURN = r"""
application_profile:
  description: >-
    The application profile on the server after the task. In check mode, the predicted application profile. V(null) if
    the application profile is absent.
  returned: success
  type: dict
  sample: {name: web app, services: [{protocol: tcp, port: ['443']}]}
plan:
  description: Summary of the changes, in one line. With O(force=true), it includes the changed and deleted rules.
  returned: success
  type: str
  sample: 1 to create
api_calls:
  description: Number of HTTP requests that the task sent, including the sign-in.
  returned: success
  type: int
  sample: 5
written:
  description: >-
    Whether the task wrote a change before it failed. V(unknown) means that the response to a write was lost. To see the
    current state, run the task again in check mode.
  returned: failure
  type: raw
  sample: false
error:
  description: >-
    Details of the error, for use in conditions. The keys depend on the type of error. If rules use the application
    profile to delete, C(uses) lists the rules.
  returned: failure
  type: dict
  sample: {error: ObjectInUseError, uses: [{owner: edge gateway web-edge, section: firewall, rule: web in}]}
"""

from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Job, Module, given
from ansible_collections.vcloudair.cloud.plugins.module_utils._section_arguments import application_profile_arguments

OPTIONS = application_profile_arguments()
ARGUMENTS = dict(
    OPTIONS,
    vdc_group={"type": "str"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)

JOB = Job(
    "ans.application_profile",
    specs=lambda params: [given(params, OPTIONS)],
    show=lambda shown, params: {"application_profile": shown[0] if shown else None},
    target=lambda params: given(params, ("edge", "vdc", "vdc_group")),
)


MODULE = Module(JOB, ARGUMENTS, mutually_exclusive=[("edge", "vdc_group")])


def main() -> None:
    """Run the module."""
    MODULE.run()


if __name__ == "__main__":
    main()
