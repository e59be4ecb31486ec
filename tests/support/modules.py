"""Load and run modules of the collection in this process."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

import yaml
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as ansible_warnings
from ansible_collections.vcloudair.cloud.plugins.module_utils import _runner

from tests.support.documents import ROOT

PLUGINS = "ansible_collections.vcloudair.cloud.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("vca_*.py"))


@dataclass(frozen=True)
class Module:
    """A module of the collection.

    ``job`` is the module's ``JOB``, or None. ``arguments`` and ``constraints`` are the parameters for AnsibleModule.
    ``options``, ``documentation`` and ``returned`` are the module's documentation.
    """

    name: str
    job: Any
    arguments: Mapping[str, Any]
    constraints: Mapping[str, Any]
    options: Mapping[str, Any]
    documentation: Mapping[str, Any]
    returned: Mapping[str, Any]


@cache
def load(name: str) -> Module:
    """Return a module with its documentation and merged fragments, as Ansible does."""
    found = importlib.import_module(f"{PLUGINS}.modules.{name}")
    declared: dict[str, Any] = {}
    # The module stops after it has declared its options.
    recorder = mock.patch.object(_runner, "AnsibleModule", side_effect=lambda **given: _stop(declared, given))
    with recorder, suppress(_StoppedError):
        found.main()
    documentation = yaml.safe_load(found.DOCUMENTATION)
    options = dict(documentation.get("options") or {})
    for fragment in documentation["extends_documentation_fragment"]:
        for option, shared in (_fragment(fragment).get("options") or {}).items():
            options[option] = {**shared, **options.get(option, {})}
    job = getattr(found, "JOB", None)
    returned = yaml.safe_load(found.RETURN)
    return Module(name, job, declared.pop("argument_spec"), declared, options, documentation, returned)


def answer(name: str, connect: Callable[..., Any], options: Mapping[str, Any], **modes: bool) -> dict[str, Any]:
    """Run a module and return the result.

    ``connect`` creates the client of the module. ``modes`` are ``check_mode`` and ``diff``.
    """
    given = {**options, **{f"_ansible_{mode}": value for mode, value in modes.items()}}
    output = io.StringIO()
    for name_of_store in ("_global_warnings", "_global_deprecations"):
        getattr(
            ansible_warnings, name_of_store
        ).clear()  # Ansible expects a process for each module run, and keeps warnings for it.
    with (
        mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()),
        mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True),
        # Other tests may have loaded other parts of Ansible into this process.
        mock.patch("ansible.module_utils._internal.is_controller", False),
        mock.patch.object(_runner.vcloudair_core, "connect", connect),
        redirect_stdout(output),
    ):
        try:
            importlib.import_module(f"{PLUGINS}.modules.{name}").main()
        except SystemExit as stopped:
            result: dict[str, Any] = json.loads(output.getvalue())
            assert bool(stopped.code) == bool(result.get("failed"))
            return result
    raise AssertionError("a module ends by itself")


class _StoppedError(Exception):
    """Raised to stop a module after it has declared its options."""


def _stop(declared: dict[str, Any], given: Mapping[str, Any]) -> None:
    declared.update(given)
    raise _StoppedError


def _fragment(name: str) -> Mapping[str, Any]:
    words = name.split(".")[2:]
    found = importlib.import_module(f"{PLUGINS}.doc_fragments.{words[0]}").ModuleDocFragment
    text = getattr(found, words[1].upper() if len(words) > 1 else "DOCUMENTATION")
    parsed: Mapping[str, Any] = yaml.safe_load(text)
    return parsed
