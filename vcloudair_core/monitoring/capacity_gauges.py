"""Read the gauges of networks, VDCs, edge gateways and replications."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import ConfigurationError, NotFoundError, SpecError, VcloudAirError
from vcloudair_core.monitoring.gauge_collector import GaugeCollector
from vcloudair_core.monitoring.gauges import (
    ADDRESSES,
    COLLECTORS,
    DRILLS,
    EDGES,
    NETWORKS,
    REPLICATIONS,
    TUNNELS,
    VDCS,
    GaugeReading,
)
from vcloudair_core.services.ans.edge.backend import NSXV
from vcloudair_core.services.ans.edge.model import Edge, has_edge_services

if TYPE_CHECKING:
    from vcloudair_core.client import Client

_log = logging.getLogger(__name__)

_MHZ, _MB = 1e6, float(2**20)
_READY = "READY"
SIZE_INTERVAL_S = 3600.0
"""Seconds between two reads of the sizes of edge gateways, which rarely change."""

INTERVALS_S = {
    EDGES: 60.0,
    TUNNELS: 60.0,
    NETWORKS: 300.0,
    VDCS: 300.0,
    ADDRESSES: 300.0,
    REPLICATIONS: 300.0,
    DRILLS: 60.0,
}
"""Minimum seconds between two reads of a collector."""


Values = Iterable[tuple[str, tuple[str, ...], float]]
"""Names, labels and values of gauges."""


def gauge_collectors(
    client: Client,
    names: Sequence[str],
    *,
    interval_s: float = 0.0,
    drills: Callable[[Client], Values] | None = None,
) -> list[GaugeCollector]:
    """Return the collectors named ``names``, in the order of ``COLLECTORS``.

    ``interval_s`` is the interval of the exporter. No collector reads more often. ``drills`` reads the history of
    drills. Without it, the collector ``drills`` has no values.

    Raises: SpecError for an unknown name.
    """
    unknown = [name for name in names if name not in COLLECTORS]
    if unknown:
        raise SpecError("collectors", f"{unknown[0]!r} is not one of {', '.join(COLLECTORS)}")
    readers: dict[str, Callable[[Client], GaugeReading]] = {
        EDGES: EdgeReader(),
        NETWORKS: read_networks,
        VDCS: read_vdcs,
        ADDRESSES: read_addresses,
        TUNNELS: read_tunnels,
        REPLICATIONS: read_replications,
        DRILLS: lambda client: _reading_of(drills(client) if drills is not None else ()),
    }
    return [
        GaugeCollector(name, client, readers[name], interval_s=max(interval_s, INTERVALS_S[name]))
        for name in COLLECTORS
        if name in names
    ]


def _reading_of(values: Values) -> GaugeReading:
    reading = GaugeReading()
    for name, labels, value in values:
        reading.add(name, labels, value)
    return reading


def read_networks(client: Client) -> GaugeReading:
    """Read the networks. For the calls, see ``AnsService.list_networks``."""
    reading, org = GaugeReading(), _org(client)
    for row in client.edges.list_networks(client.settings.vdc):
        labels = (org, row["owner_name"], row["name"], row["id"])
        reading.add("network_info", (*labels, row["type"], row["backend"], row["edge"], row["subnet"]), 1)
        reading.add("network_addresses", labels, row["total_count"])
        reading.add("network_addresses_used", labels, row["used_count"])
        reading.add("network_addresses_free", labels, row["free_count"])
    return reading


def read_vdcs(client: Client) -> GaugeReading:
    """Read the VDCs. Makes two calls, plus one for each VDC.

    Limits and quotas of 0 mean no limit, and have no value.
    """
    reading, org = GaugeReading(), _org(client)
    for row in client.query.vdcs.read(client.settings.vdc or ""):
        labels = (org, row["name"], row["id"])
        reading.add("vdc_enabled", labels, row["is_enabled"])
        for resource, unit, base, factor in (("cpu", "mhz", "hertz", _MHZ), ("memory", "mb", "bytes", _MB)):
            amounts = row[resource]
            reading.add(f"vdc_{resource}_allocated_{base}", labels, amounts[f"allocated_{unit}"], factor)
            reading.add(f"vdc_{resource}_used_{base}", labels, amounts[f"used_{unit}"], factor)
            reading.add(f"vdc_{resource}_limit_{base}", labels, amounts[f"limit_{unit}"] or None, factor)
        reading.add("vdc_vms", labels, row["vm_count"])
        reading.add("vdc_running_vms", labels, row["running_vm_count"])
        reading.add("vdc_networks", labels, row["network_count"])
        for quota in ("vm_quota", "network_quota", "nic_quota"):
            reading.add(f"vdc_{quota}", labels, row[quota] or None)
        for profile in row["storage_profiles"]:
            reading.add("vdc_storage_used_bytes", (*labels, profile["name"]), profile["used_mb"], _MB)
            reading.add("vdc_storage_limit_bytes", (*labels, profile["name"]), profile["limit_mb"] or None, _MB)
    return reading


class EdgeReader:
    """A reader of the states of edge gateways.

    A read makes one call for every 128 edge gateways. Once an hour, it makes one more call for each NSX-V edge gateway
    to read the size.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._sizes: dict[str, str] = {}
        self._sizes_read_at = float("-inf")

    def __call__(self, client: Client) -> GaugeReading:
        """Read the states of all edge gateways."""
        edges = client.edges.list_edges(client.settings.vdc, fresh=True)
        if self._now() - self._sizes_read_at >= SIZE_INTERVAL_S:
            self._sizes, self._sizes_read_at = {}, self._now()
        self._sizes |= _sizes(
            client, [edge for edge in edges if edge.backend in ("", NSXV) and edge.edge_id not in self._sizes]
        )
        reading = GaugeReading()
        for edge in edges:
            labels = _labels(client, edge)
            size = self._sizes.get(edge.edge_id, "")
            states = (edge.backend, edge.status, size, edge.deployment_mode, edge.ha_status)
            reading.add("edge_info", (*labels, *states), 1)
            reading.add("edge_ready", labels, edge.status == _READY if edge.status else None)
            reading.add("edge_busy", labels, edge.is_busy)
        return reading


