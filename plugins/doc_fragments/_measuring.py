# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Which machines are measured, and when."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of measuring."""

    DOCUMENTATION = r"""
options:
  names:
    description:
      - Names or UUIDs of machines. By default all of them, those of templates excepted. If O(vdc) or E(VCA_VDC) is set,
        only those of that VDC.
    type: list
    elements: str
    default: []
    aliases: [vms]
  where:
    description:
      - Conditions on machines, as in M(vcloudair.cloud.vca_query_info).
    type: dict
    default: {}
  start:
    description:
      - From when, so long ago by the server's clock, such as V(90m), V(24h) or V(14d), or an ISO 8601 time.
    type: str
    default: 1h
  end:
    description:
      - To when, in the same way. By default now.
    type: str
  source:
    description:
      - The API to ask. V(vca) is that of vCloud Air subscriptions (the last 24 hours, a sample a minute),
        V(vcd-historic) that of vCloud Director (14 days, a sample in five minutes), V(vcd-current) its values of now.
      - V(auto) takes V(vca) for O(service_type=vchs), else V(vcd-historic).
    type: str
    choices: [auto, vca, vcd-historic, vcd-current]
    default: auto
"""
