# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""What the inventory plugins have in common besides the connection."""

from __future__ import annotations


class ModuleDocFragment:
    """Which of what there is becomes a host, and what happens when not all of it can be read."""

    DOCUMENTATION = r"""
options:
  vdcs:
    description:
      - Names or UUIDs of the only VDCs to look at. By default the VDC of the connection if one is set, else all.
    type: list
    elements: str
    default: []
  include:
    description:
      - Jinja2 conditions on the variables of a host. If there are any, hosts that meet none of them are left out.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Jinja2 conditions on the variables of a host. Hosts that meet one of them are left out.
    type: list
    elements: str
    default: []
  hostvars_prefix:
    description: What the names of variables begin with.
    type: str
    default: vca_
  strict:
    description:
      - Fail for a source or VDC that cannot be read, and for an expression that is not valid. Otherwise there is a
        warning, and the hosts of the others.
notes:
  - A result that misses a source or VDC is not put into the cache.
"""
