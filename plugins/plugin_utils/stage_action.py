# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a module as it is, and names the stage after the run of Ansible unless the task names one. Private."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id


class StageAction(ActionBase):
    """What the actions of modules with a stage share."""

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """The module's result."""
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if not arguments.get("stage_id"):
            # A task runs in a worker, whose parent is the run itself.
            arguments["stage_id"] = run_id(os.getppid())
        result.update(
            self._execute_module(
                module_name=self._task.resolved_action or self._task.action,
                module_args=arguments,
                task_vars=task_vars,
                wrap_async=self._task.async_val,
            )
        )
        return result
