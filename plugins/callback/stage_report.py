# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Tells at the end of a run what it staged and did not commit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stage_report
type: notification
short_description: Tells what was staged and not committed
version_added: "0.1.0"
description:
  - At the end of a run, warns of every stage of this run that M(vcloudair.cloud.vca_edge_commit) did not write.
  - Stages on other hosts, made by tasks that were delegated there, are not seen.
author:
  - The vcloudair-core authors (@vcloudair-core)
requirements:
  - vcloudair-core on the controller
  - Listed in C(callbacks_enabled).
"""

import os

from ansible.plugins.callback import CallbackBase
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id

try:
    import vcloudair_core
except ImportError:
    vcloudair_core = None


class CallbackModule(CallbackBase):
    """Looks for stages of this run when it ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vcloudair.cloud.stage_report"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats):
        """The run is over."""
        if vcloudair_core is None:
            return
        name = run_id(os.getpid())
        for stage in vcloudair_core.waiting_stages():
            if stage["stage_id"] != name:
                continue
            for section in stage["sections"]:
                self._display.warning(
                    "%d changes of %s (%s) were staged and not committed; nothing of them was written. Use "
                    "vcloudair.cloud.vca_edge_commit in the play, or drop them: vca edge discard %s"
                    % (section["waiting"], section["target"], section["section"], name)
                )