def read_addresses(client: Client) -> GaugeReading:
    """Read the public addresses of edge gateways.

    Makes one call for every 128 edge gateways, two for each NSX-T edge gateway, and four for each other edge gateway.
    An edge gateway that uses IP spaces has no values.
    """

    def read(edge: Edge) -> dict[str, Any]:
        return client.edges.addresses(edge.edge_id)

    reading = GaugeReading()
    for edge, book in _of_edges(client, read, reading):
        labels = _labels(client, edge)
        for suffix, key in (("", "allocated_count"), ("_used", "used_count"), ("_free", "free_count")):
            reading.add(f"edge_public_addresses{suffix}", labels, book[key])
    return reading


def read_tunnels(client: Client) -> GaugeReading:
    """Read the states of IPsec tunnels.

    Makes one call for every 128 edge gateways. On NSX-T, makes one more call for each edge gateway, and up to four for
    each tunnel. On other backends, makes two more calls for each edge gateway. Tunnels that are disabled or have no
    reported status have no value.
    """
    from vcloudair_core.services.ans.ipsec.status import DOWN, PARTLY, UP

    def read(edge: Edge) -> list[dict[str, Any]]:
        tunnels: list[dict[str, Any]] = client.edges.ipsec_status(edge.edge_id)["tunnels"]
        return tunnels

    reading = GaugeReading()
    for edge, tunnels in _of_edges(client, read, reading):
        for tunnel in tunnels:
            if tunnel["status"] in (UP, DOWN, PARTLY):
                labels = (*_labels(client, edge), tunnel["name"] or "", tunnel.get("peer_ip") or "")
                reading.add("ipsec_tunnel_up", labels, tunnel["status"] == UP)
    return reading


def read_replications(client: Client) -> GaugeReading:
    """Read the replications.

    Makes one call for every 128 replications, and one more for each replication. Without disaster recovery,
    there are no values.
    """
    org = _org(client)
    try:
        references = client.dr.references()
    except NotFoundError:
        return GaugeReading()
    unread: dict[str, VcloudAirError] = {}
    reading = GaugeReading(unread=unread)
    for reference, replication in zip(references, client.dr.read_each(references), strict=True):
        if isinstance(replication, VcloudAirError):
            unread[reference.name or reference.id] = replication
            continue
        labels = (org, replication.name, reference.id)
        at = replication.server_time if replication.server_time is not None else time.time()
        synced = replication.last_sync
        reading.add("replication_info", (*labels, replication.state), 1)
        reading.add("replication_lag_seconds", labels, max(0.0, at - synced.timestamp()) if synced else None)
        reading.add("replication_rpo_seconds", labels, replication.rpo_minutes, 60)
        reading.add("replication_rpo_violation_seconds", labels, replication.violation_minutes, 60)
        reading.add("replication_rpo_violated", labels, replication.violation_minutes > 0)
        reading.add("replication_paused", labels, replication.is_paused)
    return reading


def _of_edges(client: Client, read: Callable[[Edge], Any], reading: GaugeReading) -> list[tuple[Edge, Any]]:
    """Return ``(edge, result of read)`` for each edge gateway, read in parallel.

    Errors are added to ``reading.unread``. Edge gateways that do not support the read are skipped.
    """

    def read_one(edge: Edge) -> Any:
        try:
            return read(edge)
        except ConfigurationError as exc:
            _log.debug("Edge gateway %s is skipped. %s", edge.name, exc)
            return None
        except VcloudAirError as exc:
            return exc

    # The list is read again, so that new edge gateways are found, even if the collector of edge gateways is off.
    listed = client.edges.list_edges(client.settings.vdc, fresh=True)
    edges = [edge for edge in listed if has_edge_services(edge)]
    workers = max(1, min(int(client.settings.parallel_calls), len(edges)))
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-gauges") as pool:
        results = list(zip(edges, pool.map(read_one, edges), strict=True))
    reading.unread = {edge.name: result for edge, result in results if isinstance(result, VcloudAirError)}
    return [(edge, result) for edge, result in results if result is not None and not isinstance(result, VcloudAirError)]


def _sizes(client: Client, edges: Sequence[Edge]) -> dict[str, str]:
    """Return the size of each edge gateway by ID, or an empty string if it is unknown."""

    def read(edge: Edge) -> str:
        try:
            return client.edges.read_size(edge.edge_id)
        except VcloudAirError as exc:
            _log.debug("Reading the size of edge gateway %s failed. %s", edge.name, exc)
            return ""

    workers = max(1, min(int(client.settings.parallel_calls), len(edges)))
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="vca-gauges") as pool:
        return dict(zip([edge.edge_id for edge in edges], pool.map(read, edges), strict=True))


def _labels(client: Client, edge: Edge) -> tuple[str, ...]:
    return _org(client), edge.owner_name or edge.vdc_name, edge.name, edge.edge_id


def _org(client: Client) -> str:
    return client.session.identity.org_name
