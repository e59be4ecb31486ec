# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The action of vca_resource_info."""

from __future__ import annotations

from ansible_collections.vcloudair.cloud.plugins.modules import vca_resource_info
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.module_action import ModuleAction


class ActionModule(ModuleAction):
    """Runs vca_resource_info in the controller where that comes to the same."""

    module = vca_resource_info.MODULE
