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
      - API of all edge gateways, in place of the one that each of them has. If not given, E(VCA_EDGE_API) is used.
    type: str
    choices: [auto, hybridity, network_xml, network_json]
  firewall_lint:
    description:
      - What becomes of a change to a firewall rule that never applies because of one before it, says the same as
        another one, or lets everything in from anywhere. V(veto) refuses it, before anything is written.
      - If not given, E(VCA_FIREWALL_LINT) is used, else V(warn).
    type: str
    choices: ["off", warn, veto]
  lock:
    description:
      - Let one process of this user and host at a time write to an edge gateway. Others wait.
      - If not given, E(VCA_LOCK) is used, else V(true).
    type: bool
  lock_timeout:
    description:
      - Seconds to wait for another process of this host. If not given, E(VCA_LOCK_TIMEOUT) is used, else 600.
    type: float
  state_dir:
    description:
      - Folder of locks and stages on the host that the task runs on. If not given, E(VCA_STATE_DIR) is used, else a
        folder of the user.
    type: path
"""
