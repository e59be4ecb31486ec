"""Gauges of networks, VDCs, edge gateways, replications and drills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcloudair_core.errors import VcloudAirError

NETWORKS, VDCS, ADDRESSES = "networks", "vdcs", "addresses"
EDGES, TUNNELS, REPLICATIONS, DRILLS = "edges", "tunnels", "replications", "drills"
COLLECTORS = (EDGES, NETWORKS, VDCS, ADDRESSES, TUNNELS, REPLICATIONS, DRILLS)
"""Names of the collectors. The exporter can serve each without the others."""

_NETWORK = ("org", "vdc", "network", "network_id")
_VDC = ("org", "vdc", "vdc_id")
_EDGE = ("org", "vdc", "edge", "edge_id")
_REPLICATION = ("org", "replication", "replication_id")


@dataclass(frozen=True)
class Gauge:
    """A gauge: its name, its description and its labels.

    ``collector`` is the name of the collector that reads its values.
    """

    collector: str
    name: str
    about: str
    labels: tuple[str, ...]


GAUGES = tuple(
    Gauge(collector, f"vca_{name}", about, labels)
    for collector, labels, rows in (
        (
            EDGES,
            _EDGE,
            (
                ("edge_ready", "1 if the status of an edge gateway is READY, else 0."),
                ("edge_busy", "1 if a task of an edge gateway is in progress, else 0."),
            ),
        ),
        (
            EDGES,
            (*_EDGE, "backend", "status", "size", "deployment_mode", "ha_status"),
            (("edge_info", "Properties of an edge gateway, as labels. Always 1. Only NSX-V has a size."),),
        ),
        (
            NETWORKS,
            _NETWORK,
            (
                ("network_addresses", "Addresses in the static pools of a network."),
                ("network_addresses_used", "Used addresses in the static pools of a network."),
                ("network_addresses_free", "Free addresses in the static pools of a network."),
            ),
        ),
        (
            NETWORKS,
            (*_NETWORK, "type", "backend", "edge", "subnet"),
            (("network_info", "Properties of a network, as labels. Always 1."),),
        ),
        (
            VDCS,
            _VDC,
            (
                ("vdc_enabled", "1 if a VDC is enabled, else 0."),
                ("vdc_cpu_allocated_hertz", "Allocated CPU of a VDC."),
                ("vdc_cpu_used_hertz", "Used CPU of a VDC."),
                ("vdc_cpu_limit_hertz", "CPU limit of a VDC. Missing without a limit."),
                ("vdc_memory_allocated_bytes", "Allocated memory of a VDC."),
                ("vdc_memory_used_bytes", "Used memory of a VDC."),
                ("vdc_memory_limit_bytes", "Memory limit of a VDC. Missing without a limit."),
                ("vdc_vms", "VMs in a VDC. Missing before API version 30.0."),
                ("vdc_running_vms", "VMs in a VDC that are powered on. Missing before API version 30.0."),
                ("vdc_vm_quota", "Maximum number of VMs in a VDC. Missing without a quota."),
                ("vdc_networks", "Networks that count against the quota of a VDC."),
                ("vdc_network_quota", "Maximum number of networks in a VDC. Missing without a quota."),
                ("vdc_nic_quota", "Maximum number of NICs in a VDC. Missing without a quota."),
            ),
        ),
        (
            VDCS,
            (*_VDC, "storage_profile"),
            (
                ("vdc_storage_used_bytes", "Used storage of a storage profile."),
                ("vdc_storage_limit_bytes", "Limit of a storage profile. Missing without a limit."),
            ),
        ),
        (
            ADDRESSES,
            _EDGE,
            (
                ("edge_public_addresses", "Public addresses that are allocated to an edge gateway."),
                ("edge_public_addresses_used", "Public addresses that services of an edge gateway use."),
                ("edge_public_addresses_free", "Public addresses of an edge gateway that are free."),
            ),
        ),
        (
            TUNNELS,
            (*_EDGE, "tunnel", "peer_ip"),
            (("ipsec_tunnel_up", "1 if an enabled IPsec tunnel is up, 0 if it is down or partly up."),),
        ),
        (
            REPLICATIONS,
            _REPLICATION,
            (
                ("replication_lag_seconds", "Time since the start of the newest transfer of a replication."),
                ("replication_rpo_seconds", "Recovery point objective (RPO) of a replication."),
                ("replication_rpo_violation_seconds", "Time by which a replication violates its RPO."),
                ("replication_rpo_violated", "1 if a replication violates its RPO, else 0."),
                ("replication_paused", "1 if a replication is paused, else 0."),
            ),
        ),
        (
            REPLICATIONS,
            (*_REPLICATION, "state"),
            (("replication_info", "State of a replication, as a label. Always 1."),),
        ),
        (
            DRILLS,
            ("org", "plan", "group"),
            (
                (
                    "dr_test_age_seconds",
                    "Time since the last successful test of a plan or of its group. Missing without a successful test.",
                ),
            ),
        ),
        (
            DRILLS,
            ("org", "plan"),
            (
                ("dr_test_due", "1 if a test of a recovery plan is due, else 0."),
                ("dr_untested_vms", "VMs of a recovery plan without a successful test."),
            ),
        ),
    )
    for name, about in rows
)
"""All gauges of the collectors, in the order of the reference."""


@dataclass
class GaugeReading:
    """The values that a collector has read.

    ``values`` has the shape ``{gauge name: {label values: value}}``. ``unread`` maps the name of each object that could
    not be read to the error.
    """

    values: dict[str, dict[tuple[str, ...], float]] = field(default_factory=dict)
    unread: Mapping[str, VcloudAirError] = field(default_factory=dict)

    def add(self, name: str, labels: Sequence[str], value: float | bool | None, factor: float = 1.0) -> None:
        """Add a value. A value of None is unknown and is not added."""
        if value is not None:
            self.values.setdefault(f"vca_{name}", {})[tuple(labels)] = float(value) * factor
