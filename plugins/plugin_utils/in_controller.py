# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a module where Ansible itself is, without a process of its own. Private to this collection.

It is the module's own body, with the options that its process would be given, and its result is taken from what it
prints: so validation, masking and the form of the result are Ansible's, and there is nothing that could differ.

Ansible imports this once per run, before it forks a worker for every task, so what the library needs is loaded here.

Some of what this needs is private to ansible-core and differs between its versions. All of it is in this file, and
:func:`problem` tries it with a module that does nothing. Where that fails, every task is run as a module instead.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
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
    """What :func:`run` runs: a Module, or the trial."""

    def run(self, connect: Connect | None = None) -> None:
        """The body of the module."""


PROFILE = "legacy"
"""How modules and ansible-core 2.19 or newer exchange values; older ones know only that way, without a name."""

_TRIAL = {"changed": False, "text": "a text", "numbers": [1, 2]}


def _prepared_app() -> App | None:
    """An App whose plugins are loaded, or None: then each task makes its own, and tells what is wrong with it."""
    if library_problem():
        return None
    try:
        import vcloudair_core

        return vcloudair_core.preload()
    except Exception:  # noqa: BLE001 - a plugin that is required and broken, or a package that is missing
        return None


APP = _prepared_app()


def arguments_of(action: Any, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a module, and what Ansible adds to them for every module, such as check mode."""
    arguments = dict(arguments)
    action._update_module_args(name, arguments, task_vars)
    return arguments


def run(module: _Runnable, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """What a module prints, on its output and on the other one. Raises what the module raises."""
    output, errors = io.StringIO(), io.StringIO()
    redirected = (contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors))
    with _as_arguments(arguments), redirected[0], redirected[1], contextlib.suppress(SystemExit):
        module.run(connect=APP.client if APP is not None else None)
    return output.getvalue(), errors.getvalue()


def parsed(action: Any, output: str, errors: str) -> dict[str, Any]:
    """The result of a module as an action returns it, made of what the module has printed."""
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
    """The reason why modules cannot run in the controller with this ansible-core, or an empty string.

    Nothing has been done yet when a task asks this, so that it can still run as a module.
    """
    try:
        arguments = arguments_of(action, "vca_trial", {"text": _TRIAL["text"], "numbers": _TRIAL["numbers"]}, {})
        result = parsed(action, *run(_Trial(), arguments))
        different = [key for key, value in _TRIAL.items() if result.get(key) != value]
    except Exception as exc:  # noqa: BLE001 - whatever a version that nobody has seen yet does
        return f"{type(exc).__name__}: {exc}"
    return "the trial returned a different {}".format(", ".join(different)) if different else ""


class _Trial:
    """A module that returns its options."""

    def run(self, connect: Connect | None = None) -> None:
        """The body of the module."""
        spec = {"text": {"type": "str"}, "numbers": {"type": "list", "elements": "int"}}
        # With no_log, it is not written to the log of the system.
        module = AnsibleModule(argument_spec=spec, supports_check_mode=True, no_log=True)
        module.exit_json(changed=False, **module.params)


@contextlib.contextmanager
def _as_arguments(arguments: Mapping[str, Any]) -> Iterator[None]:
    """Makes them those that AnsibleModule finds. Afterwards nothing is left of them, for the next item of a loop."""
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
