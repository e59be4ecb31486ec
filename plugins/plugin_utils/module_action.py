# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""The action in front of every module: it runs it in the controller where that comes to the same, and is much faster.

Private to this collection. Each module has a file in ``plugins/action`` that names it. One file for all of them, with
redirects in ``meta/runtime.yml``, would be shorter, but then ``module_defaults`` of one module reach every other.
"""

from __future__ import annotations

import os
import traceback

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import RUN_ID, library_problem
from ansible_collections.vcloudair.cloud.plugins.plugin_utils import in_controller, interpreter, stage_notice
from ansible_collections.vcloudair.cloud.plugins.plugin_utils.run_id import run_id

SWITCH = "vca_in_controller"
"""The variable that turns it off; the environment has it in capitals."""

stage_notice.warn_at_end()


class ModuleAction(ActionBase):
    """What the actions of all modules are. ``module`` is the Module of theirs."""

    module = None

    _supports_check_mode = True
    _supports_async = True
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        """The module's result."""
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        name = self._task.resolved_action or self._task.action
        reason = self._reason_to_hand_over(task_vars)
        if reason:
            self._display.vvv("%s is run as a module: %s" % (name, reason))
            result.update(
                self._execute_module(
                    module_name=name,
                    module_args=self._arguments(),
                    task_vars=task_vars,
                    wrap_async=self._task.async_val,
                )
            )
        else:
            self._display.vvv("%s is run in the controller" % name)
            result.update(self._run_here(name, task_vars))
        return result

    def _arguments(self):
        arguments = dict(self._task.args)
        if "stage_id" in self.module.argument_spec and not arguments.get("stage_id"):
            # A task runs in a worker, whose parent is the run itself.
            arguments["stage_id"] = run_id(os.getppid())
        arguments[RUN_ID] = run_id(os.getppid())
        return arguments

    def _run_here(self, name, task_vars):
        arguments = in_controller.arguments_of(self, name, self._arguments(), task_vars)
        try:
            output, errors = in_controller.run(self.module, arguments)
        except Exception as exc:  # noqa: BLE001 - a fault of the module is a result, as that of its process is
            # Older versions of Ansible show neither the cause of an exception nor where it was raised.
            reason = "%s: %s" % (type(exc).__name__, exc)
            return dict(failed=True, msg="%s crashed. %s" % (name, reason), exception=traceback.format_exc())
        return in_controller.parsed(self, output, errors)

    def _reason_to_hand_over(self, task_vars):
        """Why this task needs a process of its own, or an empty string."""
        host_vars = task_vars
        if self._task.delegate_to:
            host_vars = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        if self._connection.transport != "local":
            return "the connection is %s" % self._connection.transport
        if self._task.async_val:
            return "it is asynchronous"
        if self._connection.become or self._play_context.become:
            return "it becomes another user"
        environment = {}
        self._compute_environment_string(environment)
        if environment:
            return "it has an environment of its own"
        if not self._is_wanted_here(task_vars):
            return "%s is false" % SWITCH
        asked = self._templar.template(C.config.get_config_value("INTERPRETER_PYTHON", variables=host_vars))
        if not interpreter.is_ours(asked):
            return "it asks for %s" % asked
        problem = library_problem()
        if problem:
            return problem["msg"]
        problem = in_controller.problem(self)
        return "this ansible-core is not known here (%s)" % problem if problem else ""

    def _is_wanted_here(self, task_vars):
        given = task_vars.get(SWITCH)
        value = self._templar.template(given) if given is not None else os.environ.get(SWITCH.upper())
        if value in (None, ""):
            return True
        try:
            return boolean(value)
        except TypeError:
            raise AnsibleActionFail("%s is %r, which is neither true nor false." % (SWITCH, value))
