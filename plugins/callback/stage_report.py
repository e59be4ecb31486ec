# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Warn at the end of a run about what it staged and did not commit."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stage_report
type: notification
short_description: Warns of staged changes at the end of a run
version_added: "0.1.0"
description:
  - Warns at the end of a run of its staged changes that M(vcloudair.cloud.vca_edge_commit) did not write.
  - The modules give the same warning when Ansible ends, so a project need not enable this callback. With it, the
    warning is part of the run, for tools that collect what callbacks print. It is given once in either case.
  - Stages on other hosts, made by tasks that were delegated there, are not seen.
author:
  - The vcloudair-core authors (@vcloudair-core)
requirements:
  - vcloudair-core on the controller
  - Listed in C(callbacks_enabled).
"""

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import stage_notice


class CallbackModule(CallbackBase):
    """Looks for stages of this run when it ends."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "vcloudair.cloud.stage_report"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run is over."""
        stage_notice.warn(self._display)
