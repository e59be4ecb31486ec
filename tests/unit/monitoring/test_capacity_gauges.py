"""Tests of the gauges of networks, VDCs, edge gateways, tunnels and replications."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.services.ans.org_networks.conftest import NetworkCloud, inventory
from vcloudair_core.errors import PermissionDeniedError, SpecError
from vcloudair_core.monitoring.capacity_gauges import EdgeReader, gauge_collectors
from vcloudair_core.monitoring.collector import Collector
from vcloudair_core.monitoring.gauges import COLLECTORS, GAUGES
from vcloudair_core.services.ans.service import AnsService
from vcloudair_core.testing import simulated_app, simulator_settings
from vcloudair_core.testing.simulated_cloud import make_simulator

TUNNEL = {
    "name": "branch",
    "local_subnets": ["192.168.10.0/24"],
    "peer_ip": "198.51.100.7",
    "peer_subnets": ["10.20.0.0/16"],
    "psk": "a key of this test",
}
Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(params=["nsxv", "nsxt"])
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NetworkCloud]:
    tree = inventory(request.param)
    gold = tree["orgs"][0]["vdcs"][0]
    gold |= {"memory_limit_mb": 65536, "cpu_limit_mhz": 20000}
    gold["replications"] = [{"name": "db", "rpo": 60, "lag_minutes": 90}]
    file = tmp_path / "inventory.yml"
    file.write_text(yaml.safe_dump(tree))
    simulator = make_simulator(profile="vcd", inventory_file=str(file), api_versions=("5.6", "39.1"), dr_installed=True)
    settings = {**simulator_settings(simulator), "state_dir": str(tmp_path / "state"), "retries": 0}
    kept = {name: value for name, value in settings.items() if name not in ("edge", "vdc")}
    with simulated_app(simulator).client(**kept) as client:
        yield NetworkCloud(simulator, client)


def samples(families: Iterator[Any]) -> Samples:
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples} for family in families
    }


def read(cloud: NetworkCloud, *names: str) -> Samples:
    """Return the samples of collectors that read once."""
    values: Samples = {}
    for collector in gauge_collectors(cloud.client, names):
        collector.refresh()
        assert collector.is_successful
        values |= samples(collector.families())
    return values


def one(values: Samples, name: str, *labels: str) -> float:
    """Return the value of the only sample whose labels include ``labels``."""
    [value] = [value for key, value in values[name].items() if set(labels) <= set(key)]
    return value


def test_networks_have_numbers_of_addresses(cloud: NetworkCloud) -> None:
    values = read(cloud, "networks")
    counts = [one(values, f"vca_network_addresses{end}", "org1", "gold", "web") for end in ("", "_used", "_free")]
    assert counts == [10, 2, 8]
    assert one(values, "vca_network_info", "web", "routed", "gw", "192.168.10.0/24") == 1


def test_vdcs_have_amounts_in_base_units_and_no_limit_without_one(cloud: NetworkCloud) -> None:
    values = read(cloud, "vdcs")
    assert one(values, "vca_vdc_cpu_limit_hertz", "gold") == 20e9
    assert one(values, "vca_vdc_memory_limit_bytes", "gold") == 64 * 2**30
    assert one(values, "vca_vdc_storage_used_bytes", "gold", "SSD-Accelerated") == 60 * 2**30
    assert one(values, "vca_vdc_network_quota", "silver") == 20
    assert one(values, "vca_vdc_enabled", "silver") == 1
    assert not any("silver" in labels for labels in values["vca_vdc_memory_limit_bytes"])
    assert "vca_vdc_vm_quota" not in values


def test_edge_gateways_have_states_and_public_addresses(cloud: NetworkCloud) -> None:
    values = read(cloud, "edges", "addresses")
    edge = next(iter(cloud.simulator.world.edges.values()))
    details = ("nsxt", "READY", "ACTIVE_STANDBY") if edge.backend == "nsxt" else ("nsxv", "READY", "compact")
    assert one(values, "vca_edge_info", "org1", "gold", "gw", edge.edge_id, *details) == 1
    assert (one(values, "vca_edge_ready", "gw"), one(values, "vca_edge_busy", "gw")) == (1, 0)
    allocated = one(values, "vca_edge_public_addresses", "gw")
    assert one(values, "vca_edge_public_addresses_used", "gw") == 1
    assert one(values, "vca_edge_public_addresses_free", "gw") == allocated - 1


def test_the_state_of_an_edge_gateway_is_read_again(cloud: NetworkCloud) -> None:
    reader = EdgeReader()
    reader(cloud.client)
    cloud.requests.clear()
    values = reader(cloud.client).values
    assert len(cloud.requests.calls) == 1
    assert values["vca_edge_ready"]


def test_enabled_tunnels_are_up_or_down(cloud: NetworkCloud) -> None:
    first = {**TUNNEL, "local_ip": next(iter(cloud.simulator.world.edges.values())).external_address}
    tunnels = [first, {**first, "name": "off", "peer_ip": "198.51.100.8", "enabled": False}]
    cloud.client.ensure("ans.ipsec", {"enabled": True, "tunnels": tunnels}, target={"edge": "gw"})
    values = read(cloud, "tunnels")
    [(labels, value)] = values["vca_ipsec_tunnel_up"].items()
    assert labels[2:3] + labels[4:] == ("gw", "branch", "198.51.100.7")
    status = [tunnel["status"] for tunnel in cloud.client.edges.ipsec_status("gw")["tunnels"]]
    assert value == float(status[0] == "up")


def test_replications_have_a_lag_and_an_rpo(cloud: NetworkCloud) -> None:
    values = read(cloud, "replications")
    assert one(values, "vca_replication_lag_seconds", "db") == pytest.approx(90 * 60, abs=120)
    assert one(values, "vca_replication_rpo_seconds", "db") == 3600
    assert one(values, "vca_replication_rpo_violation_seconds", "db") == 30 * 60
    assert (one(values, "vca_replication_rpo_violated", "db"), one(values, "vca_replication_paused", "db")) == (1, 0)


def test_a_cloud_without_disaster_recovery_has_no_replications(tmp_path: Path) -> None:
    simulator = make_simulator(profile="vcd", dr_installed=False)
    with simulated_app(simulator).client(**simulator_settings(simulator), retries=0) as client:
        [collector] = gauge_collectors(client, ["replications"])
        collector.refresh()
        assert collector.is_successful
        assert list(collector.families()) == []


def test_every_gauge_is_declared_with_its_labels(cloud: NetworkCloud) -> None:
    declared = {gauge.name: gauge for gauge in GAUGES}
    for name, values in read(cloud, *COLLECTORS).items():
        assert {len(labels) for labels in values} == {len(declared[name].labels)}


def test_the_number_of_calls_of_each_collector_is_known(cloud: NetworkCloud) -> None:
    is_nsxt = next(iter(cloud.simulator.world.edges.values())).backend == "nsxt"
    read(cloud, "edges")
    calls = {}
    for name in COLLECTORS:
        cloud.requests.clear()
        read(cloud, name)
        calls[name] = len(cloud.requests.calls)
    assert calls == {
        "edges": 1 if is_nsxt else 2,
        "networks": 1,
        "vdcs": 4,
        "addresses": 3 if is_nsxt else 5,
        "tunnels": 2 if is_nsxt else 3,
        "replications": 2,
        "drills": 0,
    }


@pytest.mark.parametrize("name", ["edges", "addresses", "tunnels"])
def test_an_edge_gateway_that_appears_later_is_found(cloud: NetworkCloud, name: str) -> None:
    read(cloud, name)
    edge = next(iter(cloud.simulator.world.edges.values()))
    edge.name = "renamed"
    values = read(cloud, name)
    assert {labels[2] for samples_of_gauge in values.values() for labels in samples_of_gauge} <= {"renamed"}


def test_an_unknown_collector_is_refused(cloud: NetworkCloud) -> None:
    with pytest.raises(SpecError, match="'network' is not one of edges, networks"):
        gauge_collectors(cloud.client, ["network"])


def test_one_edge_gateway_that_cannot_be_read_does_not_hide_the_others(
    cloud: NetworkCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> Any:
        raise PermissionDeniedError("Access is forbidden.")

    monkeypatch.setattr(AnsService, "ipsec_status", refused)
    sources = gauge_collectors(cloud.client, ["addresses", "tunnels"])
    collector = Collector(cloud.client, names=["no such VM"], sources=sources)
    assert collector.collect_once()
    values = samples(collector.collect())
    assert "vca_edge_public_addresses" in values
    assert values["vca_exporter_collector_success"] == {("addresses",): 1, ("tunnels",): 0}
    assert values["vca_exporter_collector_dropped_series"] == {("addresses",): 0, ("tunnels",): 0}
