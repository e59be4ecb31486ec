# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Run a module in the controller process. Private to this collection.

The code, the options and the printed result are the same as in a module process. Therefore, Ansible validates the
options, masks secrets and formats the result in the same way.

Ansible imports this file once per run, before it forks a worker for each task. The library is loaded at this time, so
the workers do not have to load it.

This file has all code that depends on private parts of ansible-core, which differ between versions. :func:`problem`
tests these parts with a trial module. If the test fails, tasks run as module processes.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import mmap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ansible.module_utils import basic
from ansible.module_utils.common import json as common_json
from ansible.module_utils.common import warnings as common_warnings
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import AnsibleModule, library_problem

if TYPE_CHECKING:
    from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import Connect

    from vcloudair_core import App


class _Runnable(Protocol):
    """A module that :func:`run` can run: a Module, or the trial module."""

    def run(self, connect: Connect | None = None) -> None:
        """Run the module."""


PROFILE = "legacy"
"""Serialization profile of module arguments and results.

Profiles exist in ansible-core 2.19 and newer. Older versions always use this format.
"""

_TRIAL = {"changed": False, "text": "a text", "numbers": [1, 2]}


def _prepared_app() -> App | None:
    """Return an App with its plugins loaded, or None if an error occurs.

    If the result is None, each task creates an App and reports the error.
    """
    if library_problem():
        return None
    try:
        import vcloudair_core

        return vcloudair_core.preload()
    except Exception:  # noqa: BLE001 - a required plugin is broken, or a package is missing
        return None


APP = _prepared_app()

_PASSED = mmap.mmap(-1, 1)
"""Memory that all workers share: 1 after the trial module has passed in a worker.

All workers of a run use the same ansible-core, so one trial is enough.
"""


def _import_serialization() -> None:
    """Import the serialization code of Ansible before it forks the workers."""
    with contextlib.suppress(Exception):  # another version, which imports its code in the workers
        for direction in (common_json.Direction.CONTROLLER_TO_MODULE, common_json.Direction.MODULE_TO_CONTROLLER):
            common_json.get_module_encoder(PROFILE, direction)
            common_json.get_module_decoder(PROFILE, direction)


_import_serialization()


def arguments_of(action: Any, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a module and the arguments that Ansible adds.

    Ansible adds, for example, the argument for check mode.
    """
    arguments = dict(arguments)
    action._update_module_args(name, arguments, task_vars)
    return arguments


def run(module: _Runnable, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Run a module and return its standard output and standard error as text.

    Exceptions of the module are not caught.
    """
    output, errors = io.StringIO(), io.StringIO()
    redirected = (contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors))
    with _as_arguments(arguments), redirected[0], redirected[1], contextlib.suppress(SystemExit):
        module.run(connect=APP.client if APP is not None else None)
    return output.getvalue(), errors.getvalue()


def parsed(action: Any, output: str, errors: str) -> dict[str, Any]:
    """Parse the output of a module, and return the result of the action."""
    streams = {"stdout": output, "stderr": errors, "rc": 0}
    has_profiles = "profile" in inspect.signature(action._parse_returned_data).parameters
    result = action._parse_returned_data(streams, *[PROFILE] if has_profiles else [])
    if not isinstance(result, dict):  # ansible-core 2.21 or newer
        result.remove_internal_keys()
        return result.as_result_dict(for_round_trip=True)
    from ansible.vars.clean import remove_internal_keys

    remove_internal_keys(result)
    return result


def problem(action: Any) -> str:
    """Return the reason why this ansible-core cannot run modules in the controller.

    Returns an empty string if modules can run in the controller. A task calls this function before it runs the module,
    so that the task can still use a module process.
    """
    if _PASSED[0]:
        return ""
    try:
        arguments = arguments_of(action, "vca_trial", {"text": _TRIAL["text"], "numbers": _TRIAL["numbers"]}, {})
        result = parsed(action, *run(_Trial(), arguments))
        different = [key for key, value in _TRIAL.items() if result.get(key) != value]
    except Exception as exc:  # noqa: BLE001 - future versions can fail in any way
        return f"{type(exc).__name__}: {exc}"
    if different:
        return f"the trial module returned other values of {', '.join(different)}"
    _PASSED[0] = 1
    return ""


class _Trial:
    """A trial module that returns its options."""

    def run(self, connect: Connect | None = None) -> None:
        """Return the options."""
        spec = {"text": {"type": "str"}, "numbers": {"type": "list", "elements": "int"}}
        # With no_log, the call is not written to the system log.
        module = AnsibleModule(argument_spec=spec, supports_check_mode=True, no_log=True)
        module.exit_json(changed=False, **module.params)


@contextlib.contextmanager
def _as_arguments(arguments: Mapping[str, Any]) -> Iterator[None]:
    """Make AnsibleModule read ``arguments`` inside the ``with`` block.

    The previous state is restored at the end, because the items of a loop run in the same process.
    """
    names = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE", "_PARSED_MODULE_ARGS")
    before = {name: getattr(basic, name, None) for name in names}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=_encoder()).encode()
    basic._ANSIBLE_PROFILE = PROFILE
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(basic, name, value)
        for name in ("_global_warnings", "_global_deprecations"):
            getattr(common_warnings, name).clear()


def _encoder() -> Any:
    if hasattr(common_json, "get_module_encoder"):
        return common_json.get_module_encoder(PROFILE, common_json.Direction.CONTROLLER_TO_MODULE)
    return common_json.AnsibleJSONEncoder
