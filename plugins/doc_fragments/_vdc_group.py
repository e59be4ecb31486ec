# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Options of all modules for VDC groups."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that select a VDC group and control how it is written."""

    DOCUMENTATION = r"""
options:
  vdc_group:
    description:
      - Name, UUID or URN of the VDC group. If not set, the value of E(VCA_VDC_GROUP) is used.
    type: str
  firewall_lint:
    description:
      - How to handle a change to a firewall rule that never applies because of an earlier rule, duplicates another
        rule, or allows all traffic from any source.
      - V(warn) shows a warning. V(reject) rejects the change before the module writes anything. V("off") disables the
        check.
      - If not set, the value of E(VCA_FIREWALL_LINT) is used. The default is V(warn).
    type: str
    choices: ["off", warn, reject]
  lock:
    description:
      - Whether to lock the VDC group and its edge gateways while writing to it, so that other processes of the same
        user on this host wait.
      - If not set, the value of E(VCA_LOCK) is used. The default is V(true).
    type: bool
  lock_timeout:
    description:
      - Maximum time to wait for the lock, in seconds. If not set, the value of E(VCA_LOCK_TIMEOUT) is used. The default
        is 600.
    type: float
  state_dir:
    description:
      - Folder for locks, staged changes and key fingerprints, on the host that runs the module. If not set, the value
        of E(VCA_STATE_DIR) is used. The default is a folder in the user's home directory.
    type: path
"""
