# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Which edge gateway."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the edge."""

    DOCUMENTATION = r"""
options:
  edge:
    description:
      - Edge gateway, by name or UUID. If not given, E(VCA_EDGE) is used.
    type: str
    aliases: [gateway, gateway_name]
  edge_api:
    description:
      - Wire form of the edge API. If not given, E(VCA_EDGE_API) is used, else O(service_type) decides.
    type: str
    choices: [auto, hybridity, network_xml, network_json]
"""
