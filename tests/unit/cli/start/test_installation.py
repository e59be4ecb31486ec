"""Tests of installation stamps."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from vcloudair_core.cli.start import installation
from vcloudair_core.plugin.manager import PluginManager


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a site-packages folder that changed an hour ago."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    os.utime(folder, (1, 1))
    return folder


def test_stamp_changes_with_distributions_and_plugin_variables(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = [installation.installation_stamp()]
    (site / "dns-1.0.dist-info").mkdir()
    stamps.append(installation.installation_stamp())
    (site / "dns-1.0.dist-info").rename(site / "dns-1.1.dist-info")
    stamps.append(installation.installation_stamp())
    monkeypatch.setenv("VCA_DISABLE_PLUGINS", "dns")
    stamps.append(installation.installation_stamp())
    assert len(set(stamps)) == 4
    assert installation.installation_stamp() == stamps[-1]


@pytest.mark.parametrize("name", ["cli/commands/edge/new.py", "settings/new.py", "plugin/new.py"])
def test_stamp_changes_with_the_modules_of_commands(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_PACKAGE", str(tmp_path))
    for folder in (*installation._SOURCES, "cli/commands/edge"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    before = installation.installation_stamp()
    (tmp_path / name).write_text("pass\n")
    assert installation.installation_stamp() != before


def test_folder_that_just_changed_is_not_settled(site: Path) -> None:
    assert installation.is_settled()
    (site / "dns-1.0.dist-info").mkdir()
    assert not installation.is_settled()


def test_modules_of_other_plugins_and_metadata_of_source_folders_are_watched(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_points = site / "dns.egg-info" / "entry_points.txt"
    entry_points.parent.mkdir()
    entry_points.write_text("[vcloudair_core]\n")
    source = tmp_path / "vca_dns.py"
    source.write_text("pass\n")
    module = types.ModuleType("vca_dns")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "vca_dns", module)
    plugins = PluginManager(environ={})
    plugins.register(module, "dns")
    files = installation.watched_files(plugins)
    assert set(files) == {str(source), str(entry_points)}
    assert installation.unchanged(files)
    for path in (source, entry_points):
        files = installation.watched_files(plugins)
        path.write_text("changed\n")
        assert not installation.unchanged(files)
    assert not installation.unchanged(None)
