"""Tests of the plugin API: public names that are loaded at first use."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from vcloudair_core import plugins

HEAVY = {"requests", "urllib3", "lxml", "cryptography", "starlette", "rich", "typer", "yaml"}


def test_every_name_loads_and_is_listed() -> None:
    assert sorted(dir(plugins)) == sorted(plugins.__all__)
    assert len(set(plugins.__all__)) == len(plugins.__all__)
    assert [name for name in plugins.__all__ if getattr(plugins, name, None) is None] == []


def test_every_name_has_a_topic() -> None:
    names = [name for modules in plugins.GROUPS.values() for listed in modules.values() for name in listed.split()]
    assert sorted(names) == sorted(plugins.__all__)


def test_a_name_that_is_not_public_is_refused() -> None:
    module: Any = plugins
    with pytest.raises(AttributeError, match="module 'vcloudair_core.plugins' has no attribute 'Matcher'"):
        module.Matcher  # noqa: B018 - the access is the test


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(shown.split())


@pytest.mark.parametrize(
    "names",
    [
        "hookimpl, ServiceRecord, KindRecord, CommandRecord, RecordType, SimulatorRoutes",
        "ResourceKind, Document, plan_desired, spec_field, Reader, Problems",
        "Request, Response, Headers",
    ],
)
def test_names_for_plugin_modules_load_no_heavy_modules(names: str) -> None:
    loaded = _loaded_by(f"from vcloudair_core.plugins import {names}")
    assert loaded & (HEAVY | {"vcloudair_core.session.session", "vcloudair_core.cli.invocation"}) == set()


def test_importing_the_namespace_loads_none_of_it() -> None:
    loaded = {name for name in _loaded_by("import vcloudair_core.plugins") if name.startswith("vcloudair_core")}
    assert loaded == {"vcloudair_core", "vcloudair_core._version", "vcloudair_core.plugins"}
