"""Tests of the public names of ``vcloudair_core.recovery``."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from vcloudair_core import recovery

ROOT = Path(__file__).resolve().parents[3]


def test_every_public_name_can_be_imported_and_has_a_docstring() -> None:
    assert sorted(recovery.__all__) == recovery.__dir__() == sorted(recovery._MODULES)
    for name in recovery.__all__:
        assert getattr(recovery, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'begin'"):
        recovery.begin  # noqa: B018


def test_importing_the_namespace_loads_none_of_its_modules() -> None:
    program = "import sys, vcloudair_core.recovery; print(*[m for m in sys.modules if m.startswith('vcloudair_core')])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) == {"vcloudair_core", "vcloudair_core._version", "vcloudair_core.recovery"}


def test_the_reference_page_groups_every_public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools/site"))
    page = importlib.import_module("library_pages").recovery_api()
    assert "## Others" not in page
    assert page.count("      heading: vcloudair_core.recovery.") == len(recovery.__all__)
