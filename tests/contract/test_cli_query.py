"""Tests of ``vca query`` over TLS: several result pages and unusual names."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.support import processes
from tests.support.served import served

Completed = subprocess.CompletedProcess[str]
UNUSUAL_NAME = 'we;b, (1)*="x" ä'


@pytest.fixture(scope="module")
def vca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Completed]]:
    folder = tmp_path_factory.mktemp("served")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    base = {**environment, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    vms: list[dict[str, Any]] = [{"name": f"vm-{number:03}", "vapp": "shop"} for number in range(200)]
    vms[7] = {"name": UNUSUAL_NAME, "vapp": "shop", "memory_mb": 8192, "metadata": {"tier": "gold"}}
    vdc = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": vms, "templates": [{"name": "linux"}]}
    orgs = [{"name": "acme", "users": [{"name": "ops", "password": "not-a-secret"}], "vdcs": [vdc]}]
    inventory = folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"orgs": orgs}), encoding="utf-8")
    with served(folder, base, "--api", "vcd", "--inventory", str(inventory)) as exported:
        program = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "query"]

        def run(*arguments: str, code: int = 0) -> Completed:
            completed = processes.run(
                [*program, *arguments],
                env={**base, **exported},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert completed.returncode == code, completed.stderr
            return completed

        yield run


def test_reads_all_pages(vca: Callable[..., Completed]) -> None:
    vms = json.loads(vca("vm", "-o", "json").stdout)
    assert len(vms) == 201
    assert vms[0]["isDeployed"] in (True, False)
    assert vca("vm", "--count").stdout == "201\n"
    assert vca("vm", "--where", "isVAppTemplate=true", "--count").stdout == "1\n"


def test_filters_by_a_name_with_special_characters(vca: Callable[..., Completed]) -> None:
    (vm,) = json.loads(vca("vm", "--where", f"name={UNUSUAL_NAME}", "-o", "json").stdout)
    assert (vm["name"], vm["memoryMB"]) == (UNUSUAL_NAME, 8192)
    assert vca("vm", "--where", f"name={UNUSUAL_NAME}!").stdout == ""


def test_applies_conditions_order_fields_and_limit(vca: Callable[..., Completed]) -> None:
    completed = vca("vm", "-w", "name~VM-19*", "--sort", "-name", "--fields", "memoryMB,status", "--limit", "2")
    assert [line.split() for line in completed.stdout.splitlines()] == [
        ["NAME", "MEMORYMB", "STATUS"],
        ["vm-199", "4096", "POWERED_ON"],
        ["vm-198", "4096", "POWERED_ON"],
    ]
    assert vca("vm", "-w", "memoryMB>=8192", "--fields", "name", "-o", "csv").stdout.splitlines()[1].startswith('"we;b')
    assert "No vm records match" in vca("vm", "-w", "name=nothing").stderr


def test_csv_has_every_record(vca: Callable[..., Completed]) -> None:
    rows = list(csv.DictReader(io.StringIO(vca("vm", "-o", "csv").stdout)))
    assert len(rows) == 201
    assert {row["isVAppTemplate"] for row in rows} == {"true", "false"}


def test_filters_by_metadata_and_shows_it(vca: Callable[..., Completed]) -> None:
    (vm,) = json.loads(vca("vm", "--metadata", "tier", "-w", "metadata:tier=gold", "-o", "json").stdout)
    assert (vm["name"], vm["metadata"]) == (UNUSUAL_NAME, {"tier": "gold"})


def test_lists_record_types_and_refuses_invalid_arguments(vca: Callable[..., Completed]) -> None:
    output = vca().stdout
    assert "orgVdcNetwork" in output
    assert "did you mean 'vApp'" in vca("vap", code=64).stderr
    assert "Invalid condition: 'name'" in vca("vm", "-w", "name", code=64).stderr
    assert "is not a number" in vca("vm", "-w", "memoryMB>much", code=64).stderr
