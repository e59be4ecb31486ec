"""``vca query`` as a whole program: a simulator served over TLS, results of many pages, hostile names."""

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

Done = subprocess.CompletedProcess[str]
HOSTILE = 'we;b, (1)*="x" ä'


@pytest.fixture(scope="module")
def vca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Done]]:
    folder = tmp_path_factory.mktemp("served")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCA_")}
    base = {**kept, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    machines: list[dict[str, Any]] = [{"name": f"vm-{number:03}", "vapp": "shop"} for number in range(200)]
    machines[7] = {"name": HOSTILE, "vapp": "shop", "memory_mb": 8192, "metadata": {"tier": "gold"}}
    vdc = {"name": "gold", "edges": [{"name": "web-edge"}], "vms": machines, "templates": [{"name": "linux"}]}
    orgs = [{"name": "acme", "users": [{"name": "ops", "password": "not-a-secret"}], "vdcs": [vdc]}]
    inventory = folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"orgs": orgs}), encoding="utf-8")
    with served(folder, base, "--api", "vcd", "--inventory", str(inventory)) as exported:
        program = [sys.executable, "-c", "from vcloudair_core.cli.main import main; main()", "query"]

        def run(*arguments: str, code: int = 0) -> Done:
            done = processes.run(
                [*program, *arguments],
                env={**base, **exported},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == code, done.stderr
            return done

        yield run


def test_everything_on_many_pages(vca: Callable[..., Done]) -> None:
    found = json.loads(vca("vm", "-o", "json").stdout)
    assert len(found) == 201
    assert found[0]["isDeployed"] in (True, False)
    assert vca("vm", "--count").stdout == "201\n"
    assert vca("vm", "--where", "isVAppTemplate=true", "--count").stdout == "1\n"


def test_a_name_that_nobody_should_give(vca: Callable[..., Done]) -> None:
    (found,) = json.loads(vca("vm", "--where", f"name={HOSTILE}", "-o", "json").stdout)
    assert (found["name"], found["memoryMB"]) == (HOSTILE, 8192)
    assert vca("vm", "--where", f"name={HOSTILE}!").stdout == ""


def test_conditions_order_and_fields(vca: Callable[..., Done]) -> None:
    done = vca("vm", "-w", "name~VM-19*", "--sort", "-name", "--fields", "memoryMB,status", "--limit", "2")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["NAME", "MEMORYMB", "STATUS"],
        ["vm-199", "4096", "POWERED_ON"],
        ["vm-198", "4096", "POWERED_ON"],
    ]
    assert vca("vm", "-w", "memoryMB>=8192", "--fields", "name", "-o", "csv").stdout.splitlines()[1].startswith('"we;b')
    assert "no vm that meets" in vca("vm", "-w", "name=nothing").stderr


def test_csv_holds_every_record(vca: Callable[..., Done]) -> None:
    rows = list(csv.DictReader(io.StringIO(vca("vm", "-o", "csv").stdout)))
    assert len(rows) == 201
    assert {row["isVAppTemplate"] for row in rows} == {"true", "false"}


def test_metadata(vca: Callable[..., Done]) -> None:
    (found,) = json.loads(vca("vm", "--metadata", "tier", "-w", "metadata:tier=gold", "-o", "json").stdout)
    assert (found["name"], found["metadata"]) == (HOSTILE, {"tier": "gold"})


def test_the_types(vca: Callable[..., Done]) -> None:
    shown = vca().stdout
    assert "orgVdcNetwork" in shown
    assert "did you mean 'vApp'" in vca("vap", code=64).stderr
    assert "is no condition" in vca("vm", "-w", "name", code=64).stderr
    assert "is not a number" in vca("vm", "-w", "memoryMB>much", code=64).stderr
