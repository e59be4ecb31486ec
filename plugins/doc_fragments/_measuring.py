# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Options that all metrics modules have."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that select the VMs and the time range to read metrics for."""

    DOCUMENTATION = r"""
options:
  names:
    description:
      - Names or UUIDs of VMs. By default, all VMs except those of templates are selected. If O(vdc) or E(VCA_VDC) is
        set, only VMs of that VDC are selected.
    type: list
    elements: str
    default: []
    aliases: [vms]
  where:
    description:
      - Conditions on attributes of VMs, in the format of O(vcloudair.cloud.vca_query_info#module:where).
    type: dict
    default: {}
  start:
    description:
      - Start of the period. The start is a time before now, such as V(90m), V(24h) or V(14d), or an ISO 8601 time. Both
        refer to the clock of the server.
    type: str
    default: 1h
  end:
    description:
      - End of the period, in the same formats as O(start). The default is now.
    type: str
  source:
    description:
      - Metrics API to use. V(vca) is the API of vCloud Air subscriptions, with one sample per minute for the last
        24 hours. V(vcd-historic) is the API of vCloud Director, with one sample every five minutes for 14 days.
        V(vcd-current) returns the current values from vCloud Director.
      - V(auto) uses V(vca) with O(service_type=vchs), and V(vcd-historic) otherwise.
    type: str
    choices: [auto, vca, vcd-historic, vcd-current]
    default: auto
"""
