# Copyright (c) The vcloudair-core authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a module where Ansible itself is, without a process of its own. Private to this collection.

It is the module's own body, with the options that its process would be given, and its result is taken from what it
prints: so validation, masking and the form of the result are Ansible's, and there is nothing that could differ.

Ansible imports this once per run, before it forks a worker for every task, so what the library needs is loaded here.
"""

from __future__ import annotations

import contextlib
import io
import json

from ansible.module_utils import basic
from ansible.module_utils.common import json as common_json
from ansible.module_utils.common import warnings as common_warnings
from ansible_collections.vcloudair.cloud.plugins.module_utils._runner import library_problem

PROFILE = "legacy"
"""How modules and ansible-core 2.19 or newer exchange values; older ones know only that way, without a name."""


def _prepared_app():
    """An App whose plugins are loaded, or None: then each task makes its own, and tells what is wrong with it."""
    if library_problem():
        return None
    try:
        import vcloudair_core

        return vcloudair_core.preload()
    except Exception:  # noqa: BLE001 - a plugin that is required and broken, or a package that is missing
        return None


APP = _prepared_app()


def run(module, arguments):
    """What a module prints, on its output and on the other one. Raises what the module raises."""
    output, errors = io.StringIO(), io.StringIO()
    redirected = (contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors))
    with _as_arguments(arguments), redirected[0], redirected[1], contextlib.suppress(SystemExit):
        module.run(connect=APP.client if APP is not None else None)
    return output.getvalue(), errors.getvalue()


@contextlib.contextmanager
def _as_arguments(arguments):
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
        for said in ("_global_warnings", "_global_deprecations"):
            getattr(common_warnings, said).clear()


def _encoder():
    if hasattr(common_json, "get_module_encoder"):
        return common_json.get_module_encoder(PROFILE, common_json.Direction.CONTROLLER_TO_MODULE)
    return common_json.AnsibleJSONEncoder
