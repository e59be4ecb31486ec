"""The status and statistics of L2 VPN tunnels. Source: protocol/nsxt.md §10."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.section.json_values import int_of, mapping_of, text_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.api import CloudApi

UP, DISABLED, UNKNOWN = "up", "disabled", "unknown"
COUNTERS = {
    "received_bytes": "bytesIn",
    "sent_bytes": "bytesOut",
    "received_packets": "packetsIn",
    "sent_packets": "packetsOut",
    "received_broadcast_bytes": "bumBytesIn",
    "sent_broadcast_bytes": "bumBytesOut",
    "received_broadcast_packets": "bumPacketsIn",
    "sent_broadcast_packets": "bumPacketsOut",
    "dropped_received_packets": "packetsReceiveError",
    "dropped_sent_packets": "packetsSentError",
}
"""Key of the statistics for each counter."""


@dataclass(frozen=True)
class TunnelStatus:
    """The status of a tunnel: ``up``, ``down``, ``disabled`` or ``unknown``.

    ``counters`` maps the names in :data:`COUNTERS` to numbers, or is empty if the statistics were not read.
    """

    status: str
    last_error: str = ""
    counters: Mapping[str, int | None] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """Return the status as plain data."""
        return {"status": self.status, "last_error": self.last_error, **self.counters}


def read_tunnel_status(api: CloudApi, path: str, tunnel: Mapping[str, Any], *, has_statistics: bool) -> TunnelStatus:
    """Return the status of a tunnel.

    ``path`` is its path, and ``tunnel`` is plain data.

    The status of a disabled tunnel is not read. The status of a tunnel that no longer exists is ``unknown``.

    Raises: ApiError, TransportError, DecodeError.
    """
    empty = dict.fromkeys(COUNTERS) if has_statistics else {}
    if not tunnel.get("enabled", True):
        return TunnelStatus(DISABLED, counters=empty)
    try:
        status = mapping_of(api.get(f"{path}/status"))
        statistics = mapping_of(api.get(f"{path}/metrics")) if has_statistics else {}
    except (NotFoundError, PermissionDeniedError):
        return TunnelStatus(UNKNOWN, counters=empty)
    counters = {name: int_of(statistics.get(key)) for name, key in COUNTERS.items()} if has_statistics else {}
    current = (text_of(status.get("runtimeStatus")) or UNKNOWN).lower()
    return TunnelStatus(current, text_of(status.get("failureReason")) or "", counters)
