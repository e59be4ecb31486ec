# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Warn at the end of a run about staged changes that were not written."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stage_report
type: notification
short_description: Warn about uncommitted staged changes at the end of a run
version_added: "0.1.0"
description:
  - Warns at the end of a run if M(vcloudair.cloud.vca_edge_commit) did not write all staged changes of the run.
  - Without this callback, the modules show the same warning when Ansible exits. With it, the warning is part of the
    output of the run, so that tools that collect the output of callbacks see it. The warning is shown only once.
  - Stages on other hosts, from tasks that were delegated to them, are not checked.
author:
  - The vcloudair-core authors (@vcloudair-core)
requirements:
  - vcloudair-core on the controller
  - The callback must be listed in C(callbacks_enabled).
"""

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import stage_notice


class CallbackModule(CallbackBase):
    """Callback that warns about uncommitted staged changes."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vcloudair.cloud.stage_report"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Show the warning at the end of the run."""
        stage_notice.warn(self._display)
