# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Run vca_lb_application_rule in the controller process if possible."""

from __future__ import annotations

from ansible_collections.vcloudair.cloud.plugins.modules import vca_lb_application_rule
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.module_action import ModuleAction


class ActionModule(ModuleAction):
    """Action plugin of vca_lb_application_rule."""

    module = vca_lb_application_rule.MODULE
