# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Base class of the action plugins. Private to this collection.

If possible, the plugins run modules in the controller process, which is faster than a module process and has the same
result. Each module has a file in ``plugins/action``. A single action plugin with redirects in ``meta/runtime.yml``
would be shorter, but would apply the ``module_defaults`` of one module to all modules.
"""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import JOB_ID, RUN_ID, Module, library_problem
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import in_controller, interpreter, stage_notice
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id

_TARGETS = ("edge", "vdc_group")
"""Options of group modules that exclude each other."""

SWITCH = "vca_in_controller"
"""Variable that turns off running modules in the controller process.

The environment variable has the same name in capitals.
"""

stage_notice.warn_at_end()


class ModuleAction(ActionBase):
    """Action plugin for a module. ``module`` is the declaration of the module."""

    module: Module

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module in the controller or as a module process, and return its result."""
        # A worker inherits all objects of Ansible. Without this call, each garbage collection visits them again and
        # copies their memory, which the worker shares with its parent until then.
        gc.freeze()
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        name = self._task.resolved_action or self._task.action
        reason = self._process_reason(task_vars)
        if reason:
            self._display.vvv(f"{name} runs as a module process: {reason}")
            result.update(
                self._execute_module(
                    module_name=name,
                    module_args=self._arguments(task_vars),
                    task_vars=task_vars,
                    wrap_async=self._task.async_val,
                )
            )
        else:
            self._display.vvv(f"{name} runs in the controller")
            result.update(self._run_in_controller(name, task_vars))
        return result

    def _arguments(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        arguments = self._without_default_target(self._task.args)
        if "stage_id" in self.module.argument_spec and not arguments.get("stage_id"):
            # A task runs in a worker process. Its parent is the main process of the run.
            arguments["stage_id"] = run_id(os.getppid())
        arguments[RUN_ID] = run_id(os.getppid())
        # AWX passes the ID of a job as an extra variable, under the new and the old name of the product.
        job = task_vars.get("awx_job_id") or task_vars.get("tower_job_id")
        if job:
            arguments[JOB_ID] = str(job)
        return arguments

    def _without_default_target(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments without a default that conflicts with the task.

        If ``module_defaults`` sets ``edge`` and the task sets ``vdc_group``, ``edge`` is removed, and vice versa.
        """
        declared = self.module.argument_spec
        if not all(name in declared for name in _TARGETS):
            return dict(arguments)
        set_by = {
            name: [key for key in (name, *declared[name].get("aliases", ())) if arguments.get(key)] for name in _TARGETS
        }
        defaults = self._defaults()
        from_defaults = {
            name: bool(keys) and all(self._is_default(defaults, key, arguments[key]) for key in keys)
            for name, keys in set_by.items()
        }
        dropped: set[str] = set()
        if all(set_by.values()) and len(set(from_defaults.values())) > 1:
            dropped = {key for name in _TARGETS if from_defaults[name] for key in set_by[name]}
        return {key: value for key, value in arguments.items() if key not in dropped}

    def _defaults(self) -> list[Mapping[str, Any]]:
        """Return the ``module_defaults`` of the module and of action groups."""
        module_defaults = self._task.module_defaults or []
        entries = module_defaults if isinstance(module_defaults, list) else [module_defaults]
        names = {self._task.resolved_action, self._task.action}
        return [
            options
            for entry in entries
            for name, options in entry.items()
            if isinstance(options, Mapping) and (name in names or str(name).startswith("group/"))
        ]

    def _is_default(self, defaults: list[Mapping[str, Any]], key: str, value: Any) -> bool:
        values = [self._templar.template(options[key]) for options in defaults if key in options]
        return str(value) in map(str, values)

    def _run_in_controller(self, name: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        arguments = in_controller.arguments_of(self, name, self._arguments(task_vars), task_vars)
        try:
            output, errors = in_controller.run(self.module, arguments)
        except Exception as exc:  # noqa: BLE001 - an error in a module is a failed result, as with a process
            # Older versions of Ansible show neither the cause nor the traceback of an exception.
            reason = f"{type(exc).__name__}: {exc}"
            return {"failed": True, "msg": f"{name} crashed. {reason}", "exception": traceback.format_exc()}
        return in_controller.parsed(self, output, errors)

    def _process_reason(self, task_vars: Mapping[str, Any]) -> str:
        """Return the reason why the task needs a module process.

        Returns an empty string if the task can run in the controller.
        """
        host_vars = task_vars
        if self._task.delegate_to:
            host_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}"
        if self._task.async_val:
            return "the task is asynchronous"
        if self._connection.become or self._play_context.become:
            return "the task uses become"
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        if environment:
            return "the task sets environment variables"
        if not self._is_enabled(task_vars):
            return f"{SWITCH} is false"
        python = self._templar.template(constants.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars))
        if not interpreter.is_current(python):
            return f"the task requires the interpreter {python}"
        missing = library_problem()
        if missing:
            return str(missing["msg"])
        problem = in_controller.problem(self)
        return f"this version of ansible-core is not supported ({problem})" if problem else ""

    def _is_enabled(self, task_vars: Mapping[str, Any]) -> bool:
        variable = task_vars.get(SWITCH)
        value = self._templar.template(variable) if variable is not None else os.environ.get(SWITCH.upper())
        if value in (None, ""):
            return True
        try:
            return boolean(value)
        except TypeError:
            raise AnsibleActionFail(f"{SWITCH} must be true or false, not {value!r}.") from None
