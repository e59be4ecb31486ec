# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The action in front of every module: it runs it in the controller where that comes to the same, and is much faster.

Private to this collection. Each module has a file in ``plugins/action`` that names it. One file for all of them, with
redirects in ``meta/runtime.yml``, would be shorter, but then ``module_defaults`` of one module reach every other.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import RUN_ID, Module, library_problem
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import in_controller, interpreter, stage_notice
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id

SWITCH = "vca_in_controller"
"""The variable that turns it off; the environment has it in capitals."""

stage_notice.warn_at_end()


class ModuleAction(ActionBase):
    """What the actions of all modules are. ``module`` is the Module of theirs."""

    module: Module

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        name = self._task.resolved_action or self._task.action
        reason = self._reason_to_hand_over(task_vars)
        if reason:
            self._display.vvv(f"{name} is run as a module: {reason}")
            result.update(
                self._execute_module(
                    module_name=name,
                    module_args=self._arguments(),
                    task_vars=task_vars,
                    wrap_async=self._task.async_val,
                )
            )
        else:
            self._display.vvv(f"{name} is run in the controller")
            result.update(self._run_here(name, task_vars))
        return result

    def _arguments(self) -> dict[str, Any]:
        arguments = dict(self._task.args)
        if "stage_id" in self.module.argument_spec and not arguments.get("stage_id"):
            # A task runs in a worker, whose parent is the run itself.
            arguments["stage_id"] = run_id(os.getppid())
        arguments[RUN_ID] = run_id(os.getppid())
        return arguments

    def _run_here(self, name: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        arguments = in_controller.arguments_of(self, name, self._arguments(), task_vars)
        try:
            output, errors = in_controller.run(self.module, arguments)
        except Exception as exc:  # noqa: BLE001 - a fault of the module is a result, as that of its process is
            # Older versions of Ansible show neither the cause of an exception nor where it was raised.
            reason = f"{type(exc).__name__}: {exc}"
            return {"failed": True, "msg": f"{name} crashed. {reason}", "exception": traceback.format_exc()}
        return in_controller.parsed(self, output, errors)

    def _reason_to_hand_over(self, task_vars: Mapping[str, Any]) -> str:
        """Why this task needs a process of its own, or an empty string."""
        host_vars = task_vars
        if self._task.delegate_to:
            host_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}"
        if self._task.async_val:
            return "it is asynchronous"
        if self._connection.become or self._play_context.become:
            return "it becomes another user"
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        if environment:
            return "it has an environment of its own"
        if not self._is_wanted_here(task_vars):
            return f"{SWITCH} is false"
        asked = self._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars))
        if not interpreter.is_ours(asked):
            return f"it asks for {asked}"
        missing = library_problem()
        if missing:
            return str(missing["msg"])
        problem = in_controller.problem(self)
        return f"this ansible-core is not known here ({problem})" if problem else ""

    def _is_wanted_here(self, task_vars: Mapping[str, Any]) -> bool:
        given = task_vars.get(SWITCH)
        value = self._templar.template(given) if given is not None else os.environ.get(SWITCH.upper())
        if value in (None, ""):
            return True
        try:
            return boolean(value)
        except TypeError:
            raise AnsibleActionFail(f"{SWITCH} is {value!r}, which is neither true nor false.") from None
