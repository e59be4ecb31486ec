# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The action of vca_nat_rule: it knows the stage of this run."""

from __future__ import annotations

from ansible_collections.vcloudair.cloud.plugins.plugin_utils.stage_action import StageAction


class ActionModule(StageAction):
    """Runs the module with the stage of this run."""
