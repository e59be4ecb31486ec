"""The status and statistics of IPsec tunnels of NSX-T edge gateways.

Source: protocol/nsxt.md §7, protocol/vcd-modern.md §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vcloudair_core.errors import NotFoundError, PermissionDeniedError
from vcloudair_core.services.ans.ipsec.status import DOWN, PARTLY, UNKNOWN, UP, IpsecStatus, SiteStatus
from vcloudair_core.services.ans.section.json_values import int_of, items_of, mapping_of, text_of

if TYPE_CHECKING:
    from vcloudair_core.services.ans.nsxt.api import CloudApi

_STATUSES = {"UP": UP, "DOWN": DOWN, "DEGRADED": PARTLY}
_COUNTERS = {
    "received_bytes": "bytesIn",
    "sent_bytes": "bytesOut",
    "received_packets": "packetsIn",
    "sent_packets": "packetsOut",
    "dropped_received_packets": "packetsInDropped",
    "dropped_sent_packets": "packetsOutDropped",
}


def read_tunnel_status(
    api: CloudApi, path_of: Callable[[str], str], tunnels: Sequence[Mapping[str, Any]], *, has_statistics: bool
) -> IpsecStatus:
    """Return the status of the enabled tunnels.

    ``tunnels`` are plain data with ``site_id``. ``path_of`` returns the path of a tunnel from its ID. A tunnel that no
    longer exists is left out.

    Raises: ApiError, TransportError, DecodeError.
    """
    sites = [
        site
        for tunnel in tunnels
        if tunnel.get("enabled", True) and tunnel.get("site_id")
        if (site := _read_site(api, path_of(str(tunnel["site_id"])), tunnel, has_statistics)) is not None
    ]
    return IpsecStatus(UP, tuple(sites))


def _read_site(api: CloudApi, path: str, tunnel: Mapping[str, Any], has_statistics: bool) -> SiteStatus | None:
    try:
        status = mapping_of(api.get(f"{path}/status"))
        statistics = mapping_of(api.get(f"{path}/statistics")) if has_statistics else {}
    except (NotFoundError, PermissionDeniedError):
        return None
    current = str(status.get("tunnelStatus") or "").upper()
    ike = mapping_of(status.get("ikeStatus"))
    pairs = [mapping_of(item) for item in items_of(statistics.get("values"))]
    return SiteStatus(
        peer_id=str(tunnel.get("peer_id") or ""),
        peer_ip=str(tunnel.get("peer_ip") or ""),
        status=_STATUSES.get(current, current.lower() or UNKNOWN),
        last_error=text_of(ike.get("failReason")) or "",
        received_bytes=_total(pairs, "bytesIn") if has_statistics else None,
        sent_bytes=_total(pairs, "bytesOut") if has_statistics else None,
        subnets=tuple(_subnet(pair, _STATUSES.get(current, UNKNOWN)) for pair in pairs),
        site_id=str(tunnel["site_id"]),
    )


def _total(pairs: Sequence[Mapping[str, Any]], key: str) -> int:
    return sum(int_of(pair.get(key)) or 0 for pair in pairs)


def _subnet(pair: Mapping[str, Any], status: str) -> dict[str, Any]:
    """Return the status and counters of one pair of networks.

    If only some pairs are up, the status of each pair is unknown.
    """
    return {
        "local": text_of(pair.get("localSubnet")) or "",
        "peer": text_of(pair.get("peerSubnet")) or "",
        "status": UNKNOWN if status == PARTLY else status,
        "last_error": "",
        **{name: int_of(pair.get(key)) for name, key in _COUNTERS.items()},
    }
