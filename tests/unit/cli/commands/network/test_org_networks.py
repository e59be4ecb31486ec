"""Tests of ``vca network`` and ``vca vdc`` with a simulated cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Result
from tests.unit.services.ans.org_networks.conftest import NetworkCloud, network_cloud
from vcloudair_core.cli.invocation import Invocation
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.services.query.service import QueryService
from vcloudair_core.settings.settings import Settings

Vca = Callable[..., Result]


class CommandClient:
    """The client of the cloud with the settings of the command line."""

    def __init__(self, cloud: NetworkCloud, settings: Settings) -> None:
        self.settings = settings
        self.edges, self.query = AnsService(cloud.client.session), QueryService(cloud.client.session)

    def __enter__(self) -> CommandClient:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NetworkCloud]:
    """Yield a cloud to which all commands connect."""
    with network_cloud(tmp_path, "nsxt", "39.1") as made:

        def open_client(self: Invocation, settings: Settings | None = None) -> CommandClient:
            return CommandClient(made, settings or self.settings())

        monkeypatch.setattr(Invocation, "client", open_client)
        yield made


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_networks_are_listed_with_used_and_free_addresses(vca: Vca, cloud: NetworkCloud) -> None:
    result = vca("network", "list", "--no-trunc")
    assert result.code == 0, result.err
    header, *lines = rows(result.out)
    assert header == ["NAME", "VDC", "SUBNET", "EDGE", "USED", "FREE", "TOTAL", "TYPE"]
    assert ["web", "gold", "192.168.10.0/24", "gw", "2", "8", "10", "routed"] in lines
    assert ["lan", "silver", "10.2.0.0/24", "0", "253", "253", "isolated"] in lines


def test_a_network_is_shown_with_the_vms_that_use_its_addresses(vca: Vca, cloud: NetworkCloud) -> None:
    result = vca("network", "show", "web", "--no-trunc")
    assert result.code == 0, result.err
    assert ["192.168.10.20", "vm", "a", "shop", "yes"] in rows(result.out)
    assert "192.168.10.0/24, routed by gw. Static pools: 192.168.10.20-192.168.10.29, 2 of 10 used." in result.err
    assert "DHCP pools: 192.168.10.100-192.168.10.149." in result.err


def test_json_has_the_whole_network(vca: Vca, cloud: NetworkCloud) -> None:
    expected = AnsService(cloud.client.session).network("web")
    assert json.loads(vca("network", "show", "web", "-o", "json").out) == expected
    assert [row["name"] for row in json.loads(vca("network", "list", "-o", "json").out)] == [
        "back", "lan", "split", "web",
    ]  # fmt: skip


def test_a_vdc_limits_the_lists(vca: Vca, cloud: NetworkCloud) -> None:
    for group in ("network", "vdc"):
        result = vca(group, "list", "--vdc", "silver", "--no-trunc", "-o", "json")
        assert [row["name"] for row in json.loads(result.out)] == ["lan" if group == "network" else "silver"]


def test_an_unknown_network_fails(vca: Vca, cloud: NetworkCloud) -> None:
    result = vca("network", "show", "nowhere")
    assert result.code != 0
    assert "Network not found: 'nowhere'." in result.err


def test_vdcs_are_listed_with_used_amounts_and_limits(vca: Vca, cloud: NetworkCloud) -> None:
    result = vca("vdc", "list", "--no-trunc")
    assert result.code == 0, result.err
    header, gold, silver = rows(result.out)
    assert header == ["NAME", "CPU", "MEMORY", "STORAGE", "VMS", "NETWORKS", "IS", "ENABLED"]
    assert gold == ["gold", "8000/-", "8192/-", "SSD-Accelerated", "61440/1024000", "3/-", "3/20", "yes"]
    assert silver[:3] == ["silver", "0/-", "0/-"]


def test_a_vdc_is_shown_by_resource(vca: Vca, cloud: NetworkCloud) -> None:
    result = vca("vdc", "show", "gold", "--no-trunc")
    assert result.code == 0, result.err
    lines = rows(result.out)
    assert ["cpu", "MHz", "0", "0", "8000", "0"] in lines
    assert ["storage", "SSD-Accelerated", "MB", "61440", "1024000"] in lines
    assert ["networks", "3", "20"] in lines
    assert "VDC gold: enabled. Allocation model: AllocationVApp." in result.err


def test_a_vdc_must_be_named_or_selected(vca: Vca, cloud: NetworkCloud) -> None:
    assert "vdc" in vca("vdc", "show").err
    assert json.loads(vca("vdc", "show", "gold", "-o", "json").out) == QueryService(cloud.client.session).vdcs.one(
        "gold"
    )
