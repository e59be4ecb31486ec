# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Module attributes, such as support for check mode."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment for module attributes, such as support for check mode."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  diff_mode:
    description: >-
      Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: >-
      When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  facts:
    description: Action returns an C(ansible_facts) dictionary that updates existing host facts.
    support: none
  action_group:
    description: Use C(group/vcloudair.cloud.vca) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - vcloudair.cloud.vca
"""

    WRITES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    FACTS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module only reads data.
  diff_mode:
    support: N/A
    details:
      - The module only reads data.
  idempotent:
    support: full
    details:
      - The module only reads data.
  facts:
    support: full
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module only reads data.
  diff_mode:
    support: N/A
    details:
      - The module only reads data.
  idempotent:
    support: full
    details:
      - The module only reads data.
"""
