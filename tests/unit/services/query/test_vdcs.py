"""Tests of VDCs as mappings: capacity, storage profiles and quotas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from vcloudair_core.client import Client
from vcloudair_core.errors import DecodeError, NotFoundError
from vcloudair_core.services.query.vdcs import parse_vdc
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import RequestView, simulated_app, simulator_settings

INVENTORY = {
    "orgs": [
        {
            "name": "org1",
            "users": [{"name": "demo", "password": "demo-password"}],
            "vdcs": [
                {
                    "name": "gold",
                    "cpu_limit_mhz": 20000,
                    "memory_limit_mb": 65536,
                    "storage_profiles": ["ssd", "sata"],
                    "networks": [{"name": "lan"}],
                    "vms": [
                        {"name": "a", "cpus": 2, "memory_mb": 4096},
                        {"name": "b", "status": "POWERED_OFF", "storage_profile": "sata"},
                    ],
                },
                {"name": "bronze", "networks": []},
            ],
        }
    ]
}


@contextmanager
def cloud(folder: Path, version: str) -> Iterator[tuple[Client, Simulator]]:
    file = folder / "inventory.yml"
    file.write_text(yaml.safe_dump(INVENTORY))
    simulator = Simulator(SimulatorConfig(profile="vcd", inventory_file=str(file), api_versions=(version,)))
    settings = {name: value for name, value in simulator_settings(simulator).items() if name not in ("edge", "vdc")}
    with simulated_app(simulator).client(**settings, retries=0) as client:
        yield client, simulator


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with cloud(tmp_path, "37.2") as (made, _):
        yield made


def test_a_vdc_has_its_capacity_and_quotas(client: Client) -> None:
    gold = client.query.vdcs.one("gold")
    assert gold["cpu"] == {"allocated_mhz": 20000, "reserved_mhz": 0, "used_mhz": 4000, "limit_mhz": 20000}
    assert gold["memory"] == {"allocated_mb": 65536, "reserved_mb": 0, "used_mb": 4096, "limit_mb": 65536}
    assert [(row["name"], row["used_mb"], row["limit_mb"]) for row in gold["storage_profiles"]] == [
        ("sata", 20480, 1024000),
        ("ssd", 20480, 1024000),
    ]
    assert (gold["allocation_model"], gold["is_enabled"], gold["status"]) == ("AllocationVApp", True, "READY")
    assert (gold["vm_count"], gold["running_vm_count"], gold["vapp_count"]) == (2, 1, 1)
    assert (gold["vm_quota"], gold["nic_quota"], gold["network_quota"], gold["network_count"]) == (0, 0, 20, 1)


def test_the_number_of_calls_is_two_and_one_for_each_vdc(tmp_path: Path) -> None:
    with cloud(tmp_path, "37.2") as (client, simulator):
        client.query.vdcs.read()  # signs in
        requests = RequestView(simulator)
        for calls, read in (
            (4, lambda: client.query.vdcs.read()),
            (2, lambda: client.query.vdcs.read(quotas=False)),
            (3, lambda: client.query.vdcs.one("gold")),
        ):
            requests.clear()
            read()
            assert len(requests.calls) == calls


def test_values_of_newer_versions_are_unknown_in_older_versions(tmp_path: Path) -> None:
    with cloud(tmp_path, "5.5") as (client, _):
        gold = client.query.vdcs.one("gold")
        assert (gold["vm_count"], gold["running_vm_count"]) == (None, None)
        assert (gold["cpu"]["used_mhz"], gold["network_quota"]) == (4000, 20)


def test_a_vdc_without_limits_is_unlimited(client: Client) -> None:
    bronze = client.query.vdcs.one("BRONZE")
    assert (bronze["cpu"]["limit_mhz"], bronze["memory"]["limit_mb"], bronze["vm_count"]) == (0, 0, 0)
    assert client.query.vdcs.one(bronze["id"]) == client.query.vdcs.one(f"urn:vcloud:vdc:{bronze['id']}") == bronze


def test_an_unknown_vdc_is_reported_with_the_others(client: Client) -> None:
    with pytest.raises(NotFoundError, match="VDC not found: 'glod'") as caught:
        client.query.vdcs.read("glod")
    assert caught.value.hint == "Did you mean 'gold'? Use one of these VDCs: bronze, gold."


def test_quotas_are_unknown_if_the_document_cannot_be_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcloudair_core.services.query.vdcs.VdcReader._document", lambda *_: {})
    gold = client.query.vdcs.one("gold")
    assert (gold["vm_quota"], gold["network_count"], gold["allocation_model"]) == (None, None, None)
    assert gold["cpu"]["used_mhz"] == 4000


def test_capacity_in_another_unit_is_unknown() -> None:
    capacity = (
        b"<Cpu><Units>GHz</Units><Used>2</Used></Cpu><Memory><Units>MB</Units><Used>-1</Used><Limit>7</Limit></Memory>"
    )
    vdc = parse_vdc(b"<Vdc><ComputeCapacity>" + capacity + b"</ComputeCapacity></Vdc>")
    assert vdc["cpu"] == {"allocated_mhz": None, "reserved_mhz": None, "used_mhz": None, "limit_mhz": None}
    assert (vdc["memory"]["used_mb"], vdc["memory"]["limit_mb"], vdc["vm_quota"]) == (None, 7, None)


@pytest.mark.parametrize("body", [b"<Org/>", b"", b"{}"])
def test_other_documents_are_refused(body: Any) -> None:
    with pytest.raises(DecodeError):
        parse_vdc(body)
