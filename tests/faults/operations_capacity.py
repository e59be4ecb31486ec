"""Read operations: networks, VDCs, and the gauges of the exporter."""

from __future__ import annotations

from typing import Any

from tests.faults.operations import Ending
from tests.faults.operations_reading import read_operation
from tests.faults.world import World
from vcloudair_core.client import Client
from vcloudair_core.monitoring.capacity_gauges import gauge_collectors


def _networks(client: Client, world: World) -> Any:
    return [(row["name"], row["total_count"], row["used_count"]) for row in client.edges.list_networks()]


def _network(client: Client, world: World) -> Any:
    network = client.edges.network("lan")
    return [network["name"], network["dhcp_pools"], network["allocated_addresses"]]


def _vdcs(client: Client, world: World) -> Any:
    return [(row["name"], row["memory"]["used_mb"], row["network_quota"]) for row in client.query.vdcs.read()]


def _gauges(client: Client, world: World) -> Ending:
    [collector] = gauge_collectors(client, ["networks"])
    collector.refresh()
    if not collector.is_successful:
        return Ending(None, [("the collector failed", "vca_exporter_collector_success is 0")])
    return Ending([family.name for family in collector.families()])


OPERATIONS = {
    "networks": read_operation(_networks),
    "networks: API 5.6": read_operation(_networks, profile="vchs"),
    "a network with its used addresses": read_operation(_network),
    "VDC capacity": read_operation(_vdcs),
    "exporter: gauges of networks": read_operation(_gauges),
}
