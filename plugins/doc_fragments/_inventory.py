# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Options that all inventory plugins have."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that select hosts and set how errors are handled."""

    DOCUMENTATION = r"""
options:
  vdcs:
    description:
      - Names or UUIDs of the VDCs to read. The default is O(vdc) if it is set, or all VDCs otherwise.
    type: list
    elements: str
    default: []
  include:
    description:
      - Jinja2 conditions on the variables of a host. If set, only hosts that meet at least one condition are added.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Jinja2 conditions on the variables of a host. Hosts that meet at least one condition are not added.
    type: list
    elements: str
    default: []
  hostvars_prefix:
    description: Prefix of the host variables.
    type: str
    default: vca_
  strict:
    description:
      - If V(true), the plugin fails if a source or VDC cannot be read or an expression is not valid. If V(false), the
        plugin shows a warning and adds the other hosts.
notes:
  - If a source or VDC could not be read, the result is not cached.
"""
