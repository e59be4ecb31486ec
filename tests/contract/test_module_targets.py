"""Check that info modules identify the edge gateway or VDC group in their result.

The values are those of ``vca edge list -o json``. Modules send no additional requests for these values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.modules import answer
from vcloudair_core import App, Client
from vcloudair_core.simulator import Simulator, SimulatorConfig
from vcloudair_core.testing import simulated, simulator_settings

Answer = Callable[..., dict[str, Any]]

INVENTORY = {
    "orgs": [
        {
            "name": "org1",
            "users": [{"name": "demo", "password": "demo-password"}],
            "vdcs": [
                {"name": "old", "edges": [{"name": "v-edge"}]},
                {
                    "name": "new",
                    "edges": [{"name": "t-edge", "backend": "nsxt"}, {"name": "g-edge", "backend": "nsxt"}],
                },
            ],
            "vdc_groups": [{"name": "dc-group", "vdcs": ["new"], "edges": ["g-edge"]}],
        }
    ]
}
READS: dict[str, Callable[[Client, Mapping[str, Any]], Any]] = {
    "vca_address_info": lambda client, target: client.edges.addresses(**target),
    "vca_edge_info": lambda client, target: client.read("ans.edge", target),
    "vca_firewall_info": lambda client, target: client.read("ans.firewall", target),
    "vca_nat_info": lambda client, target: client.read("ans.nat", target),
    "vca_ipsec_info": lambda client, target: client.edges.ipsec_status(**target),
}
"""The read of each module of an edge gateway."""

FACTS = {
    "v-edge": ("nsxv", "old", "old", "vdc", ""),
    "t-edge": ("nsxt", "new", "new", "vdc", "ACTIVE_STANDBY"),
    "g-edge": ("nsxt", "", "dc-group", "vdc_group", "ACTIVE_STANDBY"),
}
"""Backend, VDC, owner, type of owner and deployment mode of each edge gateway."""


@pytest.fixture
def vca_simulator(tmp_path: Path) -> Simulator:
    """Return a cloud with edge gateways of NSX-V, of NSX-T and of a VDC group."""
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump(INVENTORY))
    return Simulator(SimulatorConfig(profile="vcd", inventory_file=str(inventory)))


@pytest.fixture
def connect(vca_app: App, vca_simulator: Simulator, tmp_path: Path) -> Callable[..., Client]:
    """Return a function that creates a client that selects no edge gateway."""
    settings = {**simulator_settings(vca_simulator), "state_dir": str(tmp_path / "state")}
    kept = {name: value for name, value in settings.items() if name not in ("edge", "vdc")}
    return lambda **options: vca_app.client(**{**kept, **options})


def rows_of(connect: Callable[..., Client], **settings: Any) -> dict[str, dict[str, Any]]:
    with connect(**settings) as client:
        return {edge.name: edge.as_row() for edge in client.edges.list_edges()}


@pytest.mark.parametrize("by_id", [False, True], ids=["by-name", "by-id"])
@pytest.mark.parametrize("edge", FACTS)
@pytest.mark.parametrize("module", READS)
def test_edge_info_modules_return_the_edge_without_more_requests(
    connect: Callable[..., Client], module: str, edge: str, by_id: bool
) -> None:
    row = rows_of(connect)[edge]
    name = row["id"] if by_id else edge
    result = answer(module, connect, {"edge": name})
    shown = result["edge"]
    keys = ("backend", "vdc", "owner_name", "owner_type", "deployment_mode")
    assert (shown["name"], *(shown[key] for key in keys)) == (edge, *FACTS[edge])
    assert shown == {key: row[key] for key in shown}
    with connect() as client:
        READS[module](client, {"edge": name})
        assert result["api_calls"] == client.session.calls


@pytest.mark.parametrize("options", [{"edge": "t-edge", "vdc": "new"}, {"vdc": "new"}], ids=["options", "settings"])
def test_options_and_settings_select_the_edge(connect: Callable[..., Client], options: dict[str, Any]) -> None:
    def with_edge(**given: Any) -> Client:
        return connect(**{"edge": "t-edge", **given})

    assert answer("vca_firewall_info", with_edge, options)["edge"]["name"] == "t-edge"


def test_deployment_mode_is_empty_in_api_versions_without_it(connect: Callable[..., Client]) -> None:
    result = answer("vca_nat_info", connect, {"edge": "t-edge", "api_version": "38.1"})
    assert (result["edge"]["backend"], result["edge"]["deployment_mode"]) == ("nsxt", "")


@pytest.mark.parametrize("by_id", [False, True], ids=["by-name", "by-id"])
def test_the_distributed_firewall_module_returns_its_vdc_group(connect: Callable[..., Client], by_id: bool) -> None:
    urn = rows_of(connect)["g-edge"]["owner_id"]
    target = {"vdc_group": urn if by_id else "dc-group"}
    with connect() as client:
        client.ensure("ans.distributed_firewall", {"enabled": True}, target=target)
    result = answer("vca_distributed_firewall_info", connect, target)
    group = result["vdc_group"]
    assert (group["name"], group["id"], group["backend"]) == ("dc-group", urn, "nsxt")
    assert len(group["org_id"]) == 36
    assert result["distributed_firewall"]["enabled"] is True
    with connect() as client:
        client.read("ans.distributed_firewall", target)
        assert result["api_calls"] == client.session.calls


def test_a_uuid_without_a_look_up_has_no_name() -> None:
    """In vCloud Air, the backend is fixed, so the edge record is not read."""
    with simulated(profile="vca") as (app, client, simulator):
        settings = {key: value for key, value in simulator_settings(simulator).items() if key != "edge"}
        [edge] = client.edges.list_edges()
        shown = answer("vca_nat_info", lambda **options: app.client(**{**settings, **options}), {"edge": edge.edge_id})
        assert {key: value for key, value in shown["edge"].items() if value} == {
            "id": edge.edge_id,
            "backend": "vcloudair",
        }
        shown = answer("vca_nat_info", lambda **options: app.client(**{**settings, **options}), {"edge": edge.name})
        assert (shown["edge"]["name"], shown["edge"]["backend"]) == (edge.name, "vcloudair")
