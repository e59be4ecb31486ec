"""Tests of the commands that need VCDA, and of ``vca dr points``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.support.vcda_cloud import VcdaCloud, vcda_cloud, vcda_name
from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.plugin.manager import PluginManager

LOAD_PLUGINS = PluginManager.load_entry_points


@pytest.fixture(autouse=True)
def plugins(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the built-in services, which other tests of commands do not need."""
    monkeypatch.setattr(PluginManager, "load_entry_points", LOAD_PLUGINS)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VcdaCloud]:
    """Yield a cloud to which all commands connect."""
    monkeypatch.setenv("VCA_STATE_DIR", str(tmp_path / "state"))
    with vcda_cloud(tmp_path, 2) as made:
        monkeypatch.setattr(Invocation, "client", lambda self, **_: nullcontext(made.client))
        yield made


def test_migrate_reprotect_and_failback(cloud: VcdaCloud, vca: Callable[..., Any]) -> None:
    for action in ("migrate", "failback"):
        assert "requires confirmation" in vca("dr", action, "--all").err
    assert vca("dr", "migrate", "--all", "--yes").code == 0
    assert vca("dr", "reprotect", "--all").code == 0
    result = vca("dr", "failback", "--all", "--yes")
    assert (result.code, result.err.splitlines()[-1]) == (0, "2 of 2 VMs failed back.")
    assert cloud.starts() == [f"POST vapp {name}" for name in ("migrate", "reverse", "migrate")]


def test_pause_unpause_and_sync(cloud: VcdaCloud, vca: Callable[..., Any]) -> None:
    for command in ("sync", "pause", "unpause"):
        result = vca("dr", command, vcda_name(1))
        assert result.code == 0, result.err
    assert cloud.starts() == ["POST sync", "POST pause", "POST resume"]
    assert vca("dr", "sync", vcda_name(1), "--dry-run").code == 0
    assert len(cloud.starts()) == 3


def test_points_are_listed_and_selected(cloud: VcdaCloud, vca: Callable[..., Any]) -> None:
    rows = json.loads(vca("dr", "points", vcda_name(1), "--output", "json").out)
    assert [row["started"] for row in rows] == sorted((row["started"] for row in rows), reverse=True)
    result = vca("dr", "failover", vcda_name(1), "--yes", "--point", rows[1]["id"])
    assert (result.code, cloud.replication().recovered_instance) == (0, rows[1]["id"])


def test_list_shows_the_sites(cloud: VcdaCloud, vca: Callable[..., Any]) -> None:
    (first, _) = json.loads(vca("dr", "list", "--output", "json").out)
    assert (first["source_site"], first["destination_site"], first["vapp"]) == ("site1", "site2", "protected-vapp1")
    assert "protected-vapp1" in vca("dr", "list").out


def test_a_canceled_task_is_refused_before_anything_is_started(cloud: VcdaCloud, vca: Callable[..., Any]) -> None:
    result = vca("dr", "failover", "--all", "--yes", "--cancel-on-stop")
    assert result.code != 0
    assert "cannot cancel tasks" in result.err
    assert cloud.starts() == []


def test_without_dr_2_the_list_points_to_vcda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vca: Callable[..., Any]
) -> None:
    with vcda_cloud(tmp_path, 1, settings={"dr_provider": "vr"}, dr_installed=False) as made:
        monkeypatch.setattr(Invocation, "client", lambda self, **_: nullcontext(made.client))
        result = vca("dr", "list")
        assert result.code != 0
        assert "set vcda_url (VCA_VCDA_URL)" in result.err


def test_a_result_that_the_server_omits_is_found_when_the_run_is_resumed(
    cloud: VcdaCloud, vca: Callable[..., Any]
) -> None:
    quick = ("--verify-timeout", "2")
    cloud.simulator.configure(vcda_absent_fields=("vcdVmId",))
    first = vca("dr", "failover", "--all", "--yes", *quick)
    assert (first.code, "run `vca dr resume`" in first.err) == (11, True)
    assert vca("dr", "resume", "--start-again", vcda_name(1), *quick).code == 11
    cloud.simulator.configure(vcda_absent_fields=())
    resumed = vca("dr", "resume", *quick)
    assert (resumed.code, resumed.err.splitlines()[-1]) == (0, "2 of 2 VMs failed over.")
    assert cloud.starts() == ["POST vapp failover"]
